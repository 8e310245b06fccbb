// Every change that a person makes is one Edit: carried out in one transaction, and kept there as
// the rows before and after it, so that its inverse is mechanical.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "datasets/base/error.h"
#include "datasets/project.h"
#include "datasets/store/reader.h"
#include "datasets/store/writer.h"

namespace annotate {

struct Place {  // where a change shows: the view goes there
  datasets::Id video_id = 0;
  int frame_index = 0;
};

// One row of a human table. `before` is null when the row did not exist, `after` when it does not
// exist any more; when both are objects they hold the columns that differ.
struct RowChange {
  std::string table;
  datasets::Id id = 0;
  nlohmann::json before, after;
};

// A stored edit that cannot be carried out, now or later: its rows have been changed since, or its
// text is damaged.
class EditRefused : public datasets::Error {
 public:
  using datasets::Error::Error;
  EditRefused(const EditRefused& other, datasets::Id edit) : Error(other), edit_id(edit) {}
  datasets::Id edit_id = 0;
};

// What has been changed, as it is stored in the table `edits`. id 0: nothing had to change, and
// nothing was stored.
struct StoredEdit {
  datasets::Id id = 0;
  std::string label;
  std::optional<Place> place;
  std::vector<RowChange> changes;
  std::string author;

  // Id of the first row that it added to a table, 0 when there is none.
  datasets::Id InsertedId(const std::string& table) const;
};

// Writes while noting down what changes. Lives inside one transaction.
class Recorder {
 public:
  Recorder(datasets::Writer& writer, std::string author)
      : writer_(writer), author_(std::move(author)) {}

  using Work = std::function<void(datasets::Writer&)>;
  using InsertWork = std::function<datasets::Id(datasets::Writer&)>;
  // `work` inserts one row into `table` and returns its id.
  datasets::Id Insert(const std::string& table, const InsertWork& work);
  // `work` updates or deletes the row.
  void Change(const std::string& table, datasets::Id id, const Work& work);
  // The image row of a frame, made when it is missing. In a video that is kept for judging it is
  // kept, too.
  datasets::ImageRow ImageAt(datasets::Id video_id, int frame_index);

  // Where the change shows, when that is known only now.
  void SetPlace(const Place& place) { place_ = place; }
  const std::optional<Place>& place() const { return place_; }

  // Reads what the transaction has made so far.
  datasets::Connection& connection() const { return writer_.connection(); }
  datasets::Reader reader() const { return datasets::Reader(writer_.connection()); }
  const std::string& author() const { return author_; }
  std::vector<RowChange> TakeChanges() { return std::move(changes_); }

 private:
  const std::string& SplitOf(datasets::Id video_id);

  std::map<datasets::Id, std::string> split_of_;  // videos asked about so far
  datasets::Writer& writer_;
  std::string author_;
  std::vector<RowChange> changes_;
  std::optional<Place> place_;
};

// What a person wants changed: made by the builders of edits.h, carried out by History::Apply.
struct Edit {
  std::string label;           // for the undo list: "Move vertex"
  std::optional<Place> place;  // not set: the recorder learns it, or it shows nowhere
  std::function<void(Recorder&)> change;
};

// Brings rows from `before` to `after`, or back when `backward` (then in reverse order). Throws
// EditRefused naming `label` when a row is not as the change expects it: somebody has changed it
// since.
void ApplyChanges(datasets::Connection& connection, const std::vector<RowChange>& changes,
                  bool backward, const std::string& label);

nlohmann::json ChangesToJson(const std::vector<RowChange>& changes);
std::vector<RowChange> ChangesFromJson(const nlohmann::json& json);

}  // namespace annotate
