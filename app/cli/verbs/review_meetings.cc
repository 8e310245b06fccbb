#include "app/cli/verbs/review_meetings.h"

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
    called[animal.number] = names.at(animal.category_id);
    animals.push_back({{"name", names.at(animal.category_id)},
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
          {"decision", meeting.decision ? DecisionJson(*meeting.decision) : Json(nullptr)},
          {"animals", animals},
          {"ways", ways}};
}

std::string AnimalsText(const ReviewedMeeting& meeting, const Names& names) {
  std::vector<std::string> words;
  for (const auto& animal : meeting.row.animals) {
    if (!animal.away) words.push_back(names.at(animal.category_id));
  }
  for (const auto& animal : meeting.row.animals) {
    if (animal.away) words.push_back("(" + names.at(animal.category_id) + ")");
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
  const auto by_person = count([](const auto& meeting) { return meeting.decision.has_value(); });
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
                     {"decided_by_program", total - open - by_person},
                     {"decisions_elsewhere", elsewhere},
                     {"without_list", unknown}});
  if (list.size() > 0) console.Print(TableText(table));
  console.Print(fmt::format("{} of {} meetings are open; {} decided by the pictures, {} by people.",
                            CountText(open), CountText(total), CountText(total - open - by_person),
                            CountText(by_person)));
  for (const Json& decision : elsewhere) {
    console.Print(
        fmt::format("Kept for a later prediction: '{}' on frames {}:{} of {}, a meeting "
                    "that this prediction does not have.",
                    decision["verdict"].get<std::string>(), decision["start_frame"].get<int>(),
                    decision["end_frame"].get<int>(), decision["video"].get<std::string>()));
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
  std::vector<std::pair<Id, Id>> leaves_as;
};

// The pair that changes names where no names are given: the only two that can.
std::vector<std::pair<Id, Id>> OnlyPair(const datasets::Project& project, Id meeting,
                                        const Names& names) {
  std::optional<datasets::MeetingRow> row;
  project.Read(
      [&](datasets::Connection& connection) { row = datasets::ReadMeeting(connection, meeting); });
  if (!row) return {};  // said when it is decided
  const infer::MeetingList list = infer::ListMeetings(project, row->job_id, row->video_id);
  for (const ReviewedMeeting& other : list.meetings) {
    if (other.row.id == meeting) row = other.row;
  }
  std::vector<Id> here, all;
  for (const auto& animal : row->animals) {
    all.push_back(animal.category_id);
    if (!animal.away) here.push_back(animal.category_id);
  }
  const std::vector<Id>& pair = here.size() == 2 ? here : all;
  if (pair.size() != 2) {
    std::vector<std::string> words;
    for (const Id id : all) words.push_back(names.at(id));
    throw UsageError("which animals? Meeting " + std::to_string(meeting) + " has " + Join(words) +
                     "; name two, as in: exchange " + std::to_string(meeting) + " " + words[0] +
                     " " + words[1]);
  }
  return {{pair[0], pair[1]}, {pair[1], pair[0]}};
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
  std::vector<Id> animals;
  std::vector<std::string> known;
  for (const auto& [id, name] : names) known.push_back(name);
  for (size_t w = 1; w < words.size(); ++w) {
    const auto found = std::find_if(names.begin(), names.end(),
                                    [&](const auto& entry) { return entry.second == words[w]; });
    if (found == names.end()) {
      throw datasets::Error("animal '" + words[w] + "'",
                            "the project has no such animal (it has: " + Join(known) + ")" +
                                DidYouMean(words[w], known));
    }
    animals.push_back(found->first);
  }
  if (animals.size() == 1) throw UsageError("an exchange is of two animals or more");
  for (size_t a = 0; a < animals.size(); ++a) {
    one.leaves_as.emplace_back(animals[a], animals[(a + 1) % animals.size()]);
  }
  if (animals.empty()) one.leaves_as = OnlyPair(project, one.meeting, names);
  return {one};
}

}  // namespace

int DecideMeetingsVerb(const MeetingArguments& arguments, const std::string& verdict,
                       const std::vector<std::string>& words, Console& console) {
  const auto project = OpenProject(arguments.project);
  const Names names = AnimalNames(*project);
  const char* user = std::getenv("USER");
  annotate::History history(*project, user ? user : "");
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
      const std::string a = names.at(*swap.category_id), b = names.at(*swap.other_category_id);
      swaps.push_back(
          {{"start_frame", swap.start_frame}, {"end_frame", swap.end_frame}, {"animals", {a, b}}});
      said.push_back(
          fmt::format("{} and {} change names in {}:{}", a, b, swap.start_frame, swap.end_frame));
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

}  // namespace app
