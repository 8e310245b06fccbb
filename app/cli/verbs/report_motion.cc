#include "app/cli/verbs/report_motion.h"

#include <fmt/format.h>

#include <memory>

#include "app/cli/verbs/report_text.h"
#include "datasets/base/suggest.h"
#include "datasets/behavior/motion_tables.h"
#include "datasets/behavior/pictures.h"
#include "datasets/calibrated.h"
#include "datasets/files/atomic_file.h"
#include "datasets/files/file_names.h"
#include "datasets/files/json_values.h"

namespace app {
namespace {

namespace fs = std::filesystem;

std::vector<datasets::VideoRow> ChosenVideos(const datasets::Project& project,
                                             const std::string& name,
                                             const datasets::MotionInput& input) {
  if (!name.empty()) return {project.VideoByName(name)};
  std::vector<datasets::VideoRow> videos;
  for (const datasets::VideoRow& video : project.Videos()) {
    const datasets::Id job =
        input.job_id > 0 ? input.job_id : project.LatestPredictJob(video.id).value_or(0);
    const int frames = input.from_labels ? project.CountLabeledFrames(video.id)
                       : job > 0         ? project.CountPredictedFrames(job, video.id)
                                         : 0;
    if (frames > 0) videos.push_back(video);
  }
  if (videos.empty()) {
    throw datasets::Error("motion",
                          input.from_labels ? "no video has labels" : "no video has predictions",
                          input.from_labels ? "label some frames first"
                                            : "run vole predict first, or use --what labels");
  }
  return videos;
}

fs::path PictureFile(const std::string& file, const std::string& video, bool several) {
  fs::path path = file;
  if (several)
    path.replace_filename(path.stem().string() + "-" + datasets::FileNameFor(video) +
                          path.extension().string());
  return path;
}

// Each video in its own unit: in the heading where it is the same for all, else beside each number.
std::string SummaryText(const std::vector<datasets::MotionSummary>& summaries) {
  size_t scaled = 0;
  for (const auto& one : summaries) scaled += one.distance_cm ? 1 : 0;
  const bool mixed = scaled > 0 && scaled < summaries.size();
  const std::string unit = mixed ? "" : scaled > 0 ? " cm" : " px";
  const std::string speed = mixed ? "" : unit + "/s";
  std::vector<std::vector<std::string>> table = {{"video", "animal", "seen %", "distance" + unit,
                                                  "mean" + speed, "max" + speed, "area px",
                                                  "elongation"}};
  const auto number = [](const std::optional<double>& value, int decimals,
                         const std::string& behind = "") {
    return value ? fmt::format("{:.{}f}{}", *value, decimals, behind) : "-";
  };
  for (const datasets::MotionSummary& one : summaries) {
    const bool cm = one.distance_cm.has_value();
    const std::string own = !mixed ? "" : cm ? " cm" : " px";
    const std::string own_speed = mixed ? own + "/s" : "";
    table.push_back(
        {one.video, one.animal,
         fmt::format("{:.1f}", 100.0 * static_cast<double>(one.frames_seen) /
                                   static_cast<double>(std::max<int64_t>(1, one.frames))),
         number(cm ? *one.distance_cm : one.distance_px, 1, own),
         number(cm ? one.mean_speed_cm_s : one.mean_speed_px_s, 1, own_speed),
         number(cm ? one.max_speed_cm_s : one.max_speed_px_s, 1, own_speed),
         number(one.mean_area_px, 0), number(one.mean_elongation, 2)});
  }
  return VaryingTableText(table, 1);
}

void ToJson(const datasets::VideoMotion& motion, nlohmann::ordered_json& json) {
  for (const datasets::MotionSummary& one : motion.summaries) {
    json["motion"].push_back({{"video", one.video},
                              {"animal", one.animal},
                              {"frames", one.frames},
                              {"frames_seen", one.frames_seen},
                              {"seen_s", one.seen_s},
                              {"distance_px", one.distance_px},
                              {"mean_speed_px_s", datasets::OrNull(one.mean_speed_px_s)},
                              {"max_speed_px_s", datasets::OrNull(one.max_speed_px_s)},
                              {"mean_area_px", datasets::OrNull(one.mean_area_px)},
                              {"mean_elongation", datasets::OrNull(one.mean_elongation)},
                              {"unit", one.distance_cm ? "cm" : "px"},
                              {"distance_cm", datasets::OrNull(one.distance_cm)},
                              {"mean_speed_cm_s", datasets::OrNull(one.mean_speed_cm_s)},
                              {"max_speed_cm_s", datasets::OrNull(one.max_speed_cm_s)}});
  }
  for (const datasets::ContactPair& pair : motion.contacts) {
    json["contacts"].push_back({{"video", pair.video},
                                {"first", pair.first},
                                {"second", pair.second},
                                {"bouts", pair.bouts},
                                {"frames", pair.frames},
                                {"seconds", pair.seconds}});
  }
}

// A table that grows while frames are measured, with the heading of the first video: zones of the
// other videos must be the same.
class FrameTable {
 public:
  FrameTable(const std::string& path, bool cm) : cm_(cm) {
    if (!path.empty()) file_ = std::make_unique<datasets::AtomicFile>(path);
  }
  void Add(const datasets::VideoMotion& motion,
           const std::vector<datasets::AnimalMotion>& animals) {
    if (!file_) return;
    if (motion.video.id != video_) Begin(motion);
    for (const datasets::AnimalMotion& one : animals) {
      file_->Write(
          datasets::MotionCsvLine(motion.video.name, motion.animals, columns_, motion.times, one));
    }
  }
  void Commit() {
    if (file_) file_->Commit();
  }

 private:
  void Begin(const datasets::VideoMotion& motion) {
    video_ = motion.video.id;
    columns_ = {datasets::ZoneNames(motion.zones), motion.points, motion.has_heading, cm_};
    const std::string heading = datasets::MotionCsvHeading(columns_);
    if (heading_.empty()) file_->Write(heading_ = heading);
    if (heading != heading_) {
      throw datasets::Error("table of motion", "its videos have different zones",
                            "write a table for each video (--video)");
    }
  }

  bool cm_;  // some of the videos have centimetres
  std::unique_ptr<datasets::AtomicFile> file_;
  std::string heading_;
  datasets::Id video_ = 0;
  datasets::MotionColumns columns_;
};

}  // namespace

datasets::BehaviorScores ReportMotion(const datasets::Project& project, const std::string& video,
                                      const FrameSpan& span, datasets::MotionInput input,
                                      const MotionFiles& files, Console& console,
                                      nlohmann::ordered_json& json, std::string& text) {
  for (const std::string& picture : {files.trajectory, files.occupancy}) {
    if (!picture.empty()) datasets::Drawing::CheckEnding(picture);
  }
  input.start_frame = span.start_frame;
  input.end_frame = span.end_frame.value_or(-1);
  std::vector<datasets::Zone> zones;
  if (!files.zones.empty()) zones = datasets::ReadZones(files.zones, true);
  const auto videos = ChosenVideos(project, video, input);
  for (const datasets::Zone& zone : zones) {
    if (!zone.video.empty()) project.VideoByName(zone.video);
  }
  json["motion"] = json["contacts"] = nlohmann::ordered_json::array();
  std::vector<std::string> without;
  for (const datasets::VideoRow& row : videos) {
    if (!datasets::FloorOf(project, row, input.options.pixels_per_cm)) without.push_back(row.name);
  }
  const bool any_cm = without.size() < videos.size();
  if (any_cm && !without.empty()) {
    console.Warn("not calibrated, so in pixels, beside others in cm: " +
                 datasets::QuotedNames(without) + " (vole calibrate)");
  }
  FrameTable table(files.motion, any_cm);
  datasets::BehaviorScores scores;
  std::vector<datasets::MotionSummary> summaries;
  std::vector<datasets::ContactPair> contacts;
  for (const datasets::VideoRow& row : videos) {
    datasets::PlaceCollector places(files.cells);
    const datasets::VideoMotion motion =
        datasets::MeasureVideoMotion(project, row, zones, input, console.job(),
                                     [&](const datasets::VideoMotion& setup,
                                         const std::vector<datasets::AnimalMotion>& animals) {
                                       table.Add(setup, animals);
                                       places.Add(setup, animals);
                                     });
    ToJson(motion, json);
    summaries.insert(summaries.end(), motion.summaries.begin(), motion.summaries.end());
    contacts.insert(contacts.end(), motion.contacts.begin(), motion.contacts.end());
    datasets::AddScores(scores, motion.scores, "again");
    const cv::Mat background = project.BackgroundOf(row).bgr;
    const bool several = videos.size() > 1;
    if (!files.trajectory.empty()) {
      const fs::path path = PictureFile(files.trajectory, row.name, several);
      places.Trajectory(background).Save(path);
      console.Note("wrote " + path.string());
    }
    if (!files.occupancy.empty()) {
      const fs::path path = PictureFile(files.occupancy, row.name, several);
      places.Occupancy(background).Save(path);
      console.Note("wrote " + path.string());
    }
  }
  table.Commit();
  if (!files.motion.empty()) console.Note("wrote " + files.motion);
  if (!files.motion_summary.empty()) {
    datasets::WriteFileAtomically(files.motion_summary, datasets::MotionSummaryCsv(summaries));
    console.Note("wrote " + files.motion_summary);
  }
  if (!files.contacts.empty()) {
    datasets::WriteFileAtomically(files.contacts, datasets::ContactCsv(contacts));
    console.Note("wrote " + files.contacts);
  }
  text += SummaryText(summaries) + "\n\n";
  return scores;
}

}  // namespace app
