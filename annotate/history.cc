#include "annotate/history.h"

#include "datasets/base/encoding.h"
#include "datasets/store/connection.h"
#include "datasets/store/owner.h"

namespace annotate {
namespace {

using datasets::Connection;
using datasets::Id;

constexpr const char* kNewestDone =
    "SELECT id, label, video_id, frame_index, author, changes FROM edits WHERE state = 'done'"
    " ORDER BY id DESC LIMIT 1";
constexpr const char* kOldestUndone =
    "SELECT id, label, video_id, frame_index, author, changes FROM edits WHERE state = 'undone'"
    " ORDER BY id LIMIT 1";

// Without its changes, which `changes` gets as they are stored.
std::optional<StoredEdit> ReadOne(Connection& connection, const char* sql, std::string* changes) {
  auto row = connection.Query(sql);
  if (!row.Step()) return std::nullopt;
  StoredEdit edit;
  edit.id = row.Int(0);
  edit.label = row.Text(1);
  if (!row.IsNull(2)) edit.place = Place{row.Int(2), static_cast<int>(row.Int(3))};
  edit.author = row.Text(4);
  *changes = row.Text(5);
  return edit;
}

void SetState(Connection& connection, Id id, const char* state) {
  connection.Run("UPDATE edits SET state = ? WHERE id = ?", state, id);
}

std::string LabelOf(const datasets::Project& project, const char* state_and_order) {
  std::string label;
  project.Read([&](Connection& connection) {
    auto row = connection.Query(state_and_order);
    if (row.Step()) label = row.Text(0);
  });
  return label;
}

}  // namespace

StoredEdit History::Apply(const Edit& edit) {
  StoredEdit stored;
  stored.label = edit.label;
  stored.place = edit.place;
  stored.author = author_;
  project_.Write([&](datasets::Writer& writer) {
    Recorder recorder(writer, author_);
    edit.change(recorder);
    if (recorder.place()) stored.place = recorder.place();
    stored.changes = recorder.TakeChanges();
    if (stored.changes.empty()) return;
    Connection& connection = writer.connection();
    connection.Run("UPDATE edits SET state = 'dropped' WHERE state = 'undone'");
    std::optional<Id> video_id;
    std::optional<int> frame_index;
    if (stored.place) {
      video_id = stored.place->video_id;
      frame_index = stored.place->frame_index;
    }
    stored.id = connection.Insert(
        "INSERT INTO edits (label, changes, state, video_id, frame_index, author, created_at)"
        " VALUES (?, ?, 'done', ?, ?, ?, ?)",
        datasets::ShownText(edit.label), ChangesToJson(stored.changes).dump(), video_id,
        frame_index, datasets::ShownText(author_), datasets::NowMs());
  });
  return stored;
}

std::optional<StoredEdit> History::Step(const char* which, bool backward, const char* state) {
  std::optional<StoredEdit> edit;
  project_.Write([&](datasets::Writer& writer) {
    std::string changes;
    edit = ReadOne(writer.connection(), which, &changes);
    if (!edit) return;
    try {
      edit->changes = ChangesFromJson(nlohmann::json::parse(changes, nullptr, false));
      ApplyChanges(writer.connection(), edit->changes, backward, edit->label);
    } catch (const EditRefused& refused) {
      throw EditRefused(refused, edit->id);
    }
    SetState(writer.connection(), edit->id, state);
  });
  return edit;
}

std::optional<StoredEdit> History::Undo() { return Step(kNewestDone, true, "undone"); }

std::optional<StoredEdit> History::Redo() { return Step(kOldestUndone, false, "done"); }

void History::Forget(Id edit_id) {
  project_.Write(
      [&](datasets::Writer& writer) { SetState(writer.connection(), edit_id, "dropped"); });
}

std::string History::UndoLabel() const {
  return LabelOf(project_, "SELECT label FROM edits WHERE state = 'done' ORDER BY id DESC LIMIT 1");
}

std::string History::RedoLabel() const {
  return LabelOf(project_, "SELECT label FROM edits WHERE state = 'undone' ORDER BY id LIMIT 1");
}

}  // namespace annotate
