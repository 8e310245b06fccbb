#include "datasets/formats/behaviors/behaviors.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "datasets/base/error.h"
#include "datasets/exchange/behavior_choice.h"
#include "datasets/exchange/format.h"
#include "datasets/exchange/frame_match.h"
#include "datasets/exchange/selection.h"
#include "datasets/files/atomic_file.h"
#include "datasets/files/csv.h"
#include "datasets/formats/behaviors/behavior_frames.h"
#include "datasets/formats/behaviors/behavior_places.h"
#include "datasets/project_times.h"
#include "datasets/store/writer.h"
#include "datasets/video_files.h"

namespace datasets {

namespace {

using IntervalKey = std::tuple<Id, std::string, Id, std::string, int, int, bool>;

constexpr int64_t kLastFrame = INT32_MAX - 1;

struct Held {  // a behavior's frames, of the import or stored before
  int start_frame = 0, end_frame = 0;
  std::string behavior, where;  // where: "" = stored
};

void CheckExclusion(const Project& project, const std::vector<BehaviorRow>& ethogram,
                    const std::vector<IncomingInterval>& intervals) {
  std::map<std::string, BehaviorRow> rows;
  std::map<Id, std::string> names;
  for (const BehaviorRow& behavior : ethogram) rows[behavior.name] = behavior;
  for (const BehaviorRow& behavior : project.Behaviors()) {
    names[behavior.id] = behavior.name;
    BehaviorRow& row = rows[behavior.name];
    const std::string group_in_file = row.exclusion_group;
    row = behavior;
    if (row.exclusion_group.empty()) row.exclusion_group = group_in_file;
  }
  const auto group_of = [&](const std::string& name) {
    const BehaviorRow& behavior = rows[name];
    if (behavior.is_point) return std::string();
    return behavior.exclusion_group;
  };
  std::map<std::tuple<Id, std::string, std::string, std::string>, std::vector<Held>> groups;
  std::set<Id> videos;
  for (const IncomingInterval& interval : intervals) {
    videos.insert(interval.video_id);
    const std::string group = group_of(interval.behavior);
    if (group.empty() || !interval.present) continue;
    groups[{interval.video_id, interval.subject, interval.author, group}].push_back(
        {interval.start_frame, interval.end_frame, interval.behavior, interval.where});
  }
  for (const Id video : videos) {
    for (const BehaviorIntervalRow& row : project.BehaviorIntervals(video)) {
      const std::string& name = names[row.behavior_id];
      const auto group = groups.find({video, row.subject, row.author, group_of(name)});
      if (group == groups.end() || !row.present) continue;
      group->second.push_back({row.start_frame, row.end_frame, name, ""});
    }
  }
  for (auto& [key, members] : groups) {
    std::sort(members.begin(), members.end(),
              [](const Held& a, const Held& b) { return a.start_frame < b.start_frame; });
    const Held* longest = nullptr;
    for (const Held& next : members) {
      const bool overlap =
          longest && next.start_frame < longest->end_frame && next.behavior != longest->behavior;
      // What the project held before is for `vole train` to refuse, not for this file.
      if (overlap && !(next.where.empty() && longest->where.empty())) {
        const bool is_next = !next.where.empty();
        const Held& ours = is_next ? next : *longest;
        const Held& other = is_next ? *longest : next;
        throw Error(ours.where,
                    "'" + ours.behavior + "' overlaps '" + other.behavior + "' (frames " +
                        std::to_string(other.start_frame) + " to " +
                        std::to_string(other.end_frame - 1) +
                        (other.where.empty() ? " of the project)" : ")") +
                        ", and the two exclude each other in the group '" + std::get<3>(key) + "'",
                    "correct the frames, or take one of them out of that group");
      }
      if (!longest || next.end_frame > longest->end_frame) longest = &next;
    }
  }
}

}  // namespace

std::vector<BehaviorTableRow> ReadBehaviorTable(const std::filesystem::path& path,
                                                std::vector<std::string>* notes,
                                                BehaviorTableFacts* facts) {
  const CsvTable table(path, "behavior table '" + path.filename().string() + "'");
  if (IsFrameTable(table)) {
    std::vector<BehaviorTableRow> rows = ReadFrameTable(table, notes, facts);
    table.NoteCommas(notes);
    return rows;
  }
  table.Require({"behavior"});
  const bool frames = table.Has("start_frame") && table.Has("stop_frame");
  if (facts) facts->has_frames = frames;
  if (!frames && !(table.Has("start_s") && table.Has("stop_s"))) {
    table.Require({"start_frame", "stop_frame"});
  }
  std::vector<BehaviorTableRow> rows;
  for (size_t i = 0; i < table.rows(); ++i) {
    BehaviorTableRow row;
    row.where = table.Where(i);
    row.video = table.Text(i, "video");
    row.subject = table.Text(i, "subject");
    row.behavior = table.Text(i, "behavior");
    for (const char* column : {"rater", "author", "observer"}) {
      if (row.rater.empty()) row.rater = table.Text(i, column);
    }
    row.is_point = table.Text(i, "kind") == "point";
    row.group = row.is_point ? "" : table.Text(i, "group");
    row.present = table.Whole(i, "present").value_or(1) != 0;
    if (row.behavior.empty()) throw Error(row.where, "it names no behavior", "correct it");
    const auto start = table.Whole(i, "start_frame"), stop = table.Whole(i, "stop_frame");
    if (start && stop) {
      if (*start < 0 || *stop > kLastFrame) {
        throw Error(
            row.where,
            "frames " + std::to_string(*start) + " to " + std::to_string(*stop) + " cannot be",
            "frames are numbered from 0");
      }
      if (*stop < *start) {
        throw Error(row.where,
                    "it stops at frame " + std::to_string(*stop) + ", before its start at " +
                        std::to_string(*start),
                    "both are inclusive: a bout of one frame has both the same");
      }
      row.has_frames = true;
      row.start_frame = static_cast<int>(*start);
      row.end_frame = static_cast<int>(*stop) + 1;
    }
    const auto start_s = table.Number(i, "start_s"), stop_s = table.Number(i, "stop_s");
    if (start_s && stop_s) {
      row.start_s = *start_s;
      row.stop_s = *stop_s;
      if (!row.has_frames && (row.start_s < 0 || row.stop_s < row.start_s)) {
        throw Error(row.where, "its seconds run backwards or are negative", "correct them");
      }
    } else if (!row.has_frames) {
      throw Error(row.where, "it has neither frames nor seconds of start and stop", "give both");
    }
    rows.push_back(std::move(row));
  }
  table.NoteCommas(notes);
  return rows;
}

void SecondsToFrames(BehaviorTableRow& row, const FrameTimes* times) {
  if (row.has_frames) return;
  if (!times) {
    throw Error(row.where, "it gives seconds and the frame rate is not known", "give --fps");
  }
  row.start_frame = times->Nearest(row.start_s);
  if (times->Nearest(row.stop_s) > kLastFrame || row.start_frame >= kLastFrame) {
    throw Error(row.where, "its seconds are out of range", "correct them");
  }
  row.end_frame = std::max(row.start_frame + 1, times->Nearest(row.stop_s));
  row.has_frames = true;
}

void CheckIntervals(const Project& project, const std::vector<BehaviorRow>& ethogram,
                    const std::vector<IncomingInterval>& intervals) {
  std::map<Id, VideoRow> videos;
  for (const VideoRow& video : project.Videos()) videos[video.id] = video;
  for (const IncomingInterval& interval : intervals) {
    const VideoRow& video = videos.at(interval.video_id);
    if (interval.start_frame < 0 || interval.end_frame > video.frame_count) {
      throw Error(interval.where,
                  "frames " + std::to_string(interval.start_frame) + " to " +
                      std::to_string(interval.end_frame - 1) + " are not all inside the video '" +
                      video.name + "', which has frames 0 to " +
                      std::to_string(video.frame_count - 1),
                  "check which video the table is about (--video)");
    }
  }
  CheckExclusion(project, ethogram, intervals);
}

void WriteIntervals(const Project& project, const std::vector<BehaviorRow>& ethogram,
                    const std::vector<IncomingInterval>& intervals, Writer& writer,
                    ImportReport* report, Job& job) {
  report->behaviors = report->intervals = report->already_present = 0;
  std::map<std::string, Id> behaviors;
  for (const BehaviorRow& behavior : project.Behaviors()) behaviors[behavior.name] = behavior.id;
  for (const BehaviorRow& behavior : ethogram) {
    if (behaviors.count(behavior.name)) continue;
    behaviors[behavior.name] = writer.FindOrInsertBehavior(behavior);
    ++report->behaviors;
  }
  std::set<Id> videos;
  std::set<IntervalKey> present;
  for (const IncomingInterval& interval : intervals) {
    if (!videos.insert(interval.video_id).second) continue;
    for (const BehaviorIntervalRow& row : project.BehaviorIntervals(interval.video_id)) {
      present.insert({row.video_id, row.subject, row.behavior_id, row.author, row.start_frame,
                      row.end_frame, row.present});
    }
  }
  int64_t done = 0;
  for (const IncomingInterval& interval : intervals) {
    if (done++ % 1024 == 0) {
      job.Advance(static_cast<double>(done), static_cast<double>(intervals.size()),
                  "storing behavior intervals");
    }
    BehaviorIntervalRow row;
    row.video_id = interval.video_id;
    row.subject = interval.subject;
    row.behavior_id = behaviors.at(interval.behavior);
    row.start_frame = interval.start_frame;
    row.end_frame = interval.end_frame;
    row.present = interval.present;
    row.source = LabelSource::kImported;
    row.author = interval.author;
    if (!present
             .insert({row.video_id, row.subject, row.behavior_id, row.author, row.start_frame,
                      row.end_frame, row.present})
             .second) {
      ++report->already_present;
      continue;
    }
    writer.InsertBehaviorInterval(row);
    ++report->intervals;
  }
}

ImportReport StoreIntervals(Project& project, const std::vector<BehaviorRow>& ethogram,
                            const std::vector<IncomingInterval>& intervals,
                            std::vector<std::string> warnings, Job& job) {
  CheckIntervals(project, ethogram, intervals);
  ImportReport report;
  report.warnings = std::move(warnings);
  project.Write(
      [&](Writer& writer) { WriteIntervals(project, ethogram, intervals, writer, &report, job); });
  return report;
}

std::string TableVideoName(const Project& project, const VideoRow& video) {
  if (!video.parts.empty()) return video.name;
  const std::string file = std::filesystem::path(video.path).filename().string();
  int same = 0;
  for (const VideoRow& other : project.Videos()) {
    for (const VideoFile& one : FilesOf(project, other)) same += one.path.filename() == file;
  }
  return same == 1 ? file : video.path;
}

ImportReport ImportBehaviors(Project& project, const std::filesystem::path& path,
                             const ImportOptions& options, Job& job) {
  std::vector<std::string> warnings;
  BehaviorTableFacts facts;
  std::vector<BehaviorTableRow> rows = ReadBehaviorTable(path, &warnings, &facts);
  const VideoMatcher matcher(project, path, options.video);
  std::set<std::string> file_videos;
  for (const BehaviorTableRow& row : rows) file_videos.insert(row.video);
  for (const BehaviorTableScene& scene : facts.scenes) file_videos.insert(scene.video);
  const size_t lines = rows.size();
  if (matcher.forced() && file_videos.size() > 1) {
    rows.erase(std::remove_if(rows.begin(), rows.end(),
                              [&](const BehaviorTableRow& row) {
                                const VideoRow* named = matcher.FindOrForced(row.video);
                                return !named || named->id != matcher.forced()->id;
                              }),
               rows.end());
  }
  const size_t skipped = lines - rows.size();
  ProjectTimes times(project);
  const FrameTimes asked(options.fps);
  std::map<std::string, VideoRow> found;
  const auto video_of = [&](const std::string& name, const std::string& where) {
    job.ThrowIfCancelled();
    const std::string by =
        name.empty() && !matcher.forced() ? VideoOfFrameTable(path, matcher) : name;
    const VideoRow& video = found.emplace(name, matcher.Require(by, where)).first->second;
    TableVideo result;
    result.name = video.name;
    result.frame_count = video.frame_count;
    result.times = options.fps > 0 ? &asked : &times.Of(video);
    return result;
  };
  PlaceRules rules;
  rules.first_frame = options.first_frame;
  PlaceRows(rows, facts, rules, video_of, &warnings);
  std::vector<BehaviorRow> ethogram;
  std::set<std::string> names;
  std::vector<IncomingInterval> intervals;
  for (const BehaviorTableRow& row : rows) {
    job.ThrowIfCancelled();
    if (names.insert(row.behavior).second) {
      BehaviorRow behavior;
      behavior.name = row.behavior;
      behavior.is_point = row.is_point;
      behavior.exclusion_group = row.group;
      ethogram.push_back(std::move(behavior));
    }
    intervals.push_back({found.at(row.video).id, row.subject, row.behavior,
                         row.rater.empty() ? options.author : row.rater, row.present,
                         row.start_frame, row.end_frame, row.where});
  }
  for (const std::string& name : facts.behaviors) {
    if (!names.insert(name).second) continue;
    BehaviorRow behavior;  // that never happens
    behavior.name = name;
    ethogram.push_back(std::move(behavior));
  }
  if (skipped > 0) {
    warnings.push_back(std::to_string(skipped) + " lines about other videos were left out");
  }
  return StoreIntervals(project, ethogram, intervals, std::move(warnings), job);
}

ExportReport ExportBehaviors(const Project& project, const std::filesystem::path& out,
                             const ExportOptions& options, Job& job) {
  if (options.per_frame) return ExportFrameTable(project, out, options, job);
  ExportReport report;
  std::map<Id, BehaviorRow> behaviors;
  for (const BehaviorRow& behavior : project.Behaviors()) behaviors[behavior.id] = behavior;
  AtomicFile file(out);
  file.Write(
      "video,subject,rater,behavior,start_frame,stop_frame,start_s,stop_s,kind,present,group\n");
  for (const VideoRow& video : SelectedVideos(project, options)) {
    job.Advance(0, 0, "writing " + video.name);
    const std::string name = CsvField(TableVideoName(project, video));
    const FrameTimes times(project.IndexOf(video));
    for (const BehaviorIntervalRow& row : ChosenIntervals(project, video, options.what)) {
      const BehaviorRow& behavior = behaviors[row.behavior_id];
      file.Write(name + "," + CsvField(row.subject) + "," + CsvField(row.author) + "," +
                 CsvField(behavior.name) + "," + std::to_string(row.start_frame) + "," +
                 std::to_string(row.end_frame - 1) + "," +
                 CsvNumber(times.Start(row.start_frame), 4) + "," +
                 CsvNumber(times.Start(row.end_frame), 4) + "," +
                 (behavior.is_point ? "point" : "state") + "," + (row.present ? "1" : "0") + "," +
                 CsvField(behavior.exclusion_group) + "\n");
      ++report.intervals;
    }
  }
  file.Commit();
  report.files = 1;
  return report;
}

namespace {

bool IsLikeBehaviors(const FileStart& start) {
  if (start.lines.empty()) return false;
  if (start.HasLine({"behavior", "start_frame", "stop_frame"}) ||
      start.HasLine({"behavior", "start_s", "stop_s"})) {
    return true;
  }
  if (IsLikeSimba(start.lines)) return true;
  // A table of 0 and 1; without names above the columns it is something else.
  const std::vector<std::string>& names = start.lines[0];
  if (names.size() < 2 || std::all_of(names.begin(), names.end(), [](const std::string& name) {
        return ParseNumber(name).has_value();
      })) {
    return false;
  }
  try {
    return IsPureFrameTable(CsvTable(start.path, "table"));
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

Format BehaviorsFormat() {
  return {"behaviors",
          ImportBehaviors,
          ExportBehaviors,
          "a CSV file",
          "behavior bouts: video,subject,behavior,start_frame,stop_frame; or 0 and 1 a frame",
          IsLikeBehaviors};
}

}  // namespace datasets
