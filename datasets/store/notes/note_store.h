// What people note about frames and whole videos, and flags to find them again. Those of bouts
// stand in their rows (BehaviorIntervalRow).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "datasets/store/connection.h"
#include "datasets/store/records.h"

namespace datasets {

struct NoteRow {
  Id id = 0;
  Id video_id = 0;
  std::optional<int> frame_index;  // none: of the whole video
  std::string note;                // in a person's words
  bool flagged = false;            // to be found again
  std::string author;
};

// Of all videos: by video, that of the whole video first, then by frame.
std::vector<NoteRow> ReadNotes(Connection& connection);
std::optional<NoteRow> ReadNoteAt(Connection& connection, Id video_id, std::optional<int> frame);
// Throw Error where the place has one already, or the video is not there.
Id InsertNote(Connection& connection, const NoteRow& note);
void UpdateNote(Connection& connection, const NoteRow& note);
void DeleteNote(Connection& connection, Id id);

}  // namespace datasets
