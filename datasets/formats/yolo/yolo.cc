#include "datasets/formats/yolo/yolo.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <regex>
#include <set>

#include "datasets/base/error.h"
#include "datasets/exchange/bad_entries.h"
#include "datasets/exchange/format.h"
#include "datasets/exchange/frame_export.h"
#include "datasets/exchange/frame_place.h"
#include "datasets/exchange/label_batch.h"
#include "datasets/exchange/selection.h"
#include "datasets/files/atomic_file.h"
#include "datasets/files/csv.h"
#include "datasets/formats/yolo/yolo_bridge.h"
#include "datasets/formats/yolo/yolo_dataset.h"
#include "datasets/formats/yolo/yolo_folder.h"
#include "datasets/formats/yolo/yolo_lines.h"
#include "datasets/formats/yolo/yolo_writer.h"

namespace datasets {

namespace fs = std::filesystem;

fs::path YoloPictureOf(const fs::path& root, const fs::path& label) {
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

namespace {

// A file that holds labels: most texts do, but exports carry READMEs and lists of pictures too.
bool HoldsLabels(const fs::path& root, const fs::path& file, const VideoMatcher& matcher) {
  if (file.parent_path().filename() == "labels" || fs::exists(YoloPictureOf(root, file)))
    return true;
  const auto numbered = ReadFrameName(file.filename().string());
  if (numbered && numbered->video.empty()) return true;
  try {
    const VideoPart* ignored = nullptr;
    if (numbered && matcher.Find(numbered->video, numbered->renamed, &ignored)) return true;
  } catch (const Error&) {  // several videos are called so; which one is for FramePlacer to say
    return true;
  }
  return !LooksLikeProse(file);
}

}  // namespace

std::vector<YoloFile> ReadYoloFolder(const fs::path& root, const VideoMatcher& matcher,
                                     BadEntries& bad, LabelBatch& batch, Job& job) {
  static const std::set<std::string> kOther = {"classes.txt", "names.txt", "labels.txt",
                                               "train.txt",   "val.txt",   "test.txt"};
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const fs::path& file = entry.path();
    if (file.extension() == ".txt" && !kOther.count(file.filename().string())) {
      paths.push_back(file);
    }
  }
  std::sort(paths.begin(), paths.end());
  std::vector<YoloFile> files;
  for (const fs::path& path : paths) {
    job.Advance(static_cast<double>(&path - paths.data()), static_cast<double>(2 * paths.size()),
                "reading " + path.filename().string());
    if (HoldsLabels(root, path, matcher)) {
      bad.Try([&] { files.push_back(ReadYolo(path)); });
    } else {
      batch.warnings.push_back("'" + path.lexically_relative(root).generic_string() +
                               "' holds no labels and was left out");
    }
  }
  if (files.empty() && bad.count() == 0) {
    throw Error("folder '" + root.string() + "'", "it holds no text file with labels",
                "give the folder of the text files");
  }
  return files;
}

std::string YoloClassName(const std::vector<std::string>& names, int category,
                          const std::string& where) {
  if (names.empty()) return "class_" + std::to_string(category);
  if (category >= static_cast<int>(names.size())) {
    throw Error(where,
                "its class is " + std::to_string(category) + ", and there are " +
                    std::to_string(names.size()) + " names",
                "complete the names");
  }
  if (names[category].empty()) {
    throw Error(where, "its class " + std::to_string(category) + " has no name",
                "complete the names");
  }
  return names[category];
}

PictureClaim YoloClaim(const fs::path& root, const fs::path& file) {
  PictureClaim claim;
  claim.what = "YOLO file '" + file.filename().string() + "'";
  claim.pictures = {YoloPictureOf(root, file)};
  claim.file_name = claim.pictures.front().generic_string();
  return claim;
}

ImportReport ImportYolo(Project& project, const fs::path& path, const ImportOptions& options,
                        Job& job) {
  if (!fs::is_directory(path)) {
    throw Error("'" + path.string() + "'", "it is no folder", "give the folder of the text files");
  }
  const YoloDataset dataset = ReadYoloDataset(path);
  if (dataset.points > 0) return ImportYoloPose(project, path, options, job);
  const auto claim_of = [&](const fs::path& file) { return YoloClaim(path, file); };
  LabelBatch batch;
  BadEntries bad(options.skip_bad);
  std::vector<YoloFile> files =
      ReadYoloFolder(path, VideoMatcher(project, path, options.video), bad, batch, job);
  const YoloEnding ending = EndingOf(files, options.line_end);
  const YoloSplits splits(path, dataset);
  FramePlacer placer(project, path, options, true);
  for (const YoloFile& file : files) placer.See(claim_of(file.path));
  int64_t boxes = 0, confidences = 0;
  for (size_t i = 0; i < files.size(); ++i) {
    YoloFile& file = files[i];
    job.Advance(static_cast<double>(files.size() + i), static_cast<double>(2 * files.size()),
                "placing " + file.path.filename().string());
    const PictureClaim claim = claim_of(file.path);
    std::optional<size_t> placed;
    std::vector<std::pair<std::string, YoloShape>> shapes;  // with their animals
    if (!bad.Try([&] {
          for (const YoloLine& line : file.lines) {
            const std::string where = file.what() + ", line " + std::to_string(line.line);
            YoloShape shape = ShapeOf(line, ending, where);
            shapes.emplace_back(YoloClassName(dataset.names, line.category, where),
                                std::move(shape));
          }
          placed = placer.Place(claim, batch);
        }) ||
        !placed) {
      continue;
    }
    const size_t place = *placed;
    IncomingImage& image = batch.image(place);
    image.split = splits.Of(file.path, claim.pictures.front());
    const int width = image.width, height = image.height;
    for (auto& [name, shape] : shapes) {
      IncomingLabel& label = batch.AddLabel(place, batch.Category(name));
      label.track = shape.track;
      boxes += shape.is_box ? 1 : 0;
      confidences += shape.confidence ? 1 : 0;
      for (cv::Point2d& point : shape.ring) {
        point.x *= width;
        point.y *= height;
      }
      label.row.polygons.push_back(std::move(shape.ring));
      MeasurePolygons(label.row);
    }
    file.lines = {};
  }
  bad.Finish(&batch.warnings, batch.images().empty());
  placer.AddNotes(&batch.warnings);
  const auto warn = [&](int64_t count, const std::string& what) {
    if (count > 0) batch.warnings.push_back(std::to_string(count) + what);
  };
  warn(boxes, " boxes were stored as rectangles");
  warn(confidences, " confidences were left out: labels have none");
  batch.warnings.insert(batch.warnings.end(), ending.notes.begin(), ending.notes.end());
  if (dataset.names.empty()) {
    batch.warnings.push_back("the folder names no classes: they are called class_0, class_1, ...");
  }
  return StoreLabels(project, batch, options, job);
}

ExportReport ExportYolo(const Project& project, const fs::path& out, const ExportOptions& options,
                        Job& job) {
  ExportReport report;
  YoloWriter writer(project, out, options, report);
  int64_t bridged = 0, filled = 0, crowds = 0;
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
      const Ring ring = BridgeParts(polygons);
      bridged += polygons.size() > 1 ? 1 : 0;
      text += std::to_string(writer.NumberOf(instance.category_id));
      for (const cv::Point2d& point : ring) {
        text += " " + CsvNumber(std::clamp(point.x / frame.width, 0.0, 1.0), 7) + " " +
                CsvNumber(std::clamp(point.y / frame.height, 0.0, 1.0), 7);
      }
      text += "\n";
      ++report.annotations;
    }
    writer.Write(frame, text);
  });
  writer.WriteDataYaml(YoloDatasetYaml(writer.names(), writer.Splits()));
  const auto warn = [&](int64_t count, const std::string& what) {
    if (count > 0) report.warnings.push_back(std::to_string(count) + what);
  };
  warn(bridged, " animals in several parts were joined by thin bridges");
  warn(filled, " animals lost their holes");
  warn(crowds, " crowds were left out");
  return report;
}

bool IsLikeYoloFolder(const FileStart& start, bool key_points) {
  static const std::regex label(R"(^\s*\d+(\s+-?\d*\.?\d+([eE]-?\d+)?){4,}\s*$)");
  const auto& files = start.entries;
  const bool labels = std::any_of(files.begin(), files.end(), [](const fs::path& file) {
    if (file.extension() != ".txt") return false;
    const FileStart text(file);
    return !text.lines.empty() && text.lines[0].size() == 1 &&
           std::regex_match(text.lines[0][0].substr(0, 1000), label);
  });
  return labels && key_points == std::any_of(files.begin(), files.end(), [](const fs::path& file) {
                     return (file.extension() == ".yaml" || file.extension() == ".yml") &&
                            FileStart(file).text.find("kpt_shape") != std::string::npos;
                   });
}

Format YoloFormat() {
  return {"yolo",
          ImportYolo,
          ExportYolo,
          "a folder",
          "YOLO segmentation text files with their names",
          [](const FileStart& start) { return IsLikeYoloFolder(start, false); }};
}

}  // namespace datasets
