#include "datasets/behavior/motion_run.h"

#include <algorithm>
#include <map>
#include <memory>
#include <opencv2/imgproc.hpp>
#include <opencv2/video/tracking.hpp>

#include "datasets/base/error.h"
#include "datasets/calibrated.h"
#include "datasets/keypoints/skeleton.h"
#include "datasets/unknown_name.h"

namespace datasets {
namespace {

constexpr uint32_t kColors[] = {0xD55E00, 0x0072B2, 0x009E73, 0xCC79A7,
                                0xE69F00, 0x56B4E9, 0x8C6D31, 0x6A51A3};

// Mean length of the optical flow inside a mask: Farneback's method (2003) with the constants of
// Annolid on pictures blurred 5 x 5, in a window around the animal.
class FlowMeter {
 public:
  FlowMeter(const Project& project, const VideoRow& video) : reader_(project.OpenVideo(video)) {}

  std::optional<double> MeanIn(const Rle& mask, int frame) {
    Load(frame);
    constexpr int kMargin = 32;
    const Box box = RleBox(mask);
    const cv::Rect window =
        cv::Rect(static_cast<int>(box.x) - kMargin, static_cast<int>(box.y) - kMargin,
                 static_cast<int>(box.width) + 2 * kMargin,
                 static_cast<int>(box.height) + 2 * kMargin) &
        cv::Rect(0, 0, now_.cols, now_.rows);
    if (window.empty()) return {};
    cv::Mat flow, parts[2], length;
    cv::calcOpticalFlowFarneback(before_(window), now_(window), flow, 0.5, 3, 15, 3, 5, 1.2, 0);
    cv::split(flow, parts);
    cv::magnitude(parts[0], parts[1], length);
    return cv::mean(length, DecodeMask(mask, window))[0];
  }

 private:
  cv::Mat Gray(int frame) {
    cv::Mat gray;
    cv::cvtColor(reader_.Read(frame), gray, cv::COLOR_BGR2GRAY);
    cv::blur(gray, gray, cv::Size(5, 5));
    return gray;
  }
  void Load(int frame) {
    if (frame == frame_) return;
    before_ = frame_ == frame - 1 && !now_.empty() ? now_ : Gray(frame - 1);
    now_ = Gray(frame);
    frame_ = frame;
  }

  VideoReader reader_;
  int frame_ = -2;
  cv::Mat before_, now_;
};

using AnimalNumbers = std::map<Id, int>;  // of the animals, by category
using AllPoints = std::map<Id, AnimalPoints>;

// Masks and points of each animal that has any.
std::vector<AnimalMask> Joined(std::map<int, Rle> masks, const AllPoints& points,
                               const AnimalNumbers& numbers) {
  std::map<int, AnimalMask> joined;
  for (auto& [animal, mask] : masks) {
    joined[animal].animal = animal;
    joined[animal].mask = std::move(mask);
  }
  for (const auto& [category, own] : points) {
    const auto number = numbers.find(category);
    if (number == numbers.end()) continue;
    joined[number->second].animal = number->second;
    joined[number->second].points = own;
  }
  std::vector<AnimalMask> all;
  for (auto& [animal, one] : joined) all.push_back(std::move(one));
  return all;
}

std::vector<AnimalMask> MasksOf(const std::vector<PredictionRow>& rows, const AllPoints& points,
                                const AnimalNumbers& numbers) {
  std::map<int, const PredictionRow*> best;
  for (const PredictionRow& row : rows) {
    const auto number = numbers.find(row.category_id);
    if (number == numbers.end() || row.rejected || !row.HasShape()) continue;
    const PredictionRow*& kept = best[number->second];
    if (!kept || row.score > kept->score) kept = &row;
  }
  std::map<int, Rle> masks;
  for (const auto& [animal, row] : best) masks[animal] = row->rle.value_or(Rle());
  return Joined(std::move(masks), points, numbers);
}

std::vector<AnimalMask> MasksOf(const std::vector<AnnotationRow>& rows, const AllPoints& points,
                                const AnimalNumbers& numbers, int height, int width) {
  std::map<int, Rle> best;
  for (const AnnotationRow& row : rows) {
    const auto number = numbers.find(row.category_id);
    if (number == numbers.end() || row.iscrowd || !row.HasShape()) continue;
    Rle mask = row.Mask({width, height});
    Rle& kept = best[number->second];
    if (kept.empty() || RleArea(mask) > RleArea(kept)) kept = std::move(mask);
  }
  return Joined(std::move(best), points, numbers);
}

}  // namespace

VideoMotion MeasureVideoMotion(const Project& project, const VideoRow& video,
                               const std::vector<Zone>& zones, const MotionInput& input, Job& job,
                               const MotionVisitor& visit) {
  VideoMotion result;
  result.video = video;
  result.start_frame = std::clamp(input.start_frame, 0, video.frame_count);
  result.end_frame = input.end_frame < 0
                         ? video.frame_count
                         : std::clamp(input.end_frame, result.start_frame, video.frame_count);
  result.floor = FloorOf(project, video, input.options.pixels_per_cm);
  result.zones = ZoneMasks(zones, video.name, video.height, video.width, result.floor);
  AnimalNumbers numbers;
  for (const CategoryRow& category : project.Categories()) {
    if (IsUnknown(category)) continue;  // nobody in particular, and may be several
    const size_t number = result.animals.size();
    numbers[category.id] = static_cast<int>(number);
    result.animals.push_back(category.name);
    result.colors.push_back(category.color != 0 ? category.color
                                                : kColors[number % std::size(kColors)]);
  }
  result.times = FrameTimes(project.IndexOf(video));
  if (!input.options.zone_point.empty() && input.options.zone_by_center) {
    throw Error("option 'zone-point'", "--zone-by-center takes the center instead",
                "give one of the two");
  }
  const PointChoice choice = ChoosePoints(PointNames(project.Skeletons()), input.options.zone_point,
                                          input.options.heading, input.options.point_confidence);
  result.points = choice.names;
  result.has_heading = !input.options.heading.empty();
  Id job_id = 0;
  if (!input.from_labels) {
    job_id = input.job_id != 0 ? input.job_id : project.LatestPredictJob(video.id).value_or(0);
  }
  const PointsOfVideo points(project, video, job_id, choice.names);
  MotionMeter meter(video.name, result.animals, result.zones, result.times, result.start_frame,
                    result.end_frame, input.options, choice, result.floor);
  std::unique_ptr<FlowMeter> flow;
  if (input.options.flow) flow = std::make_unique<FlowMeter>(project, video);
  int64_t frames = 0;
  const auto add = [&](int frame, const std::vector<AnimalMask>& masks) {
    if (frames++ % 16 == 0) {
      job.Advance(frame - result.start_frame, result.end_frame - result.start_frame,
                  "measuring motion in " + video.name);
    }
    const auto motions = meter.Add(frame, masks, [&](const Rle& mask) -> std::optional<double> {
      if (!flow) return {};
      return flow->MeanIn(mask, frame);
    });
    if (visit && !motions.empty()) visit(result, motions);
  };
  if (input.from_labels) {
    project.ForEachAnnotation(
        video.id, [&](const ImageRow& image, const std::vector<AnnotationRow>& rows) {
          if (!image.frame_index || *image.frame_index < result.start_frame ||
              *image.frame_index >= result.end_frame) {
            return;
          }
          add(*image.frame_index,
              MasksOf(rows, points.At(*image.frame_index), numbers, video.height, video.width));
        });
  } else {
    project.ForEachPrediction(job_id, video.id, result.start_frame, result.end_frame,
                              [&](int frame, const std::vector<PredictionRow>& rows) {
                                add(frame, MasksOf(rows, points.At(frame, rows), numbers));
                              });
  }
  if (frames == 0) {
    const bool whole = result.start_frame == 0 && result.end_frame == video.frame_count;
    const std::string where = whole ? ""
                                    : " on frames " + std::to_string(result.start_frame) + " to " +
                                          std::to_string(result.end_frame - 1);
    throw Error(
        "motion in '" + video.name + "'",
        (input.from_labels ? "no animal is labeled in it" : "it has no predictions") + where,
        input.from_labels ? "label some frames first" : "predict it first");
  }
  result.summaries = meter.Summaries();
  result.contacts = meter.Contacts();
  result.scores = meter.Scores();
  return result;
}

}  // namespace datasets
