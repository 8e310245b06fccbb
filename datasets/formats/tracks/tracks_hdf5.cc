#include "datasets/formats/tracks/tracks_hdf5.h"

#include <cmath>
#include <map>

#include "datasets/exchange/behavior_choice.h"
#include "datasets/exchange/format.h"
#include "datasets/exchange/selection.h"
#include "datasets/formats/tracks/centroid.h"
#include "datasets/hdf5/h5_writer.h"
#include "datasets/project_times.h"

namespace datasets {

namespace {

constexpr int kTracksVersion = 1;

// Columns of one table, in the order in which they were first given a value.
class Columns {
 public:
  explicit Columns(std::vector<std::pair<std::string, H5Number>> columns)
      : kinds_(std::move(columns)), values_(kinds_.size()) {}
  // One value a column, in that order.
  void Add(std::initializer_list<double> row) {
    size_t i = 0;
    for (const double value : row) values_[i++].push_back(value);
    ++rows_;
  }
  void Write(H5Writer& writer, const std::string& group) const {
    for (size_t i = 0; i < kinds_.size(); ++i) {
      writer.Numbers(group + "/" + kinds_[i].first, kinds_[i].second, {rows_}, values_[i]);
    }
  }
  size_t rows() const { return rows_; }

 private:
  const std::vector<std::pair<std::string, H5Number>> kinds_;
  std::vector<std::vector<double>> values_;
  size_t rows_ = 0;
};

class Hdf5Export {
 public:
  Hdf5Export(const Project& project, const ExportOptions& options, Job& job)
      : project_(project), options_(options), job_(job), times_(project) {
    for (const VideoRow& video : SelectedVideos(project, options)) {
      video_rows_[video.id] = static_cast<double>(videos_.size());
      videos_.push_back(video);
    }
    for (const CategoryRow& category : project.Categories()) {
      animal_rows_[category.id] = static_cast<double>(animals_.size());
      animals_.push_back(category.name);
    }
  }

  ExportReport Write(const std::filesystem::path& out) {
    AddTracks();
    AddBouts();
    H5Writer writer(out);
    writer.Attribute("", "format", "vole");
    writer.Attribute("", "version", H5Number::kInt32, kTracksVersion);
    writer.Attribute("", "what", options_.what);
    WriteVideos(writer);
    writer.Texts("animals/name", {animals_.size()}, animals_);
    tracks_.Write(writer, "tracks");
    WriteBehaviors(writer);
    bouts_.Write(writer, "bouts");
    writer.Texts("bouts/subject", {subjects_.size()}, subjects_);
    writer.Texts("bouts/rater", {raters_.size()}, raters_);
    writer.Commit();
    report_.files = 1;
    Say(outlines_, "outlines are there as their centroid, area and box alone");
    Say(points_, "animals have key points, which were left out");
    Say(crowds_, "crowds were left out");
    Say(pictures_, "labels on single pictures were left out: a row is of a video");
    return report_;
  }

 private:
  void Say(int64_t count, const std::string& text) {
    if (count > 0) report_.warnings.push_back(std::to_string(count) + " " + text);
  }

  void AddTracks() {
    ForEachSelectedFrame(project_, options_, job_, [&](const SelectedFrame& frame) {
      if (!frame.video) {
        pictures_ += static_cast<int64_t>(frame.instances.size());
        return;
      }
      ++report_.images;
      const double seconds = times_.Of(*frame.video).Start(frame.frame_index);
      for (const SelectedInstance& one : frame.instances) {
        if (one.iscrowd) {
          ++crowds_;
          continue;
        }
        outlines_ += one.HasShape() ? 1 : 0;
        points_ += one.key_points.empty() ? 0 : 1;
        const Centroid centroid = CentroidOf(one, frame);
        tracks_.Add({video_rows_.at(frame.video->id), static_cast<double>(frame.frame_index),
                     seconds, animal_rows_.at(one.category_id),
                     static_cast<double>(one.track.value_or(-1)), centroid.x, centroid.y,
                     centroid.area, one.box.x, one.box.y, one.box.width, one.box.height,
                     one.predicted ? 1.0 : 0.0, one.predicted ? one.score : NAN,
                     one.predicted ? one.confidence : NAN});
        ++report_.annotations;
      }
    });
  }

  void AddBouts() {
    const std::vector<BehaviorRow> behaviors = project_.Behaviors();
    std::map<Id, double> rows;
    for (const BehaviorRow& behavior : behaviors) {
      rows[behavior.id] = static_cast<double>(rows.size());
    }
    for (const VideoRow& video : videos_) {
      const FrameTimes& times = times_.Of(video);
      for (const BehaviorIntervalRow& bout : ChosenIntervals(project_, video, options_.what)) {
        job_.ThrowIfCancelled();
        bouts_.Add({video_rows_.at(video.id), rows.at(bout.behavior_id),
                    static_cast<double>(bout.start_frame), static_cast<double>(bout.end_frame),
                    times.Start(bout.start_frame), times.Start(bout.end_frame),
                    bout.present ? 1.0 : 0.0});
        subjects_.push_back(bout.subject);
        raters_.push_back(bout.author);
        ++report_.intervals;
      }
    }
  }

  void WriteVideos(H5Writer& writer) const {
    std::vector<std::string> names, paths;
    Columns numbers({{"frames", H5Number::kInt64},
                     {"fps", H5Number::kFloat64},
                     {"width_px", H5Number::kInt32},
                     {"height_px", H5Number::kInt32}});
    for (const VideoRow& video : videos_) {
      names.push_back(video.name);
      paths.push_back(video.path);
      for (size_t i = 1; i < video.parts.size(); ++i) paths.back() += ";" + video.parts[i].path;
      numbers.Add({static_cast<double>(video.frame_count), video.fps,
                   static_cast<double>(video.width), static_cast<double>(video.height)});
    }
    writer.Texts("videos/name", {names.size()}, names);
    writer.Texts("videos/path", {paths.size()}, paths);
    numbers.Write(writer, "videos");
  }

  void WriteBehaviors(H5Writer& writer) const {
    std::vector<std::string> names, groups;
    std::vector<double> points;
    for (const BehaviorRow& behavior : project_.Behaviors()) {
      names.push_back(behavior.name);
      groups.push_back(behavior.exclusion_group);
      points.push_back(behavior.is_point ? 1 : 0);
    }
    writer.Texts("behaviors/name", {names.size()}, names);
    writer.Texts("behaviors/exclusion_group", {groups.size()}, groups);
    writer.Numbers("behaviors/is_point", H5Number::kUint8, {points.size()}, points);
  }

  const Project& project_;
  const ExportOptions& options_;
  Job& job_;
  ProjectTimes times_;
  std::vector<VideoRow> videos_;
  std::map<Id, double> video_rows_, animal_rows_;
  std::vector<std::string> animals_, subjects_, raters_;
  Columns tracks_{{{"video", H5Number::kInt32},
                   {"frame", H5Number::kInt64},
                   {"time_s", H5Number::kFloat64},
                   {"animal", H5Number::kInt32},
                   {"track", H5Number::kInt64},
                   {"x_px", H5Number::kFloat64},
                   {"y_px", H5Number::kFloat64},
                   {"area_px2", H5Number::kFloat64},
                   {"left_px", H5Number::kFloat64},
                   {"top_px", H5Number::kFloat64},
                   {"box_width_px", H5Number::kFloat64},
                   {"box_height_px", H5Number::kFloat64},
                   {"is_predicted", H5Number::kUint8},
                   {"score", H5Number::kFloat64},
                   {"confidence", H5Number::kFloat64}}};
  Columns bouts_{{{"video", H5Number::kInt32},
                  {"behavior", H5Number::kInt32},
                  {"start_frame", H5Number::kInt64},
                  {"end_frame", H5Number::kInt64},
                  {"start_s", H5Number::kFloat64},
                  {"end_s", H5Number::kFloat64},
                  {"is_present", H5Number::kUint8}}};
  ExportReport report_;
  int64_t outlines_ = 0, points_ = 0, crowds_ = 0, pictures_ = 0;
};

}  // namespace

ExportReport ExportTracksHdf5(const Project& project, const std::filesystem::path& out,
                              const ExportOptions& options, Job& job) {
  return Hdf5Export(project, options, job).Write(out);
}

Format TracksHdf5Format() {
  return {"hdf5", nullptr, ExportTracksHdf5, "an HDF5 file",
          "where each animal is, and every bout: for Python, R and MATLAB"};
}

}  // namespace datasets
