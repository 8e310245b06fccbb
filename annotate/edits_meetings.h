// Builders of edits of meetings; see edits.h.
#pragma once

#include <functional>
#include <optional>

#include "annotate/edit.h"
#include "datasets/store/meetings/meeting_records.h"

namespace annotate {

// A person's decision on a meeting: stored with the outlines that it says are one animal, in place
// of earlier decisions on that meeting; names in the predictions change as it says. `plan` is asked
// inside the transaction and may throw Error.
Edit DecideMeeting(std::function<datasets::MeetingChange(datasets::Connection&)> plan);
// An edit of names, and the decision that it is, where it is one. `plan` is asked before the edit,
// inside its transaction.
Edit WithDecision(
    Edit edit, std::function<std::optional<datasets::MeetingChange>(datasets::Connection&)> plan);
// Names that it changed stay changed until the next prediction.
Edit ForgetMeetingDecision(datasets::Id video_id, datasets::Id decision_id);

}  // namespace annotate
