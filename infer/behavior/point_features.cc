#include "infer/behavior/point_features.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "datasets/base/as_index.h"
#include "datasets/base/job.h"
#include "datasets/base/median.h"

namespace infer {
namespace {

using Complex = std::complex<double>;
using datasets::Id;

constexpr int kPointReach = 10;     // frames to each side that a number looks at
constexpr int kSmoothReach = 2;     // frames
constexpr double kSmoothSigma = 1;  // frames
constexpr int kSizeSamples = 200;   // frames that tell an animal's size
constexpr int kPointFramesAtOnce = 1024;
// asinh is a line below its knee and a logarithm above; sizes a second and radians a second.
constexpr double kSlowPoint = 0.3, kSlowPoseTurn = 0.2;

Pose Smoothed(const std::vector<const Pose*>& poses, int at, bool causal) {
  const int frames = static_cast<int>(poses.size());
  Pose smooth(poses[static_cast<size_t>(at)]->size());
  double all = 0;
  std::vector<double> weights(smooth.size(), 0);
  for (int d = -kSmoothReach; d <= (causal ? 0 : kSmoothReach); ++d) {
    const double weight = std::exp(-0.5 * d * d / (kSmoothSigma * kSmoothSigma));
    all += weight;
    if (at + d < 0 || at + d >= frames) continue;
    const Pose& pose = *poses[static_cast<size_t>(at + d)];
    for (size_t k = 0; k < pose.size() && k < smooth.size(); ++k) {
      smooth[k].at += weight * pose[k].sure * pose[k].at;
      weights[k] += weight * pose[k].sure;
    }
  }
  for (size_t k = 0; k < smooth.size(); ++k) {
    if (weights[k] <= 0) continue;
    smooth[k].at /= weights[k];
    smooth[k].sure = weights[k] / all;
  }
  return smooth;
}

class Maker {
 public:
  Maker(const std::vector<PosesOfFrame>& frames, const train::PointLayout& layout, double size_px,
        double fps, bool causal)
      : frames_(frames),
        layout_(layout),
        size_(std::max(1e-3, size_px)),
        fps_(fps),
        causal_(causal) {
    usual_.rigidity = layout.rigidity;
    for (const auto& [x, y] : layout.pose) usual_.at.emplace_back(x, y);
    std::vector<const Pose*> own;
    for (const PosesOfFrame& frame : frames) own.push_back(&frame.own);
    for (size_t f = 0; f < frames.size(); ++f) {
      poses_.push_back(Smoothed(own, static_cast<int>(f), causal));
      fits_.push_back(FitFrame(poses_.back(), usual_));
      places_.emplace_back(poses_.back().size());
      if (!fits_.back()) continue;
      for (size_t k = 0; k < poses_.back().size(); ++k) {
        places_.back()[k] =
            (poses_.back()[k].at - fits_.back()->center) / fits_.back()->turn / size_;
      }
    }
  }

  void Fill(int f, float* out) const {
    const auto& fit = Fit(f);
    if (!fit) return;
    const int count = layout_.count();
    const auto put = [&](int at, double value, double weight) {
      out[at] = static_cast<float>(value);
      out[count + at] = static_cast<float>(weight);
    };
    const Pose& pose = poses_[datasets::AsIndex(f)];
    const std::vector<Complex>& places = places_[datasets::AsIndex(f)];
    for (int k = 0; k < layout_.points(); ++k) {
      const double sure = pose[datasets::AsIndex(k)].sure;
      put(layout_.sureness() + k, sure, 1);
      if (sure <= 0) continue;
      put(layout_.x() + k, places[datasets::AsIndex(k)].real(), sure);
      put(layout_.y() + k, places[datasets::AsIndex(k)].imag(), sure);
      double both = 0;
      const double speed = PointSpeed(f, k, &both);
      if (both > 0) put(layout_.speed() + k, std::asinh(speed / kSlowPoint), both);
    }
    for (size_t p = 0; p < layout_.pairs.size(); ++p) {
      const auto [left, right] = layout_.pairs[p];
      const double sure =
          std::min(pose[datasets::AsIndex(left)].sure, pose[datasets::AsIndex(right)].sure);
      if (sure <= 0) continue;
      const Complex a = places[datasets::AsIndex(left)], b = places[datasets::AsIndex(right)];
      put(layout_.pair_distance() + static_cast<int>(p), std::abs(a - b), sure);
      put(layout_.pair_outermost() + static_cast<int>(p),
          std::max(std::abs(a.imag()), std::abs(b.imag())), sure);
    }
    for (size_t j = 0; j < layout_.joints.size(); ++j) {
      const auto& [one, middle, other] = layout_.joints[j];
      const double sure =
          std::min({pose[datasets::AsIndex(one)].sure, pose[datasets::AsIndex(middle)].sure,
                    pose[datasets::AsIndex(other)].sure});
      const Complex a = places[datasets::AsIndex(one)] - places[datasets::AsIndex(middle)];
      const Complex b = places[datasets::AsIndex(other)] - places[datasets::AsIndex(middle)];
      if (sure <= 0 || std::abs(a) < 1e-6 || std::abs(b) < 1e-6) continue;
      put(layout_.angle() + static_cast<int>(j), std::abs(std::arg(a / b)), sure);
    }
    OwnMotion(f, put);
    Other(f, put);
  }

 private:
  const std::optional<PoseFrame>& Fit(int f) const { return fits_[datasets::AsIndex(f)]; }

  // The ends of a difference around f where `is_there`.
  template <class IsThere>
  bool Ends(int f, int half, const IsThere& is_there, int* before, int* after) const {
    *before = std::max(0, causal_ ? f - 2 * half : f - half);
    *after = causal_ ? f : std::min(static_cast<int>(fits_.size()) - 1, f + half);
    while (*before < f && !is_there(*before)) ++*before;
    while (*after > f && !is_there(*after)) --*after;
    return *after > *before;
  }

  // Within the frame of the animal, sizes a second.
  double PointSpeed(int f, int k, double* sure) const {
    int before = 0, after = 0;
    const auto is_there = [&](int at) {
      return Fit(at) && poses_[datasets::AsIndex(at)][datasets::AsIndex(k)].sure > 0;
    };
    if (!Ends(f, 2, is_there, &before, &after)) return 0;
    *sure = std::min(poses_[datasets::AsIndex(before)][datasets::AsIndex(k)].sure,
                     poses_[datasets::AsIndex(after)][datasets::AsIndex(k)].sure);
    return std::abs(places_[datasets::AsIndex(after)][datasets::AsIndex(k)] -
                    places_[datasets::AsIndex(before)][datasets::AsIndex(k)]) /
           (after - before) * fps_;
  }

  template <class Put>
  void OwnMotion(int f, const Put& put) const {
    const int first = layout_.own_motion();
    const auto is_there = [&](int at) { return Fit(at).has_value(); };
    int before = 0, after = 0, column = 0;
    for (const int half : {1, 3, 8}) {
      if (Ends(f, half, is_there, &before, &after)) {
        const double step = std::abs(Fit(after)->center - Fit(before)->center) / size_;
        put(first + column, std::asinh(step / (after - before) * fps_ / kSlowPoint), 1);
      }
      ++column;
    }
    if (!Ends(f, 3, is_there, &before, &after)) return;
    const double each = fps_ / (after - before);
    const Complex way = (Fit(after)->center - Fit(before)->center) / Fit(f)->turn / size_ * each;
    put(first + 3, std::asinh(way.real() / kSlowPoint), 1);
    put(first + 4, std::asinh(way.imag() / kSlowPoint), 1);
    put(first + 5,
        std::asinh(std::arg(Fit(after)->turn / Fit(before)->turn) * each / kSlowPoseTurn), 1);
  }

  template <class Put>
  void Other(int f, const Put& put) const {
    const PoseFrame& own = *Fit(f);
    const Pose* nearest = nullptr;
    std::optional<PoseFrame> its;
    for (const Pose& pose : frames_[datasets::AsIndex(f)].others) {
      const auto fit = FitFrame(pose, usual_);
      if (!fit || (its && std::abs(fit->center - own.center) >= std::abs(its->center - own.center)))
        continue;
      its = fit;
      nearest = &pose;
    }
    if (!its) return;
    const Complex place = (its->center - own.center) / own.turn / size_;
    const double distance = std::abs(place);
    const Complex shown = distance > 0 ? place / distance * std::asinh(distance) : place;
    const Complex look = its->turn / own.turn;
    int column = layout_.other();
    for (const double value : {shown.real(), shown.imag(), look.real(), look.imag()}) {
      put(column++, value, 1);
    }
    for (int k = 0; k < layout_.points(); ++k) {
      const PosePoint& point = poses_[datasets::AsIndex(f)][datasets::AsIndex(k)];
      double least = 1e30, sure = 0;
      for (const PosePoint& one : *nearest) {
        if (one.sure <= 0 || std::abs(one.at - point.at) >= least) continue;
        least = std::abs(one.at - point.at);
        sure = std::min(one.sure, point.sure);
      }
      if (sure > 0) put(layout_.nearness() + k, std::asinh(least / size_), sure);
    }
  }

  const std::vector<PosesOfFrame>& frames_;
  const train::PointLayout& layout_;
  const double size_, fps_;
  const bool causal_;
  UsualPose usual_;
  std::vector<Pose> poses_;  // smoothed
  std::vector<std::optional<PoseFrame>> fits_;
  std::vector<std::vector<Complex>> places_;  // in the frame of the animal
};

Pose PoseOf(const datasets::AnimalPoints& points) {
  Pose pose;
  for (const datasets::AnimalPoint& point : points) {
    pose.push_back({{point.x, point.y}, point.confidence});
  }
  return pose;
}

}  // namespace

std::vector<float> PointFeatures(const std::vector<PosesOfFrame>& frames,
                                 const train::PointLayout& layout, double size_px, double fps,
                                 bool causal) {
  const size_t width = 2 * static_cast<size_t>(layout.count());
  std::vector<float> features(frames.size() * width, 0.0f);
  const Maker maker(frames, layout, size_px, fps, causal);
  for (size_t f = 0; f < frames.size(); ++f) {
    maker.Fill(static_cast<int>(f), features.data() + f * width);
  }
  return features;
}

bool IsPosed(const std::vector<float>& features, size_t frame, const train::PointLayout& layout) {
  const size_t width = 2 * static_cast<size_t>(layout.count());
  const auto sure =
      features.begin() + static_cast<std::ptrdiff_t>(frame * width) + layout.sureness();
  return std::any_of(sure, sure + layout.points(), [](float value) { return value > 0; });
}

train::PointLayout LayoutOf(const std::vector<datasets::Skeleton>& skeletons) {
  train::PointLayout layout;
  layout.names = datasets::PointNames(skeletons);
  std::map<std::string, int> places;
  for (const std::string& name : layout.names) {
    places.emplace(name, static_cast<int>(places.size()));
  }
  std::set<std::pair<int, int>> pairs;
  std::set<std::array<int, 3>> joints;
  for (const datasets::Skeleton& skeleton : skeletons) {
    const auto place = [&](int at) {
      return places.at(skeleton.points[static_cast<size_t>(at)].name);
    };
    std::map<int, std::vector<int>> neighbors;
    for (const auto& [from, to] : skeleton.edges) {
      neighbors[place(from)].push_back(place(to));
      neighbors[place(to)].push_back(place(from));
    }
    for (size_t k = 0; k < skeleton.points.size(); ++k) {
      const int partner = skeleton.points[k].partner;
      if (partner <= static_cast<int>(k)) continue;
      const std::pair<int, int> pair = std::minmax(place(static_cast<int>(k)), place(partner));
      if (pairs.insert(pair).second) layout.pairs.emplace_back(pair);
    }
    for (auto& [middle, ends] : neighbors) {
      std::sort(ends.begin(), ends.end());
      for (size_t a = 0; a < ends.size(); ++a) {
        for (size_t b = a + 1; b < ends.size(); ++b) {
          if (joints.insert({ends[a], middle, ends[b]}).second) {
            layout.joints.push_back({ends[a], middle, ends[b]});
          }
        }
      }
    }
  }
  return layout;
}

void MeasurePoses(const std::vector<Pose>& samples, train::PointLayout& layout) {
  const UsualPose usual = UsualOf(samples, train::PartnersOf(layout));
  if (usual.at.empty()) {
    layout = {};
    return;
  }
  layout.rigidity = usual.rigidity;
  layout.pose.clear();
  for (const Complex& z : usual.at) layout.pose.emplace_back(z.real(), z.imag());
}

SubjectPoints::SubjectPoints(const datasets::Project& project, const datasets::VideoRow& video,
                             std::vector<std::string> subjects, const std::string& view,
                             const std::vector<std::string>& names)
    : project_(project),
      video_(video),
      subjects_(std::move(subjects)),
      whole_frame_(view == "frame"),
      job_id_(project.LatestPredictJob(video.id).value_or(0)),
      points_(project, video, job_id_, names) {
  for (const auto& category : project.Categories()) categories_[category.name] = category.id;
}

Pose SubjectPoints::Own(const Animals& animals, size_t subject, Id* category) const {
  const auto known = categories_.find(subjects_[subject]);
  auto own = known == categories_.end() ? animals.end() : animals.find(known->second);
  // The only one there; another one, where the subject is an animal that is not there.
  const bool is_only = known == categories_.end() && whole_frame_ && animals.size() == 1;
  if (is_only) own = animals.begin();
  if (own == animals.end()) return {};
  *category = own->first;
  return PoseOf(own->second);
}

std::vector<Pose> SubjectPoints::Samples(int most) const {
  std::vector<Pose> samples;
  const int count = std::min(most, video_.frame_count);
  for (int i = 0; i < count; ++i) {
    const auto animals = points_.At(static_cast<int>((i + 0.5) * video_.frame_count / count));
    for (size_t s = 0; s < subjects_.size(); ++s) {
      Id category = 0;
      Pose pose = Own(animals, s, &category);
      if (!pose.empty()) samples.push_back(std::move(pose));
    }
  }
  return samples;
}

std::vector<double> SubjectPoints::Sizes(size_t subject, const UsualPose& usual) const {
  std::vector<double> sizes;
  const int count = std::min(kSizeSamples, video_.frame_count);
  for (int i = 0; i < count; ++i) {
    Id category = 0;
    const int frame = static_cast<int>((i + 0.5) * video_.frame_count / count);
    const auto fit = FitFrame(Own(points_.At(frame), subject, &category), usual);
    if (fit) sizes.push_back(fit->size);
  }
  return sizes;
}

std::vector<std::vector<float>> SubjectPoints::Run(const train::PointLayout& layout,
                                                   int start_frame, int end_frame, bool causal,
                                                   datasets::Job& job) const {
  if (layout.count() == 0) return std::vector<std::vector<float>>(subjects_.size());
  UsualPose usual;
  usual.rigidity = layout.rigidity;
  for (const auto& [x, y] : layout.pose) usual.at.emplace_back(x, y);
  const int first = std::max(0, start_frame - 2 * kPointReach);
  const int last = std::min(video_.frame_count, end_frame + kPointReach);
  std::vector<std::vector<PosesOfFrame>> frames(subjects_.size());
  const Pose nobody(layout.names.size());
  const auto add = [&](const Animals& animals) {
    for (size_t s = 0; s < subjects_.size(); ++s) {
      PosesOfFrame frame;
      Id category = 0;
      frame.own = Own(animals, s, &category);
      const bool seen = !frame.own.empty();
      if (!seen) frame.own = nobody;
      for (const auto& [id, points] : animals) {
        if (seen && id != category) frame.others.push_back(PoseOf(points));
      }
      frames[s].push_back(std::move(frame));
    }
  };
  for (int from = first; from < last; from += kPointFramesAtOnce) {
    job.Advance(from - first, last - first, "reading key points of " + video_.name);
    const int to = std::min(last, from + kPointFramesAtOnce);
    std::map<int, std::vector<datasets::PredictionRow>> rows;
    if (job_id_ != 0) {
      project_.ForEachPrediction(job_id_, video_.id, from, to,
                                 [&](int frame, const std::vector<datasets::PredictionRow>& found) {
                                   rows[frame] = found;
                                 });
    }
    for (int frame = from; frame < to; ++frame) add(points_.At(frame, rows[frame]));
  }
  std::vector<std::vector<float>> features;
  const auto width = static_cast<std::ptrdiff_t>(2 * layout.count());
  for (size_t s = 0; s < subjects_.size(); ++s) {
    std::vector<double> sizes = Sizes(s, usual);
    for (size_t f = 0; sizes.empty() && f < frames[s].size(); ++f) {
      const auto fit = FitFrame(frames[s][f].own, usual);
      if (fit) sizes.push_back(fit->size);
    }
    const std::vector<float> all =
        PointFeatures(frames[s], layout, datasets::Median(sizes, 1), video_.fps, causal);
    features.emplace_back(all.begin() + (start_frame - first) * width,
                          all.begin() + (end_frame - first) * width);
  }
  return features;
}

}  // namespace infer
