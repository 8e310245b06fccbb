#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/parts_status.h"
#include "app/cli/verb_list.h"
#include "datasets/job_remarks.h"
#include "datasets/project.h"

namespace app {
namespace jobs_verb {
namespace {

std::string LocalTime(int64_t ms_utc) {
  const auto seconds = static_cast<std::time_t>(ms_utc / 1000);
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(seconds));
}

// Opening for writing marks jobs whose program has died; where nothing can be written, read only.
std::unique_ptr<datasets::Project> OpenMarkingInterrupted(const std::string& file) {
  try {
    return OpenProject(file);
  } catch (const datasets::Error&) {
    return OpenProjectReadOnly(file);
  }
}

int Run(const std::string& file, Console& console) {
  const nlohmann::ordered_json parts = PartsStatus(ProjectFile(file));
  if (!parts.is_null()) console.Print(PartsStatusText(parts) + "\n");
  if (MergeRuns(parts)) {
    // It may write from another machine, and SQLite must not be used from two.
    console.Print("The merge writes the project right now; its jobs are shown once it has ended.");
    console.PrintJson({{"jobs", nullptr}, {"parts", parts}});
    return 0;
  }
  const auto project = OpenMarkingInterrupted(file);
  std::map<datasets::Id, std::string> model_names;
  for (const datasets::ModelRow& model : project->Models()) model_names[model.id] = model.name;
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  std::string remarks_text;
  std::vector<std::vector<std::string>> table = {
      {"job", "kind", "state", "started", "took", "model", ""}};
  for (const datasets::JobRow& job : project->Jobs()) {
    const std::string model = job.model_id ? model_names[*job.model_id] : "";
    nlohmann::ordered_json row = {{"id", job.id},       {"kind", job.kind},
                                  {"state", job.state}, {"error", job.error},
                                  {"model", model},     {"created_at", job.created_at}};
    row["finished_at"] = job.finished_at ? nlohmann::ordered_json(*job.finished_at) : nullptr;
    const std::vector<std::string> remarks = datasets::RemarksOf(*project, job.id);
    row["remarks"] = remarks;
    for (const std::string& remark : remarks) {
      remarks_text += fmt::format("\njob {}: {}", job.id, remark);
    }
    row["options"] = nlohmann::ordered_json::parse(job.options_json, nullptr, false);
    list.push_back(row);
    table.push_back(
        {std::to_string(job.id), job.kind, job.state, LocalTime(job.created_at),
         job.finished_at ? DurationText((*job.finished_at - job.created_at) / 1000.0) : "", model,
         job.error});
  }
  console.Print(list.empty() ? "No job has run in this project yet." : TableText(table));
  if (!remarks_text.empty()) console.Print(remarks_text);
  console.PrintJson({{"jobs", list}, {"parts", parts}});
  return 0;
}

}  // namespace
}  // namespace jobs_verb

Verb JobsVerb() {
  using namespace jobs_verb;
  return {"jobs",
          "Networks",
          "trainings and predictions that ran, and how they ended",
          "Where a prediction is divided (vole predict --jobs, --slurm), also how far it is: parts "
          "that are there of each video, and, asked of Slurm, what its tasks do and where their "
          "logs are.",
          "  vole jobs mice.vole\n  vole jobs mice.vole --json",
          [](CLI::App& command) -> RunVerb {
            auto project = std::make_shared<std::string>();
            AddProject(command, *project);
            return [project](Console& console) { return Run(*project, console); };
          }};
}

}  // namespace app
