#include "app/cli/review/review_unknown.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>
#include <set>

#include "annotate/edits.h"
#include "annotate/history.h"
#include "app/cli/arguments.h"
#include "datasets/base/error.h"
#include "datasets/unknown_name.h"
#include "infer/meetings/unknown_animals.h"

namespace app {
namespace {

using datasets::Id;
using Json = nlohmann::ordered_json;

struct Unknowns {
  datasets::VideoRow video;
  Id job = 0;
  std::vector<infer::UnknownAnimal> animals;
};

// Of the videos that were predicted, with animals or without.
std::vector<Unknowns> Read(const datasets::Project& project, const std::string& video_name) {
  std::vector<Unknowns> all;
  if (!video_name.empty()) project.VideoByName(video_name);
  for (const datasets::VideoRow& video : project.Videos()) {
    if (!video_name.empty() && video.name != video_name) continue;
    const auto job = project.LatestPredictJob(video.id);
    if (job) all.push_back({video, *job, infer::UnknownAnimals(project, *job, video.id)});
  }
  if (all.empty()) {
    throw datasets::Error("project '" + project.file().string() + "'",
                          "nothing has been predicted yet",
                          "run: vole predict " + project.file().string());
  }
  return all;
}

std::string SpansText(const std::vector<std::pair<int, int>>& spans) {
  std::vector<std::string> texts;
  for (const auto& [start, end] : spans) texts.push_back(fmt::format("{}:{}", start, end));
  return Join(texts);
}

// The frames of spans in which no other animal has a name yet, in runs.
std::vector<std::pair<int, int>> Free(const datasets::Project& project, const Unknowns& unknowns,
                                      const std::vector<std::pair<int, int>>& spans, Id name) {
  std::set<int> taken;
  project.ForEachConfidence(unknowns.job, unknowns.video.id, [&](int frame, Id category, double) {
    if (category == name) taken.insert(frame);
  });
  std::vector<std::pair<int, int>> free;
  for (const auto& [start, end] : spans) {
    int from = start;
    for (auto frame = taken.lower_bound(start); frame != taken.end() && *frame < end; ++frame) {
      if (*frame > from) free.emplace_back(from, *frame);
      from = *frame + 1;
    }
    if (from < end) free.emplace_back(from, end);
  }
  return free;
}

}  // namespace

int ListUnknownVerb(const std::string& file, const std::string& video_name, int top,
                    const std::vector<std::string>& words, Console& console) {
  if (!words.empty()) {
    throw UsageError("'" + words[0] + "' means nothing here. To give a name: vole review " + file +
                     " name NUMBER ANIMAL");
  }
  const auto project = OpenProjectReadOnly(file);
  std::map<Id, std::string> names;
  for (const auto& category : project->Categories()) names[category.id] = category.name;
  Json list = Json::array();
  std::vector<std::vector<std::string>> table = {{"unknown", "video", "frames", "perhaps", ""}};
  datasets::UnknownCount count;
  int found = 0;
  for (const Unknowns& unknowns : Read(*project, video_name)) {
    const auto own = datasets::CountUnknown(*project, unknowns.job, unknowns.video.id);
    count.all += own.all;
    count.unknown += own.unknown;
    for (const infer::UnknownAnimal& animal : unknowns.animals) {
      ++found;
      if (top > 0 && found > top) continue;
      Json spans = Json::array();
      for (const auto& [start, end] : animal.spans) spans.push_back({start, end});
      list.push_back({{"unknown", animal.tracklet},
                      {"video", unknowns.video.name},
                      {"start_frame", animal.start_frame},
                      {"end_frame", animal.end_frame},
                      {"spans", spans},
                      {"perhaps", names[animal.guess]},
                      {"chance", animal.chance}});
      table.push_back({std::to_string(animal.tracklet), unknowns.video.name,
                       SpansText(animal.spans), names[animal.guess],
                       fmt::format("{:.0f} %", 100 * animal.chance)});
    }
  }
  console.PrintJson({{"animals", list},
                     {"found", found},
                     {"animal_frames", count.all},
                     {"unknown_frames", count.unknown}});
  if (list.empty() && count.unknown > 0) {
    console.Print(fmt::format(
        "The name is unknown on {} of {} animal-frames, of which the prediction does not say more. "
        "Predict again: vole predict {}",
        CountText(count.unknown), CountText(count.all), file));
    return 0;
  }
  if (list.empty()) {
    console.Print("Every animal that was found has a name.");
    return 0;
  }
  console.Print(TableText(table));
  if (top > 0 && found > top) console.Print(fmt::format("{} more.", CountText(found - top)));
  console.Print(
      fmt::format("The name is unknown on {} of {} animal-frames. Who is it? vole review "
                  "{} name NUMBER ANIMAL --video VIDEO",
                  CountText(count.unknown), CountText(count.all), file));
  return 0;
}

int NameUnknownVerb(const std::string& file, const std::string& video_name,
                    const std::vector<std::string>& words, Console& console) {
  int number = -1;
  if (words.size() == 2) {
    const std::string& word = words[0];
    const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (failure != std::errc() || end != word.data() + word.size()) number = -1;
  }
  if (number < 0) {
    throw UsageError("who is who? Give a number of the list and a name, as in: vole review " +
                     file + " name 4 Ada");
  }
  const auto project = OpenProject(file);
  std::vector<std::string> names;
  Id name = 0;
  for (const auto& category : project->Categories()) {
    if (datasets::IsUnknown(category)) continue;
    names.push_back(category.name);
    if (category.name == words[1]) name = category.id;
  }
  if (name == 0) {
    throw datasets::Error("animal '" + words[1] + "'",
                          "the project has no such animal (it has: " + Join(names) + ")" +
                              DidYouMean(words[1], names));
  }
  std::vector<std::pair<const Unknowns*, infer::UnknownAnimal>> found;
  const std::vector<Unknowns> all = Read(*project, video_name);
  for (const Unknowns& unknowns : all) {
    for (const infer::UnknownAnimal& animal : unknowns.animals) {
      if (animal.tracklet == number) found.emplace_back(&unknowns, animal);
    }
  }
  if (found.empty()) {
    throw datasets::Error("unknown animal " + std::to_string(number),
                          "there is none of this number",
                          "list them: vole review " + file + " unknown");
  }
  const Unknowns* const unknowns = found.front().first;
  if (std::any_of(found.begin(), found.end(),
                  [&](const auto& other) { return other.first != unknowns; })) {
    throw datasets::Error("unknown animal " + std::to_string(number),
                          "several videos have one of this number", "say which: --video VIDEO");
  }
  const char* user = std::getenv("USER");
  annotate::History history(*project, user ? user : "");
  std::vector<std::pair<int, int>> spans;
  for (const auto& [where, part] : found) {
    spans.insert(spans.end(), part.spans.begin(), part.spans.end());
  }
  const std::vector<std::pair<int, int>> free = Free(*project, *unknowns, spans, name);
  const auto& likely = free.empty() ? spans : free;  // none: who has the name is said below
  const auto longest = std::max_element(
      likely.begin(), likely.end(),
      [](const auto& a, const auto& b) { return a.second - a.first < b.second - b.first; });
  const int middle = longest->first + (longest->second - longest->first) / 2;
  history.Apply(annotate::NameUnknown(unknowns->job, unknowns->video.id, middle, number, name));
  Json named = Json::array();
  for (const auto& [start, end] : free) named.push_back({start, end});
  console.PrintJson({{"video", unknowns->video.name},
                     {"unknown", number},
                     {"name", words[1]},
                     {"spans", named},
                     {"labeled_frame", middle}});
  console.Print(fmt::format(
      "Unknown animal {} of {} is {} on frames {}; frame {} is labeled so. Where it is followed "
      "from there: vole predict {} --video {}",
      number, unknowns->video.name, words[1], SpansText(free), middle, file, unknowns->video.name));
  return 0;
}

}  // namespace app
