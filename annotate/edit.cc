#include "annotate/edit.h"

#include <algorithm>
#include <set>

#include "datasets/base/encoding.h"
#include "datasets/store/connection.h"
#include "datasets/store/schema/schema.h"
#include "datasets/store/subjects/subjects.h"

namespace annotate {
namespace {

using datasets::Connection;
using datasets::Error;
using datasets::Id;
using datasets::Statement;
using nlohmann::json;

void CheckIsHumanTable(const std::string& table) {
  const auto& tables = datasets::HumanTables();
  if (std::find(tables.begin(), tables.end(), table) == tables.end()) {
    throw EditRefused("edit", "it names '" + table + "', which is no table that people change",
                      "run 'vole verify' on the project");
  }
}

json ValueAt(const Statement& row, int column) {
  switch (row.Type(column)) {
    case SQLITE_INTEGER:
      return row.Int(column);
    case SQLITE_FLOAT:
      return row.Real(column);
    case SQLITE_TEXT:
      return datasets::ShownText(row.Text(column));  // an edit is JSON, which is UTF-8
    case SQLITE_NULL:
      return nullptr;
  }
  throw Error(std::string("the column ") + row.ColumnName(column),
              "it holds bytes, which no undo list can keep", "run 'vole verify' on the project");
}

// Null when there is no such row.
json RowAsJson(Connection& connection, const std::string& table, Id id) {
  auto rows = connection.Query(("SELECT * FROM " + table + " WHERE id = ?").c_str(), id);
  if (!rows.Step()) return nullptr;
  json row = json::object();
  for (int column = 0; column < rows.ColumnCount(); ++column) {
    row[rows.ColumnName(column)] = ValueAt(rows, column);
  }
  return row;
}

void BindJson(Statement* statement, const json& value) {
  if (value.is_null()) {
    statement->Bind(nullptr);
  } else if (value.is_number_float()) {
    statement->Bind(value.get<double>());
  } else if (value.is_number_integer()) {
    statement->Bind(value.get<int64_t>());
  } else {
    statement->Bind(value.get<std::string>());
  }
}

// Column names become part of a statement: only those that the table has.
void CheckColumns(Connection& connection, const std::string& table, const json& row) {
  const Statement empty = connection.Query(("SELECT * FROM " + table + " LIMIT 0").c_str());
  std::set<std::string> known;
  for (int column = 0; column < empty.ColumnCount(); ++column) {
    known.insert(empty.ColumnName(column));
  }
  for (const auto& [name, value] : row.items()) {
    if (!known.count(name)) {
      throw EditRefused("edit",
                        "it names the column '" + name + "', which '" + table + "' does not have",
                        "run 'vole verify' on the project");
    }
  }
}

void InsertRow(Connection& connection, const std::string& table, const json& row) {
  std::string columns, marks;
  for (const auto& [name, value] : row.items()) {
    columns += (columns.empty() ? "" : ", ") + name;
    marks += marks.empty() ? "?" : ", ?";
  }
  Statement statement =
      connection.Prepare("INSERT INTO " + table + " (" + columns + ") VALUES (" + marks + ")");
  for (const auto& [name, value] : row.items()) BindJson(&statement, value);
  statement.Run();
}

void UpdateRow(Connection& connection, const std::string& table, Id id, const json& row) {
  std::string columns;
  for (const auto& [name, value] : row.items()) {
    columns += (columns.empty() ? "" : ", ") + name + " = ?";
  }
  Statement statement = connection.Prepare("UPDATE " + table + " SET " + columns + " WHERE id = ?");
  for (const auto& [name, value] : row.items()) BindJson(&statement, value);
  statement.Bind(id);
  statement.Run();
}

bool IsAsExpected(const json& row, const json& expected) {
  if (row.is_null() || expected.is_null()) return row.is_null() == expected.is_null();
  for (const auto& [name, value] : expected.items()) {
    const auto found = row.find(name);
    if (found == row.end() || *found != value) return false;
  }
  return true;
}

void Move(Connection& connection, const RowChange& change, const json& from, const json& to,
          const std::string& label) {
  CheckIsHumanTable(change.table);
  if (!IsAsExpected(RowAsJson(connection, change.table, change.id), from)) {
    throw EditRefused("'" + label + "'",
                      "something in it (" + change.table + " " + std::to_string(change.id) +
                          ") has been changed by another program since",
                      "change it by hand");
  }
  if (to.is_null()) {
    connection.Run(("DELETE FROM " + change.table + " WHERE id = ?").c_str(), change.id);
    return;
  }
  CheckColumns(connection, change.table, to);
  if (change.table == "categories" && !from.is_null() && to.contains("name")) {
    datasets::RenameSubject(connection, from.at("name").get<std::string>(),
                            to.at("name").get<std::string>());
  }
  if (from.is_null()) {
    InsertRow(connection, change.table, to);
  } else {
    UpdateRow(connection, change.table, change.id, to);
  }
}

}  // namespace

Id StoredEdit::InsertedId(const std::string& table) const {
  for (const RowChange& change : changes) {
    if (change.table == table && change.before.is_null()) return change.id;
  }
  return 0;
}

Id Recorder::Insert(const std::string& table, const InsertWork& work) {
  CheckIsHumanTable(table);
  const Id id = work(writer_);
  changes_.push_back({table, id, nullptr, RowAsJson(writer_.connection(), table, id)});
  return id;
}

void Recorder::Change(const std::string& table, Id id, const Work& work) {
  CheckIsHumanTable(table);
  json before = RowAsJson(writer_.connection(), table, id);
  if (before.is_null()) {
    throw Error("the " + table + " row " + std::to_string(id), "it is not in the project any more");
  }
  work(writer_);
  json after = RowAsJson(writer_.connection(), table, id);
  if (!after.is_null()) {
    for (auto item = before.begin(); item != before.end();) {
      const auto other = after.find(item.key());
      if (*other == *item) {
        after.erase(other);
        item = before.erase(item);
      } else {
        ++item;
      }
    }
    if (after.empty()) return;
  }
  changes_.push_back({table, id, std::move(before), std::move(after)});
}

const std::string& Recorder::SplitOf(Id video_id) {
  const auto known = split_of_.find(video_id);
  if (known != split_of_.end()) return known->second;
  return split_of_[video_id] = reader().SplitOfVideo(video_id);
}

datasets::ImageRow Recorder::ImageAt(Id video_id, int frame_index) {
  if (auto image = reader().ImageAt(video_id, frame_index)) {
    if (image->state != datasets::ImageState::kNew || !image->split.empty()) return *image;
    const std::string split = SplitOf(video_id);
    if (split.empty()) return *image;
    Change("images", image->id, [&](datasets::Writer& w) { w.SetImageSplit(image->id, split); });
    image->split = split;
    return *image;
  }
  const auto video = reader().VideoById(video_id);
  if (!video) throw Error("video " + std::to_string(video_id), "it is not in the project");
  if (frame_index < 0 || frame_index >= video->frame_count) {
    throw Error("frame " + std::to_string(frame_index), "the video '" + video->name +
                                                            "' has frames 0 to " +
                                                            std::to_string(video->frame_count - 1));
  }
  const std::string split = SplitOf(video_id);
  Insert("images", [&](datasets::Writer& writer) {
    const Id id = writer.FindOrInsertImage(video_id, frame_index, video->width, video->height);
    if (!split.empty()) writer.SetImageSplit(id, split);
    return id;
  });
  return *reader().ImageAt(video_id, frame_index);
}

void ApplyChanges(Connection& connection, const std::vector<RowChange>& changes, bool backward,
                  const std::string& label) {
  try {
    if (backward) {
      for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
        Move(connection, *change, change->after, change->before, label);
      }
    } else {
      for (const RowChange& change : changes) {
        Move(connection, change, change.before, change.after, label);
      }
    }
  } catch (const datasets::ConstraintError&) {
    throw EditRefused("'" + label + "'",
                      "another program has since added something that rests on it",
                      "remove that first, or change it by hand");
  }
}

json ChangesToJson(const std::vector<RowChange>& changes) {
  json list = json::array();
  for (const RowChange& change : changes) {
    list.push_back({{"table", change.table},
                    {"id", change.id},
                    {"before", change.before},
                    {"after", change.after}});
  }
  return list;
}

std::vector<RowChange> ChangesFromJson(const json& list) {
  std::vector<RowChange> changes;
  try {
    for (const json& item : list) {
      changes.push_back({item.at("table").get<std::string>(), item.at("id").get<Id>(),
                         item.at("before"), item.at("after")});
    }
  } catch (const json::exception& error) {
    throw EditRefused("edit", std::string("its stored text is damaged (") + error.what() + ")",
                      "run 'vole verify' on the project");
  }
  return changes;
}

}  // namespace annotate
