// What the review queue of a prediction job is built from, kept in the project so that the queue
// can be built again when labels or decisions change.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "datasets/project.h"
#include "infer/review/confidence.h"
#include "infer/track/track_record.h"

namespace infer {

struct ReviewAnimal {  // one row of `predictions`
  datasets::Id prediction = 0;
  int frame = 0;
  int class_index = 0;
  int tracklet = 0;
  float area_ratio = 1;  // to the usual area of this animal
  float agreement = -1;  // of its outline with the picture, kept to 1/254; -1: not known
  Signs signs{};         // kept to 1/255
};

struct ReviewTracklet {
  int start_frame = 0, end_frame = 0;
  int runner_up = -1;  // class that it could be instead
  float margin = 1;    // of its name
  // Where its name is unknown, so that its class is a guess that nobody was told: the number by
  // which its predictions are known; else -1.
  int unknown = -1;
};

struct ReviewData {
  datasets::Id video_id = 0;
  int start_frame = 0, end_frame = 0;  // predicted frames, [start, end)
  double fps = 25;
  std::vector<std::string> classes;
  std::vector<datasets::Id> categories;  // parallel
  std::vector<int> max_instances;        // parallel
  std::string unknown_name = "unknown";  // what animals whose name is unknown are called
  // IoU with labels that outlines drawn from the picture alone reach; 0: agreements of this video
  // can only be compared with each other, which Sign::kOffPicture then says.
  double picture_overlap = 0;
  std::vector<ReviewTracklet> tracklets;
  std::vector<ReviewAnimal> animals;  // by frame

  // The number of an animal whose name is unknown, else -1.
  int UnknownOf(const ReviewAnimal& animal) const {
    return tracklets[static_cast<size_t>(animal.tracklet)].unknown;
  }
};

// `rows`: ids in `predictions`, parallel to the record's. Dropped tracklets are left out.
ReviewData MakeReviewData(const TrackRecord& record, const std::vector<Tracklet>& tracklets,
                          const std::vector<NamedTracklet>& names, const train::ModelInfo& info,
                          const std::vector<datasets::Id>& rows, double fps,
                          double picture_overlap = 0);

// About 30 bytes an animal and frame, in the project's settings.
void SaveReviewData(datasets::Project& project, datasets::Id job_id, const ReviewData& data);
// Whether every animal that there can be has an outline of a person: then a frame is labeled in
// full, said to be done or not.
bool HasEveryAnimal(const ReviewData& data, const std::vector<datasets::AnnotationRow>& labels);

// Empty when the job has none (it was cancelled, or is of another kind). Throws Error when it is
// damaged.
std::optional<ReviewData> LoadReviewData(const datasets::Project& project, datasets::Id job_id);

}  // namespace infer
