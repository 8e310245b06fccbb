#include "infer/track/tracklets.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "datasets/base/assignment.h"
#include "datasets/base/error.h"
#include "infer/track/tracker_steps.h"

namespace infer {
namespace {

// Of the median area: what is smaller may be a part of an animal.
constexpr double kLeastAnimal = 0.7;

// Shares of areas that decide what a blob is. No measurement of the values is kept; the tests named
// here are the scenes that they must get right (tests/infer/tracklets_test.cc).
constexpr double kFragmentInside = 0.6;  // of a blob, within one animal: it is a piece of it
constexpr double kWholeAnimal = 0.9;     // of the usual area: no piece is as large
constexpr double kPiecesAtMost = 1.3;    // of the usual area, all pieces of it together

// "a network that cuts touching animals in the wrong place": it moves area between them, so that
// their sum stays what it was and the parts do not.
constexpr double kCutSumLow = 0.7, kCutSumHigh = 1.3;
constexpr double kPartOff = 1.3;  // a part off by this factor was cut wrong
// A cut where so many of the pixels clearly say which animal they belong to is not disputed: areas
// change where one animal hides another.
constexpr double kClearlyApart = 0.5;
// Within a contact the network's own cut has to look right before it is taken.
constexpr double kPartOffInContact = 1.15, kLeastFitInContact = 0.6;

// What a blob must cover of all animals that may be in it, so that it is all of them. Who is in
// contact already may hide more of the other; where every animal has a blob, one hardly seen alone
// may be a piece ("pieces of a blurred jump") and must show.
constexpr double kMergedShare = 0.6, kMergedShareTouching = 0.45, kMergedShareDoubtful = 0.85;
// And how much larger than the largest of them it must be.
constexpr double kMergedLargest = 1.15, kMergedLargestTouching = 0.9;

}  // namespace

int Tracker::Impl::NewTracklet(int frame, bool contact) {
  Tracklet tracklet;
  tracklet.id = static_cast<int>(tracklets.size());
  tracklet.start_frame = frame;
  tracklet.end_frame = frame + 1;
  tracklet.contact = contact;
  tracklets.push_back(tracklet);
  return tracklet.id;
}

int Tracker::Impl::Most() const {
  return options.more_may_come ? std::max(options.animals, most_seen) : options.animals;
}

void Tracker::Impl::CountKnown() {
  const auto known = std::count_if(active.begin(), active.end(), [&](const Follow& follow) {
    return follow.frames_alone >= kKnownFrames &&
           follow.usual_area >= kLeastAnimal * options.median_area;
  });
  most_seen = std::max(most_seen, static_cast<int>(known));
}

void Tracker::Impl::AddLink(int from, int to, double log_odds) {
  if (std::abs(log_odds) > 0.05) links.push_back({from, to, log_odds});
}

void Tracker::Impl::MergeFragments(Step& step) {
  if (Most() <= 0) return;
  while (static_cast<int>(step.blobs.size()) > Most()) {
    int first = -1, second = -1;
    for (const Follow& follow : active) {
      if (follow.contact >= 0) continue;
      std::vector<int> parts;
      double sum = 0, largest = 0;
      for (size_t d = 0; d < step.blobs.size(); ++d) {
        const Fit fit = FitOf(follow, step.blobs[d]);
        if (fit.inside * follow.last.area < kFragmentInside * step.blobs[d].area) continue;
        parts.push_back(static_cast<int>(d));
        sum += step.blobs[d].area;
        largest = std::max(largest, step.blobs[d].area);
      }
      if (parts.size() < 2 || largest > kWholeAnimal * follow.usual_area ||
          sum > kPiecesAtMost * follow.usual_area) {
        continue;
      }
      first = parts[0];
      second = parts[1];
      break;
    }
    if (first < 0) return;
    step.blobs[static_cast<size_t>(first)] =
        Union(step.blobs[static_cast<size_t>(first)], step.blobs[static_cast<size_t>(second)]);
    step.blobs.erase(step.blobs.begin() + second);
  }
}

void Tracker::Impl::Match(Step& step) {
  std::vector<std::vector<double>> value(active.size(), std::vector<double>(step.blobs.size(), 0));
  step.fits.assign(active.size(), std::vector<Fit>(step.blobs.size()));
  for (size_t i = 0; i < active.size(); ++i) {
    for (size_t d = 0; d < step.blobs.size(); ++d) {
      step.fits[i][d] = FitOf(active[i], step.blobs[d]);
      value[i][d] = step.fits[i][d].value();
    }
  }
  step.blob_of = datasets::BestAssignment(value);
  step.active_of.assign(step.blobs.size(), -1);
  step.merged.assign(step.blobs.size(), {});
  step.settled.assign(active.size(), false);
  for (size_t i = 0; i < active.size(); ++i) {
    if (step.blob_of[i] >= 0)
      step.active_of[static_cast<size_t>(step.blob_of[i])] = static_cast<int>(i);
  }
}

bool Tracker::Impl::Disputed(const Step& step, size_t d, size_t e) const {
  const Follow& one = active[static_cast<size_t>(step.active_of[d])];
  const Follow& other = active[static_cast<size_t>(step.active_of[e])];
  if (!Touch(step.blobs[d], step.blobs[e])) return false;
  if (std::min(step.blobs[d].apart, step.blobs[e].apart) >= kClearlyApart) return false;
  const double sum =
      (step.blobs[d].area + step.blobs[e].area) / (one.usual_area + other.usual_area);
  if (sum < kCutSumLow || sum > kCutSumHigh) return false;
  const double off = std::max(std::abs(std::log(step.blobs[d].area / one.usual_area)),
                              std::abs(std::log(step.blobs[e].area / other.usual_area)));
  if (one.contact < 0 || one.contact != other.contact) return off > std::log(kPartOff);
  // Within a contact the network's own cut has to look right before it is taken.
  const double fit = std::min(step.fits[static_cast<size_t>(step.active_of[d])][d].iou,
                              step.fits[static_cast<size_t>(step.active_of[e])][e].iou);
  return off > std::log(kPartOffInContact) || fit < kLeastFitInContact;
}

void Tracker::Impl::RejoinDisputed(Step& step) {
  for (size_t d = 0; d < step.blobs.size(); ++d) {
    for (size_t e = d + 1; e < step.blobs.size(); ++e) {
      if (step.active_of[d] < 0 || step.active_of[e] < 0 || !Disputed(step, d, e)) continue;
      step.blobs[d] = Union(step.blobs[d], step.blobs[e]);
      step.blobs.erase(step.blobs.begin() + static_cast<ptrdiff_t>(e));
      Match(step);
      RejoinDisputed(step);
      return;
    }
  }
}

void Tracker::Impl::FindMerges(Step& step) {
  for (size_t i = 0; i < active.size(); ++i) {
    if (step.blob_of[i] >= 0) continue;
    int best = -1;
    for (size_t d = 0; d < step.blobs.size(); ++d) {
      if (step.active_of[d] < 0 || step.fits[i][d].inside < 0.3) continue;
      if (best < 0 || step.fits[i][d].inside > step.fits[i][static_cast<size_t>(best)].inside) {
        best = static_cast<int>(d);
      }
    }
    if (best >= 0) step.merged[static_cast<size_t>(best)].push_back(static_cast<int>(i));
  }
  for (size_t d = 0; d < step.blobs.size(); ++d) {
    auto& inside = step.merged[d];
    if (inside.empty()) continue;
    // An animal that is known rather than one that has just appeared.
    const auto known = std::find_if(inside.begin(), inside.end(), [&](int i) {
      return active[static_cast<size_t>(i)].frames_alone >= kKnownFrames;
    });
    int& owned_by = step.active_of[d];
    if (known != inside.end() &&
        active[static_cast<size_t>(owned_by)].frames_alone < kKnownFrames) {
      std::swap(step.blob_of[static_cast<size_t>(owned_by)],
                step.blob_of[static_cast<size_t>(*known)]);
      std::swap(owned_by, *known);
    }
    const Follow& owner = active[static_cast<size_t>(owned_by)];
    std::sort(inside.begin(), inside.end(), [&](int a, int b) {
      return step.fits[static_cast<size_t>(a)][d].inside >
             step.fits[static_cast<size_t>(b)][d].inside;
    });
    double sum = owner.usual_area, largest = owner.usual_area;
    std::vector<int> kept;
    const bool complete = Most() > 0 && static_cast<int>(step.blobs.size()) >= Most();
    for (int i : inside) {
      const Follow& other = active[static_cast<size_t>(i)];
      const double area = other.usual_area;
      // Every animal there is has a blob already: what is too small for one is a part of the owner
      // that the network had cut off, however long it went beside it.
      if (complete && std::min(area, owner.usual_area) < kLeastAnimal * options.median_area) {
        continue;
      }
      // Who is in contact already may hide more of the other.
      const bool touching = other.contact >= 0 && other.contact == owner.contact;
      // Where every animal there is has a blob already, one that was hardly seen alone may be a
      // piece of another (a blur, a reflection): that it is in there must show.
      const bool doubtful =
          complete && std::min(owner.frames_alone, other.frames_alone) < kKnownFrames;
      const double least_share = doubtful   ? kMergedShareDoubtful
                                 : touching ? kMergedShareTouching
                                            : kMergedShare;
      if (step.blobs[d].area < least_share * (sum + area) ||
          step.blobs[d].area <
              (touching ? kMergedLargestTouching : kMergedLargest) * std::max(largest, area)) {
        continue;
      }
      sum += area;
      largest = std::max(largest, area);
      kept.push_back(i);
    }
    inside = kept;
  }
}

bool Tracker::Impl::Certain(const Step& step, size_t i, size_t d) const {
  const Fit& fit = step.fits[i][d];
  const double ratio = step.blobs[d].area / std::max(active[i].last.area, 1.0);
  if (ratio < 0.5 || ratio > 2) return false;
  if (fit.iou < 0.25 && fit.distance > 0.5) return false;
  for (size_t other = 0; other < active.size(); ++other) {  // could they have changed places?
    if (other == i || !step.fits[other][d].near) continue;
    const int its = step.blob_of[other];
    const double straight =
        fit.value() + (its >= 0 ? step.fits[other][static_cast<size_t>(its)].value() : 0);
    const double swapped = step.fits[other][d].value() +
                           (its >= 0 ? step.fits[i][static_cast<size_t>(its)].value() : 0);
    if (straight - swapped < (its >= 0 ? 0.4 : 0.25)) return false;
  }
  if (MayBeHidden(step, i, d)) return false;
  for (size_t other = 0; other < step.blobs.size(); ++other) {  // another blob as good for it?
    if (other == d || step.active_of[other] >= 0) continue;
    if (fit.value() - step.fits[i][other].value() < 0.25) return false;
  }
  return true;
}

Follow Tracker::Impl::Continue(const Follow& before, Blob blob, const Fit& fit) {
  Follow follow = before;
  const double body = BodyLength(before.usual_area);
  cv::Point2d step = blob.centroid - before.last.centroid;
  const double length = cv::norm(step);
  usual_step = usual_step <= 0 ? length : 0.99 * usual_step + 0.01 * std::min(length, body);
  if (length > body) step *= body / length;
  follow.velocity = 0.4 * before.velocity + 0.6 * step;
  blob.previous_iou = static_cast<float>(fit.iou);
  blob.jump = static_cast<float>(fit.distance);
  if (!blob.touching) {
    ++follow.frames_alone;
    follow.usual_area =
        before.usual_area > 0 ? 0.9 * before.usual_area + 0.1 * blob.area : blob.area;
    follow.full_area +=
        (blob.area > before.full_area ? 0.1 : 0.002) * (blob.area - before.full_area);
    AddOpinion(follow, blob);
  }
  follow.last = std::move(blob);
  return follow;
}

Follow Tracker::Impl::Begin(Blob blob) {
  Follow follow;
  follow.usual_area = follow.full_area = blob.area;
  AddOpinion(follow, blob);
  follow.last = std::move(blob);
  return follow;
}

void Tracker::Impl::LinkToLost(int to, const Blob& blob) {
  const double gap_frames = std::max(1.0, options.gap_seconds * options.fps);
  for (const Lost& gone : lost) {
    const int gap = blob.frame - gone.end_frame + 1;
    if (gap > gap_frames + 1 || gone.follow.tracklet == to) continue;
    const double body = BodyLength(gone.follow.usual_area);
    const cv::Point2d expected =
        gone.follow.last.centroid + gone.follow.velocity * std::min(gap, 3);
    const double distance = std::min(cv::norm(expected - blob.centroid),
                                     cv::norm(gone.follow.last.centroid - blob.centroid));
    const double spread = 0.5 * body + 2 * usual_step * gap;
    const double z = distance / spread;
    AddLink(gone.follow.tracklet, to,
            std::clamp(4 - 0.5 * z * z, -4.0, 4.0) * (1 - 0.7 * std::min(1.0, gap / gap_frames)));
  }
}

void Tracker::Impl::Place(Step& step, size_t d) {
  const Blob& blob = step.blobs[d];
  const int owner = step.active_of[d];
  if (owner == -2) return;
  if (owner < 0) {
    if (HoldsMore(step, d, 0)) {
      const int others = static_cast<int>(step.blobs.size()) - 1;
      const size_t inside = static_cast<size_t>(
          std::clamp(cvRound(blob.area / options.median_area), 2, std::max(2, Most() - others)));
      std::vector<Follow> members;
      while (members.size() < inside) {
        auto gone = LostNear(blob);
        if (!gone) break;
        members.push_back(*gone);
      }
      const bool from_unknown = members.empty();
      while (members.size() < inside) members.push_back(Unknown());
      Split(step, d, std::move(members), from_unknown);
      return;
    }
    Follow follow = Begin(blob);
    follow.tracklet = NewTracklet(step.frame, false);
    follow.last.tracklet = follow.tracklet;
    LinkToLost(follow.tracklet, blob);
    step.appeared.push_back(step.next.size());
    for (size_t i = 0; i < active.size(); ++i) {
      if (step.fits[i][d].near && active[i].contact < 0) {
        AddLink(active[i].tracklet, follow.tracklet, kOverlapOdds * step.fits[i][d].iou);
      }
    }
    step.next.push_back(std::move(follow));
    return;
  }
  const size_t i = static_cast<size_t>(owner);
  step.settled[i] = true;
  if (!step.merged[d].empty()) {
    std::vector<Follow> members = {active[i]};
    for (int other : step.merged[d]) {
      members.push_back(active[static_cast<size_t>(other)]);
      step.settled[static_cast<size_t>(other)] = true;
    }
    Split(step, d, std::move(members), false);
    return;
  }
  if (HoldsMore(step, d, active[i].usual_area)) {
    if (auto gone = LostNear(blob)) {
      Split(step, d, {active[i], *gone}, false);
    } else {
      Split(step, d, {active[i], Unknown()}, false);
    }
    return;
  }
  const bool beside = IsBeside(step.frame, i, blob);
  const bool certain = Certain(step, i, d);
  Follow next = Continue(active[i], blob, step.fits[i][d]);
  if (!certain) {
    next.tracklet = NewTracklet(step.frame, false);
    for (size_t from = 0; from < active.size(); ++from) {
      if (!step.fits[from][d].near) continue;
      const Fit& fit = step.fits[from][d];
      AddLink(active[from].tracklet, next.tracklet,
              kOverlapOdds * fit.iou + 2 * std::exp(-fit.distance));
    }
    for (const Lost& gone : hidden) {
      if (IsClaimed(gone) || !IsHiddenAt(gone, blob)) continue;
      const Fit fit = FitOf(gone.follow, blob);
      AddLink(gone.follow.tracklet, next.tracklet,
              kOverlapOdds * fit.iou + 2 * std::exp(-fit.distance));
    }
  } else if (beside != active[i].beside) {
    next.tracklet = NewTracklet(step.frame, false);
    AddLink(active[i].tracklet, next.tracklet, kEnterContact);
    if (!beside) LinkToHidden(active[i], next.tracklet);
  }
  next.beside = beside;
  tracklets[static_cast<size_t>(next.tracklet)].beside = beside;
  next.last.tracklet = next.tracklet;
  step.next.push_back(std::move(next));
}

std::vector<TrackedFrame> Tracker::Impl::Add(int frame, const train::FrameDetections& detections) {
  VOLE_CHECK(pending.empty() || frame > pending.back().frame);
  found = &detections;
  Step step;
  step.frame = frame;
  step.blobs = CleanBlobs(detections, frame, options.frame_size, options.median_area);
  MergeFragments(step);
  Match(step);
  RejoinDisputed(step);
  FindMerges(step);
  EndContacts(step);
  for (size_t d = 0; d < step.blobs.size(); ++d) Place(step, d);
  for (const size_t place : step.appeared) Claim(step, step.next[place]);
  for (size_t i = 0; i < active.size(); ++i) {
    if (step.settled[i]) continue;
    Lose(active[i], frame);
    Hide(active[i], frame);
  }
  active = std::move(step.next);
  ForgetFound();
  CountKnown();
  TrackedFrame tracked;
  tracked.frame = frame;
  for (const Follow& follow : active) {
    tracked.blobs.push_back(follow.last);
    tracklets[static_cast<size_t>(follow.tracklet)].end_frame = frame + 1;
  }
  pending.push_back(std::move(tracked));
  ForgetOld(frame);
  return Release(false);
}

void Tracker::Impl::ForgetOld(int frame) {
  const double oldest = frame - options.gap_seconds * options.fps - 1;
  lost.erase(std::remove_if(lost.begin(), lost.end(),
                            [&](const Lost& gone) { return gone.end_frame < oldest; }),
             lost.end());
  std::vector<int> over;
  for (const auto& [id, contact] : contacts) {
    const bool followed = std::any_of(active.begin(), active.end(),
                                      [&, id = id](const Follow& f) { return f.contact == id; });
    if (!followed) over.push_back(id);
  }
  for (int id : over) contacts.erase(id);
}

std::vector<TrackedFrame> Tracker::Impl::Release(bool all) {
  const int window = std::max(1, static_cast<int>(options.contact_seconds * options.fps));
  int first_held = pending.empty() ? 0 : pending.back().frame + 1;
  for (auto& [id, contact] : contacts) {
    while (!contact.frames.empty() && contact.frames.front().frame <= first_held - 1 - window) {
      contact.frames.erase(contact.frames.begin());
    }
  }
  for (const auto& [id, contact] : contacts) {
    if (!contact.frames.empty()) first_held = std::min(first_held, contact.frames.front().frame);
  }
  std::vector<TrackedFrame> settled;
  while (!pending.empty() && (all || pending.front().frame < first_held)) {
    settled.push_back(std::move(pending.front()));
    pending.pop_front();
  }
  return settled;
}

Tracker::Tracker(const TrackerOptions& options) : impl_(std::make_unique<Impl>()) {
  impl_->options = options;
}
Tracker::~Tracker() = default;

std::vector<TrackedFrame> Tracker::Add(int frame, const train::FrameDetections& found) {
  return impl_->Add(frame, found);
}
std::vector<TrackedFrame> Tracker::Finish() { return impl_->Release(true); }
const std::vector<Tracklet>& Tracker::tracklets() const { return impl_->tracklets; }
const std::vector<Link>& Tracker::links() const { return impl_->links; }

}  // namespace infer
