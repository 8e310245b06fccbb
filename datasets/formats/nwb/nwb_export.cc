#include <algorithm>
#include <cmath>
#include <ctime>
#include <map>
#include <random>
#include <set>

#include "datasets/exchange/format.h"
#include "datasets/formats/nwb/nwb.h"
#include "datasets/hdf5/h5_writer.h"
#include "datasets/pose/pose_export.h"
#include "datasets/project_times.h"
#include "datasets/video_files.h"

namespace datasets {

namespace {

constexpr double kNwbHalf = 0.5;
constexpr char kBehavior[] = "processing/behavior";

// A name that can stand in a path.
std::string PartName(std::string name) {
  for (char& c : name) {
    if (c == '/' || c == '\n') c = '_';
  }
  return name.empty() || name == "." || name == ".." ? "_" + name : name;
}

std::string NowText() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[40];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S+00:00", &utc);
  return text;
}

class NwbFile {
 public:
  NwbFile(const Project& project, const PosedFrames& posed, const std::filesystem::path& out)
      : posed_(posed), project_(project), times_(project), file_(out) {}

  // Labels and predictions, each as what it is; returns pictures that could not go in.
  int64_t Write() {
    Root();
    Group(kBehavior, "core", "ProcessingModule");
    file_.Attribute(kBehavior, "description", "poses of animals");
    SkeletonGroup();
    bool labels = false, predictions = false;
    for (const PosedFrame& frame : posed_.frames) {
      for (const PosedAnimal& animal : frame.animals) {
        labels = labels || !animal.predicted;
        predictions = predictions || animal.predicted;
      }
    }
    if (predictions) Predictions();
    const int64_t pictures = labels ? Labels() : 0;
    file_.Commit();
    return pictures;
  }

 private:
  void Group(const std::string& place, const std::string& in, const std::string& kind) {
    file_.Group(place);
    Kind(place, in, kind);
  }

  void Kind(const std::string& place, const std::string& in, const std::string& kind) {
    file_.Attribute(place, "namespace", in);
    file_.Attribute(place, "neurodata_type", kind);
    file_.Attribute(place, "object_id", Uuid());
  }

  std::string Uuid() {
    std::string text;
    for (int i = 0; i < 32; ++i) {
      if (i == 8 || i == 12 || i == 16 || i == 20) text += '-';
      const unsigned digit = i == 12 ? 4 : i == 16 ? 8 + random_() % 4 : random_() % 16;
      text += "0123456789abcdef"[digit];
    }
    return text;
  }

  void Text(const std::string& place, const std::string& text) { file_.Texts(place, {}, {text}); }

  void Root() {
    Kind("", "core", "NWBFile");
    file_.Attribute("", "nwb_version", "2.7.0");
    const std::string now = NowText();
    file_.Texts("file_create_date", {1}, {now});
    Text("identifier", Uuid());
    Text("session_description", "poses of " + project_.file().stem().string());
    Text("session_start_time", now);
    Text("timestamps_reference_time", now);
    for (const char* group : {"acquisition", "analysis", "general", "processing",
                              "stimulus/presentation", "stimulus/templates"}) {
      file_.Group(group);
    }
  }

  void SkeletonGroup() {
    const std::string all = std::string(kBehavior) + "/Skeletons";
    Group(all, "ndx-pose", "Skeletons");
    skeleton_name_ = PartName(posed_.skeleton.name);
    skeleton_ = all + "/" + skeleton_name_;
    Group(skeleton_, "ndx-pose", "Skeleton");
    const std::vector<std::string> names = PointNames(posed_.skeleton);
    file_.Texts(skeleton_ + "/nodes", {names.size()}, names);
    std::vector<double> ends;
    for (const auto& [from, to] : posed_.skeleton.edges) {
      ends.push_back(from);
      ends.push_back(to);
    }
    if (!ends.empty()) {
      file_.Numbers(skeleton_ + "/edges", H5Number::kUint8, {ends.size() / 2, 2}, ends);
    }
  }

  std::vector<std::string> PathsOf(const VideoRow& video) const {
    std::vector<std::string> paths;
    for (const VideoFile& file : FilesOf(project_, video)) {
      paths.push_back(file.path.generic_string());
    }
    return paths;
  }

  void Movie(const std::string& place, const VideoRow& video) {
    Group(place, "core", "ImageSeries");
    file_.Attribute(place, "comments", "no comments");
    file_.Attribute(place, "description", "the video");
    const std::vector<std::string> files = PathsOf(video);
    std::vector<double> starts;
    for (const VideoPart& part : video.parts) starts.push_back(part.first_frame);
    file_.Texts(place + "/external_file", {files.size()}, files);
    if (starts.empty()) {
      file_.Attribute(place + "/external_file", "starting_frame", H5Number::kInt32, 0);
    } else {
      file_.Attribute(place + "/external_file", "starting_frame", H5Number::kInt32, starts);
    }
    Text(place + "/format", "external");
    file_.Numbers(place + "/dimension", H5Number::kInt32, {2},
                  {static_cast<double>(video.width), static_cast<double>(video.height)});
    file_.Numbers(place + "/data", H5Number::kUint8, {0, 0, 0}, {});
    Data(place + "/data", "unknown");
    file_.Numbers(place + "/starting_time", H5Number::kFloat64, {}, {0});
    file_.Attribute(place + "/starting_time", "rate", H5Number::kFloat64,
                    video.fps > 0 ? video.fps : 1);
    file_.Attribute(place + "/starting_time", "unit", "seconds");
  }

  void Data(const std::string& place, const std::string& unit) {
    file_.Attribute(place, "conversion", H5Number::kFloat64, 1);
    file_.Attribute(place, "offset", H5Number::kFloat64, 0);
    file_.Attribute(place, "resolution", H5Number::kFloat64, -1);
    file_.Attribute(place, "unit", unit);
  }

  std::string AnimalName(const PosedAnimal& animal, size_t* untracked) const {
    return animal.animal >= 0 ? PartName(posed_.animals[static_cast<size_t>(animal.animal)])
                              : "track_" + std::to_string((*untracked)++);
  }

  void Predictions() {
    using Seen = std::vector<std::pair<int, const PosedAnimal*>>;
    std::map<std::pair<std::string, size_t>, Seen> animals;  // name, video
    for (const PosedFrame& frame : posed_.frames) {
      size_t untracked = 0;
      for (const PosedAnimal& animal : frame.animals) {
        const std::string name = AnimalName(animal, &untracked);
        if (animal.predicted) animals[{name, frame.video}].emplace_back(frame.frame_index, &animal);
      }
    }
    for (const VideoRow& video : posed_.videos) Movie("acquisition/" + PartName(video.name), video);
    for (const auto& [key, seen] : animals) {
      const VideoRow& video = posed_.videos[key.second];
      // One module a video, so that an animal keeps its name in each.
      std::string module = kBehavior;
      if (posed_.videos.size() > 1) {
        module = "processing/" + PartName("behavior of " + video.name);
        if (modules_.insert(module).second) {
          Group(module, "core", "ProcessingModule");
          file_.Attribute(module, "description", "poses of animals in " + video.name);
        }
      }
      Estimation(module + "/" + key.first, video, seen);
    }
  }

  void Estimation(const std::string& place, const VideoRow& video,
                  const std::vector<std::pair<int, const PosedAnimal*>>& seen) {
    Group(place, "ndx-pose", "PoseEstimation");
    Text(place + "/description", "predicted places of points");
    Text(place + "/scorer", "Vole");
    Text(place + "/source_software", "Vole");
    const std::vector<std::string> files = PathsOf(video);
    file_.Texts(place + "/original_videos", {files.size()}, files);
    file_.Link(place + "/" + skeleton_name_, skeleton_);
    file_.Link(place + "/source_video", "acquisition/" + PartName(video.name));
    const FrameTimes& times = times_.Of(video);
    for (size_t k = 0; k < posed_.skeleton.points.size(); ++k) {
      const std::string series = place + "/" + PartName(posed_.skeleton.points[k].name);
      std::vector<double> data, confidence, seconds;
      for (const auto& [frame, animal] : seen) {
        const KeyPoint& point = animal->points[k];
        if (point.visibility == 0) continue;
        data.push_back(point.x - kNwbHalf);
        data.push_back(point.y - kNwbHalf);
        confidence.push_back(animal->confidences[k]);
        seconds.push_back(times.Start(frame));
      }
      Group(series, "ndx-pose", "PoseEstimationSeries");
      file_.Attribute(series, "comments", "no comments");
      file_.Attribute(series, "description", "places of " + posed_.skeleton.points[k].name);
      file_.Numbers(series + "/data", H5Number::kFloat64, {confidence.size(), 2}, data);
      Data(series + "/data", "pixels");
      file_.Numbers(series + "/confidence", H5Number::kFloat64, {confidence.size()}, confidence);
      file_.Attribute(series + "/confidence", "definition",
                      "probability that the point lies where a person would set it");
      Text(series + "/reference_frame", "(0, 0) is the center of the pixel at the top left");
      file_.Numbers(series + "/timestamps", H5Number::kFloat64, {seconds.size()}, seconds);
      file_.Attribute(series + "/timestamps", "interval", H5Number::kInt32, 1);
      file_.Attribute(series + "/timestamps", "unit", "seconds");
    }
  }

  int64_t Labels() {
    int64_t pictures = 0;
    const std::string training = std::string(kBehavior) + "/PoseTraining";
    Group(training, "ndx-pose", "PoseTraining");
    Group(training + "/source_videos", "ndx-pose", "SourceVideos");
    Group(training + "/training_frames", "ndx-pose", "TrainingFrames");
    for (const VideoRow& video : posed_.videos) {
      Movie(training + "/source_videos/" + PartName(video.name), video);
    }
    for (const PosedFrame& frame : posed_.frames) {
      if (posed_.IsPicture(frame)) {
        ++pictures;
        continue;
      }
      const std::string video = PartName(posed_.videos[frame.video].name);
      const std::string place =
          training + "/training_frames/" + video + "_" + std::to_string(frame.frame_index);
      bool begun = false;
      size_t untracked = 0;
      for (const PosedAnimal& animal : frame.animals) {
        const std::string name = AnimalName(animal, &untracked);
        if (animal.predicted) continue;
        if (!begun) {
          begun = true;
          Group(place, "ndx-pose", "TrainingFrame");
          file_.Attribute(place, "annotator", animal.author);
          file_.Attribute(place, "source_video_frame_index", H5Number::kUint32, frame.frame_index);
          file_.Link(place + "/source_video", training + "/source_videos/" + video);
          Group(place + "/skeleton_instances", "ndx-pose", "SkeletonInstances");
        }
        Instance(place + "/skeleton_instances/" + name, animal);
      }
    }
    return pictures;
  }

  void Instance(const std::string& place, const PosedAnimal& animal) {
    Group(place, "ndx-pose", "SkeletonInstance");
    file_.Attribute(place, "id", H5Number::kUint32, std::max(0, animal.animal));
    std::vector<double> places, visible;
    for (const KeyPoint& point : animal.points) {
      const bool there = point.visibility > 0;
      places.push_back(there ? point.x - kNwbHalf : NAN);
      places.push_back(there ? point.y - kNwbHalf : NAN);
      visible.push_back(point.visibility == 2 ? 1 : 0);
    }
    file_.Numbers(place + "/node_locations", H5Number::kFloat64, {visible.size(), 2}, places);
    file_.Numbers(place + "/node_visibility", H5Number::kBool, {visible.size()}, visible);
    file_.Link(place + "/" + skeleton_name_, skeleton_);
  }

  const PosedFrames& posed_;
  const Project& project_;
  ProjectTimes times_;
  H5Writer file_;
  std::string skeleton_, skeleton_name_;
  std::set<std::string> modules_;
  std::random_device random_;
};

}  // namespace

ExportReport ExportNwb(const Project& project, const std::filesystem::path& out,
                       const ExportOptions& options, Job& job) {
  const PosedFrames posed = SelectPoses(project, options, job);
  ExportReport report;
  report.warnings = posed.warnings;
  WarnOfSplits(posed, &report.warnings);
  const int64_t pictures = NwbFile(project, posed, out).Write();
  report.images = static_cast<int64_t>(posed.frames.size()) - pictures;
  report.annotations = posed.instances;
  report.files = 1;
  WarnOf(pictures, "single pictures were left out: NWB's frames are those of videos",
         &report.warnings);
  int64_t hidden = 0;
  for (const PosedFrame& frame : posed.frames) {
    for (const PosedAnimal& animal : frame.animals) {
      if (!animal.predicted) continue;
      for (const KeyPoint& point : animal.points) hidden += point.visibility == 1 ? 1 : 0;
    }
  }
  WarnOf(hidden, "predicted points are hidden, which ndx-pose says of labels alone",
         &report.warnings);
  int64_t sides = 0;
  for (const SkeletonPoint& point : posed.skeleton.points) sides += point.partner >= 0 ? 1 : 0;
  WarnOf(sides / 2, "pairs of symmetric points are not said by ndx-pose", &report.warnings);
  report.warnings.push_back(
      "the project does not know when its recordings began: the time of this export stands in "
      "session_start_time");
  return report;
}

Format NwbFormat() {
  return {"nwb",
          ImportNwb,
          ExportNwb,
          "an .nwb file",
          "NWB with ndx-pose: labeled (PoseTraining) and predicted poses (PoseEstimation)",
          [](const FileStart& start) {
            return start.HasHdf5({}) &&
                   (start.extension == ".nwb" || start.HasHdf5({"nwb_version"}));
          }};
}

}  // namespace datasets
