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
#include "datasets/keypoints/sides.h"
#include "datasets/keypoints/skeleton_file.h"
#include "datasets/store/points.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;

constexpr char kOnlyAnimal[] = "animal";

using Cells = std::vector<std::string>;

Cells SplitCells(std::string line) {
  if (!line.empty() && line.back() == '\r') line.pop_back();
  Cells cells(1);
  for (const char c : line) {
    if (c == ',') {
      cells.emplace_back();
    } else if (c != '"') {
      cells.back() += c;
    }
  }
  return cells;
}

std::string TableThing(const fs::path& file) {
  return "DeepLabCut table '" + file.filename().string() + "'";
}

// One body part of one individual: its column of x; y is the next.
struct PartColumn {
  size_t x = 0;
  std::string individual, part;
};

class TableReader {
 public:
  explicit TableReader(const fs::path& file) : thing_(TableThing(file)) {
    if (file.extension() == ".h5" || file.extension() == ".pickle") {
      throw Error(
          thing_, "DeepLabCut keeps parts of it as a Python pickle, which is never run",
          "give the CSV file that lies beside it (or deeplabcut.analyze_videos_converth5_to_csv)");
    }
    std::stringstream text(ReadTextFile(file, thing_));
    int number = 0;
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
    width_ = table.predicted ? 3 : 2;
    const std::vector<PartColumn> columns = Columns(parts, coords, individuals);
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

  std::vector<PartColumn> Columns(const Cells& parts, const Cells& coords,
                                  const Cells& individuals) const {
    std::vector<PartColumn> columns;
    static const char* const kCoords[] = {"x", "y", "likelihood"};
    for (size_t x = first_; x < parts.size(); x += width_) {
      bool whole = !parts[x].empty();
      for (size_t i = 0; i < width_; ++i) {
        whole = whole && x + i < parts.size() && x + i < coords.size() &&
                parts[x] == parts[x + i] && coords[x + i] == kCoords[i];
      }
      if (!whole) {
        throw Error(
            thing_,
            "column " + std::to_string(x + 1) +
                (width_ == 2 ? " begins no pair of x and y" : " begins no x, y and likelihood"),
            "correct the file");
      }
      PartColumn column{x, "", parts[x]};
      if (!individuals.empty()) {
        if (x >= individuals.size() || individuals[x].empty()) {
          throw Error(thing_, "column " + std::to_string(x + 1) + " is of no individual",
                      "correct the file");
        }
        column.individual = individuals[x];
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
    if (cells.size() > columns.back().x + width_) {
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
      const auto x = Number(cells, column.x, number), y = Number(cells, column.x + 1, number);
      if (x.has_value() != y.has_value()) Fail(number, "'" + column.part + "' has one of x and y");
      if (x) {
        point.x = *x + 0.5;
        point.y = *y + 0.5;
        point.visibility = 2;
      }
      row.animals.back().points.push_back(point);
      if (width_ == 3) {
        row.animals.back().confidences.push_back(Number(cells, column.x + 2, number).value_or(0));
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
  size_t width_ = 2;  // columns of a point
};

std::vector<fs::path> TablesOf(const fs::path& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind("CollectedData", 0) == 0 && entry.path().extension() == ".csv") {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) {
    throw Error(
        "folder '" + path.string() + "'", "it holds no CollectedData_*.csv",
        "give a DeepLabCut project or a table of labels (HDF5 tables have a CSV beside them)");
  }
  return files;
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

DeepLabCutTable ReadDeepLabCut(const fs::path& file) { return TableReader(file).Read(); }

ImportReport ImportDeepLabCut(Project& project, const fs::path& path, const ImportOptions& options,
                              Job& job) {
  BadEntries bad(options.skip_bad);
  FramePlacer placer(project, path, options);
  std::vector<ReadTable> tables;
  for (const fs::path& file : TablesOf(path)) {
    job.Advance(0, 0, "reading " + file.filename().string());
    bad.Try([&] { tables.push_back({file, ReadDeepLabCut(file)}); });
    if (!tables.empty() && tables.back().table.predicted) {
      return ImportDeepLabCutPredictions(project, file, tables.back().table, options, job);
    }
  }
  LabelBatch batch;
  std::vector<std::string> parts;
  for (const ReadTable& read : tables) {
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
  if (!start.is_folder) return !start.lines.empty() && start.lines[0][0] == "scorer";
  return std::any_of(start.entries.begin(), start.entries.end(), [](const fs::path& file) {
    return file.filename().string().rfind("CollectedData", 0) == 0 && file.extension() == ".csv";
  });
}

}  // namespace

Format DeepLabCutFormat() {
  return {"deeplabcut",
          ImportDeepLabCut,
          ExportDeepLabCut,
          "a CSV file, or a DeepLabCut project's folder; to write, a folder",
          "DeepLabCut's key points of one animal or several, labeled or predicted",
          IsLikeDeepLabCut};
}

}  // namespace datasets
