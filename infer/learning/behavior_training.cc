#include "infer/learning/behavior_training.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "datasets/base/error.h"
#include "datasets/base/suggest.h"
#include "datasets/base/text.h"
#include "datasets/store/writer.h"
#include "infer/behavior/point_features.h"
#include "infer/run/behavior_job.h"

namespace infer {
namespace {

using datasets::BehaviorIntervalRow;
using datasets::BehaviorRow;
using datasets::Error;
using datasets::Id;
using datasets::VideoRow;

constexpr double kTurnRoom = 0.21;  // of the side, so that a turned picture has no empty corners
constexpr int kShiftRoom = 6;       // network pixels

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

struct Chosen {  // where a behavior of the project stands among the heads
  size_t head = 0;
  uint8_t label = 0;
};

std::vector<train::BehaviorHead> Heads(const datasets::Project& project,
                                       const train::BehaviorOptions& options,
                                       std::map<Id, Chosen>& chosen,
                                       std::vector<std::string>& notes) {
  const std::vector<BehaviorRow> all = project.Behaviors();
  std::vector<std::string> names;
  for (const BehaviorRow& behavior : all) names.push_back(behavior.name);
  std::set<std::string> wanted;
  if (!options.behaviors.empty()) {
    for (const std::string& name : datasets::SplitNames(options.behaviors)) {
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        throw Error("behavior '" + name + "'", "the project has no behavior of that name",
                    "it has " + (names.empty() ? "none" : Joined(names)));
      }
      wanted.insert(name);
    }
  }
  std::vector<train::BehaviorHead> heads;
  for (const BehaviorRow& behavior : all) {
    if (!wanted.empty() && !wanted.count(behavior.name)) continue;
    if (behavior.is_point) {
      notes.push_back("'" + behavior.name +
                      "' is a point event and is not learned: only states are");
      continue;
    }
    std::string group = behavior.exclusion_group;
    if (group.empty() && options.exclusive) group = "(one at a time)";
    auto head = std::find_if(heads.begin(), heads.end(), [&](const train::BehaviorHead& one) {
      return !group.empty() && one.group == group;
    });
    if (head == heads.end()) head = heads.insert(heads.end(), {group, {}});
    head->behaviors.push_back(behavior.name);
    chosen[behavior.id] = {static_cast<size_t>(head - heads.begin()),
                           static_cast<uint8_t>(head->behaviors.size())};
  }
  if (heads.empty()) {
    throw Error("project '" + project.file().string() + "'", "it has no behavior to learn",
                "define and mark behaviors in the workbench, or import them (vole import --help)");
  }
  return heads;
}

// One subject of one video as one person scored it.
struct Scored {
  VideoRow video;
  std::string subject;
  std::vector<BehaviorIntervalRow> intervals;
};

// Of one predicted bout, not of the video around it.
bool IsDecision(const BehaviorIntervalRow& interval) {
  return interval.source == datasets::LabelSource::kAccepted;
}

// Whoever keeps all labeled frames of a video for judging keeps the video, its bouts too.
bool IsKeptForJudging(const datasets::Project& project, Id video_id) {
  bool any = false;
  for (const datasets::ImageRow& image : project.ImagesOfVideo(video_id)) {
    if (image.state == datasets::ImageState::kNew) continue;
    if (!image.IsHeldOut()) return false;
    any = true;
  }
  return any;
}

std::vector<Scored> ScoredSubjects(const datasets::Project& project,
                                   const LabelSelection& selection, const std::string& author,
                                   std::vector<std::string>& notes) {
  std::vector<VideoRow> videos;
  if (selection.videos.empty()) videos = project.Videos();
  for (const std::string& name : selection.videos) videos.push_back(project.VideoByName(name));
  std::vector<Scored> scored;
  std::vector<std::string> kept;
  std::set<std::string> authors;
  for (const VideoRow& video : videos) {
    std::map<std::string, std::map<std::string, Scored>> by_subject;
    std::map<std::string, std::vector<BehaviorIntervalRow>> decided;
    for (const BehaviorIntervalRow& interval : project.BehaviorIntervals(video.id)) {
      authors.insert(interval.author);
      if (!author.empty() && interval.author != author) continue;
      if (IsDecision(interval)) {
        decided[interval.subject].push_back(interval);
        continue;
      }
      Scored& one = by_subject[interval.subject][interval.author];
      one.video = video;
      one.subject = interval.subject;
      one.intervals.push_back(interval);
    }
    if (by_subject.empty() && decided.empty()) continue;
    if (IsKeptForJudging(project, video.id)) {
      kept.push_back(video.name);
      continue;
    }
    // Whoever reviewed a bout did not score the video once more.
    for (const auto& [subject, intervals] : decided) {
      auto& by_author = by_subject[subject];
      if (by_author.empty()) by_author[""] = {video, subject, {}};
      for (auto& [name, one] : by_author) {
        one.intervals.insert(one.intervals.end(), intervals.begin(), intervals.end());
      }
    }
    for (auto& [subject, by_author] : by_subject) {
      if (by_author.size() > 1) {
        std::vector<std::string> names;
        for (const auto& [name, one] : by_author) names.push_back("'" + name + "'");
        throw Error("behavior of '" + subject + "' in video '" + video.name + "'",
                    "it was scored by " + Joined(names), "choose one of them with --author");
      }
      scored.push_back(std::move(by_author.begin()->second));
    }
  }
  if (!kept.empty()) {
    notes.push_back("all labeled frames of " + datasets::QuotedNames(kept) +
                    " are kept for validation or the test, so their bouts are left out");
  }
  if (scored.empty() && !kept.empty()) {
    throw Error("project '" + project.file().string() + "'",
                "the videos that are scored are all kept for validation or the test",
                "score another one, or let some train again (the page of videos: For training)");
  }
  if (scored.empty()) {
    const bool by_others = !author.empty() && !authors.empty();
    throw Error("project '" + project.file().string() + "'",
                by_others ? "'" + author + "' scored no behavior here (" +
                                Joined({authors.begin(), authors.end()}) + " did)"
                          : "nobody scored a behavior in the chosen videos",
                "mark behaviors in the workbench, or import them (vole import --help)");
  }
  return scored;
}

std::string Spell(const BehaviorIntervalRow& interval, const std::string& name) {
  return "'" + name + "' (" + std::to_string(interval.start_frame) + ":" +
         std::to_string(interval.end_frame) + ")";
}

// Frames of [start, end) where nothing marked means that nothing happened: the whole video, or from
// the first to the last mark. Where only bouts were reviewed nobody looked at the rest.
std::pair<int, int> LookedAt(const Scored& scored, int start, int end, bool whole_video) {
  int first = end, last = start;
  for (const auto& interval : scored.intervals) {
    if (IsDecision(interval)) continue;
    first = whole_video ? start : std::min(first, interval.start_frame);
    last = whole_video ? end : std::max(last, interval.end_frame);
  }
  return {std::max(first, start), std::min(last, end)};
}

// Labels of [start, end) by head.
std::vector<std::vector<uint8_t>> LabelsOf(const Scored& scored, int start, int end,
                                           const std::map<Id, Chosen>& chosen,
                                           const std::vector<train::BehaviorHead>& heads,
                                           bool whole_video) {
  const auto size = static_cast<size_t>(end - start);
  const auto [first, last] = LookedAt(scored, start, end, whole_video);
  std::vector<std::vector<uint8_t>> labels(heads.size(),
                                           std::vector<uint8_t>(size, train::kNotLabeled));
  for (auto& head : labels) {
    for (int f = first; f < last; ++f) head[static_cast<size_t>(f - start)] = 0;
  }
  // What a reviewer decided of a bout stands above what had been marked there.
  std::vector<std::vector<uint8_t>> decided(heads.size(), std::vector<uint8_t>(size, 0));
  std::vector<std::vector<std::set<uint8_t>>> denied(heads.size());
  const auto visit = [&](bool decision, bool present, const auto& at_frame) {
    for (const auto& interval : scored.intervals) {
      const auto at = chosen.find(interval.behavior_id);
      if (at == chosen.end() || IsDecision(interval) != decision || interval.present != present) {
        continue;
      }
      const int to = std::min(end, interval.end_frame);
      for (int f = std::max(start, interval.start_frame); f < to; ++f) {
        at_frame(interval, at->second.head, at->second.label, static_cast<size_t>(f - start));
      }
    }
  };
  for (const bool decision : {false, true}) {
    visit(decision, false, [&](const auto&, size_t head, uint8_t label, size_t f) {
      uint8_t& now = labels[head][f];
      if (denied[head].empty()) denied[head].resize(size);
      denied[head][f].insert(label);
      if (now == label) now = train::kNotLabeled;
      if (denied[head][f].size() == heads[head].behaviors.size()) now = 0;
    });
    visit(decision, true, [&](const auto& interval, size_t head, uint8_t label, size_t f) {
      uint8_t& now = labels[head][f];
      const bool comparable = !decision || decided[head][f];
      if (comparable && now != train::kNotLabeled && now != 0 && now != label) {
        const auto& names = heads[head].behaviors;
        throw Error("behavior of '" + scored.subject + "' in video '" + scored.video.name + "'",
                    Spell(interval, names[label - 1u]) + " and '" + names[now - 1u] +
                        "' both hold on frame " + std::to_string(start + static_cast<int>(f)) +
                        ", but exclude each other",
                    "correct one of them, or take them out of their group");
      }
      now = label;
      decided[head][f] = decision;
    });
  }
  return labels;
}

int64_t LabeledFrames(const train::BehaviorRow& row) {
  int64_t count = 0;
  for (size_t f = 0; f < static_cast<size_t>(row.frames()); ++f) {
    count += std::any_of(row.labels.begin(), row.labels.end(),
                         [&](const auto& head) { return head[f] != train::kNotLabeled; });
  }
  return count;
}

std::string ViewOf(const datasets::Project& project, const std::vector<Scored>& scored,
                   const std::vector<datasets::Zone>& zones, const std::string& asked) {
  if (asked != "auto") {
    for (const char* known : {"frame", "region", "animal", "pair"}) {
      if (asked == known) return asked;
    }
    throw Error("view '" + asked + "'", "there is no such view",
                "choose frame, region, animal, pair or auto");
  }
  const auto is_zone = [&](const std::string& subject) {
    return std::any_of(zones.begin(), zones.end(),
                       [&](const datasets::Zone& zone) { return zone.name == subject; });
  };
  bool all_zones = true, all_whole = true, all_outlined = true;
  std::map<Id, std::vector<std::string>> outlined;
  std::map<Id, int> subjects;
  for (const Scored& one : scored) ++subjects[one.video.id];
  for (const Scored& one : scored) {
    all_zones = all_zones && is_zone(one.subject);
    all_whole = all_whole && one.subject.empty();
    if (!outlined.count(one.video.id)) {
      outlined[one.video.id] = OutlinedAnimals(project, one.video);
    }
    const auto& animals = outlined[one.video.id];
    const bool has = std::find(animals.begin(), animals.end(), one.subject) != animals.end();
    const bool blob = animals.empty() && subjects[one.video.id] == 1 && one.video.static_camera;
    all_outlined = all_outlined && (has || blob);
  }
  if (all_zones) return "region";
  if (all_whole) return "frame";
  return all_outlined ? "animal" : "frame";
}

train::BehaviorInput InputOf(const std::string& view, const train::BehaviorOptions& options,
                             bool turns) {
  train::BehaviorInput input;
  input.view = view;
  const bool own_crop = view == "animal" || view == "pair";
  input.side = options.picture_side > 0 ? options.picture_side : own_crop ? 96 : 160;
  if (input.side < 32) {
    throw Error("option 'picture-side'", "a picture of fewer than 32 pixels shows no behavior",
                "give 32 or more, or 0");
  }
  input.room = turns ? static_cast<int>(std::ceil(kTurnRoom * input.side)) : kShiftRoom;
  input.color = options.color;
  input.difference = !own_crop;
  input.mask = own_crop && options.mask_channel;
  input.masked = own_crop && options.masked;
  input.extent = options.extent > 0 ? options.extent : view == "pair" ? 5 : 3.5;
  return input;
}

// What is given goes into the project; what is not comes from it.
std::string Kept(datasets::Project& project, const char* setting, const std::string& given) {
  if (given.empty()) return project.Setting(setting);
  if (project.Setting(setting) != given) {
    project.Write([&](datasets::Writer& writer) { writer.SetSetting(setting, given); });
  }
  return given;
}

std::string ZonesText(const std::string& file) {
  if (file.empty()) return "";
  nlohmann::json list = nlohmann::json::array();
  for (const auto& zone : datasets::ReadZones(file)) {
    nlohmann::json corners = nlohmann::json::array();
    for (const auto& point : zone.outline) corners.push_back({point.x, point.y});
    list.push_back({{"name", zone.name}, {"polygon", corners}});
    if (!zone.video.empty()) list.back()["video"] = zone.video;
  }
  return list.dump();
}

// Key points of the subjects, where the project has them on most frames.
void AddPoints(const datasets::Project& project, const std::vector<Id>& order,
               const std::map<Id, std::vector<size_t>>& rows_of_video, bool causal,
               GatheredBehavior& gathered, datasets::Job& job) {
  constexpr int kPoses = 600;  // that tell the usual one
  constexpr double kLeastShare = 0.5;
  train::BehaviorData& data = gathered.data;
  train::PointLayout layout = LayoutOf(project.Skeletons());
  if (layout.names.empty()) return;
  std::vector<std::unique_ptr<SubjectPoints>> points;
  std::vector<Pose> samples;
  for (const Id id : order) {
    std::vector<std::string> subjects;
    for (const size_t r : rows_of_video.at(id)) subjects.push_back(data.rows[r].subject);
    points.push_back(std::make_unique<SubjectPoints>(project, project.VideoById(id), subjects,
                                                     data.input.view, layout.names));
    const int most = std::max(20, kPoses / static_cast<int>(order.size()));
    for (Pose& pose : points.back()->Samples(most)) samples.push_back(std::move(pose));
  }
  MeasurePoses(samples, layout);
  if (layout.names.empty()) return;
  int64_t seen = 0, posed = 0;
  for (size_t v = 0; v < order.size(); ++v) {
    const std::vector<size_t>& rows = rows_of_video.at(order[v]);
    const train::BehaviorRow& first = data.rows[rows.front()];
    auto features = points[v]->Run(layout, first.start_frame, first.end_frame, causal, job);
    for (size_t s = 0; s < rows.size(); ++s) {
      train::BehaviorRow& row = data.rows[rows[s]];
      row.points = std::move(features[s]);
      for (size_t f = 0; f < row.seen.size(); ++f) {
        if (!row.seen[f]) continue;
        ++seen;
        posed += IsPosed(row.points, f, layout);
      }
    }
  }
  if (static_cast<double>(posed) >= kLeastShare * static_cast<double>(seen) && posed > 0) {
    data.points = std::move(layout);
    return;
  }
  for (train::BehaviorRow& row : data.rows) row.points.clear();
  gathered.notes.push_back("key points stand on " + std::to_string(posed) + " of " +
                           std::to_string(seen) +
                           " frames of the animals and are left out (vole predict " +
                           project.file().string() + " --points finds the others)");
}

}  // namespace

GatheredBehavior GatherBehavior(datasets::Project& project, const LabelSelection& selection,
                                const std::string& architecture,
                                const train::BehaviorOptions& options, datasets::Job& job) {
  if (options.scored != "video" && options.scored != "span") {
    throw Error("option 'scored'", "there is no '" + options.scored + "'", "choose video or span");
  }
  GatheredBehavior gathered;
  std::map<Id, Chosen> chosen;
  gathered.data.heads = Heads(project, options, chosen, gathered.notes);
  const std::vector<Scored> scored =
      ScoredSubjects(project, selection, options.author, gathered.notes);
  Kept(project, kZonesSetting, ZonesText(options.zones));
  const std::vector<datasets::Zone> zones = StoredZones(project);
  const std::string view = ViewOf(project, scored, zones, options.view);
  const std::string flips_given = options.flips;
  std::string flips = flips_given.empty() ? project.Setting(kFlipsSetting) : flips_given;
  gathered.data.flips = train::ParseFlips(flips, view, gathered.data.heads);
  Kept(project, kFlipsSetting, flips_given);  // only once it was understood
  gathered.data.input = InputOf(view, options, gathered.data.flips.turn);

  // Labels first: what is wrong with them should be found before minutes of decoding.
  std::map<Id, std::vector<size_t>> rows_of_video;
  std::vector<Id> order;
  for (const Scored& one : scored) {
    train::BehaviorRow row;
    row.video = one.video.name;
    row.subject = one.subject;
    row.fps = one.video.fps;
    row.start_frame = std::clamp(selection.start_frame, 0, one.video.frame_count);
    row.end_frame =
        std::clamp(selection.end_frame.value_or(one.video.frame_count), 0, one.video.frame_count);
    if (row.end_frame <= row.start_frame) continue;
    row.labels = LabelsOf(one, row.start_frame, row.end_frame, chosen, gathered.data.heads,
                          options.scored == "video");
    if (!rows_of_video.count(one.video.id)) order.push_back(one.video.id);
    row.video_index =
        static_cast<int>(std::find(order.begin(), order.end(), one.video.id) - order.begin());
    rows_of_video[one.video.id].push_back(gathered.data.rows.size());
    gathered.data.rows.push_back(std::move(row));
  }
  if (gathered.data.rows.empty()) {
    throw Error("project '" + project.file().string() + "'",
                "no scored video has a frame in the chosen span", "choose other --frames");
  }
  gathered.spans = train::WholeRows(gathered.data);
  train::CheckLearnable(gathered.data, gathered.spans);

  const int64_t most_bytes = static_cast<int64_t>(options.cache_mb) << 20;
  int64_t needed = 0;
  for (const train::BehaviorRow& row : gathered.data.rows) {
    needed += PictureCache::BytesNeeded(gathered.data.input, 1, row.frames());
  }
  if (needed > most_bytes) {
    throw Error("prepared pictures",
                "they need " + std::to_string(needed >> 20) + " MB, more than the " +
                    std::to_string(options.cache_mb) + " MB allowed",
                "raise --cache-mb, or take fewer frames (--frames, --video) or smaller pictures");
  }
  std::filesystem::path folder = project.file();
  folder += ".cache";
  struct Place {
    const PictureCache* cache = nullptr;
    size_t subject = 0;
  };
  std::vector<Place> places(gathered.data.rows.size());
  gathered.prepared_before = true;
  for (const Id id : order) {
    const VideoRow video = project.VideoById(id);
    PictureSource source;
    source.input = gathered.data.input;
    source.zones = zones;
    source.causal = options.causal && architecture == "behavior-seq";
    for (const size_t r : rows_of_video[id]) {
      source.subjects.push_back(gathered.data.rows[r].subject);
    }
    BehaviorPictures pictures(project, video, source, job);
    const train::BehaviorRow& first = gathered.data.rows[rows_of_video[id].front()];
    gathered.caches.push_back(std::make_unique<PictureCache>(folder, pictures, gathered.data.input,
                                                             first.start_frame, first.end_frame,
                                                             most_bytes, job));
    const PictureCache& cache = *gathered.caches.back();
    gathered.prepared_before = gathered.prepared_before && cache.was_there();
    for (size_t s = 0; s < rows_of_video[id].size(); ++s) {
      train::BehaviorRow& row = gathered.data.rows[rows_of_video[id][s]];
      row.seen = cache.traces()[s].seen;
      row.motion = cache.traces()[s].motion;
      places[rows_of_video[id][s]] = {&cache, s};
      gathered.frames += LabeledFrames(row);
      const auto seen = std::count(row.seen.begin(), row.seen.end(), 1);
      if (seen * 10 < static_cast<int64_t>(row.seen.size()) * 9) {
        gathered.notes.push_back("'" + row.subject + "' in video '" + row.video +
                                 "' has an outline on " + std::to_string(seen) + " of " +
                                 std::to_string(row.seen.size()) +
                                 " frames; only those teach what it looks like");
      }
    }
  }
  if (options.points && architecture == "behavior-seq") {
    AddPoints(project, order, rows_of_video, options.causal, gathered, job);
  }
  gathered.data.picture = [places](int row, int frame) {
    const Place& place = places[static_cast<size_t>(row)];
    return place.cache->Get(place.subject, frame);
  };
  return gathered;
}

}  // namespace infer
