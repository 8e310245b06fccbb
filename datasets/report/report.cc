#include "datasets/report/report.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "datasets/base/error.h"
#include "datasets/base/suggest.h"
#include "datasets/base/text.h"
#include "datasets/behavior/pictures.h"
#include "datasets/exchange/frame_match.h"
#include "datasets/files/atomic_file.h"
#include "datasets/project_times.h"
#include "datasets/report/chosen_scores.h"
#include "datasets/report/report_motion.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

ScoreSource SourceOf(const std::string& what) {
  if (what == "labels") return ScoreSource::kLabels;
  if (what == "predictions") return ScoreSource::kPredictions;
  if (what == "both") return ScoreSource::kBoth;
  if (what == "final") return ScoreSource::kFinal;
  throw Error("option 'what'", "'" + what + "' is none of labels, predictions, both, final",
              "give one of them");
}

BehaviorScores ScoresOfTable(const ReportRequest& request, const TableScoreOptions& table) {
  BehaviorScores scores = ScoresFromTable(request.behaviors, table);
  if (request.video.empty()) return scores;
  std::vector<std::string> names;
  for (const auto& series : scores.series) names.push_back(series.video);
  if (std::find(names.begin(), names.end(), request.video) == names.end()) {
    throw Error("video '" + request.video + "'", "the table does not name it",
                "it names " + Joined({names.begin(), std::unique(names.begin(), names.end())}));
  }
  scores.series.erase(std::remove_if(scores.series.begin(), scores.series.end(),
                                     [&](const auto& one) { return one.video != request.video; }),
                      scores.series.end());
  return scores;
}

std::vector<std::string> ChosenVideos(const ReportRequest& request) {
  if (!request.video.empty()) return {request.video};
  return request.videos;
}

BehaviorScores LoadScores(const Project* project, const ReportRequest& request,
                          std::vector<std::string>* warnings) {
  const ReportOptions& options = request.options;
  TableScoreOptions table{options.fps, options.video_frames, options.author};
  table.notes = warnings;
  BehaviorScores scores;
  if (project) {
    scores = ScoresFromProject(*project, SourceOf(options.what), ChosenVideos(request),
                               options.prediction_job, options.author);
    for (const std::string& place : scores.united) {
      warnings->push_back("'final' takes what several people scored as one: " + place +
                          "; --author NAME takes the scores of one of them");
    }
  } else {
    scores = ScoresOfTable(request, table);
    if (options.video_frames == 0) {
      warnings->push_back(
          "the table does not say how long its videos are, so each is taken to end "
          "with its last bout: percentages of the time are too high where it does "
          "not; give --video-frames");
    }
  }
  if (!options.against.empty()) {
    const fs::path file = options.against;
    const std::string name = file.stem().string();
    TableScoreOptions other{options.fps, options.video_frames, name};
    std::optional<VideoMatcher> videos;
    std::optional<ProjectTimes> times;
    std::vector<std::string> notes;
    other.notes = &notes;
    if (project) {  // each video has its own rate, which `fps` overrules
      videos.emplace(*project, file, "");
      times.emplace(*project);
      other.video_of = [&](const std::string& name) {
        const VideoRow* video = nullptr;
        for (const VideoRow& row : videos->videos()) {
          if (row.name == name) video = &row;
        }
        if (!video) video = videos->Find(name);
        TableVideo known;
        known.no_times = "the project has no video '" + name + "', so its frame rate is not known";
        known.no_times_remedy = "correct the name, or give --fps";
        if (!video) return known;
        known.name = video->name;
        known.frame_count = video->frame_count;
        known.times = &times->Of(*video);
        return known;
      };
    }
    AddScores(scores, ScoresFromTable(file, other), name);
    for (const std::string& note : notes) {
      warnings->push_back("'" + file.filename().string() + "': " + note);
    }
  }
  const std::vector<std::string> unscored = VideosWithoutScores(scores, request.videos);
  if (!unscored.empty() && !scores.series.empty()) {
    warnings->push_back("nobody scored behavior in them, so they are not in the time budget: " +
                        QuotedNames(unscored));
  }
  CheckExclusive(scores, options.exclusive);
  MergeShortGaps(scores, options.merge_gap, options.min_bout);
  if (request.start_frame > 0 || request.end_frame) {
    const std::vector<std::string> shorter = TakeOutShorter(request.start_frame, &scores);
    const std::string start = "frame " + std::to_string(request.start_frame);
    if (!shorter.empty() && scores.series.empty() && !request.motion_files.Wanted()) {
      throw Error("report from " + start, "the chosen videos end before it",
                  "choose an earlier one: the first frame is 0");
    }
    if (!shorter.empty()) {
      warnings->push_back("they end before " + start +
                          ", so they are left out: " + QuotedNames(shorter));
    }
    ClipScores(scores, request.start_frame, request.end_frame.value_or(-1));
  }
  return scores;
}

std::vector<PairAgreement> CompareScorers(const BehaviorScores& scores,
                                          const ReportRequest& request, Job& job) {
  const ReportOptions& options = request.options;
  AgreementOptions agreement;
  agreement.tolerance_s = options.tolerance;
  agreement.tolerance_frames = options.tolerance_frames;
  agreement.min_overlap = options.min_overlap;
  agreement.block_s = options.block;
  agreement.bootstrap.rounds = options.rounds;
  agreement.bootstrap.seed = static_cast<uint64_t>(options.seed);
  std::vector<PairAgreement> pairs;
  if (request.agreement.size() == 2) {
    pairs = {CompareAuthors(scores, request.agreement[0], request.agreement[1], agreement)};
  } else {
    BehaviorScores scorers = scores;  // what masks say is compared when asked by name
    scorers.series.erase(
        std::remove_if(scorers.series.begin(), scorers.series.end(),
                       [](const BoutSeries& one) { return one.author == kAutomaticAuthor; }),
        scorers.series.end());
    pairs = CompareAllAuthors(scorers, agreement, job);
  }
  if (pairs.empty()) {
    throw Error("agreement", "no video and subject was scored by two authors",
                "authors are: " + Joined(scores.Authors()));
  }
  return pairs;
}

std::vector<ExplorationRow> Explorations(const BehaviorScores& scores,
                                         const ReportRequest& request) {
  const ReportOptions& options = request.options;
  ExplorationOptions exploration;
  exploration.first = SplitNames(request.first);
  exploration.second = SplitNames(request.second);
  exploration.min_total_s = options.min_total;
  exploration.max_bias_percent = options.max_bias;
  exploration.all_training = options.training == "all";
  if (options.training != "none" && !exploration.all_training) {
    exploration.training_videos = SplitNames(options.training);
  }
  return ExplorationTimes(scores, exploration);
}

void Write(const std::string& path, const std::string& text, Report* report) {
  if (path.empty()) return;
  WriteFileAtomically(path, text);
  report->written.push_back(path);
}

void Check(const ReportRequest& request) {
  ReportRequest checked = request;
  CheckOptions(checked.options, "report");
  CheckOptions(checked.motion_files, "report");
  CheckOptions(checked.motion, "report");
  if (!request.options.ethogram.empty()) Drawing::CheckEnding(request.options.ethogram);
}

[[noreturn]] void NobodyScored(const Project* project, const ReportRequest& request) {
  throw Error(project ? project->file().string() : request.behaviors,
              "nobody scored a behavior in it",
              "mark behaviors in the workbench, or import them (vole import --help)");
}

std::string CountOf(size_t count, const std::string& thing) {
  return std::to_string(count) + " " + thing + (count == 1 ? "" : "s");
}

// The picture, or none and why, in one line.
std::optional<Drawing> DrawEthogram(const BehaviorScores& scores, std::string* why) {
  try {
    return EthogramPicture(scores);
  } catch (const Error& error) {
    const bool any_bout = std::any_of(scores.series.begin(), scores.series.end(),
                                      [](const BoutSeries& one) { return !one.bouts.empty(); });
    *why = any_bout ? std::string("no ethogram: ") + error.what()
                    : "no ethogram: there is no bout to draw";
    return std::nullopt;
  }
}

void WriteEthogram(const std::string& path, Report* report) {
  if (path.empty()) return;
  std::string why;
  const std::optional<Drawing> drawing = DrawEthogram(report->scores, &why);
  if (drawing) {
    drawing->Save(path);
    report->written.push_back(path);
    return;
  }
  // Of several files the others are worth having.
  if (report->written.empty()) throw Error("report", why, "choose other videos");
  report->warnings.push_back(why);
}

// What is counted in a part of a video alone says nothing of the rest.
void SayUnseen(const BehaviorScores& scores, std::vector<std::string>* warnings) {
  constexpr double kMostlySeen = 0.95;
  std::string places;
  for (const BoutSeries& series : scores.series) {
    double least = 1;
    for (const auto& [behavior, ranges] : series.unseen) {
      double unseen_s = 0;
      for (const FrameRange& range : ranges) {
        const int from = std::max(range.start_frame, series.start_frame);
        const int to = std::min(range.end_frame, series.end_frame);
        if (from < to) unseen_s += series.Seconds(from, to);
      }
      const double all_s = series.Seconds(series.start_frame, series.end_frame);
      if (all_s > 0) least = std::min(least, 1 - unseen_s / all_s);
    }
    if (least >= kMostlySeen) continue;
    places += (places.empty() ? "" : ", ") + series.video +
              (series.subject.empty() ? "" : " / " + series.subject) + " by '" + series.author +
              "' in " + std::to_string(std::lround(100 * least)) + " %";
  }
  if (places.empty()) return;
  warnings->push_back(
      "not seen all the time, so that bouts and seconds are of that part, and "
      "percentages of the time seen: " +
      places);
}

void WriteReport(const Project* project, const ReportRequest& request, Job& job, Report* report) {
  const ReportOptions& options = request.options;
  report->scores = LoadScores(project, request, &report->warnings);
  if (request.motion_files.Wanted()) {
    if (!project) throw Error("motion", "it needs a project with predictions or labels");
    AddMotion(*project, request, job, report);
  }
  if (report->scores.series.empty()) NobodyScored(project, request);
  SayUnseen(report->scores, &report->warnings);
  report->budget = TimeBudget(report->scores, {options.bin, options.bin_frames});
  if (request.wants_agreement) {
    report->agreement = CompareScorers(report->scores, request, job);
    for (const PairAgreement& pair : report->agreement) {
      for (const std::string& place : pair.only_one) {
        report->warnings.push_back("only one of the two scored " + place);
      }
      if (!pair.not_compared.empty()) {
        report->warnings.push_back("only one of '" + pair.first + "' and '" + pair.second +
                                   "' scored these behaviors anywhere, so they are in no figure "
                                   "of the two: " +
                                   Joined(pair.not_compared));
      }
    }
    Write(options.agreement_csv, AgreementCsv(report->agreement), report);
    Write(options.confusion, ConfusionCsv(report->agreement), report);
  }
  if (!request.first.empty()) {
    report->exploration = Explorations(report->scores, request);
    Write(options.exploration_csv, ExplorationCsv(report->exploration), report);
  }
  Write(options.csv, BudgetCsv(report->budget), report);
  WriteEthogram(options.ethogram, report);
}

}  // namespace

Report MakeReport(const Project* project, const ReportRequest& request, Job& job) {
  Check(request);
  Report report;
  try {
    if (project) {
      project->InOneSnapshot([&] { WriteReport(project, request, job, &report); });
    } else {
      WriteReport(project, request, job, &report);
    }
  } catch (const Error& error) {
    if (report.written.empty()) throw;
    std::vector<std::string> written;
    for (const fs::path& path : report.written) written.push_back(path.filename().string());
    throw Error("report", error.what(), "written before that: " + Joined(written));
  }
  return report;
}

namespace {

ReportPlan PlanFiles(const Project& project, const ReportRequest& request) {
  const ReportOptions& options = request.options;
  const MotionFiles& files = request.motion_files;
  ReportPlan plan;
  const BehaviorScores scores = LoadScores(&project, request, &plan.warnings);
  std::vector<VideoRow> videos;
  if (files.Wanted()) {
    if (!files.zones.empty()) ReadZones(files.zones, true);
    videos = VideosOfMotion(project, request, &plan.warnings);
  } else if (scores.series.empty()) {
    NobodyScored(&project, request);
  }
  plan.budget = TimeBudget(scores, {options.bin, options.bin_frames});
  const auto add = [&](const fs::path& path, const std::string& content) {
    if (path.empty()) return;
    std::error_code ignored;
    plan.files.push_back({path, content, fs::exists(path, ignored)});
  };
  size_t bouts = 0;
  for (const BoutSeries& series : scores.series) bouts += series.bouts.size();
  const std::string more = files.Wanted() ? ", and what motion adds" : "";
  add(options.csv, "time budget: " + CountOf(plan.budget.size(), "row") + more);
  std::string why;
  if (options.ethogram.empty() || files.Wanted() || DrawEthogram(scores, &why)) {
    add(options.ethogram, "ethogram: " + CountOf(bouts, "bout") + " of " +
                              CountOf(scores.series.size(), "row") + more);
  } else {
    plan.warnings.push_back(why);
  }
  const std::string of_videos = CountOf(videos.size(), "video");
  const bool several = videos.size() > 1;
  for (const VideoRow& video : videos) {
    if (!files.trajectory.empty()) {
      add(PictureFile(files.trajectory, video.name, several), "ways of the animals");
    }
    if (!files.occupancy.empty()) {
      add(PictureFile(files.occupancy, video.name, several), "where they spend their time");
    }
  }
  add(files.motion, "place and speed on each frame of " + of_videos);
  add(files.motion_summary, "distance and speed of each animal in " + of_videos);
  add(files.contacts, "who touches whom in " + of_videos);
  return plan;
}

}  // namespace

ReportPlan PlanReport(const Project& project, const ReportRequest& request) {
  Check(request);
  ReportPlan plan;
  project.InOneSnapshot([&] { plan = PlanFiles(project, request); });
  return plan;
}

}  // namespace datasets
