#include "datasets/store/notes/note_store.h"

#include "datasets/store/owner.h"

namespace datasets {
namespace {

NoteRow NoteFrom(const Statement& row) {
  NoteRow note;
  note.id = row.Int(0);
  note.video_id = row.Int(1);
  if (!row.IsNull(2)) note.frame_index = static_cast<int>(row.Int(2));
  note.note = row.Text(3);
  note.flagged = row.Bool(4);
  note.author = row.Text(5);
  return note;
}

}  // namespace

std::vector<NoteRow> ReadNotes(Connection& connection) {
  std::vector<NoteRow> notes;
  auto rows = connection.Query(
      "SELECT id, video_id, frame_index, note, flagged, author FROM notes"
      " ORDER BY video_id, frame_index");  // SQLite sorts NULL first
  while (rows.Step()) notes.push_back(NoteFrom(rows));
  return notes;
}

std::optional<NoteRow> ReadNoteAt(Connection& connection, Id video_id, std::optional<int> frame) {
  auto row = connection.Query(
      "SELECT id, video_id, frame_index, note, flagged, author FROM notes"
      " WHERE video_id = ? AND frame_index IS ?",
      video_id, frame);
  if (!row.Step()) return {};
  return NoteFrom(row);
}

Id InsertNote(Connection& connection, const NoteRow& note) {
  return connection.Insert(
      "INSERT INTO notes (video_id, frame_index, note, flagged, author, updated_at)"
      " VALUES (?, ?, ?, ?, ?, ?)",
      note.video_id, note.frame_index, note.note, note.flagged, note.author, NowMs());
}

void UpdateNote(Connection& connection, const NoteRow& note) {
  connection.Run("UPDATE notes SET note = ?, flagged = ?, author = ?, updated_at = ? WHERE id = ?",
                 note.note, note.flagged, note.author, NowMs(), note.id);
}

void DeleteNote(Connection& connection, Id id) {
  connection.Run("DELETE FROM notes WHERE id = ?", id);
}

}  // namespace datasets
