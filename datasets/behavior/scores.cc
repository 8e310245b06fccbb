#include "datasets/behavior/scores.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "datasets/base/error.h"
#include "datasets/exchange/behavior_choice.h"
#include "datasets/exchange/behavior_job.h"
#include "datasets/exchange/frame_match.h"

namespace datasets {
namespace {

// Eight colors that color-blind people tell apart (Okabe and Ito 2008), black left out.
constexpr uint32_t kPalette[] = {0xE69F00, 0x56B4E9, 0x009E73, 0xF0E442,
                                 0x0072B2, 0xD55E00, 0xCC79A7, 0x999999};

constexpr double kRounding_s = 1e-9;
constexpr int kMostFrames = 200'000'000;

using SeriesKey = std::tuple<std::string, std::string, std::string>;

class Gatherer {
 public:
  int Behavior(const ScoredBehavior& behavior) {
    const auto [at, added] =
        behaviors_.emplace(behavior.name, static_cast<int>(scores_.behaviors.size()));
    if (added) scores_.behaviors.push_back(behavior);
    return at->second;
  }
  BoutSeries& Series(const std::string& video, const std::string& subject,
                     const std::string& author) {
    BoutSeries& series = series_[{video, subject, author}];
    series.video = video;
    series.subject = subject;
    series.author = author;
    return series;
  }
  // The scorer of the series looked for this behavior, found or not.
  void LookFor(int behavior, BoutSeries& series) {
    const auto place =
        std::lower_bound(series.looked_for.begin(), series.looked_for.end(), behavior);
    if (place == series.looked_for.end() || *place != behavior) {
      series.looked_for.insert(place, behavior);
    }
  }
  BehaviorScores Take() {
    for (auto& [key, series] : series_) scores_.series.push_back(std::move(series));
    TidyScores(scores_);
    return std::move(scores_);
  }

 private:
  BehaviorScores scores_;
  std::map<std::string, int> behaviors_;
  std::map<SeriesKey, BoutSeries> series_;
};

using BehaviorsOf = std::map<std::string, std::set<Id>>;  // of an author, or a subject
using Looked = std::map<std::pair<std::string, std::string>, std::set<Id>>;  // subject, author

// Of each author, what they look for: all that they have scored anywhere, found or not. Who says
// yes or no to a bout of the machine has scored nothing by that.
BehaviorsOf ScoredAnywhere(const Project& project) {
  BehaviorsOf scored;
  for (const VideoRow& video : project.Videos()) {
    for (const BehaviorIntervalRow& row : project.BehaviorIntervals(video.id)) {
      if (row.source != LabelSource::kAccepted) scored[row.author].insert(row.behavior_id);
    }
  }
  return scored;
}

Looked LookedForByPeople(const std::vector<BehaviorIntervalRow>& labels,
                         const BehaviorsOf& scored) {
  Looked looked;
  for (const BehaviorIntervalRow& row : labels) {
    if (row.source != LabelSource::kAccepted) {
      looked[{row.subject, row.author}] = scored.at(row.author);
    }
  }
  return looked;
}

// What the job found anywhere: all that is known of what it looked for where its scores were not
// kept.
const std::set<Id>& FoundAnywhere(const Project& project, Id job_id,
                                  std::map<Id, std::set<Id>>* of_jobs) {
  const auto [at, added] = of_jobs->try_emplace(job_id);
  if (!added) return at->second;
  for (const VideoRow& video : project.Videos()) {
    for (const BehaviorPredictionRow& row : project.BehaviorPredictions(job_id, video.id)) {
      at->second.insert(row.behavior_id);
    }
  }
  return at->second;
}

// By subject, what the job (0: none) looked for in the video.
BehaviorsOf LookedForByMachine(const Project& project, const VideoRow& video, Id job_id,
                               std::map<Id, std::set<Id>>* of_jobs) {
  BehaviorsOf looked;
  if (job_id <= 0) return looked;
  for (const BehaviorSeriesRow& row : project.BehaviorSeries(job_id, video.id)) {
    looked[row.subject].insert(row.behavior_id);
  }
  if (!looked.empty()) return looked;
  for (const BehaviorPredictionRow& row : project.BehaviorPredictions(job_id, video.id)) {
    looked.try_emplace(row.subject, FoundAnywhere(project, job_id, of_jobs));
  }
  return looked;
}

std::string BoutText(const Bout& bout, const BehaviorScores& scores) {
  return "'" + scores.behaviors[bout.behavior].name + "' (frames " +
         std::to_string(bout.start_frame) + " to " + std::to_string(bout.end_frame - 1) + ")";
}

std::string SeriesText(const BoutSeries& series) {
  std::string text = "behaviors of '" + series.video + "'";
  if (!series.subject.empty()) text += ", subject '" + series.subject + "'";
  if (!series.author.empty()) text += ", scored by '" + series.author + "'";
  return text;
}

// Unites bouts of one behavior with at most `gap_s` seconds between them; gap_s < 0: that overlap.
void Unite(BoutSeries& series, const std::vector<ScoredBehavior>& behaviors, double gap_s) {
  const auto close = [&](const Bout& before, const Bout& bout) {
    if (bout.start_frame <= before.end_frame)
      return bout.start_frame < before.end_frame || gap_s >= 0;
    return gap_s >= 0 && series.Seconds(before.end_frame, bout.start_frame) <= gap_s + kRounding_s;
  };
  std::sort(series.bouts.begin(), series.bouts.end(), [](const Bout& a, const Bout& b) {
    return std::tie(a.start_frame, a.behavior, a.end_frame) <
           std::tie(b.start_frame, b.behavior, b.end_frame);
  });
  std::map<int, size_t> last;  // of each behavior, its newest bout in `kept`
  std::vector<Bout> kept;
  for (Bout& bout : series.bouts) {
    const auto found = last.find(bout.behavior);
    if (found != last.end() && !behaviors[bout.behavior].is_point) {
      Bout& before = kept[found->second];
      if (close(before, bout)) {
        before.end_frame = std::max(before.end_frame, bout.end_frame);
        continue;
      }
    }
    last[bout.behavior] = kept.size();
    kept.push_back(std::move(bout));
  }
  series.bouts = std::move(kept);
}

}  // namespace

std::vector<std::string> BehaviorScores::Authors() const {
  std::set<std::string> authors;
  for (const BoutSeries& one : series) authors.insert(one.author);
  return {authors.begin(), authors.end()};
}

int BehaviorScores::BehaviorNamed(const std::string& name) const {
  std::string names;
  for (size_t i = 0; i < behaviors.size(); ++i) {
    if (behaviors[i].name == name) return static_cast<int>(i);
    names += (names.empty() ? "" : ", ") + behaviors[i].name;
  }
  throw Error("behavior '" + name + "'", "nobody scored it",
              names.empty() ? "there is no scored behavior at all" : "there are: " + names);
}

void TidyScores(BehaviorScores& scores) {
  std::sort(
      scores.series.begin(), scores.series.end(), [](const BoutSeries& a, const BoutSeries& b) {
        return std::tie(a.video, a.subject, a.author) < std::tie(b.video, b.subject, b.author);
      });
  for (BoutSeries& series : scores.series) Unite(series, scores.behaviors, -1);
  std::set<uint32_t> used;
  for (const ScoredBehavior& behavior : scores.behaviors) used.insert(behavior.color);
  for (size_t i = 0; i < scores.behaviors.size(); ++i) {
    ScoredBehavior& behavior = scores.behaviors[i];
    for (size_t k = 0; behavior.color == 0 && k < std::size(kPalette); ++k) {
      const uint32_t color = kPalette[(i + k) % std::size(kPalette)];
      if (used.insert(color).second) behavior.color = color;
    }
    if (behavior.color == 0) behavior.color = kPalette[i % std::size(kPalette)];
  }
}

BehaviorScores ScoresFromTable(const std::filesystem::path& path,
                               const TableScoreOptions& options) {
  const std::string file = "behavior table '" + path.filename().string() + "'";
  if (!(options.fps > 0) && !options.video_of) {
    throw Error(file, "seconds cannot be computed without the frame rate", "give --fps");
  }
  Gatherer gatherer;
  const FrameTimes even(options.fps > 0 ? options.fps : 1);
  std::map<std::string, TableVideo> videos;
  const auto video_of = [&](const std::string& name, const std::string&) {
    TableVideo video = options.video_of ? options.video_of(name) : TableVideo();
    if (options.fps > 0) video.times = &even;
    if (options.video_frames > 0) video.frame_count = options.video_frames;
    if (video.name.empty()) video.name = name;
    return videos[name] = video;
  };
  BehaviorTableFacts facts;
  std::vector<BehaviorTableRow> rows = ReadBehaviorTable(path, options.notes, &facts);
  PlaceRules rules;
  rules.first_option = "";  // a report has none
  PlaceRows(rows, facts, rules, video_of, options.notes);
  std::map<std::string, int> length;
  std::map<std::string, std::set<int>> looked_for;  // by author
  for (const BehaviorTableRow& row : rows) {
    const FrameTimes* known = videos.at(row.video).times;
    const FrameTimes* times = known ? known : &even;
    if (options.video_frames > 0 && row.end_frame > options.video_frames) {
      throw Error(row.where,
                  "frame " + std::to_string(row.end_frame - 1) + " lies outside the video of " +
                      std::to_string(options.video_frames) + " frames",
                  "correct the row or --video-frames");
    }
    ScoredBehavior behavior;
    behavior.name = row.behavior;
    behavior.is_point = row.is_point;
    Bout bout{gatherer.Behavior(behavior), row.start_frame, row.end_frame, row.where};
    const std::string author = row.rater.empty() ? options.author : row.rater;
    BoutSeries& series = gatherer.Series(row.video, row.subject, author);
    series.fps = times->fps();
    if (!times->even()) series.times = *times;
    looked_for[author].insert(bout.behavior);
    if (row.present) series.bouts.push_back(std::move(bout));
    int& frames = length[row.video];
    frames = std::max(frames, std::max(row.end_frame, options.video_frames));
  }
  BehaviorScores scores = gatherer.Take();
  for (BoutSeries& series : scores.series) {
    const std::set<int>& behaviors = looked_for[series.author];
    series.looked_for.assign(behaviors.begin(), behaviors.end());
    series.end_frame = length[series.video];
  }
  return scores;
}

namespace {

void CheckScored(const BehaviorsOf& scored, const std::string& author) {
  if (author.empty() || scored.count(author) > 0) return;
  std::string names;
  for (const auto& [name, behaviors] : scored) names += (names.empty() ? "" : ", ") + name;
  throw Error("author '" + author + "'", "nobody of that name scored a behavior",
              names.empty() ? "there is no scored behavior at all" : "there are: " + names);
}

// Where the job has no score of the behavior; nothing where it kept none at all: that says nothing
// of what it saw.
std::vector<FrameRange> UnscoredFrames(const Project& project, const BehaviorSeriesRow& row,
                                       int frames) {
  std::vector<FrameRange> ranges;
  if (!row.has_scores) return ranges;
  const std::vector<float> scores = project.BehaviorScores(row.id, 0, frames);
  for (int frame = 0; frame < static_cast<int>(scores.size()); ++frame) {
    if (!std::isnan(scores[static_cast<size_t>(frame)])) continue;
    if (ranges.empty() || ranges.back().end_frame != frame) ranges.push_back({frame, frame});
    ++ranges.back().end_frame;
  }
  return ranges;
}

}  // namespace

BehaviorScores ScoresFromProject(const Project& project, ScoreSource source,
                                 const std::vector<std::string>& chosen, Id job_id,
                                 const std::string& author) {
  Gatherer gatherer;
  std::vector<std::string> united;
  std::map<Id, BehaviorRow> rows;
  for (const BehaviorRow& row : project.Behaviors()) rows[row.id] = row;
  const auto index_of = [&](Id id) {
    const BehaviorRow& row = rows[id];
    return gatherer.Behavior({row.name, row.is_point, row.exclusion_group, row.color});
  };
  std::vector<VideoRow> videos;
  for (const std::string& name : chosen) videos.push_back(project.VideoByName(name));
  if (chosen.empty()) videos = project.Videos();
  const BehaviorsOf scored = ScoredAnywhere(project);
  CheckScored(scored, author);
  std::map<Id, std::set<Id>> of_jobs;
  for (const VideoRow& video : videos) {
    const FrameTimes times(project.IndexOf(video));
    const auto series_of = [&](const std::string& subject,
                               const std::string& author) -> BoutSeries& {
      BoutSeries& series = gatherer.Series(video.name, subject, author);
      series.fps = times.fps();
      if (!times.even()) series.times = times;
      series.end_frame = video.frame_count;
      return series;
    };
    const auto look_for = [&](const std::string& subject, const std::string& author,
                              const std::set<Id>& behaviors) {
      BoutSeries& series = series_of(subject, author);
      for (const Id behavior : behaviors) gatherer.LookFor(index_of(behavior), series);
    };
    const auto add_bouts = [&](const char* what, const char* as) {
      for (const BehaviorIntervalRow& row : ChosenIntervals(project, video, what, job_id, author)) {
        if (!row.present) continue;
        BoutSeries& series = series_of(row.subject, as ? as : row.author);
        const int behavior = index_of(row.behavior_id);
        gatherer.LookFor(behavior, series);
        series.bouts.push_back({behavior, row.start_frame, row.end_frame, ""});
      }
    };
    const Looked people = LookedForByPeople(IntervalsOf(project, video, author), scored);
    const Id job = job_id > 0 ? job_id : BehaviorJobOf(project, video).value_or(0);
    const BehaviorsOf machine = LookedForByMachine(project, video, job, &of_jobs);
    const auto look_as_machine = [&](const std::string& as, const std::set<std::string>& without) {
      for (const auto& [subject, behaviors] : machine) {
        if (without.count(subject) == 0) look_for(subject, as, behaviors);
      }
      if (job <= 0) return;
      for (const BehaviorSeriesRow& row : project.BehaviorSeries(job, video.id)) {
        if (without.count(row.subject) > 0) continue;
        auto unseen = UnscoredFrames(project, row, video.frame_count);
        if (unseen.empty()) continue;
        series_of(row.subject, as).unseen[index_of(row.behavior_id)] = std::move(unseen);
      }
    };
    if (source == ScoreSource::kFinal) {
      std::set<std::string> by_people, by_several;  // whose word is all there
      std::map<std::string, std::string> raters;
      for (const auto& [at, behaviors] : people) {
        look_for(at.first, kFinalAuthor, behaviors);
        std::string& names = raters[at.first];
        names += (names.empty() ? "" : ", ") + (at.second.empty() ? "unsigned" : at.second);
        if (!by_people.insert(at.first).second) by_several.insert(at.first);
      }
      for (const std::string& subject : by_several) {
        united.push_back(video.name + (subject.empty() ? "" : " / " + subject) + " (" +
                         raters[subject] + ")");
      }
      look_as_machine(kFinalAuthor, by_people);
      add_bouts("final", kFinalAuthor);
    }
    if (source == ScoreSource::kLabels || source == ScoreSource::kBoth) {
      for (const auto& [at, behaviors] : people) look_for(at.first, at.second, behaviors);
      add_bouts("labels", nullptr);
    }
    if (source == ScoreSource::kPredictions || source == ScoreSource::kBoth) {
      look_as_machine(kMachineAuthor, {});
      add_bouts("predictions", kMachineAuthor);
    }
  }
  BehaviorScores scores = gatherer.Take();
  scores.united = std::move(united);
  return scores;
}

void CheckExclusive(const BehaviorScores& scores, bool all) {
  for (const BoutSeries& series : scores.series) {
    std::map<std::string, const Bout*> longest;  // of each group, the bout that ends last
    for (const Bout& bout : series.bouts) {
      const ScoredBehavior& behavior = scores.behaviors[bout.behavior];
      if (behavior.is_point || (!all && behavior.exclusion_group.empty())) continue;
      const Bout*& before = longest[all ? "" : behavior.exclusion_group];
      if (before && bout.start_frame < before->end_frame && before->behavior != bout.behavior) {
        throw Error(bout.where.empty() ? SeriesText(series) : bout.where,
                    BoutText(bout, scores) + " overlaps " + BoutText(*before, scores) +
                        (all ? ", and behaviors were said to exclude each other"
                             : ", and the two exclude each other in the group '" +
                                   behavior.exclusion_group + "'"),
                    all ? "correct the frames, or leave --exclusive out"
                        : "correct the frames, or take one of them out of that group");
      }
      if (!before || bout.end_frame > before->end_frame) before = &bout;
    }
  }
}

void MergeShortGaps(BehaviorScores& scores, double merge_gap_s, double min_bout_s) {
  for (BoutSeries& series : scores.series) {
    if (merge_gap_s >= 0) {
      Unite(series, scores.behaviors, merge_gap_s);
    }
    const double shortest_s = min_bout_s - kRounding_s;
    series.bouts.erase(std::remove_if(series.bouts.begin(), series.bouts.end(),
                                      [&](const Bout& bout) {
                                        return !scores.behaviors[bout.behavior].is_point &&
                                               series.Seconds(bout.start_frame, bout.end_frame) <
                                                   shortest_s;
                                      }),
                       series.bouts.end());
  }
}

void ClipScores(BehaviorScores& scores, int start_frame, int end_frame) {
  for (BoutSeries& series : scores.series) {
    series.start_frame = std::max(series.start_frame, start_frame);
    if (end_frame >= 0) series.end_frame = std::min(series.end_frame, end_frame);
    series.end_frame = std::max(series.end_frame, series.start_frame);
    std::vector<Bout> kept;
    for (Bout& bout : series.bouts) {
      bout.start_frame = std::max(bout.start_frame, series.start_frame);
      bout.end_frame = std::min(bout.end_frame, series.end_frame);
      if (bout.start_frame < bout.end_frame) kept.push_back(std::move(bout));
    }
    series.bouts = std::move(kept);
  }
  scores.series.erase(std::remove_if(scores.series.begin(), scores.series.end(),
                                     [](const BoutSeries& one) { return one.frames() == 0; }),
                      scores.series.end());
}

void AddScores(BehaviorScores& scores, BehaviorScores more, const std::string& suffix) {
  const auto stem = [](const std::string& name) { return NameWithoutEnding(name); };
  std::vector<int> index_of;
  for (const ScoredBehavior& behavior : more.behaviors) {
    const auto same =
        std::find_if(scores.behaviors.begin(), scores.behaviors.end(),
                     [&](const ScoredBehavior& known) { return known.name == behavior.name; });
    index_of.push_back(static_cast<int>(same - scores.behaviors.begin()));
    if (same != scores.behaviors.end()) continue;
    const bool taken =
        std::any_of(scores.behaviors.begin(), scores.behaviors.end(),
                    [&](const ScoredBehavior& known) { return known.color == behavior.color; });
    scores.behaviors.push_back(behavior);
    if (taken) scores.behaviors.back().color = 0;  // TidyScores finds another
  }
  std::map<std::string, std::string> names;
  std::set<SeriesKey> taken;
  for (const BoutSeries& series : scores.series) {
    names.emplace(series.video, series.video);
    names.emplace(stem(series.video), series.video);
    taken.insert({series.video, series.subject, series.author});
  }
  for (BoutSeries& series : more.series) {
    auto name = names.find(series.video);
    if (name == names.end()) name = names.find(stem(series.video));
    if (name != names.end()) series.video = name->second;
    while (!taken.insert({series.video, series.subject, series.author}).second) {
      series.author += series.author.empty() ? suffix : " (" + suffix + ")";
    }
    for (Bout& bout : series.bouts) bout.behavior = index_of[bout.behavior];
    for (int& behavior : series.looked_for) behavior = index_of[behavior];
    std::map<int, std::vector<FrameRange>> unseen;
    for (auto& [behavior, ranges] : series.unseen) unseen[index_of[behavior]] = std::move(ranges);
    series.unseen = std::move(unseen);
    std::sort(series.looked_for.begin(), series.looked_for.end());
    scores.series.push_back(std::move(series));
  }
  std::map<std::string, int> length;
  for (const BoutSeries& series : scores.series) {
    length[series.video] = std::max(length[series.video], series.end_frame);
  }
  for (BoutSeries& series : scores.series) series.end_frame = length[series.video];
  TidyScores(scores);
}

std::vector<uint64_t> BehaviorsByFrame(const BoutSeries& series, size_t behaviors) {
  if (behaviors > 64) {
    throw Error("behaviors", std::to_string(behaviors) + " of them cannot be compared at once",
                "choose at most 64 with --behavior");
  }
  if (series.frames() > kMostFrames) {
    throw Error(SeriesText(series),
                "it goes on to frame " + std::to_string(series.end_frame - 1) +
                    ", more than can be compared frame by frame",
                "correct its last bout");
  }
  std::vector<uint64_t> sets(series.frames(), 0);
  for (const Bout& bout : series.bouts) {
    const int start = std::max(bout.start_frame, series.start_frame);
    const int end = std::min(bout.end_frame, series.end_frame);
    for (int frame = start; frame < end; ++frame) {
      sets[frame - series.start_frame] |= uint64_t{1} << bout.behavior;
    }
  }
  return sets;
}

}  // namespace datasets
