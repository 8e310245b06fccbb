// What an export writes: labels, predictions, or one filled up with the other, frame by frame.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "datasets/exchange/options.h"
#include "datasets/store/records.h"

namespace datasets {

struct SelectedInstance : Outline {
  Id category_id = 0;
  std::optional<int64_t> track;  // unique within the video; the imported number where there is one
  Box box;
  double area = 0;
  bool iscrowd = false, occluded = false, keyframe = true;
  bool predicted = false;
  bool unknown = false;  // its name is not known: `track`, where there is one, tells it from others
  double score = 1, confidence = 1;  // 1 for labels
  std::string source, author;        // "drawn", "imported", ..., "predicted"
  std::vector<KeyPoint> key_points;
  std::vector<double> point_confidences;  // [key_points] 0..1; empty for labels
  std::string extra_json;
};

struct SelectedFrame {
  const VideoRow* video = nullptr;  // null for a picture file
  int frame_index = 0;
  std::string picture;  // path as the project stores it
  int width = 0, height = 0;
  std::string state;  // "new", "started", "done", "empty"; "predicted" without label
  std::string split;
  std::vector<SelectedInstance> instances;
};

// Frames in the order: videos by id, frames ascending, then pictures. `labels`: images that have a
// state other than `new`, with their labels. `predictions`: frames of the job. `final`: a frame
// that a person finished (done or empty) as they left it; any other frame with its labels and, for
// categories that have no label in it, the predictions.
// Throws Error for an unknown `what`, an unknown video, and predictions where no job has any.
void ForEachSelectedFrame(const Project& project, const ExportOptions& options, Job& job,
                          const std::function<void(const SelectedFrame&)>& visit);

// The full-image mask of an instance: its outline, else its box; all background for key points
// alone.
Rle MaskOf(const SelectedInstance& instance, int height, int width);
std::vector<VideoRow> SelectedVideos(const Project& project, const ExportOptions& options);

}  // namespace datasets
