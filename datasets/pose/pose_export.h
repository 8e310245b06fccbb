// What exports of key points write: the chosen labels or predictions that have points, with one
// skeleton and a name for each animal.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "datasets/exchange/options.h"
#include "datasets/exchange/selection.h"
#include "datasets/keypoints/skeleton.h"
#include "datasets/project.h"

namespace datasets {

struct PosedAnimal {
  int animal = -1;  // into PosedFrames::animals; -1: nothing tells it from others of its kind
  bool predicted = false;
  double score = 1;
  std::string author;
  Box box;
  Id category_id = 0;
  std::vector<KeyPoint> points;     // [K]; visibility 0 where there is none
  std::vector<double> confidences;  // [K]; 1 for labels, 0 where there is none
};

struct PosedFrame {
  size_t video = 0;  // into PosedFrames::videos; their number: a single picture
  int frame_index = 0;
  std::string picture;  // path as the project stores it
  int width = 0, height = 0;
  std::string split;
  std::vector<PosedAnimal> animals;
};

struct PosedFrames {
  std::vector<VideoRow> videos;      // that have frames here
  Skeleton skeleton;                 // K points: all that any animal has
  std::vector<std::string> animals;  // names: the category where it stands once on every picture,
                                     // else with the number of its track
  std::vector<PosedFrame> frames;    // by video and frame, then pictures
  int64_t instances = 0;
  std::vector<std::string> warnings;  // what no format of points can say, with counts

  bool IsPicture(const PosedFrame& frame) const { return frame.video == videos.size(); }
};

// Animals without points, and outlines, are left out and counted. Throws Error as
// ForEachSelectedFrame does, and where no animal has a point.
PosedFrames SelectPoses(const Project& project, const ExportOptions& options, Job& job);

// Of formats that do not hold marks of training, validation and test.
void WarnOfSplits(const PosedFrames& posed, std::vector<std::string>* warnings);
// "12 points", for warnings; adds nothing for 0.
void WarnOf(int64_t count, const std::string& what, std::vector<std::string>* warnings);

}  // namespace datasets
