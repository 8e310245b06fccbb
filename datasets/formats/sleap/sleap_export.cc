#include <cmath>
#include <map>

#include "datasets/exchange/format.h"
#include "datasets/exchange/frame_export.h"
#include "datasets/formats/sleap/sleap.h"
#include "datasets/hdf5/h5_writer.h"
#include "datasets/pose/pose_export.h"
#include "datasets/video_files.h"

namespace datasets {

namespace {

using nlohmann::json;

constexpr double kShift = 0.5;  // format 1.2: pixel centers at integers

json MovieJson(const Project& project, const VideoRow& video) {
  const std::string file = MovieFile(project, video).generic_string();
  return {{"filename", file},
          {"backend",
           {{"type", "MediaVideo"},
            {"shape", {video.frame_count, video.height, video.width, 3}},
            {"filename", file},
            {"grayscale", false},
            {"bgr", true},
            {"dataset", ""},
            {"input_format", ""}}}};
}

json PicturesJson(const std::vector<std::string>& files, const PosedFrame& first) {
  return {{"filename", files.front()},
          {"backend",
           {{"type", "ImageVideo"},
            {"shape", {files.size(), first.height, first.width, 3}},
            {"filename", files.front()},
            {"filenames", files},
            {"height_", first.height},
            {"width_", first.width},
            {"channels_", 3},
            {"grayscale", false}}}};
}

// The tables, row by row.
struct Tables {
  std::vector<H5Column> frames = {{"frame_id", H5Number::kUint64, {}},
                                  {"video", H5Number::kUint32, {}},
                                  {"frame_idx", H5Number::kUint64, {}},
                                  {"instance_id_start", H5Number::kUint64, {}},
                                  {"instance_id_end", H5Number::kUint64, {}}};
  std::vector<H5Column> instances = {
      {"instance_id", H5Number::kInt64, {}},   {"instance_type", H5Number::kUint8, {}},
      {"frame_id", H5Number::kUint64, {}},     {"skeleton", H5Number::kUint32, {}},
      {"track", H5Number::kInt32, {}},         {"from_predicted", H5Number::kInt64, {}},
      {"score", H5Number::kFloat32, {}},       {"point_id_start", H5Number::kUint64, {}},
      {"point_id_end", H5Number::kUint64, {}}, {"tracking_score", H5Number::kFloat32, {}}};
  std::vector<H5Column> points = {{"x", H5Number::kFloat64, {}},
                                  {"y", H5Number::kFloat64, {}},
                                  {"visible", H5Number::kBool, {}},
                                  {"complete", H5Number::kBool, {}}};
  std::vector<H5Column> found = {{"x", H5Number::kFloat64, {}},
                                 {"y", H5Number::kFloat64, {}},
                                 {"visible", H5Number::kBool, {}},
                                 {"complete", H5Number::kBool, {}},
                                 {"score", H5Number::kFloat64, {}}};

  static double Rows(const std::vector<H5Column>& table) {
    return static_cast<double>(table.front().values.size());
  }
  static void Add(std::vector<H5Column>& table, const std::vector<double>& row) {
    for (size_t i = 0; i < row.size(); ++i) table[i].values.push_back(row[i]);
  }

  void AddAnimal(const PosedAnimal& animal, double frame) {
    auto& to = animal.predicted ? found : points;
    const double first = Rows(to);
    for (size_t k = 0; k < animal.points.size(); ++k) {
      const KeyPoint& point = animal.points[k];
      const bool there = point.visibility > 0;
      std::vector<double> row = {there ? point.x - kShift : NAN, there ? point.y - kShift : NAN,
                                 point.visibility == 2 ? 1.0 : 0.0, there ? 1.0 : 0.0};
      if (animal.predicted) row.push_back(animal.confidences[k]);
      Add(to, row);
    }
    Add(instances, {Rows(instances), animal.predicted ? 1.0 : 0.0, frame, 0,
                    static_cast<double>(animal.animal), -1, animal.predicted ? animal.score : 0,
                    first, Rows(to), 0});
  }
};

}  // namespace

ExportReport ExportSleap(const Project& project, const std::filesystem::path& out,
                         const ExportOptions& options, Job& job) {
  const PosedFrames posed = SelectPoses(project, options, job);
  Tables tables;
  std::vector<std::string> pictures;
  const PosedFrame* first_picture = nullptr;
  for (const PosedFrame& frame : posed.frames) {
    double index = frame.frame_index;
    if (posed.IsPicture(frame)) {
      if (!first_picture) first_picture = &frame;
      index = static_cast<double>(pictures.size());
      pictures.push_back((project.folder() / frame.picture).lexically_normal().generic_string());
    }
    const double id = Tables::Rows(tables.frames), begin = Tables::Rows(tables.instances);
    for (const PosedAnimal& animal : frame.animals) tables.AddAnimal(animal, id);
    Tables::Add(tables.frames, {id, static_cast<double>(frame.video), index, begin,
                                Tables::Rows(tables.instances)});
  }
  std::vector<std::string> videos, tracks;
  for (const VideoRow& video : posed.videos) videos.push_back(MovieJson(project, video).dump());
  if (first_picture) videos.push_back(PicturesJson(pictures, *first_picture).dump());
  for (const std::string& name : posed.animals) tracks.push_back(json::array({0, name}).dump());

  H5Writer file(out);
  file.Group("metadata");
  file.Attribute("metadata", "format_id", H5Number::kFloat64, 1.2);
  file.Attribute("metadata", "json", SleapMetadata(posed.skeleton).dump());
  file.FixedTexts("videos_json", {videos.size()}, videos);
  file.FixedTexts("tracks_json", {tracks.size()}, tracks);
  file.FixedTexts("suggestions_json", {0}, {});
  file.Table("frames", tables.frames);
  file.Table("instances", tables.instances);
  file.Table("points", tables.points);
  file.Table("pred_points", tables.found);
  file.Commit();
  ExportReport report;
  report.images = static_cast<int64_t>(posed.frames.size());
  report.annotations = posed.instances;
  report.files = 1;
  report.warnings = posed.warnings;
  WarnOfSplits(posed, &report.warnings);
  NoteParts(project, posed.videos, &report.warnings);
  return report;
}

Format SleapFormat() {
  return {"sleap",
          ImportSleap,
          ExportSleap,
          "a .slp file",
          "SLEAP's key points, set by people and found by its networks",
          [](const FileStart& start) {
            return start.HasHdf5({}) &&
                   (start.extension == ".slp" || start.HasHdf5({"pred_points", "instances"}));
          }};
}

}  // namespace datasets
