// Builders of edits of notes and flags; see edits.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "annotate/edit.h"

namespace annotate {

constexpr size_t kLongestNote = 4000;  // bytes that a person may write; what a panel can show

// Of a frame, or (without one) of the whole video; in place of what was noted there. An empty note
// without a flag takes it away. Refused for a frame that the video does not have. What is not given
// stays as it is when the edit is applied: a flag never takes an older text with it.
Edit NoteAt(datasets::Id video_id, std::optional<int> frame_index, std::optional<std::string> note,
            std::optional<bool> flagged);
// The bout stays that of whoever scored it.
Edit NoteBout(datasets::Id interval_id, std::optional<std::string> note,
              std::optional<bool> flagged);

// The frames of the videos that are labeled now are kept for judging ("val" or "test"), or train
// again (""). While all labeled frames of a video are kept, its bouts do not train either; a video
// without any cannot be kept. Refused where none of the videos has a labeled frame.
Edit MarkVideos(std::vector<datasets::Id> video_ids, std::string split);

}  // namespace annotate
