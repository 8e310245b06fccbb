#include "annotate/carry_labels.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "annotate/assist/pixel_region.h"
#include "annotate/edits.h"
#include "datasets/base/error.h"
#include "datasets/shape/mask.h"
#include "datasets/video/video.h"

namespace annotate {
namespace {

using datasets::AnnotationRow;
using datasets::Id;

constexpr size_t kCacheBytes = size_t{256} << 20;  // of pictures: a group of them, backward too

std::string AnimalName(const datasets::Project& project, Id animal) {
  for (const auto& row : project.Categories()) {
    if (row.id == animal) return row.name;
  }
  return "animal " + std::to_string(animal);
}

std::string FrameText(int frame) { return "frame " + std::to_string(frame); }

// Throws Error where what is learned from would show what is kept for a test.
void CheckSeed(const datasets::ImageRow& image) {
  if (!image.IsHeldOut()) return;
  throw datasets::Error(FrameText(*image.frame_index),
                        "it is kept for testing (" + image.split + ")",
                        "carry from another frame: what is learned from must not show it");
}

struct Seeds {
  std::vector<OutlinedAnimal> carried, company;
  std::map<Id, std::optional<Id>> track;  // by animal
  std::set<Id> with_points;               // animals
  std::vector<AnnotationRow> rows;
  std::optional<Id> job;  // whose predictions advise
};

// Interpolated key points give way to carried ones, not to none.
bool GivesWay(const AnnotationRow& label, const std::set<Id>& with_points) {
  return label.GivesWay() && (label.key_points.empty() || with_points.count(label.category_id) > 0);
}

bool SamePoints(const std::vector<datasets::KeyPoint>& a,
                const std::vector<datasets::KeyPoint>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.point_id == y.point_id && x.x == y.x && x.y == y.y && x.visibility == y.visibility;
  });
}

bool SameLabels(const std::vector<AnnotationRow>& a, const std::vector<AnnotationRow>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.id == y.id && x.category_id == y.category_id && x.Rings() == y.Rings() &&
           SamePoints(x.key_points, y.key_points);
  });
}

// The outline as far as it lies in the picture. Throws Error where it cannot be followed.
datasets::Polygons OutlineToCarry(const AnnotationRow& label, cv::Size size, int frame,
                                  const std::string& name) {
  constexpr double kLeastArea = 25;      // pixels: less has no shape that could be followed
  constexpr double kMostHoles = 0.05;    // of the area
  constexpr double kWithinReach = 1e-6;  // pixels
  const datasets::Polygons rings = label.Rings();
  const std::string thing = FrameText(frame) + ", '" + name + "'";
  const cv::Rect window = WindowOf(datasets::BoxOf(rings), 1, size);
  const cv::Mat mask = window.empty() ? cv::Mat() : MaskOf(rings, window);
  const double seen = mask.empty() ? 0 : cv::countNonZero(mask);
  if (seen < kLeastArea) {
    throw datasets::Error(thing,
                          "only " + std::to_string(static_cast<int>(seen)) +
                              " pixels of its outline lie in the picture",
                          "outline it on a frame where it is seen, or leave it out");
  }
  const double filled = AreaOf(rings), own = label.Area(size);
  if (filled - own > kMostHoles * filled && own > 0) {
    throw datasets::Error(thing, "its outline has holes, which would be filled",
                          "outline it without holes, or leave it out");
  }
  const datasets::Box box = datasets::BoxOf(rings);
  const bool inside = box.x >= -kWithinReach && box.y >= -kWithinReach &&
                      box.x + box.width <= size.width + kWithinReach &&
                      box.y + box.height <= size.height + kWithinReach;
  return inside ? rings : datasets::TraceMask(mask, 0, window.tl(), 4);
}

Seeds SeedsOf(const datasets::Project& project, const CarryRequest& request, cv::Size size,
              const std::vector<datasets::ImageRow>& images) {
  Seeds seeds;
  const auto chosen = [&](Id animal) {
    return request.animals.empty() || std::find(request.animals.begin(), request.animals.end(),
                                                animal) != request.animals.end();
  };
  for (const datasets::ImageRow& image : images) {
    if (image.frame_index == request.frame) CheckSeed(image);
  }
  for (const AnnotationRow& label : project.AnnotationsAt(request.video_id, request.frame)) {
    seeds.rows.push_back(label);
    if (!label.HasShape() || label.iscrowd) continue;
    if (!chosen(label.category_id)) {
      seeds.company.push_back({label.category_id, label.Rings()});
      continue;
    }
    const std::string name = AnimalName(project, label.category_id);
    seeds.carried.push_back(
        {label.category_id, OutlineToCarry(label, size, request.frame, name), label.key_points});
    if (!label.key_points.empty()) seeds.with_points.insert(label.category_id);
    if (!seeds.track.emplace(label.category_id, label.track_id).second) {
      throw datasets::Error(FrameText(request.frame), "'" + name + "' has two outlines there",
                            "give each animal its own name: two of one name are not told apart");
    }
  }
  if (seeds.carried.empty() && request.animals.empty()) {
    throw datasets::Error(FrameText(request.frame), "it has no outline to carry",
                          "outline the animals there first");
  }
  for (const Id animal : request.animals) {
    if (seeds.track.count(animal)) continue;
    throw datasets::Error(FrameText(request.frame),
                          "'" + AnimalName(project, animal) + "' has no outline there",
                          "outline it there first, or carry the others");
  }
  return seeds;
}

AdviseOn AdviceFrom(const datasets::Project& project, const CarryRequest& request,
                    const Seeds& seeds, const std::vector<datasets::ImageRow>& images) {
  std::map<int, std::string> closed;
  for (const datasets::ImageRow& image : images) {
    if (image.frame_index) closed[*image.frame_index] = ClosedBy(image);
  }
  return [&project, video = request.video_id, closed = std::move(closed), job = seeds.job,
          with_points = seeds.with_points](int frame) {
    CarryAdvice advice;
    const auto known = closed.find(frame);
    if (known != closed.end()) {
      advice.closed = known->second;
      for (const AnnotationRow& label : project.AnnotationsAt(video, frame)) {
        if (!GivesWay(label, with_points))
          advice.labeled.push_back({label.category_id, label.Rings()});
      }
    }
    if (!job) return advice;
    for (const auto& row : project.PredictionsAt(*job, video, frame)) {
      if (row.HasShape()) advice.predicted.push_back({row.category_id, row.Rings()});
    }
    return advice;
  };
}

// Writes carried outlines where the project allows it at this moment: it may have changed since
// they were made.
class CarryWriter {
 public:
  CarryWriter(const CarryRequest& request, Seeds seeds,
              std::map<int, std::vector<OutlinedAnimal>> labels,
              std::shared_ptr<CarryOutcome> outcome)
      : request_(request),
        seeds_(std::move(seeds)),
        labels_(std::move(labels)),
        outcome_(std::move(outcome)) {}

  void operator()(Recorder& recorder) const {
    *outcome_ = {};
    const auto& reader = recorder.reader();
    std::vector<AnnotationRow> now;
    std::map<int, datasets::ImageRow> images;
    if (!labels_.empty()) {
      const int first = std::min(request_.frame, labels_.begin()->first);
      const int last = std::max(request_.frame, labels_.rbegin()->first);
      for (auto& image : reader.ImagesBetween(request_.video_id, first, last + 1)) {
        images[*image.frame_index] = image;
      }
    }
    if (images.count(request_.frame)) {
      CheckSeed(images[request_.frame]);
      now = reader.AnnotationsOfImage(images[request_.frame].id);
    }
    if (!SameLabels(now, seeds_.rows)) {
      throw datasets::Error(FrameText(request_.frame), "its labels have changed meanwhile",
                            "carry them again from there");
    }
    for (const int direction : {1, -1}) Walk(recorder, images, direction);
  }

 private:
  void Walk(Recorder& recorder, const std::map<int, datasets::ImageRow>& images,
            int direction) const {
    std::set<Id> ended;
    for (int frame = request_.frame + direction; labels_.count(frame); frame += direction) {
      std::vector<AnnotationRow> there;
      const auto image = images.find(frame);
      if (image != images.end()) {
        if (!ClosedBy(image->second).empty()) return;
        there = recorder.reader().AnnotationsOfImage(image->second.id);
      }
      const std::vector<OutlinedAnimal>& outlines = labels_.at(frame);
      for (const AnnotationRow& row : there) {
        if (!GivesWay(row, seeds_.with_points) && IsOneOf(outlines, row.category_id))
          ended.insert(row.category_id);
      }
      if (request_.options.together && !ended.empty()) return;
      int written = 0;
      for (const OutlinedAnimal& one : outlines) {
        if (ended.count(one.animal)) continue;
        for (const AnnotationRow& row : there) {
          if (row.category_id != one.animal) continue;
          DeleteAnnotation(row.id).change(recorder);
          ++outcome_->replaced;
        }
        AnnotationRow row;
        row.category_id = one.animal;
        row.track_id = seeds_.track.at(one.animal);
        row.polygons = one.outline;
        row.key_points = one.points;
        row.source = datasets::LabelSource::kInterpolated;
        row.keyframe = false;
        if (one.of_model) row.job_id = seeds_.job;
        AddAnnotation(request_.video_id, frame, row).change(recorder);
        ++written;
      }
      outcome_->labels += written;
      outcome_->frames += written > 0;
    }
  }

  static bool IsOneOf(const std::vector<OutlinedAnimal>& outlines, Id animal) {
    return std::any_of(outlines.begin(), outlines.end(),
                       [&](const OutlinedAnimal& one) { return one.animal == animal; });
  }

  CarryRequest request_;
  Seeds seeds_;
  std::map<int, std::vector<OutlinedAnimal>> labels_;  // by frame
  std::shared_ptr<CarryOutcome> outcome_;
};

// Animals that are outlined where the carrying begins, and not everywhere where it leads.
std::vector<Id> LeftBehind(const datasets::Project& project, Id video, const Seeds& seeds,
                           const std::map<int, std::vector<OutlinedAnimal>>& labels) {
  std::set<Id> left;
  for (const auto& [frame, outlines] : labels) {
    if (left.size() == seeds.company.size()) break;
    std::set<Id> there;
    for (const AnnotationRow& row : project.AnnotationsAt(video, frame)) {
      there.insert(row.category_id);
    }
    for (const OutlinedAnimal& one : seeds.company) {
      if (there.count(one.animal) == 0) left.insert(one.animal);
    }
  }
  return {left.begin(), left.end()};
}

}  // namespace

std::string ClosedBy(const datasets::ImageRow& image) {
  if (image.IsHeldOut()) return "is kept for testing";
  if (image.state == datasets::ImageState::kEmpty) return "is marked as empty";
  if (image.state == datasets::ImageState::kDone) return "is marked as done";
  return "";
}

CarriedLabels CarryLabels(const datasets::Project& project, const CarryRequest& request,
                          datasets::Job& job) {
  const datasets::VideoRow video = project.VideoById(request.video_id);
  const std::vector<datasets::ImageRow> images = project.ImagesOfVideo(request.video_id);
  Seeds seeds = SeedsOf(project, request, {video.width, video.height}, images);
  if (request.use_predictions) seeds.job = project.LatestPredictJob(request.video_id);
  const AdviseOn advise = AdviceFrom(project, request, seeds, images);
  const cv::Mat background = project.BackgroundOf(video).bgr;
  datasets::FrameCache pictures(project.VideoPath(video), project.IndexOf(video), kCacheBytes);
  CarriedLabels carried;
  std::map<int, std::vector<OutlinedAnimal>> labels;
  for (const int direction : {1, -1}) {
    if (!(direction > 0 ? request.forward : request.backward)) continue;
    CarryOptions options = request.options;
    options.direction = direction;
    Carried way =
        CarryOn([&](int frame) { return pictures.Get(frame); }, video.frame_count, request.frame,
                seeds.carried, seeds.company, background, options, advise, job);
    for (auto& [frame, outlines] : way.labels) labels[frame] = std::move(outlines);
    carried.ends.insert(carried.ends.end(), way.ends.begin(), way.ends.end());
  }
  for (const auto& [frame, outlines] : labels) carried.labels += static_cast<int>(outlines.size());
  carried.frames = static_cast<int>(labels.size());
  carried.left_behind = LeftBehind(project, request.video_id, seeds, labels);
  const auto outcome = std::make_shared<CarryOutcome>();
  carried.outcome = outcome;
  carried.edit = {"Carry outlines on", Place{request.video_id, request.frame},
                  CarryWriter(request, std::move(seeds), std::move(labels), outcome)};
  return carried;
}

Edit AcceptFilledIn(Id video_id, int start_frame, int end_frame) {
  return {"Accept carried outlines", Place{video_id, start_frame}, [=](Recorder& recorder) {
            int accepted = 0;
            for (const auto& image :
                 recorder.reader().ImagesBetween(video_id, start_frame, end_frame)) {
              accepted += AcceptLabels(recorder, image.id);
            }
            if (accepted > 0) return;
            throw datasets::Error(end_frame - start_frame == 1
                                      ? FrameText(start_frame)
                                      : "frames " + std::to_string(start_frame) + " to " +
                                            std::to_string(end_frame - 1),
                                  "nothing there was carried or interpolated",
                                  "carry a labeled frame's outlines first");
          }};
}

std::string Describe(const datasets::Project& project, const CarryRequest& request,
                     const CarriedLabels& carried) {
  std::string text;
  for (size_t i = 0; i < carried.ends.size(); ++i) {
    const CarryEnd& end = carried.ends[i];
    const bool back = end.frame < request.frame;
    const int frames = std::abs(end.frame - request.frame) - 1;
    text += (text.empty() ? "" : ", ") + AnimalName(project, end.animal) + " " +
            std::to_string(frames) + (frames == 1 ? " frame " : " frames ") +
            (back ? "back" : "on");
    if (!end.reason.empty()) {
      text += " (frame " + std::to_string(end.frame) + ": " + end.reason + ")";
    }
  }
  std::string left;
  for (const Id animal : carried.left_behind) {
    left += (left.empty() ? "" : ", ") + AnimalName(project, animal);
  }
  if (!left.empty()) {
    text += "; not carried: " + left +
            " (a frame without it teaches nothing until it is outlined " +
            "there, too, or the frame is marked as done)";
  }
  return text;
}

}  // namespace annotate
