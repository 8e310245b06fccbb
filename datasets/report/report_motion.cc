#include "datasets/report/report_motion.h"

#include <algorithm>
#include <memory>

#include "datasets/base/suggest.h"
#include "datasets/behavior/motion_tables.h"
#include "datasets/behavior/pictures.h"
#include "datasets/calibrated.h"
#include "datasets/files/atomic_file.h"
#include "datasets/files/file_names.h"
#include "datasets/store/connection.h"
#include "datasets/store/reader.h"
#include "datasets/unknown_name.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;

MotionInput InputOf(const ReportRequest& request) {
  MotionInput input;
  input.from_labels = request.options.what == "labels";
  input.job_id = request.options.prediction_job;
  input.options = request.motion;
  input.start_frame = request.start_frame;
  input.end_frame = request.end_frame.value_or(-1);
  return input;
}

// A table that grows while frames are measured, with the heading of the first video: zones of the
// other videos must be the same.
class FrameTable {
 public:
  FrameTable(const std::string& path, bool cm) : cm_(cm) {
    if (!path.empty()) file_ = std::make_unique<AtomicFile>(path);
  }
  void Add(const VideoMotion& motion, const std::vector<AnimalMotion>& animals) {
    if (!file_) return;
    if (motion.video.id != video_) Begin(motion);
    for (const AnimalMotion& one : animals) {
      file_->Write(MotionCsvLine(motion.video.name, motion.animals, columns_, motion.times, one));
    }
  }
  void Commit() {
    if (file_) file_->Commit();
  }

 private:
  void Begin(const VideoMotion& motion) {
    video_ = motion.video.id;
    columns_ = {ZoneNames(motion.zones), motion.points, motion.has_heading, cm_};
    const std::string heading = MotionCsvHeading(columns_);
    if (heading_.empty()) file_->Write(heading_ = heading);
    if (heading != heading_) {
      throw Error("table of motion", "its videos have different zones",
                  "write a table for each video by itself");
    }
  }

  bool cm_;  // some of the videos have centimetres
  std::unique_ptr<AtomicFile> file_;
  std::string heading_;
  Id video_ = 0;
  MotionColumns columns_;
};

bool HasFramesWithin(const Project& project, const VideoRow& video, Id job,
                     const MotionInput& input) {
  const int end = input.end_frame < 0 ? video.frame_count : input.end_frame;
  if (input.start_frame == 0 && end >= video.frame_count) return true;
  bool any = false;
  project.Read([&](Connection& connection) {
    const Reader reader(connection);
    if (input.from_labels) {
      any = reader.HasLabels(video.id, input.start_frame, end);
    } else if (reader.HasPredictions(job, video.id, input.start_frame, end)) {
      // Of which people may have rejected all.
      reader.ForEachConfidence(job, video.id, [&](int frame, Id, double) {
        any |= frame >= input.start_frame && frame < end;
      });
    }
  });
  return any;
}

}  // namespace

std::vector<VideoRow> VideosOfMotion(const Project& project, const ReportRequest& request,
                                     std::vector<std::string>* warnings) {
  if (!request.video.empty()) return {project.VideoByName(request.video)};
  const MotionInput input = InputOf(request);
  std::vector<VideoRow> videos;
  std::vector<std::string> without, outside;
  const std::vector<std::string>& asked = request.videos;
  for (const VideoRow& video : project.Videos()) {
    if (!asked.empty() && std::find(asked.begin(), asked.end(), video.name) == asked.end())
      continue;
    const Id job = input.job_id > 0 ? input.job_id : project.LatestPredictJob(video.id).value_or(0);
    const int frames = input.from_labels ? project.CountLabeledFrames(video.id)
                       : job > 0         ? project.CountPredictedFrames(job, video.id)
                                         : 0;
    if (frames == 0) {
      if (!asked.empty()) without.push_back(video.name);
    } else if (!HasFramesWithin(project, video, job, input)) {
      outside.push_back(video.name);
    } else {
      videos.push_back(video);
    }
  }
  const std::string done = input.from_labels ? "labeled" : "predicted";
  if (videos.empty()) {
    throw Error("motion",
                outside.empty()
                    ? "no video has " + std::string(input.from_labels ? "labels" : "predictions")
                    : "no frame of the chosen span is " + done,
                !outside.empty()    ? "choose another span"
                : input.from_labels ? "label some frames first"
                                    : "predict them first, or make the report from labels");
  }
  if (warnings && !without.empty()) {
    warnings->push_back("they are not " + done +
                        ", so not in places, ways and contacts: " + QuotedNames(without));
  }
  if (warnings && !outside.empty()) {
    warnings->push_back(
        "no frame of the chosen span is " + done +
        " in them, so they are not in places, ways and contacts: " + QuotedNames(outside));
  }
  return videos;
}

fs::path PictureFile(const std::string& file, const std::string& video, bool several) {
  fs::path path = file;
  if (several) {
    path.replace_filename(path.stem().string() + "-" + FileNameFor(video) +
                          path.extension().string());
  }
  return path;
}

void AddMotion(const Project& project, const ReportRequest& request, Job& job, Report* report) {
  const MotionFiles& files = request.motion_files;
  const MotionInput input = InputOf(request);
  for (const std::string& picture : {files.trajectory, files.occupancy}) {
    if (!picture.empty()) Drawing::CheckEnding(picture);
  }
  std::vector<Zone> zones;
  if (!files.zones.empty()) zones = ReadZones(files.zones, true);
  const std::vector<VideoRow> videos = VideosOfMotion(project, request, &report->warnings);
  for (const Zone& zone : zones) {
    if (!zone.video.empty()) project.VideoByName(zone.video);
  }
  std::vector<std::string> without;
  for (const VideoRow& row : videos) {
    if (!FloorOf(project, row, input.options.pixels_per_cm)) without.push_back(row.name);
  }
  const bool any_cm = without.size() < videos.size();
  if (any_cm && !without.empty()) {
    report->warnings.push_back("not calibrated, so in pixels, beside others in cm: " +
                               QuotedNames(without) + " (vole calibrate)");
  }
  FrameTable table(files.motion, any_cm);
  BehaviorScores scores;
  for (const VideoRow& row : videos) {
    PlaceCollector places(files.cells);
    const VideoMotion motion =
        MeasureVideoMotion(project, row, zones, input, job,
                           [&](const VideoMotion& setup, const std::vector<AnimalMotion>& animals) {
                             table.Add(setup, animals);
                             places.Add(setup, animals);
                           });
    const Id predicted =
        input.job_id > 0 ? input.job_id : project.LatestPredictJob(row.id).value_or(0);
    if (!input.from_labels && predicted > 0) {
      const std::string text = UnknownText(
          CountUnknown(project, predicted, row.id, motion.start_frame, motion.end_frame));
      if (!text.empty()) {
        report->warnings.push_back("video '" + row.name + "': " + text +
                                   "; those animals are in no figure");
      }
    }
    report->motion.insert(report->motion.end(), motion.summaries.begin(), motion.summaries.end());
    report->contacts.insert(report->contacts.end(), motion.contacts.begin(), motion.contacts.end());
    AddScores(scores, motion.scores, "again");
    const cv::Mat background = project.BackgroundOf(row).bgr;
    const bool several = videos.size() > 1;
    if (!files.trajectory.empty()) {
      const fs::path path = PictureFile(files.trajectory, row.name, several);
      places.Trajectory(background).Save(path);
      report->written.push_back(path);
    }
    if (!files.occupancy.empty()) {
      const fs::path path = PictureFile(files.occupancy, row.name, several);
      places.Occupancy(background).Save(path);
      report->written.push_back(path);
    }
  }
  table.Commit();
  if (!files.motion.empty()) report->written.push_back(files.motion);
  if (!files.motion_summary.empty()) {
    WriteFileAtomically(files.motion_summary, MotionSummaryCsv(report->motion));
    report->written.push_back(files.motion_summary);
  }
  if (!files.contacts.empty()) {
    WriteFileAtomically(files.contacts, ContactCsv(report->contacts));
    report->written.push_back(files.contacts);
  }
  report->has_motion = true;
  MergeShortGaps(scores, request.options.merge_gap, request.options.min_bout);
  AddScores(report->scores, scores, "masks");
}

}  // namespace datasets
