// What files of key points say, whatever their format: animals on pictures, set by people or found
// by machines. Filled by the readers of formats, without a store.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/base/job.h"
#include "datasets/exchange/frame_place.h"
#include "datasets/exchange/options.h"
#include "datasets/keypoints/skeleton.h"
#include "datasets/project.h"

namespace datasets {

struct PoseAnimal {
  size_t picture = 0;               // into PoseDocument::pictures
  int track = -1;                   // into PoseDocument::tracks; -1: of none
  bool predicted = false;           // by a machine
  double score = 0;                 // of a machine, any number; NaN: that of its points
  std::string author;               // who set them, where the file says so
  std::vector<KeyPoint> points;     // Vole's pixels; visibility 0 where there is none
  std::vector<double> confidences;  // [points] of a machine
};

struct PoseDocument {
  std::string what;  // "SLEAP file 'x.slp'": the thing that errors name
  std::vector<Skeleton> skeletons;
  std::vector<std::string> tracks;  // their names; numbers and "track_3" name nobody
  std::vector<PictureClaim> pictures;
  std::vector<PoseAnimal> animals;
  std::vector<std::string> notes;  // for the report
};

// Labels as StoreLabels keeps them. What machines found becomes a prediction job of its own, in the
// same transaction; the same file a second time adds nothing. An animal is called as its track
// where that is a name, else "animal" with a numbered track; with names from tracks each track is
// an animal. Points on an axis of symmetry that no skeleton of the document speaks of are told by
// their names, which is said. Throws Error as FramePlacer does.
ImportReport ImportPose(Project& project, const std::filesystem::path& path, PoseDocument document,
                        const ImportOptions& options, Job& job);

// Whether the name only counts: "7", "track_7", "Track 7", "".
bool OnlyCounts(const std::string& track);

// "VIDEO#000012": a picture of a video by name and number, as claims need one name a frame.
PictureClaim ClaimOfFrame(const std::string& what, const std::string& video, int64_t frame);

}  // namespace datasets
