// What a person's decision on a meeting changes.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "datasets/store/connection.h"
#include "datasets/store/meetings/meeting_records.h"

namespace infer {

enum class MeetingVerdict { kKeep, kExchange, kUnsure };

// For annotate::DecideMeeting: inside its transaction. `leaves_as`: for an exchange, pairs of
// tracks by ReviewedMeeting's numbers (who enters, as whom it leaves); those that are not in it
// keep their names. Names are searched anew over the whole video, with what is known now; where
// people have changed names by hand, and where animals share a name, they change as it says from
// the meeting on, and nowhere else. An animal that has no name gives none to the one that it is
// exchanged with. Throws Error for a meeting of an older prediction, for tracks
// that are not in it or cannot be followed, and for a decision that contradicts labels or an
// earlier one.
datasets::MeetingChange PlanDecision(datasets::Connection& connection, datasets::Id meeting_id,
                                     MeetingVerdict verdict,
                                     const std::vector<std::pair<int, int>>& leaves_as,
                                     double seconds);

// The decision that it is when a person swaps two animals by hand in frames [start, end): where
// that begins in a meeting of both and has no end, that they were exchanged there; else that the
// one which is called so before is the one which is called otherwise after, at both ends, which the
// next prediction obeys too. `swaps` is empty, the swap itself is the caller's. Nullopt where it is
// no decision, and holds for this prediction only: of animals that share a name, and where one of
// them is not seen near the ends.
std::optional<datasets::MeetingChange> DecisionOfSwap(datasets::Connection& connection,
                                                      datasets::Id job_id, datasets::Id video_id,
                                                      int start_frame, int end_frame,
                                                      datasets::Id category_id,
                                                      datasets::Id other_category_id);

}  // namespace infer
