#include "infer/live/live_tracker.h"

#include <algorithm>
#include <cmath>

#include "datasets/base/assignment.h"
#include "infer/learning/moving_outlines.h"
#include "infer/track/contact_split.h"

namespace infer {
namespace {

constexpr double kInside = 0.3;  // of an animal, within the blob of another
// Of the areas of all that may be in a blob, and of the largest of them, as Tracker takes them.
constexpr double kMergedShare = 0.5, kMergedLargest = 1.1;
constexpr double kReturnedShare = 0.8;  // one that was away has come in touch with another
constexpr double kPlaceMargin = 0.7;    // body lengths around the outline of the frame before
constexpr double kReachAFrame = 0.5;    // body lengths that a missing animal may have moved

}  // namespace

LiveTracker::LiveTracker(int animals, double median_area, cv::Size frame_size, double fps)
    : most_(static_cast<size_t>(std::max(1, animals))),
      median_area_(median_area),
      frame_size_(frame_size),
      fps_(fps) {}

bool LiveTracker::LooksWhole(const Blob& blob) const {
  return median_area_ <= 0 ||
         (blob.area >= kLeastWhole * median_area_ && blob.area <= kMostWhole * median_area_);
}

// Body lengths within which a missing animal may be found again; after a second anywhere.
double LiveTracker::Reach(const Animal& animal) const {
  return animal.missing > fps_ ? 1e6 : 1 + kReachAFrame * animal.missing;
}

void LiveTracker::Begin(const std::vector<Blob>& animals) {
  animals_.clear();
  for (const Blob& blob : animals) {
    Animal animal;
    animal.follow.usual_area = blob.area;
    animal.follow.last = blob;
    animal.follow.last.tracklet = animal.follow.tracklet = known();
    animals_.push_back(std::move(animal));
  }
}

void LiveTracker::Match(Step& step) const {
  std::vector<std::vector<double>> value(animals_.size(),
                                         std::vector<double>(step.blobs.size(), 0));
  step.fits.assign(animals_.size(), std::vector<Fit>(step.blobs.size()));
  for (size_t i = 0; i < animals_.size(); ++i) {
    for (size_t d = 0; d < step.blobs.size(); ++d) {
      step.fits[i][d] = FitOf(animals_[i].follow, step.blobs[d]);
      if (animals_[i].missing == 0) value[i][d] = step.fits[i][d].value();
    }
  }
  step.members.assign(step.blobs.size(), {});
  step.placed.assign(animals_.size(), false);
  const std::vector<int> blob_of = datasets::BestAssignment(value);
  for (size_t i = 0; i < blob_of.size(); ++i) {
    if (blob_of[i] < 0) continue;
    step.members[static_cast<size_t>(blob_of[i])].push_back(static_cast<int>(i));
    step.placed[i] = true;
  }
}

void LiveTracker::FindMerged(Step& step) const {
  for (size_t i = 0; i < animals_.size(); ++i) {
    if (step.placed[i]) continue;
    const Animal& animal = animals_[i];
    int best = -1;
    for (size_t d = 0; d < step.blobs.size(); ++d) {
      if (step.members[d].empty()) continue;
      const Fit& fit = step.fits[i][d];
      double sum = animal.follow.usual_area, largest = sum;
      for (const int other : step.members[d]) {
        const double area = animals_[static_cast<size_t>(other)].follow.usual_area;
        sum += area;
        largest = std::max(largest, area);
      }
      const double area = step.blobs[d].area;
      const bool stays = animal.missing == 0 && fit.inside >= kInside &&
                         area >= kMergedShare * sum && area >= kMergedLargest * largest;
      const bool comes =
          animal.missing > 0 && area >= kReturnedShare * sum && fit.distance <= Reach(animal);
      if (!stays && !comes) continue;
      if (best < 0 || fit.inside > step.fits[i][static_cast<size_t>(best)].inside) {
        best = static_cast<int>(d);
      }
    }
    if (best < 0) continue;
    step.members[static_cast<size_t>(best)].push_back(static_cast<int>(i));
    step.placed[i] = true;
  }
}

void LiveTracker::TakeBack(Step& step) const {
  std::vector<size_t> away, free;
  for (size_t i = 0; i < animals_.size(); ++i) {
    if (!step.placed[i]) away.push_back(i);
  }
  for (size_t d = 0; d < step.blobs.size(); ++d) {
    if (step.members[d].empty() && LooksWhole(step.blobs[d])) free.push_back(d);
  }
  if (away.empty() || free.empty()) return;
  std::vector<std::vector<double>> value(away.size(), std::vector<double>(free.size(), 0));
  for (size_t a = 0; a < away.size(); ++a) {
    for (size_t f = 0; f < free.size(); ++f) {
      const double distance = step.fits[away[a]][free[f]].distance;
      if (distance <= Reach(animals_[away[a]])) value[a][f] = 1 / (1 + distance);
    }
  }
  const std::vector<int> found = datasets::BestAssignment(value);
  for (size_t a = 0; a < away.size(); ++a) {
    if (found[a] < 0) continue;
    step.members[free[static_cast<size_t>(found[a])]].push_back(static_cast<int>(away[a]));
    step.placed[away[a]] = true;
  }
}

void LiveTracker::TakeNew(Step& step) {
  std::vector<size_t> order;
  for (size_t d = 0; d < step.blobs.size(); ++d) {
    if (step.members[d].empty() && LooksWhole(step.blobs[d])) order.push_back(d);
  }
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return step.blobs[a].region.x < step.blobs[b].region.x;
  });
  for (const size_t d : order) {
    if (animals_.size() >= most_) return;
    Animal animal;
    animal.follow.usual_area = step.blobs[d].area;
    animal.follow.last = step.blobs[d];
    animal.follow.tracklet = known();
    step.members[d].push_back(known());
    step.fits.emplace_back(step.blobs.size());
    step.placed.push_back(true);
    animals_.push_back(std::move(animal));
  }
}

void LiveTracker::Continue(Animal& animal, Blob blob, const Fit& fit) {
  Follow& follow = animal.follow;
  const int frames = std::max(1, blob.frame - follow.last.frame);
  const double body = BodyLength(follow.usual_area);
  cv::Point2d moved = (blob.centroid - follow.last.centroid) / frames;
  const double length = cv::norm(moved);
  if (length > body) moved *= body / length;
  follow.velocity = animal.missing > 0 ? cv::Point2d() : 0.4 * follow.velocity + 0.6 * moved;
  blob.previous_iou = static_cast<float>(fit.iou);
  blob.jump = static_cast<float>(fit.distance);
  if (!blob.touching && LooksWhole(blob)) {
    follow.usual_area = 0.95 * follow.usual_area + 0.05 * blob.area;
    ++follow.frames_alone;
    AddOpinion(follow, blob);
  }
  blob.tracklet = follow.tracklet;
  follow.last = std::move(blob);
  animal.missing = 0;
}

std::vector<Blob> LiveTracker::Add(int frame, const train::FrameDetections& found) {
  const int passed = last_frame_ < 0 ? 1 : std::max(1, frame - last_frame_);
  last_frame_ = frame;
  Step step;
  step.blobs = CleanBlobs(found, frame, frame_size_, median_area_);
  Match(step);
  TakeBack(step);
  FindMerged(step);
  TakeNew(step);
  for (size_t d = 0; d < step.blobs.size(); ++d) {
    const std::vector<int>& members = step.members[d];
    if (members.size() == 1) {
      const auto i = static_cast<size_t>(members[0]);
      Continue(animals_[i], step.blobs[d], step.fits[i][d]);
    }
    if (members.size() < 2) continue;
    std::vector<SplitTemplate> templates;
    for (const int member : members) {
      const Follow& follow = animals_[static_cast<size_t>(member)].follow;
      templates.push_back({&follow.last, follow.velocity, follow.usual_area, ClassWeights(follow)});
    }
    std::vector<Blob> pieces = SplitMerged(step.blobs[d], templates, found);
    for (size_t m = 0; m < members.size(); ++m) {
      const auto i = static_cast<size_t>(members[m]);
      step.placed[i] = pieces[m].area > 0;
      if (!step.placed[i]) continue;
      pieces[m].frame = frame;
      pieces[m].touching = true;
      const Fit fit = FitOf(animals_[i].follow, pieces[m]);
      Continue(animals_[i], std::move(pieces[m]), fit);
    }
  }
  std::vector<Blob> seen;
  for (size_t i = 0; i < animals_.size(); ++i) {
    if (step.placed[i]) {
      seen.push_back(animals_[i].follow.last);
    } else {
      animals_[i].missing += passed;
    }
  }
  return seen;
}

std::vector<cv::Rect> LiveTracker::Places() const {
  if (animals_.size() < most_) return {};
  std::vector<cv::Rect> places;
  for (const Animal& animal : animals_) {
    if (animal.missing > 0) return {};
    const Follow& follow = animal.follow;
    const int by = cvCeil(kPlaceMargin * BodyLength(follow.usual_area) + cv::norm(follow.velocity));
    cv::Rect place(follow.last.region.x - by, follow.last.region.y - by,
                   follow.last.region.width + 2 * by, follow.last.region.height + 2 * by);
    place &= cv::Rect({0, 0}, frame_size_);
    for (bool grown = true; grown;) {
      grown = false;
      for (auto other = places.begin(); other != places.end() && !grown; ++other) {
        if ((*other & place).empty()) continue;
        place |= *other;
        places.erase(other);
        grown = true;
        break;
      }
    }
    places.push_back(place);
  }
  return places;
}

}  // namespace infer
