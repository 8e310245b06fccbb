#include "datasets/formats/yolo.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include "datasets/base/atomic_file.h"
#include "datasets/base/csv.h"
#include "datasets/base/error.h"
#include "datasets/base/json_entries.h"
#include "datasets/formats/bad_entries.h"
#include "datasets/formats/frame_export.h"
#include "datasets/formats/frame_place.h"

namespace datasets {

namespace {

namespace fs = std::filesystem;

std::string Unquoted(std::string text) {
  const size_t first = text.find_first_not_of(" \t\r'\"");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r'\",") - first + 1);
}

// The `names:` of a data.yaml, as a list in brackets, lines "- name" or lines "0: name".
std::vector<std::string> YamlNames(const std::string& text) {
  std::vector<std::string> names;
  std::map<int, std::string> numbered;
  std::stringstream stream(text);
  bool inside = false;
  for (std::string line; std::getline(stream, line);) {
    if (line.rfind("names:", 0) == 0) {
      inside = true;
      const std::string rest = Unquoted(line.substr(6));
      if (rest.empty() || rest[0] != '[') continue;
      std::stringstream list(rest.substr(1, rest.find(']') - 1));
      for (std::string name; std::getline(list, name, ',');) names.push_back(Unquoted(name));
      return names;
    }
    if (!inside || line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const std::string item = Unquoted(line);
    const size_t colon = item.find(':');
    if (item[0] == '-') {
      names.push_back(Unquoted(item.substr(1)));
    } else if ((line[0] == ' ' || line[0] == '\t') && colon != std::string::npos) {
      const auto number = ParseNumber(item.substr(0, colon));
      if (number && *number >= 0 && *number < 1e6) {
        numbered[static_cast<int>(*number)] = Unquoted(item.substr(colon + 1));
      }
    } else {
      break;
    }
  }
  for (const auto& [number, name] : numbered) {
    names.resize(std::max<size_t>(names.size(), number + 1));
    names[number] = name;
  }
  return names;
}

// Nearest corners of two rings are joined by a bridge of no width, there and back.
Ring Bridge(Ring whole, const Ring& part) {
  size_t at = 0, from = 0;
  double best = INFINITY;
  for (size_t i = 0; i < whole.size(); ++i) {
    for (size_t k = 0; k < part.size(); ++k) {
      const cv::Point2d step = whole[i] - part[k];
      if (step.dot(step) < best) {
        best = step.dot(step);
        at = i;
        from = k;
      }
    }
  }
  Ring inserted{whole[at]};
  for (size_t k = 0; k <= part.size(); ++k) inserted.push_back(part[(from + k) % part.size()]);
  whole.insert(whole.begin() + static_cast<std::ptrdiff_t>(at), inserted.begin(), inserted.end());
  return whole;
}

fs::path PictureOf(const fs::path& root, const fs::path& label) {
  fs::path relative = label.lexically_relative(root);
  std::string text = relative.generic_string();
  const size_t place = text.find("labels/");
  if (place == 0 || (place != std::string::npos && text[place - 1] == '/')) {
    text.replace(place, 6, "images");
  }
  const fs::path stem = fs::path(text).replace_extension();
  for (const fs::path& base : {root / stem, label.parent_path() / label.stem(),
                               root.parent_path() / "images" / relative.replace_extension()}) {
    for (const char* extension : {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"}) {
      fs::path picture = base;
      picture += extension;
      if (fs::exists(picture)) return picture;
    }
  }
  fs::path missing = label;
  return missing.replace_extension(".png");
}

std::string SplitOf(const fs::path& label) {
  for (fs::path part = label.parent_path(); part.has_filename(); part = part.parent_path()) {
    const std::string name = part.filename().string();
    if (name == "train" || name == "val" || name == "test") return name;
    if (name == "labels" || part == part.parent_path()) break;
  }
  return "";
}

}  // namespace

std::vector<YoloRow> ReadYolo(const fs::path& path) {
  const std::string file = "YOLO file '" + path.filename().string() + "'";
  std::stringstream stream(ReadTextFile(path, file));
  std::vector<YoloRow> rows;
  int line = 0;
  for (std::string text; std::getline(stream, text);) {
    ++line;
    const std::string where = file + ", line " + std::to_string(line);
    std::vector<double> numbers;
    std::stringstream fields(text);
    for (std::string field; fields >> field;) {
      const auto number = ParseNumber(field);
      if (!number) throw Error(where, "'" + field + "' is not a number", "correct it");
      numbers.push_back(*number);
    }
    if (numbers.empty()) continue;
    YoloRow row;
    row.line = line;
    if (numbers[0] != std::floor(numbers[0]) || numbers[0] < 0 || numbers[0] > 1e6) {
      throw Error(where, "its class is not a number from 0", "correct it");
    }
    row.category = static_cast<int>(numbers[0]);
    for (size_t i = 1; i < numbers.size(); ++i) {
      if (numbers[i] < -0.5 || numbers[i] > 1.5) {
        throw Error(where, "a coordinate is " + CsvNumber(numbers[i]),
                    "YOLO gives coordinates as shares of the picture's size, from 0 to 1");
      }
    }
    if (numbers.size() == 5) {
      row.is_box = true;
      row.ring = BoxRing(
          {numbers[1] - numbers[3] / 2, numbers[2] - numbers[4] / 2, numbers[3], numbers[4]});
    } else if (numbers.size() % 2 == 0 || numbers.size() < 7) {
      throw Error(where, "it has " + std::to_string(numbers.size() - 1) + " coordinates",
                  "an outline has x and y of at least 3 points");
    } else {
      for (size_t i = 1; i < numbers.size(); i += 2) {
        row.ring.emplace_back(numbers[i], numbers[i + 1]);
      }
    }
    CheckRing(row.ring, where);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<std::string> ReadYoloNames(const fs::path& folder) {
  for (const fs::path& base : {folder, folder.parent_path()}) {
    for (const char* name : {"data.yaml", "dataset.yaml", "data.yml"}) {
      if (fs::exists(base / name)) return YamlNames(ReadTextFile(base / name, name));
    }
    for (const char* name : {"classes.txt", "obj.names", "names.txt"}) {
      if (!fs::exists(base / name)) continue;
      std::vector<std::string> names;
      std::stringstream stream(ReadTextFile(base / name, name));
      for (std::string line; std::getline(stream, line);) {
        if (!Unquoted(line).empty()) names.push_back(Unquoted(line));
      }
      return names;
    }
  }
  return {};
}

ImportReport ImportYolo(Project& project, const fs::path& path, const ImportOptions& options,
                        Job& job) {
  if (!fs::is_directory(path)) {
    throw Error("'" + path.string() + "'", "it is no folder", "give the folder of the text files");
  }
  static const std::set<std::string> kOther = {"classes.txt", "names.txt", "labels.txt",
                                               "train.txt",   "val.txt",   "test.txt"};
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    const fs::path& file = entry.path();
    if (file.extension() == ".txt" && !kOther.count(file.filename().string())) {
      files.push_back(file);
    }
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) {
    throw Error("folder '" + path.string() + "'", "it holds no text file with labels",
                "give the folder of the text files");
  }
  const std::vector<std::string> names = ReadYoloNames(path);
  const auto claim_of = [&](const fs::path& file) {
    PictureClaim claim;
    claim.what = "YOLO file '" + file.filename().string() + "'";
    claim.pictures = {PictureOf(path, file)};
    claim.file_name = claim.pictures.front().generic_string();
    return claim;
  };
  FramePlacer placer(project, path, options, true);
  for (const fs::path& file : files) placer.See(claim_of(file));
  BadEntries bad(options.skip_bad);
  LabelBatch batch;
  int64_t boxes = 0;
  for (const fs::path& file : files) {
    job.Advance(static_cast<double>(&file - files.data()), static_cast<double>(files.size()),
                "reading " + file.filename().string());
    const std::string what = "YOLO file '" + file.filename().string() + "'";
    std::vector<YoloRow> rows;
    std::optional<size_t> placed;
    if (!bad.Try([&] {
          rows = ReadYolo(file);
          placed = placer.Place(claim_of(file), batch);
        }) ||
        !placed) {
      continue;
    }
    const size_t place = *placed;
    IncomingImage& image = batch.image(place);
    image.split = SplitOf(file);
    const int width = image.width, height = image.height;
    for (const YoloRow& row : rows) {
      if (!names.empty() && row.category >= static_cast<int>(names.size())) {
        throw Error(what + ", line " + std::to_string(row.line),
                    "its class is " + std::to_string(row.category) + ", and there are " +
                        std::to_string(names.size()) + " names",
                    "complete the names");
      }
      const std::string name =
          names.empty() ? "class_" + std::to_string(row.category) : names[row.category];
      IncomingLabel& label = batch.AddLabel(place, batch.Category(name));
      boxes += row.is_box ? 1 : 0;
      Ring ring = row.ring;
      for (cv::Point2d& point : ring) {
        point.x *= width;
        point.y *= height;
      }
      label.row.polygons.push_back(std::move(ring));
      MeasurePolygons(label.row);
    }
  }
  bad.Finish(&batch.warnings, batch.images().empty());
  placer.AddNotes(&batch.warnings);
  if (boxes > 0) {
    batch.warnings.push_back(std::to_string(boxes) + " boxes were stored as rectangles");
  }
  if (names.empty()) {
    batch.warnings.push_back("the folder names no classes: they are called class_0, class_1, ...");
  }
  return StoreLabels(project, batch, options, job);
}

ExportReport ExportYolo(const Project& project, const fs::path& out, const ExportOptions& options,
                        Job& job) {
  MakeFolderOf(out / "labels" / "data.txt");
  std::map<Id, int> number_of;
  std::string yaml = "path: .\nnames:\n";
  for (const CategoryRow& category : project.Categories()) {
    const int number = static_cast<int>(number_of.size());
    number_of.emplace(category.id, number);
    yaml += "  " + std::to_string(number) + ": " + category.name + "\n";
  }
  ExportNames files(project);
  PictureWriter pictures(project);
  ExportReport report;
  int64_t bridged = 0, filled = 0, crowds = 0;
  std::set<std::string> splits;
  ForEachSelectedFrame(project, options, job, [&](const SelectedFrame& frame) {
    std::string text;
    for (const SelectedInstance& instance : frame.instances) {
      if (instance.iscrowd) {
        ++crowds;
        continue;
      }
      Polygons polygons = instance.polygons;
      if (instance.rle) {
        const cv::Mat mask = DecodeMask(*instance.rle);
        filled += HasHoles(mask) ? 1 : 0;
        polygons = TraceMask(mask, 0.7, {}, 0);
      }
      if (polygons.empty()) continue;
      Ring ring = polygons[0];
      for (size_t i = 1; i < polygons.size(); ++i) ring = Bridge(std::move(ring), polygons[i]);
      bridged += polygons.size() > 1 ? 1 : 0;
      text += std::to_string(number_of[instance.category_id]);
      for (const cv::Point2d& point : ring) {
        text += " " + CsvNumber(std::clamp(point.x / frame.width, 0.0, 1.0), 7) + " " +
                CsvNumber(std::clamp(point.y / frame.height, 0.0, 1.0), 7);
      }
      text += "\n";
      ++report.annotations;
    }
    splits.insert(frame.split);
    const fs::path place = fs::path(frame.split) / files.Of(frame);
    fs::path file = out / "labels" / place;
    file += ".txt";
    MakeFolderOf(file);
    WriteFileAtomically(file, text);
    if (options.pictures) {
      pictures.Write(frame, out / "images" / place);
      ++report.files;
    }
    ++report.images;
    ++report.files;
  });
  splits.erase("");
  for (const std::string& split : splits) yaml += split + ": images/" + split + "\n";
  WriteFileAtomically(out / "data.yaml", yaml);
  ++report.files;
  const auto warn = [&](int64_t count, const std::string& what) {
    if (count > 0) report.warnings.push_back(std::to_string(count) + what);
  };
  warn(bridged, " animals in several parts were joined by thin bridges");
  warn(filled, " animals lost their holes");
  warn(crowds, " crowds were left out");
  return report;
}

}  // namespace datasets
