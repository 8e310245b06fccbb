// What the table of videos says, and which of them are shown in which order.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "app/model/session/shown.h"

namespace app {

struct VideoFacts {
  int labeled = 0, proposed = 0;  // frames
  int val = 0, test = 0;          // labeled frames kept for judging
  bool predicted = false;         // by a job
  int predicted_frames = -1;      // -1: not counted yet
  double unknown = -1;            // share of animals without a name; -1: not counted, or no animal
  int to_review = 0, bouts = 0;   // episodes; bouts of people
  int flags = 0;                  // of it, its frames and bouts
  bool missing = false;           // its file is not where it was
  bool flagged = false;
  std::string note;  // about the whole video
};

enum class VideoFilter { kAll, kUnlabeled, kUnpredicted, kToReview, kFlagged, kLost };
constexpr const char* kVideoFilterNames[] = {"all",       "not labeled", "not predicted",
                                             "to review", "flagged",     "file is lost"};
enum class VideoColumn { kAdded, kName, kLength, kLabeled, kPredicted, kUnknown, kToReview, kNote };

using FactsByVideo = std::map<datasets::Id, VideoFacts>;
struct PredictedFrames {
  std::map<std::pair<datasets::Id, datasets::Id>, int> counts;  // by job and video; none: 0
  int64_t revision = 0;  // that they were counted at, or after
  // By job and video, where there are animals without a name.
  std::map<std::pair<datasets::Id, datasets::Id>, datasets::UnknownCount> unknown = {};
};
// Of every video; `predicted` may be null, until it has been counted. Of a job that is younger than
// the count nothing is known.
FactsByVideo FactsOf(const ProjectView& project, const PredictedFrames* predicted);

struct VideoQuery {
  std::string text;  // part of the name or note, any case of ASCII letters
  VideoFilter filter = VideoFilter::kAll;
  VideoColumn column = VideoColumn::kAdded;
  bool ascending = true;
  bool operator==(const VideoQuery& other) const {
    return text == other.text && filter == other.filter && column == other.column &&
           ascending == other.ascending;
  }
};
// Places in project.videos, in the order asked for; equal ones as they were added.
std::vector<size_t> FindVideos(const ProjectView& project, const FactsByVideo& facts,
                               const VideoQuery& query);

}  // namespace app
