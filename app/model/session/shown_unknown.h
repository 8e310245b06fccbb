// Animals without a name as a person walks through them: which one lies here, which comes next.
#pragma once

#include <string>

#include "app/model/session/session.h"

namespace app {

// One of ProjectView::unknown_animals for as long as a list is looked at; tracklets are of a job.
struct UnknownKey {
  datasets::Id video_id = 0, job_id = 0;
  int tracklet = -1, start_frame = 0;
  bool operator==(const UnknownKey& other) const {
    return video_id == other.video_id && job_id == other.job_id && tracklet == other.tracklet &&
           start_frame == other.start_frame;
  }
};
UnknownKey KeyOf(const ShownUnknown& unknown);
// Null where there is none, or it has a name by now.
const ShownUnknown* FindUnknown(const ProjectView& project, const UnknownKey& key);
const ShownUnknown* FindUnknown(const ProjectView& project, datasets::Id video_id, int frame,
                                int tracklet);
// The one after `current` in the order of the list, or the first; null when no other is left.
const ShownUnknown* NextUnknown(const ProjectView& project, const ShownUnknown* current);
// "perhaps Ada 62 %"; "" where nothing is known of it.
std::string GuessText(const ProjectView& project, const ShownUnknown& unknown);
// "37 animals without a name", "" when every one has one.
std::string UnknownAnimalsText(const ProjectView& project);

}  // namespace app
