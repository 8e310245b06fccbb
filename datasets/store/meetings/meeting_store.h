// Typed reads and writes of meetings over one connection; writes inside a Project::Write.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "datasets/store/connection.h"
#include "datasets/store/meetings/meeting_records.h"

namespace datasets {

// The id of the new meeting; its animals and ways go with it, and all of them with the job.
Id InsertMeeting(Connection& connection, const MeetingRow& meeting);
std::vector<MeetingRow> ReadMeetings(Connection& connection, Id job_id, Id video_id);  // by frame
std::optional<MeetingRow> ReadMeeting(Connection& connection, Id id);

// What the names of a prediction were decided from, as JSON (infer/names/name_evidence.h). A
// prediction of an older Vole has none.
void WriteNameEvidence(Connection& connection, Id job_id, Id video_id, const std::string& json);
std::optional<std::string> ReadNameEvidence(Connection& connection, Id job_id, Id video_id);

// Without its pairs, which are rows of their own so that each can be undone. For Edits alone.
Id InsertMeetingDecision(Connection& connection, const MeetingDecisionRow& decision);
Id InsertKnownPair(Connection& connection, const KnownPairRow& pair);
void DeleteMeetingDecision(Connection& connection, Id id);
void DeleteKnownPair(Connection& connection, Id id);
// Of every job, with their pairs, by id.
std::vector<MeetingDecisionRow> ReadMeetingDecisions(Connection& connection, Id video_id);

}  // namespace datasets
