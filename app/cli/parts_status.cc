#include "app/cli/parts_status.h"

#include <fmt/format.h>

#include "app/cli/console.h"
#include "app/cli/slurm.h"
#include "datasets/base/error.h"

namespace app {
namespace {

using nlohmann::ordered_json;

constexpr char kNotKnown[] = "not known";

ordered_json SlurmStatus(const infer::PartsFolder& folder, const infer::PartsPlan& plan,
                         const std::vector<bool>& there, std::string* note) {
  const std::optional<SlurmState> state = ReadSlurmState(folder);
  if (!state || state->plan != plan.made_at) return nullptr;
  const std::map<int, std::string> states = SlurmTasks(*state, note);
  ordered_json tasks = ordered_json::array();
  for (int task = 0; task < state->tasks; ++task) {
    int parts = 0, done = 0;
    for (size_t p = static_cast<size_t>(task); p < there.size();
         p += static_cast<size_t>(state->tasks)) {
      ++parts;
      done += there[p];
    }
    const auto known = states.find(task);
    const std::string word = known != states.end() ? known->second : "";
    // Of a Slurm that does not answer, nobody knows.
    const std::string unknown = note->empty() ? "ended" : kNotKnown;
    const std::string shown = done == parts ? "done" : word.empty() ? unknown : word;
    std::error_code ignored;
    const std::filesystem::path log = folder.LogOf(task);
    tasks.push_back({{"task", task},
                     {"state", shown},
                     {"parts", parts},
                     {"done", done},
                     {"frames_on_the_way", folder.FramesOnTheWay(task)},
                     {"log", std::filesystem::exists(log, ignored) ? log.string() : ""}});
  }
  const std::string merge = SlurmStateOf(state->merge_job);
  return {{"jobs", state->array_jobs},
          {"tasks", tasks},
          {"merge_job", state->merge_job},
          {"merge_state", merge.empty() && !note->empty() ? kNotKnown : merge}};
}

}  // namespace

ordered_json PartsStatus(const std::filesystem::path& project_file) {
  const infer::PartsFolder folder(project_file);
  if (!folder.Exists()) return nullptr;
  infer::PartsPlan plan;
  try {
    plan = folder.ReadPlan("");
  } catch (const datasets::Error& error) {
    return {{"folder", folder.path().string()}, {"note", error.what()}};
  }
  struct Count {
    int parts = 0, done = 0;
  };
  std::vector<Count> counts(plan.videos.size());
  std::vector<bool> there;
  int64_t frames = 0, frames_done = 0;
  Count all;
  for (const infer::Part& part : plan.parts) {
    std::error_code ignored;
    there.push_back(std::filesystem::exists(folder.FileOf(plan, part), ignored));
    // Of a video that was merged, nothing is left.
    if (!folder.IsMerged(plan.videos[part.video])) {
      for (Count* count : {&all, &counts[part.video]}) {
        ++count->parts;
        count->done += there.back();
      }
      frames += part.end_frame - part.start_frame;
      frames_done += there.back() ? part.end_frame - part.start_frame : 0;
    } else {
      there.back() = true;
    }
  }
  ordered_json videos = ordered_json::array();
  for (size_t v = 0; v < plan.videos.size(); ++v) {
    videos.push_back({{"video", plan.videos[v].name},
                      {"parts", counts[v].parts},
                      {"done", counts[v].done},
                      {"merged", folder.IsMerged(plan.videos[v])},
                      {"failure", folder.FailureOf(plan.videos[v])}});
  }
  std::string note;
  ordered_json slurm = SlurmStatus(folder, plan, there, &note);
  return {{"folder", folder.path().string()},
          {"parts", all.parts},
          {"parts_done", all.done},
          {"frames", frames},
          {"frames_done", frames_done},
          {"videos", videos},
          {"slurm", slurm},
          {"note", note}};
}

bool MergeRuns(const ordered_json& status) {
  return status.is_object() && status.contains("slurm") && status["slurm"].is_object() &&
         status["slurm"].value("merge_state", "") == "RUNNING";
}

std::string PartsStatusText(const ordered_json& status) {
  if (status.is_null()) return "";
  if (!status.contains("parts")) return status["note"];
  std::string text =
      fmt::format("A divided prediction: {} of {} parts are there, {} of {} frames ({}).\n",
                  status["parts_done"].get<int>(), status["parts"].get<int>(),
                  CountText(status["frames_done"].get<int64_t>()),
                  CountText(status["frames"].get<int64_t>()), status["folder"].get<std::string>());
  std::vector<std::vector<std::string>> table = {{"video", "parts", "there", ""}};
  for (const ordered_json& video : status["videos"]) {
    const std::string failure = video["failure"];
    table.push_back({video["video"], std::to_string(video["parts"].get<int>()),
                     std::to_string(video["done"].get<int>()),
                     video["merged"].get<bool>() ? "merged" : failure});
  }
  text += TableText(table);
  const ordered_json& slurm = status["slurm"];
  if (slurm.is_object()) {
    table = {{"task", "state", "parts", "there", "log"}};
    for (const ordered_json& task : slurm["tasks"]) {
      table.push_back({std::to_string(task["task"].get<int>()), task["state"],
                       std::to_string(task["parts"].get<int>()),
                       std::to_string(task["done"].get<int>()), task["log"]});
    }
    text += "\n\n" + TableText(table);
    const std::string merge = slurm["merge_state"];
    text += fmt::format("\nMerge: job {}{}", slurm["merge_job"].get<int64_t>(),
                        merge.empty() ? "" : ", " + merge);
  }
  const std::string note = status["note"];
  if (!note.empty()) text += "\nnote: " + note;
  return text;
}

}  // namespace app
