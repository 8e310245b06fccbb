// Builders of edits of notes and flags; see edits.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "annotate/edit.h"

namespace annotate {

// Of a frame, or (without one) of the whole video; in place of what was noted there. An empty note
// without a flag takes it away. Refused for a frame that the video does not have.
Edit NoteAt(datasets::Id video_id, std::optional<int> frame_index, std::string note, bool flagged);
// The bout stays that of whoever scored it.
Edit NoteBout(datasets::Id interval_id, std::string note, bool flagged);

// The frames of the videos that are labeled now are kept for judging ("val" or "test"), or train
// again (""). Refused where none of them has a labeled frame.
Edit MarkVideos(std::vector<datasets::Id> video_ids, std::string split);

}  // namespace annotate
