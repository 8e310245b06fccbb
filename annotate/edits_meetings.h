// Builders of edits of meetings; see edits.h.
#pragma once

#include <functional>

#include "annotate/edit.h"
#include "datasets/store/meetings/meeting_records.h"

namespace annotate {

// A person's decision on a meeting: stored with the outlines that it says are one animal, in place
// of earlier decisions on that meeting; names in the predictions change as it says. `plan` is asked
// inside the transaction and may throw Error.
Edit DecideMeeting(std::function<datasets::MeetingChange(datasets::Connection&)> plan);
// Names that it changed stay changed until the next prediction.
Edit ForgetMeetingDecision(datasets::Id video_id, datasets::Id decision_id);

}  // namespace annotate
