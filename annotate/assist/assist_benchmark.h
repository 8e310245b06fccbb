// How good the proposals are on labeled video: simulated clicks against a person's outlines.
#pragma once

#include <filesystem>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "annotate/assist/assist.h"
#include "datasets/base/job.h"
#include "datasets/shape/polygon.h"

namespace annotate {

struct LabeledFrame {
  int frame = 0;
  cv::Mat bgr;
  std::vector<int64_t> category_ids;         // one an animal
  std::vector<datasets::Polygons> outlines;  // beside them
};

struct LabeledVideo {
  std::string name;
  std::vector<LabeledFrame> frames;  // by time
  cv::Mat background;                // empty when the camera moves
};

// What a person has done before the first click that is measured.
struct LabeledBefore {
  std::vector<LabeledFrame> frames;
  AnimalModel model;  // learned from them; null: BlobAt alone
};

struct AssistFigures {
  std::string video;
  int frames = 0, animals = 0;
  // Mean IoU against the labels: a first click with nothing known; a click once some animals are
  // labeled (their median area known); the last labeled outline fitted to the clicked animal.
  double blob_first_iou = 0, blob_iou = 0, grabcut_iou = 0;
  double one_click_share = 0;  // of animals whose blob reaches IoU 0.85
  // Of the animals whose blob stays below 0.85: those that at most three corrections bring there,
  // each a click in the middle of the largest part that is wrong.
  double corrected_share = 0;
  // 1 when the blob reaches 0.85; 2 when the fitted outline does; else 2 and one a corner of the
  // label simplified by 1.5 pixels, as if drawn by hand.
  double clicks_per_animal = 0;
  double clicks_per_frame = 0;
  double learned_share = 0;            // of animals that the model outlined
  double blob_ms = 0, grabcut_ms = 0;  // mean wall-clock time of a proposal
  double slowest_blob_ms = 0;
};

// Of a COCO dataset (images with frame_index) and its video; at most `most_frames` labeled frames,
// spread evenly (0: all). Throws Error for a missing or broken file.
LabeledVideo ReadLabeledVideo(const std::filesystem::path& truth_coco,
                              const std::filesystem::path& video, int most_frames,
                              datasets::Job& job);
// Clicks fall on a repeatable random place in the inner half of each animal. With a model they are
// answered by it first, then by BlobAt; it is told the outlines of the frame's earlier animals.
AssistFigures MeasureAssist(const LabeledVideo& video, const LabeledBefore& before,
                            datasets::Job& job);
// One line for a person.
std::string Describe(const AssistFigures& figures);

}  // namespace annotate
