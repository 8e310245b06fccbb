#include "datasets/formats/mot/mot.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "datasets/base/error.h"
#include "datasets/exchange/format.h"
#include "datasets/exchange/frame_match.h"
#include "datasets/exchange/label_batch.h"
#include "datasets/exchange/selection.h"
#include "datasets/files/atomic_file.h"
#include "datasets/files/csv.h"
#include "datasets/files/json_entries.h"

namespace datasets {

namespace {

namespace fs = std::filesystem;

std::vector<std::string> Split(const std::string& line, char separator) {
  std::vector<std::string> fields;
  std::stringstream stream(line);
  for (std::string field; std::getline(stream, field, separator);) {
    if (separator != ' ' || !field.empty()) fields.push_back(field);
  }
  return fields;
}

class RowReader {
 public:
  RowReader(const std::string& file, int line, int first_frame)
      : file_(file), line_(line), first_frame_(first_frame) {}

  MotRow Read(const std::string& text) const {
    const bool commas = text.find(',') != std::string::npos;
    const bool tabs = text.find('\t') != std::string::npos;
    const std::vector<std::string> fields = Split(text, commas ? ',' : tabs ? '\t' : ' ');
    const bool mots = !commas && fields.size() == 6 && !ParseNumber(fields[5]);
    MotRow row;
    row.line = line_;
    if (fields.size() < 6) {
      Fail("it has " + std::to_string(fields.size()) + " fields",
           "a line is frame,track,x,y,width,height,confidence,...");
    }
    const double frame = Number(fields[0], "the frame");
    if (frame != std::floor(frame) || frame < first_frame_ || frame > 1e9) {
      Fail("its frame is " + fields[0],
           "frames are numbered from 1; say --first-frame 0 where the first one is 0");
    }
    row.frame_index = static_cast<int>(frame) - first_frame_;
    row.track = Whole(fields[1], "the track", 1e15);
    if (mots) return Mots(fields, row);
    row.box = {Number(fields[2], "x"), Number(fields[3], "y"), Number(fields[4], "the width"),
               Number(fields[5], "the height")};
    if (fields.size() >= 10 && row.box.width == -1 && row.box.height == -1) {
      Fail("it has a place in space and no box", "give the boxes in the picture");
    }
    if (row.box.width < 0 || row.box.height < 0) Fail("its box has a negative side", "correct it");
    if (fields.size() > 6) row.confidence = Number(fields[6], "the confidence");
    if (row.confidence == -1) row.confidence = 1;  // how MOTChallenge writes "not given"
    if (fields.size() > 7) row.category = static_cast<int>(Whole(fields[7], "the class", 1e9));
    return row;
  }

 private:
  [[noreturn]] void Fail(const std::string& cause, const std::string& remedy) const {
    throw Error(file_ + ", line " + std::to_string(line_), cause, remedy);
  }
  double Number(const std::string& text, const std::string& name) const {
    const auto value = ParseNumber(text);
    if (!value || std::abs(*value) > 1e15) Fail(name + " is '" + text + "'", "give a number there");
    return *value;
  }
  int64_t Whole(const std::string& text, const std::string& name, double most) const {
    const double value = Number(text, name);
    if (value != std::floor(value) || std::abs(value) > most) {
      Fail(name + " is '" + text + "'", "give a whole number there");
    }
    return static_cast<int64_t>(value);
  }
  MotRow Mots(const std::vector<std::string>& fields, MotRow row) const {
    row.category = static_cast<int>(Whole(fields[2], "the class", 1e9));
    const double height = Number(fields[3], "the height"), width = Number(fields[4], "the width");
    if (height < 1 || width < 1 || height > 1 << 20 || width > 1 << 20) {
      Fail("its mask claims an impossible size", "correct it");
    }
    try {
      row.mask = ParseRle(fields[5], static_cast<int>(height), static_cast<int>(width));
    } catch (const Error& error) {
      Fail(std::string("its mask cannot be read: ") + error.what(), "");
    }
    row.box = RleBox(*row.mask);
    return row;
  }

  const std::string& file_;
  const int line_, first_frame_;
};

std::vector<std::string> ReadNames(const fs::path& path) {
  std::vector<std::string> names;
  if (!fs::exists(path)) return names;
  std::stringstream stream(ReadTextFile(path, "list of names '" + path.filename().string() + "'"));
  for (std::string line; std::getline(stream, line);) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (!line.empty()) names.push_back(line);
  }
  return names;
}

}  // namespace

std::vector<MotRow> ReadMot(const fs::path& path, int first_frame) {
  const std::string file = "MOT file '" + path.filename().string() + "'";
  std::stringstream stream(ReadTextFile(path, file));
  std::vector<MotRow> rows;
  int line = 0;
  for (std::string text; std::getline(stream, text);) {
    ++line;
    while (!text.empty() && (text.back() == '\r' || text.back() == ' ')) text.pop_back();
    if (text.empty() || text[0] == '#') continue;
    rows.push_back(RowReader(file, line, first_frame).Read(text));
  }
  return rows;
}

ImportReport ImportMot(Project& project, const fs::path& path, const ImportOptions& options,
                       Job& job) {
  const std::vector<MotRow> rows = ReadMot(path, options.first_frame < 0 ? 1 : options.first_frame);
  const std::string file = "MOT file '" + path.filename().string() + "'";
  const VideoMatcher matcher(project, path, options.video);
  const std::string stem = path.stem().string();
  const VideoRow* named = matcher.forced() ? nullptr : matcher.Find(stem);
  const VideoRow& video = named ? *named : matcher.Require(matcher.forced() ? stem : "", file);
  const std::vector<std::string> names = ReadNames(path.parent_path() / "labels.txt");
  LabelBatch batch;
  int64_t ignored = 0, boxes = 0;
  for (const MotRow& row : rows) {
    job.ThrowIfCancelled();
    const std::string where = file + ", line " + std::to_string(row.line);
    if (row.confidence == 0) {
      ++ignored;
      continue;
    }
    CheckFrame(video, row.frame_index, row.mask ? row.mask->width : 0,
               row.mask ? row.mask->height : 0, where);
    std::string name = "animal_" + std::to_string(row.track);
    if (row.category >= 1 && row.category <= static_cast<int>(names.size())) {
      name = names[row.category - 1];
    } else if (row.track < 0) {
      name = "animal";
    }
    IncomingLabel& label =
        batch.AddLabel(batch.Frame(video, row.frame_index), batch.Category(name));
    if (row.track >= 0) label.track = row.track;
    if (row.mask) {
      label.row.rle = row.mask;
      label.row.box = row.box;
      label.row.area = RleArea(*row.mask);
      const cv::Rect region(static_cast<int>(row.box.x), static_cast<int>(row.box.y),
                            static_cast<int>(row.box.width), static_cast<int>(row.box.height));
      label.row.polygons = TraceMask(DecodeMask(*row.mask, region), 0.7, region.tl(), 0);
    } else {
      if (row.box.width <= 0 || row.box.height <= 0) {
        throw Error(where, "its box has no area", "correct or remove the line");
      }
      ++boxes;
      label.row.polygons = {BoxRing(row.box)};
      MeasurePolygons(label.row);
    }
  }
  if (ignored > 0) {
    batch.warnings.push_back(std::to_string(ignored) + " lines of confidence 0 were left out");
  }
  if (boxes > 0) {
    batch.warnings.push_back(std::to_string(boxes) + " boxes were stored as rectangles");
  }
  return StoreLabels(project, batch, options, job);
}

ExportReport ExportMot(const Project& project, const fs::path& out, const ExportOptions& options,
                       Job& job) {
  ExportOptions one = options;
  one.video = project.VideoByName(options.video).name;
  std::map<Id, int> class_of;
  std::string names;
  for (const CategoryRow& category : project.Categories()) {
    class_of.emplace(category.id, static_cast<int>(class_of.size()) + 1);
    names += category.name + "\n";
  }
  ExportReport report;
  int64_t without_track = 0;
  AtomicFile file(out);
  ForEachSelectedFrame(project, one, job, [&](const SelectedFrame& frame) {
    ++report.images;
    for (const SelectedInstance& instance : frame.instances) {
      if (instance.iscrowd) continue;
      // Categories are individuals unless tracks say more.
      const int64_t track = instance.track.value_or(class_of[instance.category_id]);
      without_track += instance.track ? 0 : 1;
      const Box& box = instance.box;
      file.Write(std::to_string(frame.frame_index + 1) + "," + std::to_string(track) + "," +
                 CsvNumber(box.x) + "," + CsvNumber(box.y) + "," + CsvNumber(box.width) + "," +
                 CsvNumber(box.height) + "," +
                 CsvNumber(instance.predicted ? std::max(instance.score, 1e-6) : 1, 6) + "," +
                 std::to_string(class_of[instance.category_id]) + ",-1,-1\n");
      ++report.annotations;
    }
  });
  file.Commit();
  report.files = 1;
  const fs::path labels = out.parent_path() / "labels.txt";
  if (!fs::exists(labels)) {
    WriteFileAtomically(labels, names);
    ++report.files;
  }
  if (without_track > 0) {
    report.warnings.push_back(std::to_string(without_track) +
                              " labels have no track: the number of their category stands there");
  }
  report.warnings.push_back("MOT holds boxes; outlines were left out");
  return report;
}

namespace {

// Six numbers or more with commas, or five whole ones and a mask with spaces.
bool IsLikeMot(const FileStart& start) {
  static const std::regex mask(R"(^\d+ \d+ \d+ \d+ \d+ \S+$)");
  if (start.lines.empty()) return false;
  const std::vector<std::string>& line = start.lines[0];
  const std::string first = start.text.substr(0, start.text.find_first_of("\r\n"));
  if (std::regex_match(first.substr(0, 1000), mask)) return true;  // a mask may hold any sign
  return line.size() >= 6 && std::all_of(line.begin(), line.end(), [](const std::string& cell) {
           return ParseNumber(cell).has_value();
         });
}

}  // namespace

Format MotFormat() {
  return {"mot",
          ImportMot,
          ExportMot,
          "a text file",
          "MOTChallenge boxes with tracks, and MOTS masks",
          IsLikeMot};
}

}  // namespace datasets
