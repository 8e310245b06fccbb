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

std::optional<StoredEdit> ReadOne(Connection& connection, const char* sql) {
  auto row = connection.Query(sql);
  if (!row.Step()) return std::nullopt;
  StoredEdit edit;
  edit.id = row.Int(0);
  edit.label = row.Text(1);
  if (!row.IsNull(2)) edit.place = Place{row.Int(2), static_cast<int>(row.Int(3))};
  edit.author = row.Text(4);
  edit.changes = ChangesFromJson(nlohmann::json::parse(row.Text(5)));
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

std::optional<StoredEdit> History::Undo() {
  std::optional<StoredEdit> edit;
  project_.Write([&](datasets::Writer& writer) {
    edit = ReadOne(writer.connection(), kNewestDone);
    if (!edit) return;
    ApplyChanges(writer.connection(), edit->changes, true, edit->label);
    SetState(writer.connection(), edit->id, "undone");
  });
  return edit;
}

std::optional<StoredEdit> History::Redo() {
  std::optional<StoredEdit> edit;
  project_.Write([&](datasets::Writer& writer) {
    edit = ReadOne(writer.connection(), kOldestUndone);
    if (!edit) return;
    ApplyChanges(writer.connection(), edit->changes, false, edit->label);
    SetState(writer.connection(), edit->id, "done");
  });
  return edit;
}

void History::ForgetNewest() {
  project_.Write([](datasets::Writer& writer) {
    if (const auto edit = ReadOne(writer.connection(), kNewestDone)) {
      SetState(writer.connection(), edit->id, "dropped");
    }
  });
}

std::string History::UndoLabel() const {
  return LabelOf(project_, "SELECT label FROM edits WHERE state = 'done' ORDER BY id DESC LIMIT 1");
}

std::string History::RedoLabel() const {
  return LabelOf(project_, "SELECT label FROM edits WHERE state = 'undone' ORDER BY id LIMIT 1");
}

}  // namespace annotate
