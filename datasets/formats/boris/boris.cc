#include "datasets/formats/boris/boris.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "datasets/base/error.h"
#include "datasets/exchange/format.h"
#include "datasets/exchange/frame_match.h"
#include "datasets/files/csv.h"
#include "datasets/files/file_names.h"
#include "datasets/formats/behaviors/behaviors.h"
#include "datasets/formats/boris/boris_reading.h"
#include "datasets/project_times.h"

namespace datasets {

namespace fs = std::filesystem;

namespace {

std::string NameOf(const BorisBout& bout) {
  return bout.modifiers.empty() ? bout.behavior : bout.behavior + " (" + bout.modifiers + ")";
}

// Behaviors that happen twice at once with different modifiers: BORIS allows that, a group does
// not.
std::set<std::string> OverlappingItself(const std::vector<BorisBout>& bouts) {
  using Scene = std::tuple<std::string, std::string, std::string, std::string>;
  std::map<Scene, std::vector<const BorisBout*>> scenes;
  for (const BorisBout& bout : bouts) {
    if (bout.is_point) continue;
    scenes[{bout.observation, bout.video, bout.subject, bout.behavior}].push_back(&bout);
  }
  std::set<std::string> overlapping;
  for (auto& [scene, members] : scenes) {
    std::sort(members.begin(), members.end(),
              [](const BorisBout* a, const BorisBout* b) { return a->start_s < b->start_s; });
    double end_s = 0;
    for (const BorisBout* bout : members) {
      if (bout->start_s < end_s) overlapping.insert(bout->behavior);
      end_s = std::max(end_s, bout->stop_s);
    }
  }
  return overlapping;
}

}  // namespace

double OffsetOf(BorisFile& file, const std::string& observation, double offset, double first_s) {
  if (offset == 0) return 0;
  const bool added = first_s >= offset - kBorisRounding_s;
  file.warnings.push_back("observation '" + observation + "': its time offset of " +
                          CsvNumber(offset) +
                          (added ? " s, which BORIS adds to its events, was taken off again"
                                 : " s was not taken off: events lie before it"));
  return added ? offset : 0;
}

void AddBout(BorisFile& file, const std::vector<BorisMedia>& media, const BorisBout& bout) {
  size_t at = 0;
  while (at + 1 < media.size() && bout.start_s >= media[at + 1].start_s) ++at;
  for (bool first = true; at < media.size(); ++at, first = false) {
    const BorisMedia& one = media[at];
    if (!first && bout.stop_s <= one.start_s) break;
    BorisBout part = bout;
    part.video = one.file;
    part.fps = one.fps;
    part.start_s = std::max(0.0, bout.start_s - one.start_s);
    part.stop_s = std::min(bout.stop_s - one.start_s, std::max(part.start_s, one.length_s));
    if (at + 1 == media.size() && part.stop_s < bout.stop_s - one.start_s) {
      file.warnings.push_back(bout.where + ": it goes on after the end of '" + one.file +
                              "' and was cut there");
    }
    file.bouts.push_back(std::move(part));
    if (bout.is_point) break;
  }
}

void GroupExclusions(BorisFile& file,
                     const std::vector<std::pair<std::string, std::string>>& excluded) {
  std::map<std::string, BehaviorRow*> states;
  for (BehaviorRow& behavior : file.ethogram) {
    if (!behavior.is_point) states[behavior.name] = &behavior;
  }
  std::map<std::string, std::set<std::string>> others;
  for (const auto& [a, b] : excluded) {
    if (a == b || !states.count(a) || !states.count(b)) continue;
    others[a].insert(b);
    others[b].insert(a);
  }
  // Each joins the first group whose members it all excludes; groups are called by their first.
  std::map<std::string, std::vector<std::string>> groups;
  for (const auto& [name, excluded] : others) {
    const std::set<std::string>& excludes = excluded;
    std::string joined = name;
    for (const auto& [group, members] : groups) {
      const bool all = std::all_of(members.begin(), members.end(), [&](const std::string& member) {
        return excludes.count(member) > 0;
      });
      if (all && joined == name) joined = group;
    }
    groups[joined].push_back(name);
    states[name]->exclusion_group = joined;
  }
  for (auto& [group, members] : groups) {
    if (members.size() == 1) states[members[0]]->exclusion_group.clear();
  }
  for (const auto& [name, excludes] : others) {
    for (const std::string& other : excludes) {
      const std::string& group = states[name]->exclusion_group;
      if (other < name || (!group.empty() && group == states[other]->exclusion_group)) continue;
      file.warnings.push_back("'" + name + "' and '" + other +
                              "' exclude each other in BORIS; Vole has groups, which cannot say "
                              "that beside the others, and does not check this pair");
    }
  }
}

BorisFile ReadBoris(const fs::path& path, const BorisLengths& lengths) {
  const std::string ending = LowerEnding(path);
  if (ending == ".csv" || ending == ".tsv" || ending == ".txt" || ending == ".xls") {
    return ReadBorisTable(path, lengths);
  }
  return ReadBorisProject(path);
}

ImportReport ImportBoris(Project& project, const fs::path& path, const ImportOptions& options,
                         Job& job) {
  const VideoMatcher matcher(project, path, options.video);
  ProjectTimes times(project);
  BorisFile content = ReadBoris(path, [&](const std::string& file) -> std::optional<double> {
    const VideoPart* part = nullptr;
    const VideoRow* video = matcher.FindOrForced(file, &part);
    if (!video) return std::nullopt;
    const int first = part ? part->first_frame : 0;
    const int frames = part ? part->frame_count : video->frame_count;
    return times.Of(*video).Between(first, first + frames);
  });
  std::vector<std::string> warnings = content.warnings;
  warnings.insert(warnings.end(), content.unpaired.begin(), content.unpaired.end());
  std::map<std::string, const VideoRow*> videos;
  std::map<std::string, const VideoPart*> parts;  // of those: the file that seconds count from
  for (const BorisBout& bout : content.bouts) {
    if (!videos.count(bout.video)) {
      videos[bout.video] = matcher.FindOrForced(bout.video, &parts[bout.video]);
    }
  }
  if (matcher.forced() && videos.size() == 1 && videos.begin()->second != matcher.forced()) {
    videos.begin()->second = matcher.forced();
    parts.clear();  // of another one
  }
  std::map<std::string, std::set<std::string>> observations;  // of each file
  std::set<const VideoRow*> several;  // observed more than once, all of it or one of its files
  for (const BorisBout& bout : content.bouts) {
    observations[bout.video].insert(bout.observation);
    if (observations[bout.video].size() > 1) several.insert(videos[bout.video]);
  }
  std::map<std::string, BehaviorRow> ethogram;
  for (const BehaviorRow& behavior : content.ethogram) ethogram[behavior.name] = behavior;
  const std::set<std::string> together = OverlappingItself(content.bouts);
  for (const std::string& name : together) {
    const auto known = ethogram.find(name);
    if (known == ethogram.end() || known->second.exclusion_group.empty()) continue;
    warnings.push_back("'" + name +
                       "' happens with several modifiers at once: with them it is in no group of "
                       "behaviors that exclude each other");
  }
  std::vector<IncomingInterval> intervals;
  std::map<std::string, int64_t> missing;
  const FrameTimes asked(options.fps);
  for (const BorisBout& bout : content.bouts) {
    job.ThrowIfCancelled();
    const VideoRow* video = videos[bout.video];
    if (!video || (matcher.forced() && video != matcher.forced())) {
      ++missing[bout.video];
      continue;
    }
    const std::string name = NameOf(bout);
    if (!ethogram.count(name)) {
      BehaviorRow behavior = ethogram[bout.behavior];
      behavior.name = name;
      if (together.count(bout.behavior)) behavior.exclusion_group.clear();
      ethogram[name] = behavior;
    }
    BehaviorTableRow row;
    row.where = bout.where;
    const VideoPart* part = parts[bout.video];
    const FrameTimes& clock = options.fps > 0 ? asked : times.Of(*video);
    const double begins = part ? clock.Start(part->first_frame) : 0;
    row.start_s = begins + bout.start_s;
    row.stop_s = begins + bout.stop_s;
    SecondsToFrames(row, &clock);
    // The last moment of a video, or of a file of it, counts as its last frame.
    const int last = (part ? part->first_frame + part->frame_count : video->frame_count) - 1;
    if (row.start_frame == last + 1) row.start_frame = last;
    if (row.end_frame == last + 2) row.end_frame = last + 1;
    if (part && !intervals.empty()) {  // a bout over the seam comes once for each file
      IncomingInterval& before = intervals.back();
      if (before.where == bout.where && before.video_id == video->id &&
          before.end_frame == row.start_frame) {
        before.end_frame = row.end_frame;
        continue;
      }
    }
    intervals.push_back({video->id, bout.subject, name,
                         several.count(video) ? bout.observation : options.author, true,
                         row.start_frame, row.end_frame, bout.where});
  }
  for (const auto& [name, count] : missing) {
    warnings.push_back(std::to_string(count) + " bouts of " +
                       (name.empty() ? "live observations, which name no video,"
                        : matcher.forced()
                            ? "'" + name + "', another video than --video,"
                            : "the video '" + name + "', which is not in the project,") +
                       " were left out");
  }
  if (intervals.empty() && !content.bouts.empty()) {
    const bool live = missing.size() == 1 && missing.begin()->first.empty();
    throw Error("BORIS file '" + path.filename().string() + "'",
                live ? "its events are of live observations, which name no video"
                : matcher.forced()
                    ? "none of its videos (" + missing.rbegin()->first + ", ...) is called '" +
                          matcher.forced()->name + "', as --video says"
                    : "none of its videos is in the project (" + missing.rbegin()->first + ", ...)",
                live               ? "say which video shows them with --video"
                : matcher.forced() ? "check which video it is about"
                                   : "add them with `vole add-video`, or say which with --video");
  }
  std::vector<BehaviorRow> rows;
  for (const auto& [name, behavior] : ethogram) rows.push_back(behavior);
  return StoreIntervals(project, rows, intervals, std::move(warnings), job);
}

namespace {

bool IsLikeBoris(const FileStart& start) {
  return start.HasKey("project_format_version") ||
         (start.HasKey("observations") && start.HasKey("behaviors_conf")) ||
         start.HasLine({"time", "behavior", "status"}) ||
         start.HasLine({"time", "behavior", "behavior type"}) ||
         start.HasLine({"behavior", "start (s)", "stop (s)"});
}

}  // namespace

Format BorisFormat() {
  return {"boris",
          ImportBoris,
          ExportBoris,
          "a .boris project, or a .csv or .tsv table of events",
          "behavior bouts of BORIS",
          IsLikeBoris};
}

}  // namespace datasets
