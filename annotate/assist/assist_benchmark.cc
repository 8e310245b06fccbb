#include "annotate/assist/assist_benchmark.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <opencv2/imgproc.hpp>
#include <unordered_map>

#include "annotate/assist/assist.h"
#include "annotate/assist/pixel_region.h"
#include "datasets/base/error.h"
#include "datasets/base/median.h"
#include "datasets/formats/coco/coco.h"
#include "datasets/video/video.h"

namespace annotate {
namespace {

constexpr double kGood = 0.85;
constexpr int kMostCorrections = 3;
constexpr double kByHandTolerance = 1.5;  // pixels

// A repeatable place in the inner half of an animal, where a person would click.
cv::Point2d ClickOn(const datasets::Polygons& outline, cv::Size image, cv::RNG& random) {
  const datasets::Box box = datasets::BoxOf(outline);
  const cv::Rect window = WindowAround({box.x + box.width / 2, box.y + box.height / 2},
                                       std::max(box.width, box.height) / 2 + 2, image);
  cv::Mat depth;
  cv::distanceTransform(MaskOf(outline, window), depth, cv::DIST_L2, 5);
  double deepest = 0;
  cv::minMaxLoc(depth, nullptr, &deepest);
  std::vector<cv::Point> inner;
  cv::findNonZero(depth >= 0.5 * deepest, inner);
  const cv::Point at =
      inner[static_cast<size_t>(random.uniform(0, static_cast<int>(inner.size())))];
  return cv::Point2d(at + window.tl()) + cv::Point2d(0.5, 0.5);
}

// Where a person would point: the middle of the largest part in which two outlines differ.
Correction LargestFault(const datasets::Polygons& outline, const datasets::Polygons& truth,
                        cv::Size image) {
  const cv::Rect whole({0, 0}, image);
  const cv::Mat found = MaskOf(outline, whole), right = MaskOf(truth, whole);
  Correction fault;
  double deepest = 0;
  for (const bool belongs : {true, false}) {
    cv::Mat depth;
    cv::distanceTransform(belongs ? right & ~found : found & ~right, depth, cv::DIST_L2, 5);
    double most = 0;
    cv::Point at;
    cv::minMaxLoc(depth, nullptr, &most, nullptr, &at);
    if (most <= deepest) continue;
    deepest = most;
    fault = {cv::Point2d(at) + cv::Point2d(0.5, 0.5), belongs};
  }
  return fault;
}

int CornersByHand(const datasets::Polygons& outline) {
  size_t corners = 0;
  for (const datasets::Ring& ring : outline) {
    corners += datasets::SimplifyRing(ring, kByHandTolerance).size();
  }
  return static_cast<int>(corners);
}

class Clock {
 public:
  Clock() : start_(std::chrono::steady_clock::now()) {}
  double Milliseconds() const {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start_)
        .count();
  }

 private:
  std::chrono::steady_clock::time_point start_;
};

// What is known of the animals by the time of a click.
struct Known {
  std::vector<double> areas;
  std::map<int64_t, datasets::Polygons> last;  // outline by category

  void Add(const LabeledFrame& frame) {
    for (size_t i = 0; i < frame.outlines.size(); ++i) {
      areas.push_back(AreaOf(frame.outlines[i]));
      last[frame.category_ids[i]] = frame.outlines[i];
    }
  }
};

}  // namespace

AssistFigures MeasureAssist(const LabeledVideo& video, const LabeledBefore& before,
                            datasets::Job& job) {
  AssistFigures sum;
  sum.video = video.name;
  const cv::Mat& background = video.background;
  cv::RNG random(7);
  Known known;
  int below = 0;  // animals whose blob is not good
  for (const LabeledFrame& frame : before.frames) known.Add(frame);
  for (const LabeledFrame& frame : video.frames) {
    job.Advance(sum.frames, static_cast<double>(video.frames.size()), "measuring proposals");
    ++sum.frames;
    std::vector<datasets::Polygons> accepted;  // as corrected by the person
    for (size_t i = 0; i < frame.outlines.size(); ++i) {
      const datasets::Polygons& truth = frame.outlines[i];
      const cv::Size image = frame.bgr.size();
      const cv::Point2d click = ClickOn(truth, image, random);
      const double typical_area = datasets::Median(known.areas);
      ++sum.animals;
      sum.blob_first_iou += IouOf(BlobAt(frame.bgr, background, click, 0).polygons, truth, image);

      Proposal blob;
      const Clock blob_clock;
      if (before.model) {
        blob = LearnedBlobAt(frame.bgr, background, click, typical_area, before.model, accepted);
        if (!blob.polygons.empty()) sum.learned_share += 1;
      }
      if (blob.polygons.empty()) blob = BlobAt(frame.bgr, background, click, typical_area);
      const double blob_ms = blob_clock.Milliseconds();
      sum.blob_ms += blob_ms;
      sum.slowest_blob_ms = std::max(sum.slowest_blob_ms, blob_ms);
      const double blob_iou = IouOf(blob.polygons, truth, image);
      sum.blob_iou += blob_iou;

      const datasets::Polygons& last = known.last[frame.category_ids[i]];
      const Clock fit_clock;
      const Proposal fitted = FitLastOutline(
          frame.bgr, background, last.empty() ? blob.polygons : last, click, typical_area);
      sum.grabcut_ms += fit_clock.Milliseconds();
      const double grabcut_iou = IouOf(fitted.polygons, truth, image);
      sum.grabcut_iou += grabcut_iou;

      if (blob_iou >= kGood) sum.one_click_share += 1;
      if (blob_iou < kGood && !blob.polygons.empty()) {
        ++below;
        std::vector<Correction> corrections;
        datasets::Polygons better = blob.polygons;
        for (int round = 0; round < kMostCorrections; ++round) {
          corrections.push_back(LargestFault(better, truth, image));
          const datasets::Polygons next = Corrected(frame.bgr, background, blob.polygons, click,
                                                    corrections, typical_area, accepted);
          if (next.empty()) break;
          better = next;
          if (IouOf(better, truth, image) < kGood) continue;
          sum.corrected_share += 1;
          break;
        }
      }
      sum.clicks_per_animal += blob_iou >= kGood ? 1 : 2;
      if (blob_iou < kGood && grabcut_iou < kGood) sum.clicks_per_animal += CornersByHand(truth);
      accepted.push_back(truth);
    }
    known.Add(frame);
  }
  const double animals = std::max(1, sum.animals);
  for (double* figure :
       {&sum.blob_first_iou, &sum.blob_iou, &sum.grabcut_iou, &sum.one_click_share,
        &sum.learned_share, &sum.clicks_per_animal, &sum.blob_ms, &sum.grabcut_ms}) {
    *figure /= animals;
  }
  sum.corrected_share = below > 0 ? sum.corrected_share / below : 1;
  sum.clicks_per_frame = sum.clicks_per_animal * animals / std::max(1, sum.frames);
  return sum;
}

LabeledVideo ReadLabeledVideo(const std::filesystem::path& truth_coco,
                              const std::filesystem::path& video, int most_frames,
                              datasets::Job& job) {
  const datasets::CocoDocument document = datasets::ReadCocoDataset(truth_coco, job);
  datasets::VideoReader reader(video, datasets::IndexVideo(video, job));
  LabeledVideo labeled;
  labeled.name = video.parent_path().filename().string();
  labeled.background = datasets::EstimateBackground(reader, 60, job).bgr;
  std::unordered_map<int64_t, std::vector<const datasets::CocoObject*>> objects;
  for (const datasets::CocoObject& object : document.objects) {
    objects[object.image_id].push_back(&object);
  }
  std::vector<datasets::CocoImage> images;
  for (const datasets::CocoImage& image : document.images) {
    if (image.frame_index && *image.frame_index < reader.index().frame_count()) {
      images.push_back(image);
    }
  }
  std::sort(images.begin(), images.end(),
            [](const auto& a, const auto& b) { return *a.frame_index < *b.frame_index; });
  const size_t most = most_frames > 0 ? static_cast<size_t>(most_frames) : images.size();
  for (size_t i = 0; i < std::min(most, images.size()); ++i) {
    const datasets::CocoImage& image =
        images.size() <= most ? images[i] : images[i * images.size() / most];
    LabeledFrame frame;
    frame.frame = *image.frame_index;
    frame.bgr = reader.Read(frame.frame);
    for (const datasets::CocoObject* object : objects[image.id]) {
      if (object->polygons.empty()) continue;
      frame.category_ids.push_back(object->category_id);
      frame.outlines.push_back(object->polygons);
    }
    labeled.frames.push_back(std::move(frame));
  }
  return labeled;
}

std::string Describe(const AssistFigures& figures) {
  char text[400];
  snprintf(
      text, sizeof text,
      "%s: %d frames, %d animals; one click: mean IoU %.3f (%.3f with nothing labeled yet), %.0f "
      "%% reach 0.85, %.0f %% of the others by three corrections; last outline fitted: mean IoU "
      "%.3f; clicks an animal %.2f, a frame %.2f; "
      "blob %.1f ms, fit %.1f ms",
      figures.video.c_str(), figures.frames, figures.animals, figures.blob_iou,
      figures.blob_first_iou, 100 * figures.one_click_share, 100 * figures.corrected_share,
      figures.grabcut_iou, figures.clicks_per_animal, figures.clicks_per_frame, figures.blob_ms,
      figures.grabcut_ms);
  return text;
}

}  // namespace annotate
