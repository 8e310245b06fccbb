#include "app/cli/review/review_meetings.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>

#include "annotate/edits_meetings.h"
#include "annotate/history.h"
#include "app/cli/arguments.h"
#include "datasets/files/json_values.h"
#include "datasets/store/connection.h"
#include "datasets/store/meetings/meeting_store.h"
#include "datasets/store/reader.h"
#include "datasets/unknown_name.h"
#include "infer/meetings/meeting_decision.h"
#include "infer/meetings/meeting_review.h"

namespace app {
namespace {

using datasets::Id;
using infer::ReviewedMeeting;
using Json = nlohmann::ordered_json;

using Names = std::map<Id, std::string>;

Names AnimalNames(const datasets::Project& project) {
  Names names;
  for (const auto& category : project.Categories()) names[category.id] = category.name;
  return names;
}

Json DecisionJson(const datasets::MeetingDecisionRow& decision) {
  return {{"decision", decision.id},
          {"verdict", decision.verdict},
          {"start_frame", decision.start_frame},
          {"end_frame", decision.end_frame},
          {"author", decision.author},
          {"seconds", decision.seconds},
          {"decided_at", decision.decided_at}};
}

Json MeetingJson(const ReviewedMeeting& meeting, const std::string& video, const Names& names) {
  const datasets::MeetingRow& row = meeting.row;
  std::map<int, std::string> called;
  Json animals = Json::array(), ways = Json::array();
  for (const auto& animal : row.animals) {
    called[animal.number] = meeting.Called(animal, names.at(animal.category_id));
    animals.push_back({{"name", called[animal.number]},
                       {"guess", meeting.guessed.count(animal.number) > 0},
                       {"track", animal.number},
                       {"before_frame", datasets::OrNull(animal.before_frame)},
                       {"after_frame", datasets::OrNull(animal.after_frame)},
                       {"split_agreement", datasets::OrNull(animal.split_agreement)},
                       {"away", animal.away}});
  }
  for (const auto& way : row.ways) {
    ways.push_back({{"enters", called[way.before_number]},
                    {"leaves", called[way.after_number]},
                    {"enters_track", way.before_number},
                    {"leaves_track", way.after_number},
                    {"probability", way.probability},
                    {"appearance", way.appearance},
                    {"motion", way.motion}});
  }
  return {{"meeting", row.id},
          {"video", video},
          {"start_frame", row.start_frame},
          {"end_frame", row.end_frame},
          {"kind", row.kind},
          {"exchange", row.exchange},
          {"frames", meeting.frames},
          {"worth", meeting.Worth()},
          {"open", meeting.IsOpen()},
          {"decided_by", meeting.DecidedBy()},
          {"swapped_by_hand", meeting.by_hand},
          {"decision", meeting.decision ? DecisionJson(*meeting.decision) : Json(nullptr)},
          {"animals", animals},
          {"ways", ways}};
}

std::string AnimalsText(const ReviewedMeeting& meeting, const Names& names) {
  std::vector<std::string> words;
  for (const auto& animal : meeting.row.animals) {
    if (!animal.away) words.push_back(meeting.Shown(animal, names.at(animal.category_id)));
  }
  for (const auto& animal : meeting.row.animals) {
    if (!animal.away) continue;
    words.push_back("(" + meeting.Shown(animal, names.at(animal.category_id)) + ")");
  }
  return Join(words);
}

}  // namespace

int ListMeetingsVerb(const MeetingArguments& arguments, Console& console) {
  const auto project = OpenProjectReadOnly(arguments.project);
  if (!arguments.video.empty()) project->VideoByName(arguments.video);
  const Names names = AnimalNames(*project);
  struct Shown {
    std::string video;
    ReviewedMeeting meeting;
  };
  std::vector<Shown> all;
  Json elsewhere = Json::array(), unknown = Json::array();
  bool predicted = false;
  for (const datasets::VideoRow& video : project->Videos()) {
    if (!arguments.video.empty() && video.name != arguments.video) continue;
    const auto job = project->LatestPredictJob(video.id);
    if (!job) continue;
    predicted = true;
    const infer::MeetingList list = infer::ListMeetings(*project, *job, video.id);
    if (!list.known) {
      unknown.push_back(video.name);
      console.Warn("video '" + video.name +
                   "': its prediction has no list of meetings, so nothing is known of them; run: "
                   "vole predict " +
                   arguments.project + " --video " + video.name);
      continue;
    }
    for (const ReviewedMeeting& meeting : list.meetings) all.push_back({video.name, meeting});
    for (const auto& decision : list.elsewhere) {
      Json row = DecisionJson(decision);
      row["video"] = video.name;
      elsewhere.push_back(row);
    }
  }
  if (!predicted) {
    throw datasets::Error("project '" + project->file().string() + "'",
                          "nothing has been predicted yet",
                          "run: vole predict " + arguments.project);
  }
  const auto count = [&](auto&& is) {
    return std::count_if(all.begin(), all.end(), [&](const Shown& s) { return is(s.meeting); });
  };
  const auto open = count([](const auto& meeting) { return meeting.IsOpen(); });
  const auto by = [&](const char* whom) {
    return count([whom](const auto& meeting) { return meeting.DecidedBy() == whom; });
  };
  const auto by_person = by("person"), by_program = by("program"), unsure = by("unsure");
  const auto total = static_cast<int64_t>(all.size());
  std::stable_sort(all.begin(), all.end(), [](const Shown& a, const Shown& b) {
    return a.meeting.Worth() > b.meeting.Worth();
  });
  Json list = Json::array();
  std::vector<std::vector<std::string>> table = {
      {"meeting", "video", "frames", "exchange", "frames at stake", "animals", "what"}};
  for (const Shown& shown : all) {
    const ReviewedMeeting& meeting = shown.meeting;
    if (!arguments.all && !meeting.IsOpen()) continue;
    if (arguments.top > 0 && list.size() >= static_cast<size_t>(arguments.top)) break;
    list.push_back(MeetingJson(meeting, shown.video, names));
    const std::string decided = meeting.decision   ? " [" + meeting.decision->verdict + "]"
                                : meeting.by_hand  ? " [swapped by hand]"
                                : meeting.IsOpen() ? ""
                                                   : " [by the pictures]";
    table.push_back({std::to_string(meeting.row.id), shown.video,
                     fmt::format("{}:{}", meeting.row.start_frame, meeting.row.end_frame),
                     fmt::format("{:.3f}", meeting.row.exchange),
                     CountText(static_cast<int64_t>(meeting.frames)), AnimalsText(meeting, names),
                     meeting.row.kind + decided});
  }
  console.PrintJson({{"meetings", list},
                     {"total", total},
                     {"open", open},
                     {"decided_by_person", by_person},
                     {"decided_by_program", by_program},
                     {"unsure", unsure},
                     {"decisions_elsewhere", elsewhere},
                     {"without_list", unknown}});
  if (list.size() > 0) console.Print(TableText(table));
  const bool guesses = std::any_of(
      all.begin(), all.end(), [](const Shown& shown) { return !shown.meeting.guessed.empty(); });
  if (list.size() > 0 && guesses) {
    console.Print("NAME? is a guess: that animal's name is unknown (vole review " +
                  arguments.project + " unknown).");
  }
  console.Print(fmt::format(
      "{} of {} meetings are open; {} decided by the pictures, {} by people{}.", CountText(open),
      CountText(total), CountText(by_program), CountText(by_person),
      unsure > 0 ? fmt::format(", {} cannot be told", CountText(unsure)) : std::string()));
  for (const Json& decision : elsewhere) {
    console.Print(
        fmt::format("Kept for a later prediction: decision {}, '{}' on frames {}:{} of {}, a "
                    "meeting that this prediction does not have; `forget {}` takes it back.",
                    decision["decision"].get<Id>(), decision["verdict"].get<std::string>(),
                    decision["start_frame"].get<int>(), decision["end_frame"].get<int>(),
                    decision["video"].get<std::string>(), decision["decision"].get<Id>()));
  }
  return 0;
}

bool DecidesMeetings(const std::string& verdict) {
  return verdict == "keep" || verdict == "exchange" || verdict == "unsure";
}

namespace {

std::optional<Id> NumberOf(const std::string& word) {
  Id number = 0;
  const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (failure != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return number;
}

struct Wanted {
  Id meeting = 0;
  std::vector<std::pair<int, int>> leaves_as;  // tracks
};

// The meeting as it is shown; nullopt where there is none of that number, or it is of an older
// prediction: said when it is decided.
std::optional<ReviewedMeeting> ShownMeeting(const datasets::Project& project, Id meeting) {
  std::optional<ReviewedMeeting> shown;
  project.Read([&](datasets::Connection& connection) {
    const auto row = datasets::ReadMeeting(connection, meeting);
    if (!row) return;
    for (auto& other : infer::ListMeetings(connection, row->job_id, row->video_id).meetings) {
      if (other.row.id == meeting) shown = std::move(other);
    }
  });
  return shown;
}

// The tracks of the animals that are named; where none is, the only two that can change names.
std::vector<int> TracksNamed(const ReviewedMeeting& meeting, const Names& names,
                             const std::vector<std::string>& words) {
  std::vector<std::string> here;
  for (const auto& animal : meeting.row.animals) {
    here.push_back(meeting.Called(animal, names.at(animal.category_id)));
  }
  std::vector<int> tracks;
  for (const std::string& word : words) {
    const auto found = std::find(here.begin(), here.end(), word);
    if (found == here.end()) {
      throw datasets::Error("animal '" + word + "'",
                            "it is not in meeting " + std::to_string(meeting.row.id) +
                                " (which has: " + Join(here) + ")" + DidYouMean(word, here));
    }
    tracks.push_back(meeting.row.animals[static_cast<size_t>(found - here.begin())].number);
  }
  if (!words.empty()) return tracks;
  const auto two = infer::OnlyTwo(meeting.row);
  if (two) return {two->first, two->second};
  throw UsageError("which animals? Meeting " + std::to_string(meeting.row.id) + " has " +
                   Join(here) + "; name two, as in: exchange " + std::to_string(meeting.row.id) +
                   " " + here.at(0) + " " + here.at(1));
}

// Throws Error for one that the project does not know, with or without a number.
void CheckAnimal(const Names& names, const std::string& word) {
  const std::string name = word.substr(0, word.rfind('#'));
  std::vector<std::string> known;
  for (const auto& [id, other] : names) {
    if (other == name || other == word) return;
    known.push_back(other);
  }
  throw datasets::Error("animal '" + word + "'", "the project has no such animal (it has: " +
                                                     Join(known) + ")" + DidYouMean(word, known));
}

// Numbers, and for an exchange the animals that change names: two do so with each other, of more
// each leaves as the next.
std::vector<Wanted> Parse(const datasets::Project& project, const std::string& verdict,
                          const std::vector<std::string>& words, const std::string& file) {
  const Names names = AnimalNames(project);
  if (words.empty()) {
    throw UsageError("which meeting? Give its number, as in: vole review " + file + " " + verdict +
                     " 3");
  }
  std::vector<Wanted> wanted;
  if (verdict != "exchange") {
    for (const std::string& word : words) {
      const auto number = NumberOf(word);
      if (!number) throw UsageError("'" + word + "' is no number of a meeting");
      wanted.push_back({*number, {}});
    }
    return wanted;
  }
  const auto number = NumberOf(words[0]);
  if (!number) throw UsageError("'" + words[0] + "' is no number of a meeting");
  Wanted one{*number, {}};
  if (words.size() == 2) throw UsageError("an exchange is of two animals or more");
  const std::vector<std::string> animals(words.begin() + 1, words.end());
  for (const std::string& animal : animals) CheckAnimal(names, animal);
  const auto meeting = ShownMeeting(project, one.meeting);
  if (!meeting) return {one};
  const std::vector<int> tracks = TracksNamed(*meeting, names, animals);
  for (size_t a = 0; a < tracks.size(); ++a) {
    one.leaves_as.emplace_back(tracks[a], tracks[(a + 1) % tracks.size()]);
  }
  return {one};
}

}  // namespace

int DecideMeetingsVerb(const MeetingArguments& arguments, const std::string& verdict,
                       const std::vector<std::string>& words, Console& console) {
  const auto project = OpenProject(arguments.project);
  const Names names = AnimalNames(*project);
  const char* user = std::getenv("USER");
  annotate::History history(*project, user ? user : "");
  const auto unknown = datasets::UnknownOf(project->Categories());
  const auto decision = verdict == "keep"       ? infer::MeetingVerdict::kKeep
                        : verdict == "exchange" ? infer::MeetingVerdict::kExchange
                                                : infer::MeetingVerdict::kUnsure;
  Json list = Json::array();
  for (const Wanted& wanted : Parse(*project, verdict, words, arguments.project)) {
    datasets::MeetingChange change;
    history.Apply(annotate::DecideMeeting([&](datasets::Connection& connection) {
      change = infer::PlanDecision(connection, wanted.meeting, decision, wanted.leaves_as, 0);
      return change;
    }));
    Json swaps = Json::array();
    std::vector<std::string> said;
    for (const auto& swap : change.swaps) {
      const auto called = [&](Id category, const std::optional<int>& number) {
        return names.at(category) + (number ? "#" + std::to_string(*number + 1) : "");
      };
      const std::string a = called(*swap.category_id, swap.number),
                        b = called(*swap.other_category_id, swap.other_number);
      swaps.push_back(
          {{"start_frame", swap.start_frame}, {"end_frame", swap.end_frame}, {"animals", {a, b}}});
      const bool of_one = unknown && swap.number &&
                          (swap.category_id == unknown || swap.other_category_id == unknown);
      if (of_one && swap.other_category_id == unknown) {
        said.push_back(fmt::format("who has the number {} is unknown in {}:{}", *swap.number,
                                   swap.start_frame, swap.end_frame));
      } else if (of_one) {
        said.push_back(fmt::format("{} is {} in {}:{}", datasets::UnknownAnimalText(*swap.number),
                                   names.at(*swap.other_category_id), swap.start_frame,
                                   swap.end_frame));
      } else {
        said.push_back(
            fmt::format("{} and {} change names in {}:{}", a, b, swap.start_frame, swap.end_frame));
      }
    }
    const infer::MeetingList now =
        infer::ListMeetings(*project, change.decision.job_id, change.decision.video_id);
    list.push_back({{"meeting", wanted.meeting},
                    {"verdict", verdict},
                    {"swaps", swaps},
                    {"open", now.Open()}});
    console.Print(fmt::format("Meeting {} (frames {}:{}): {}{}. {} of its video are open.",
                              wanted.meeting, change.decision.start_frame,
                              change.decision.end_frame,
                              verdict == "keep"       ? "kept"
                              : verdict == "exchange" ? "exchanged"
                                                      : "cannot be told",
                              said.empty() ? "" : "; " + Join(said, ", "), now.Open()));
  }
  console.PrintJson({{"decided", list}});
  return 0;
}

int ForgetDecisionsVerb(const MeetingArguments& arguments, const std::vector<std::string>& words,
                        Console& console) {
  if (words.empty()) {
    throw UsageError("which decision? Give its number, as in: vole review " + arguments.project +
                     " forget 3");
  }
  const auto project = OpenProject(arguments.project);
  std::map<Id, datasets::MeetingDecisionRow> decisions;
  project->Read([&](datasets::Connection& connection) {
    for (const datasets::VideoRow& video : project->Videos()) {
      for (const auto& decision : datasets::ReadMeetingDecisions(connection, video.id)) {
        decisions[decision.id] = decision;
      }
    }
  });
  std::vector<datasets::MeetingDecisionRow> wanted;
  for (const std::string& word : words) {
    const auto number = NumberOf(word);
    if (!number) throw UsageError("'" + word + "' is no number of a decision");
    const auto found = decisions.find(*number);
    if (found == decisions.end()) {
      throw datasets::Error("decision " + word, "the project has no such decision",
                            "list them: vole review " + arguments.project + " meetings --json");
    }
    wanted.push_back(found->second);
  }
  const char* user = std::getenv("USER");
  annotate::History history(*project, user ? user : "");
  Json list = Json::array();
  for (const auto& decision : wanted) {
    history.Apply(annotate::ForgetMeetingDecision(decision.video_id, decision.id));
    list.push_back(DecisionJson(decision));
    console.Print(
        fmt::format("Decision {} on frames {}:{} is forgotten; Ctrl+Z in the workbench "
                    "brings it back.",
                    decision.id, decision.start_frame, decision.end_frame));
  }
  console.PrintJson({{"forgotten", list}});
  return 0;
}

}  // namespace app
