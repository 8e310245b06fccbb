#include "datasets/formats/deeplabcut/deeplabcut.h"

#include <algorithm>
#include <map>
#include <sstream>

#include "datasets/base/encoding.h"
#include "datasets/base/error.h"
#include "datasets/exchange/bad_entries.h"
#include "datasets/exchange/format.h"
#include "datasets/exchange/frame_place.h"
#include "datasets/exchange/label_batch.h"
#include "datasets/files/csv.h"
#include "datasets/files/file_names.h"
#include "datasets/formats/deeplabcut/pandas_table.h"
#include "datasets/hdf5/apart.h"
#include "datasets/keypoints/sides.h"
#include "datasets/keypoints/skeleton_file.h"
#include "datasets/pose/pose_export.h"
#include "datasets/store/points.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;

constexpr char kOnlyAnimal[] = "animal";

using Cells = std::vector<std::string>;

Cells SplitCells(std::string line) {
  if (!line.empty() && line.back() == '\r') line.pop_back();
  Cells cells(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += c;
    }
  }
  return cells;
}

std::string TableThing(const fs::path& file) {
  return "DeepLabCut table '" + file.filename().string() + "'";
}

constexpr size_t kNone = SIZE_MAX;

// One body part of one individual: its columns.
struct PartColumn {
  std::string individual, part;
  size_t x = kNone, y = kNone, likelihood = kNone;
};

constexpr char kCellEnd = '\x1f';
constexpr int kUnpackSeconds = 60;  // of a small file

// The lines of a table in HDF5; another process reads it, as such files can bring it down.
std::vector<Cells> CellsOfHdf5(const fs::path& file, const std::string& thing, Job& job) {
  const std::string packed = ReadApart(thing, SecondsToRead(file, kUnpackSeconds), job, [&] {
    std::string text;
    for (const Cells& line : PandasCells(H5File(file, thing, "give the CSV file beside it"))) {
      for (const std::string& cell : line) {
        for (const char c : cell) text += c == '\n' || c == kCellEnd ? ' ' : c;
        text += kCellEnd;
      }
      text += '\n';
    }
    return text;
  });
  std::vector<Cells> lines;
  std::stringstream text(packed);
  for (std::string line; std::getline(text, line);) {
    lines.emplace_back();
    std::stringstream cells(line);
    for (std::string cell; std::getline(cells, cell, kCellEnd);) lines.back().push_back(cell);
  }
  return lines;
}

class PointTableReader {
 public:
  PointTableReader(const fs::path& file, Job& job) : thing_(TableThing(file)) {
    const std::string ending = LowerEnding(file);
    if (ending == ".pickle") {
      throw Error(thing_, "it is a Python pickle, which is never run",
                  "give the .h5 or the CSV file that lies beside it");
    }
    int number = 0;
    if (ending == ".h5" || ending == ".hdf5") {
      for (Cells& cells : CellsOfHdf5(file, thing_, job)) {
        lines_.emplace_back(++number, std::move(cells));
      }
      return;
    }
    std::stringstream text(ReadTextFile(file, thing_));
    for (std::string line; std::getline(text, line);) {
      ++number;
      if (line.find_first_not_of(", \r\t") == std::string::npos) continue;
      lines_.emplace_back(number, SplitCells(line));
    }
  }

  DeepLabCutTable Read() {
    DeepLabCutTable table;
    const Cells scorers = Header("scorer"), parts = Header("bodyparts"), coords = Header("coords");
    Cells individuals = FindHeader("individuals");
    for (first_ = 1; first_ < parts.size() && parts[first_].empty(); ++first_) {
    }
    table.scorer = first_ < scorers.size() ? scorers[first_] : "";
    if (first_ != 1 && first_ != 3)
      Fail(1, "its pictures are named in neither one column nor three");
    table.predicted = std::find(coords.begin(), coords.end(), "likelihood") != coords.end();
    predicted_ = table.predicted;
    width_ = std::max(parts.size(), coords.size());
    const std::vector<PartColumn> columns =
        Columns(scorers, parts, coords, individuals, &table.other_columns);
    for (const PartColumn& column : columns) {
      auto& names = table.body_parts;
      if (std::find(names.begin(), names.end(), column.part) == names.end()) {
        names.push_back(column.part);
      }
    }
    for (const auto& [number, cells] : lines_) table.rows.push_back(Row(number, cells, columns));
    return table;
  }

 private:
  [[noreturn]] void Fail(int line, const std::string& cause) const {
    throw Error(thing_ + ", line " + std::to_string(line), cause, "correct the file");
  }

  // Takes the header line of that name out of the lines; empty where there is none.
  Cells FindHeader(const std::string& name) {
    for (auto line = lines_.begin(); line != lines_.end(); ++line) {
      if (line->second[0] != name) continue;
      Cells cells = std::move(line->second);
      lines_.erase(line);
      return cells;
    }
    return {};
  }
  Cells Header(const std::string& name) {
    Cells cells = FindHeader(name);
    if (cells.empty()) {
      throw Error(thing_, "it has no line '" + name + "'",
                  "give a CSV file that DeepLabCut wrote (CollectedData_*.csv)");
    }
    return cells;
  }

  // Networks write further numbers of a point beside x, y and likelihood (variances of ensembles),
  // and columns of no point at all ("set"): these are counted.
  std::vector<PartColumn> Columns(const Cells& scorers, const Cells& parts, const Cells& coords,
                                  const Cells& individuals, int64_t* others) const {
    std::vector<PartColumn> columns;
    const auto is = [&](size_t at, const char* coord) {
      return at < coords.size() && coords[at] == coord;
    };
    const auto individual = [&](size_t at) {
      return at < individuals.size() ? individuals[at] : std::string();
    };
    for (size_t begin = first_; begin < parts.size();) {
      PartColumn column;
      column.individual = individual(begin);
      column.part = parts[begin];
      size_t end = begin;
      bool twice = false, in_space = false;
      for (; end < parts.size() && parts[end] == column.part &&
             individual(end) == column.individual && !twice;
           ++end) {
        size_t* const place = is(end, "x")            ? &column.x
                              : is(end, "y")          ? &column.y
                              : is(end, "likelihood") ? &column.likelihood
                                                      : nullptr;
        in_space = in_space || is(end, "z");
        twice = place && *place != kNone;
        if (twice) break;
        if (place) *place = end;
        const bool blank = column.part.empty() && (end >= scorers.size() || scorers[end].empty());
        *others += place || blank ? 0 : 1;
      }
      const size_t first = begin;
      begin = std::max(end, begin + 1);
      if (column.x == kNone && column.y == kNone && column.likelihood == kNone) continue;
      if (in_space) {
        throw Error(thing_, "'" + column.part + "' lies in space (x, y and z)",
                    "give the table of one camera: Vole's points lie in the picture");
      }
      if (column.part.empty() || column.x == kNone || column.y == kNone ||
          (predicted_ && column.likelihood == kNone)) {
        throw Error(
            thing_,
            "column " + std::to_string(first + 1) +
                (predicted_ ? " begins no x, y and likelihood" : " begins no pair of x and y"),
            "correct the file");
      }
      if (!individuals.empty() && column.individual.empty()) {
        throw Error(thing_, "column " + std::to_string(first + 1) + " is of no individual",
                    "correct the file");
      }
      for (const PartColumn& other : columns) {
        if (other.individual == column.individual && other.part == column.part) {
          throw Error(thing_, "'" + column.part + "' stands there twice", "correct the file");
        }
      }
      columns.push_back(column);
    }
    if (columns.empty()) throw Error(thing_, "it has no body parts", "label some pictures first");
    return columns;
  }

  DeepLabCutRow Row(int number, const Cells& cells, const std::vector<PartColumn>& columns) const {
    DeepLabCutRow row;
    row.line = number;
    for (size_t i = 0; i < first_ && i < cells.size(); ++i) {
      row.picture += (i ? "/" : "") + cells[i];
    }
    std::replace(row.picture.begin(), row.picture.end(), '\\', '/');
    if (row.picture.empty()) Fail(number, "it names no picture");
    if (cells.size() > width_) {
      Fail(number, "it has more fields than there are columns");
    }
    for (const PartColumn& column : columns) {
      if (row.animals.empty() || row.animals.back().individual != column.individual) {
        const auto there = std::find_if(row.animals.begin(), row.animals.end(), [&](const auto& a) {
          return a.individual == column.individual;
        });
        if (there != row.animals.end()) {
          std::rotate(there, there + 1, row.animals.end());  // goes on with it
        } else {
          row.animals.push_back({column.individual, {}, {}});
        }
      }
      KeyPoint point;
      point.name = column.part;
      const auto x = Number(cells, column.x, number), y = Number(cells, column.y, number);
      if (x.has_value() != y.has_value()) Fail(number, "'" + column.part + "' has one of x and y");
      if (x) {
        point.x = *x + 0.5;
        point.y = *y + 0.5;
        point.visibility = 2;
      }
      row.animals.back().points.push_back(point);
      if (predicted_) {
        row.animals.back().confidences.push_back(
            Number(cells, column.likelihood, number).value_or(0));
      }
    }
    return row;
  }

  std::optional<double> Number(const Cells& cells, size_t at, int line) const {
    if (at >= cells.size() || cells[at].empty() || cells[at] == "nan" || cells[at] == "NaN") {
      return std::nullopt;
    }
    const auto number = ParseNumber(cells[at]);
    if (!number) Fail(line, "'" + cells[at].substr(0, 40) + "' is no number");
    return number;
  }

  const std::string thing_;
  std::vector<std::pair<int, Cells>> lines_;
  size_t first_ = 1;  // column of the first x
  size_t width_ = 0;  // columns of the table
  bool predicted_ = false;
};

bool IsTableOfLabels(const fs::path& file) {
  const std::string ending = file.extension().string();
  return file.filename().string().rfind("CollectedData", 0) == 0 &&
         (ending == ".csv" || ending == ".h5");
}

// Of a table that lies there as .csv and as .h5 the first.
std::vector<fs::path> TablesOf(const fs::path& path) {
  if (!fs::is_directory(path)) return {path};
  std::map<fs::path, fs::path> files;
  for (auto at = fs::recursive_directory_iterator(path); at != fs::recursive_directory_iterator();
       ++at) {
    const fs::path& found = at->path();
    // It holds the tables of labeled-data again, as one.
    if (found.filename() == "training-datasets") at.disable_recursion_pending();
    if (!IsTableOfLabels(found)) continue;
    fs::path& file = files[fs::path(found).replace_extension()];
    if (file.empty() || found.extension() == ".csv") file = found;
  }
  if (files.empty()) {
    throw Error("folder '" + path.string() + "'", "it holds no CollectedData_*.csv or .h5",
                "give a DeepLabCut project or a table of labels");
  }
  std::vector<fs::path> list;
  for (const auto& [stem, file] : files) list.push_back(file);
  return list;
}

// The lines of the skeleton that config.yaml has, of known parts.
std::vector<NamePair> EdgesOf(const fs::path& path, const std::vector<std::string>& parts) {
  const fs::path config = path / "config.yaml";
  if (!fs::is_directory(path) || !fs::exists(config)) return {};
  return DeepLabCutEdges(config, parts);
}

struct ReadTable {
  fs::path file;
  DeepLabCutTable table;
};

PictureClaim ClaimFor(const ReadTable& read, const DeepLabCutRow& row) {
  PictureClaim claim;
  claim.what = TableThing(read.file) + ", line " + std::to_string(row.line);
  claim.file_name = row.picture;
  const fs::path folder = read.file.parent_path();
  claim.pictures = {folder / fs::path(row.picture).filename(), folder / row.picture,
                    folder.parent_path().parent_path() / row.picture};
  for (const fs::path& picture : claim.pictures) {
    if (!fs::exists(picture)) continue;
    claim.file_name = picture.generic_string();
    break;
  }
  return claim;
}

}  // namespace

DeepLabCutTable ReadDeepLabCut(const fs::path& file, Job& job) {
  return PointTableReader(file, job).Read();
}
DeepLabCutTable ReadDeepLabCut(const fs::path& file) {
  Job job;
  return ReadDeepLabCut(file, job);
}

ImportReport ImportDeepLabCut(Project& project, const fs::path& given, const ImportOptions& options,
                              Job& job) {
  const fs::path path =
      given.filename() == "config.yaml" ? fs::absolute(given).parent_path() : given;
  BadEntries bad(options.skip_bad);
  FramePlacer placer(project, path, options);
  std::vector<ReadTable> tables;
  for (const fs::path& file : TablesOf(path)) {
    job.Advance(0, 0, "reading " + file.filename().string());
    bad.Try([&] { tables.push_back({file, ReadDeepLabCut(file, job)}); });
    if (!tables.empty() && tables.back().table.predicted) {
      return ImportDeepLabCutPredictions(project, file, tables.back().table, options, job);
    }
  }
  LabelBatch batch;
  std::vector<std::string> parts;
  int64_t others = 0;
  for (const ReadTable& read : tables) {
    others += read.table.other_columns;
    for (const std::string& part : read.table.body_parts) {
      if (std::find(parts.begin(), parts.end(), part) == parts.end()) parts.push_back(part);
    }
    for (const DeepLabCutRow& row : read.table.rows) placer.See(ClaimFor(read, row));
  }
  for (const ReadTable& read : tables) {
    for (const DeepLabCutRow& row : read.table.rows) {
      job.ThrowIfCancelled();
      std::optional<size_t> place;
      bad.Try([&] { place = placer.Place(ClaimFor(read, row), batch); });
      if (!place) continue;
      for (const DeepLabCutAnimal& animal : row.animals) {
        if (std::none_of(animal.points.begin(), animal.points.end(),
                         [](const KeyPoint& point) { return point.visibility > 0; })) {
          continue;
        }
        const std::string name = animal.individual.empty() ? kOnlyAnimal : animal.individual;
        IncomingLabel& label = batch.AddLabel(*place, batch.Category(name));
        label.row.key_points = animal.points;
        label.row.box = BoxOfPoints(animal.points);
        label.row.author = read.table.scorer;
      }
    }
  }
  bad.Finish(&batch.warnings, batch.images().empty());
  placer.AddNotes(&batch.warnings);
  WarnOf(others, kOtherColumns, &batch.warnings);
  const auto partners = PartnersByName(parts);
  batch.skeletons.push_back(MakeSkeleton("animal", parts, EdgesOf(path, parts), partners));
  if (!partners.empty()) {
    batch.warnings.push_back("taken to be each other's mirror image by their names: " +
                             PairsText(partners));
  }
  return StoreLabels(project, batch, options, job);
}

namespace {

bool IsLikeDeepLabCut(const FileStart& start) {
  if (start.is_folder) {
    return std::any_of(start.entries.begin(), start.entries.end(), IsTableOfLabels);
  }
  if (start.path.filename() == "config.yaml") {
    return start.text.find("video_sets") != std::string::npos &&
           start.text.find("bodyparts") != std::string::npos;
  }
  return (!start.lines.empty() && start.lines[0][0] == "scorer") || start.HasHdf5({"pandas_type"});
}

}  // namespace

Format DeepLabCutFormat() {
  return {"deeplabcut",
          ImportDeepLabCut,
          ExportDeepLabCut,
          "a CSV or .h5 file, or a DeepLabCut project's folder; to write, a folder",
          "DeepLabCut's key points of one animal or several, labeled or predicted",
          IsLikeDeepLabCut};
}

}  // namespace datasets
