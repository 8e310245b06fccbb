#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>
#include <set>

#include "annotate/edits.h"
#include "annotate/history.h"
#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/review/review_meetings.h"
#include "app/cli/review/review_unknown.h"
#include "app/cli/verb_list.h"
#include "datasets/store/review/review_order.h"
#include "infer/review/review_job.h"

namespace app {
namespace review_verb {
namespace {

using datasets::Id;
using datasets::ReviewItemRow;
using Json = nlohmann::ordered_json;

struct Arguments {
  std::string project, verdict, video, frames, reason, behavior;
  std::vector<std::string> words;  // numbers of episodes or meetings, names of animals
  int top = 0, audit = 0;
  bool all = false, calibration = false, rebuild = false;
};

struct Queue {
  std::vector<ReviewItemRow> items;  // highest score first
  std::map<Id, std::string> video_names, behavior_names;
  std::vector<Id> jobs;
};

Queue ReadQueue(const datasets::Project& project, const std::string& only_video) {
  Queue queue;
  if (!only_video.empty()) project.VideoByName(only_video);
  for (const auto& behavior : project.Behaviors()) {
    queue.behavior_names[behavior.id] = behavior.name;
  }
  for (const datasets::VideoRow& video : project.Videos()) {
    queue.video_names[video.id] = video.name;
    if (!only_video.empty() && video.name != only_video) continue;
    std::set<Id> jobs;
    if (const auto job = project.LatestPredictJob(video.id)) jobs.insert(*job);
    if (const auto job = project.LatestBehaviorJob(video.id)) jobs.insert(*job);
    for (const Id job : jobs) {
      if (std::find(queue.jobs.begin(), queue.jobs.end(), job) == queue.jobs.end()) {
        queue.jobs.push_back(job);
      }
      for (ReviewItemRow& item : project.ReviewItems(job)) {
        if (item.video_id == video.id) queue.items.push_back(std::move(item));
      }
    }
  }
  if (queue.jobs.empty()) {
    throw datasets::Error("project '" + project.file().string() + "'",
                          "nothing has been predicted yet",
                          "run: vole predict " + project.file().string());
  }
  datasets::SortForReview(queue.items);
  return queue;
}

Json ItemJson(const ReviewItemRow& item, const Queue& queue) {
  Json animals = Json::parse(item.animals_json, nullptr, false);
  if (animals.is_discarded()) animals = Json::array();
  Json row = {{"episode", item.id},
              {"video", queue.video_names.at(item.video_id)},
              {"start_frame", item.start_frame},
              {"end_frame", item.end_frame},
              {"score", item.score},
              {"reason", item.reason},
              {"reason_code", item.reason_code},
              {"animals", animals},
              {"verdict", item.verdict.empty() ? "open" : item.verdict}};
  if (item.behavior_id) {
    row["behavior"] = queue.behavior_names.at(*item.behavior_id);
    row["subject"] = item.subject;
  }
  return row;
}

std::string CalibrationText(const infer::Calibration& calibration) {
  if (calibration.expected_calibration_error < 0) {
    return fmt::format("{} are not checked against people yet ({} decided {}, too few to say).",
                       calibration.counts_bouts ? "Scores of behavior" : "Scores",
                       calibration.frames, calibration.counts_bouts ? "bouts" : "frames");
  }
  return fmt::format("Expected calibration error {:.3f}, from {} {} ({}).",
                     calibration.expected_calibration_error, CountText(calibration.frames),
                     calibration.counts_bouts ? "bouts" : "frames", calibration.basis);
}

int List(const Arguments& arguments, const datasets::Project& project, Console& console) {
  const Queue queue = ReadQueue(project, arguments.video);
  const FrameSpan span = arguments.frames.empty() ? FrameSpan{} : ParseFrames(arguments.frames);
  Json calibrations = Json::array();
  for (const Id job : queue.jobs) {
    const infer::Calibration calibration = infer::CalibrationOf(project, job);
    calibrations.push_back({{"job", job},
                            {"expected_calibration_error", calibration.expected_calibration_error},
                            {calibration.counts_bouts ? "bouts" : "frames", calibration.frames},
                            {"basis", calibration.basis}});
    console.Print(CalibrationText(calibration));
  }
  if (arguments.calibration) {
    console.PrintJson({{"calibration", calibrations}});
    return 0;
  }

  Json list = Json::array();
  size_t open = 0, decided = 0;
  std::vector<std::vector<std::string>> table = {
      {"episode", "video", "frames", "score", "animals", "reason"}};
  for (const ReviewItemRow& item : queue.items) {
    (item.verdict.empty() ? open : decided)++;
    if (!arguments.all && !item.verdict.empty()) continue;
    if (!arguments.reason.empty() && item.reason_code != arguments.reason) continue;
    if (item.end_frame <= span.start_frame ||
        (span.end_frame && item.start_frame >= *span.end_frame)) {
      continue;
    }
    if (arguments.top > 0 && list.size() >= static_cast<size_t>(arguments.top)) continue;
    const Json row = ItemJson(item, queue);
    std::vector<std::string> animals;
    for (const Json& animal : row["animals"]) {
      animals.push_back(animal.is_string() ? animal.get<std::string>() : animal.dump());
    }
    table.push_back({std::to_string(item.id), row["video"],
                     item.end_frame - item.start_frame == 1
                         ? std::to_string(item.start_frame)
                         : fmt::format("{}:{}", item.start_frame, item.end_frame),
                     fmt::format("{:.2f}", item.score), Join(animals),
                     item.reason + (item.verdict.empty() ? "" : " [" + item.verdict + "]")});
    list.push_back(row);
  }
  console.PrintJson(list);
  if (list.empty()) {
    console.Print(open == 0 ? "Nothing is left to look at." : "No episode matches.");
  } else {
    console.Print(TableText(table));
  }
  console.Print(fmt::format("{} of {} open episodes shown, {} decided.",
                            arguments.all ? list.size() : std::min(list.size(), open), open,
                            decided));
  return 0;
}

const ReviewItemRow& ItemNumbered(const Queue& queue, Id episode, const std::string& project) {
  const auto item = std::find_if(queue.items.begin(), queue.items.end(),
                                 [&](const ReviewItemRow& row) { return row.id == episode; });
  if (item == queue.items.end()) {
    throw datasets::Error("episode " + std::to_string(episode),
                          "it is not in the review queue of the latest prediction",
                          "list the queue: vole review " + project);
  }
  return *item;
}

// What happened instead of a predicted bout, as an edit.
annotate::Edit Correction(const Arguments& arguments, const Queue& queue,
                          const ReviewItemRow& item) {
  if (!item.behavior_id) {
    throw datasets::Error("episode " + std::to_string(item.id),
                          "it is about outlines, which are corrected in the workbench",
                          "open it: vole open " + arguments.project);
  }
  if (arguments.frames.empty() && arguments.behavior.empty()) {
    throw UsageError("what happened instead? Give --frames, --behavior, or both");
  }
  Id behavior = *item.behavior_id;
  if (!arguments.behavior.empty()) {
    std::vector<std::string> names;
    behavior = 0;
    for (const auto& [id, name] : queue.behavior_names) {
      names.push_back(name);
      if (name == arguments.behavior) behavior = id;
    }
    if (behavior == 0) {
      throw datasets::Error("behavior '" + arguments.behavior + "'",
                            "the project has no such behavior (it has: " + Join(names) + ")" +
                                DidYouMean(arguments.behavior, names));
    }
  }
  FrameSpan span{item.start_frame, item.end_frame};
  if (!arguments.frames.empty()) span = ParseFrames(arguments.frames);
  return annotate::CorrectBout(item, behavior, span.start_frame,
                               span.end_frame.value_or(item.end_frame), 0);
}

int Decide(const Arguments& arguments, datasets::Project& project, Console& console) {
  const std::map<std::string, annotate::Verdict> verdicts = {
      {"accept", annotate::Verdict::kAccepted},
      {"reject", annotate::Verdict::kRejected},
      {"correct", annotate::Verdict::kCorrected},
      {"skip", annotate::Verdict::kSkipped}};
  if (arguments.words.empty()) {
    throw UsageError("which episode? Give its number, as in: vole review " + arguments.project +
                     " " + arguments.verdict + " 12");
  }
  const bool corrects = arguments.verdict == "correct";
  if (corrects && arguments.words.size() > 1) {
    throw UsageError("correct one episode at a time");
  }
  const Queue queue = ReadQueue(project, arguments.video);
  std::vector<ReviewItemRow> chosen;
  for (const std::string& word : arguments.words) {
    Id episode = 0;
    const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), episode);
    if (failure != std::errc() || end != word.data() + word.size()) {
      throw UsageError("'" + word + "' is no number of an episode");
    }
    chosen.push_back(ItemNumbered(queue, episode, arguments.project));
  }
  const char* user = std::getenv("USER");
  annotate::History history(project, user ? user : "");
  Json list = Json::array();
  for (const ReviewItemRow& item : chosen) {
    const annotate::StoredEdit edit =
        history.Apply(corrects ? Correction(arguments, queue, item)
                               : annotate::DecideEpisode(item, verdicts.at(arguments.verdict), 0));
    int labels = 0;
    for (const annotate::RowChange& change : edit.changes) {
      const bool is_label = change.table == "annotations" || change.table == "behavior_intervals";
      labels += is_label && change.before.is_null();
    }
    list.push_back(
        {{"episode", item.id}, {"verdict", arguments.verdict}, {"labels_added", labels}});
    const std::string& verdict = arguments.verdict;
    console.Print(fmt::format("Episode {} ({} {}:{}): {}{}.", item.id,
                              queue.video_names.at(item.video_id), item.start_frame, item.end_frame,
                              verdict == "skip" ? "skipped" : verdict + "ed",
                              labels ? fmt::format(", {} new labels", labels) : ""));
  }
  console.PrintJson({{"decided", list}});
  return 0;
}

int Run(const Arguments& arguments, Console& console) {
  const MeetingArguments meetings{arguments.project, arguments.video, arguments.top, arguments.all};
  if (arguments.verdict == "meetings") return ListMeetingsVerb(meetings, console);
  if (arguments.verdict == "forget") return ForgetDecisionsVerb(meetings, arguments.words, console);
  if (arguments.verdict == "unknown") {
    return ListUnknownVerb(arguments.project, arguments.video, arguments.top, arguments.words,
                           console);
  }
  if (arguments.verdict == "name") {
    return NameUnknownVerb(arguments.project, arguments.video, arguments.words, console);
  }
  if (DecidesMeetings(arguments.verdict)) {
    return DecideMeetingsVerb(meetings, arguments.verdict, arguments.words, console);
  }
  if (!arguments.verdict.empty()) {
    CheckChoice("review", arguments.verdict,
                {"accept", "reject", "correct", "skip", "meetings", "keep", "exchange", "unsure",
                 "forget", "unknown", "name"});
    const auto project = OpenProject(arguments.project);
    return Decide(arguments, *project, console);
  }
  if (arguments.rebuild || arguments.audit > 0) {
    const auto project = OpenProject(arguments.project);
    for (const Id job : ReadQueue(*project, arguments.video).jobs) {
      infer::RebuildReviewQueue(*project, job, console.job(), arguments.audit);
    }
    return List(arguments, *project, console);
  }
  const auto project = OpenProjectReadOnly(arguments.project);
  return List(arguments, *project, console);
}

}  // namespace
}  // namespace review_verb

Verb ReviewVerb() {
  using namespace review_verb;
  return {
      "review",
      "Networks",
      "the episodes and meetings most worth a look; decide them",
      "Lists episodes of the latest prediction, most doubtful first: neighboring frames that a "
      "reviewer would probably change, and why. A tenth is drawn at random, as an audit. "
      "`accept` turns an episode's predictions into labels, `reject` takes them out of "
      "everything final, `skip` only notes that it was looked at. An episode of behavior is a "
      "predicted bout: `accept` makes it a label, `reject` a label that it did not happen, "
      "`correct` says what did. Outlines are corrected in the workbench: vole open.\n"
      "A meeting is a span in which animals cannot be told apart by following them: `meetings` "
      "lists those that neither the pictures nor people have decided, by what a decision is "
      "worth (frames that it would put right times its probability). `keep` says that the names "
      "after it are right, `exchange` that two change there (of more, each leaves as the next "
      "one named), `unsure` that you cannot tell. Names change at once, the next prediction "
      "obeys, and Ctrl+Z in the workbench takes it back. `forget` takes back a decision on a "
      "meeting that the newest prediction does not have.\n"
      "`unknown` lists animals whose looks do not say enough for a name, and who they may be; "
      "`name` gives one its name, as far as it is followed, and labels a frame of it, so that the "
      "next prediction knows.",
      "  vole review mice.vole --top 20\n"
      "  vole review mice.vole accept 12 15\n"
      "  vole review mice.vole reject 7\n"
      "  vole review mice.vole correct 9 --frames 120:180 --behavior groom\n"
      "  vole review mice.vole meetings\n"
      "  vole review mice.vole keep 3 5\n"
      "  vole review mice.vole exchange 4 Ada Bea\n"
      "  vole review mice.vole unknown\n"
      "  vole review mice.vole name 4 Ada --video day2\n"
      "  vole review mice.vole --audit 300 --reason audit\n"
      "  vole review mice.vole --rebuild        (after labels or decisions have changed)",
      [](CLI::App& command) -> RunVerb {
        auto arguments = std::make_shared<Arguments>();
        AddProject(command, arguments->project);
        command
            .add_option("verdict", arguments->verdict,
                        "accept, reject, correct or skip episodes; meetings lists these, keep, "
                        "exchange or unsure decides them, forget takes a decision back; unknown "
                        "lists animals without a name, name gives one")
            ->type_name("VERDICT");
        command
            .add_option(
                "episodes", arguments->words,
                "numbers of episodes, meetings or unknown animals; for exchange and name also "
                "names of animals")
            ->type_name("NUMBER");
        command.add_option("--top", arguments->top, "only the first N")
            ->type_name("N")
            ->check(CLI::PositiveNumber);
        AddVideo(command, arguments->video, "only this video (default: all)");
        AddFrames(command, arguments->frames);
        command.add_option("--behavior", arguments->behavior, "for correct: what happened")
            ->type_name("NAME");
        command
            .add_option("--reason", arguments->reason,
                        "only episodes with this reason_code (see --json)")
            ->type_name("CODE");
        command.add_flag("--all", arguments->all, "decided episodes or meetings too");
        command.add_flag("--calibration", arguments->calibration,
                         "only how far the scores can be trusted");
        command
            .add_option("--audit", arguments->audit,
                        "make the queue anew with at least N random frames, for vole certify; list "
                        "just those with --reason audit")
            ->type_name("N")
            ->check(CLI::PositiveNumber);
        command.add_flag("--rebuild", arguments->rebuild,
                         "make the queue anew from today's labels and decisions, then list it");
        return [arguments](Console& console) { return Run(*arguments, console); };
      }};
}

}  // namespace app
