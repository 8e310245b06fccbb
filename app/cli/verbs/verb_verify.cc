#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/verb_list.h"
#include "datasets/base/file_hash.h"
#include "datasets/model_files.h"
#include "datasets/project.h"
#include "datasets/store/connection.h"
#include "datasets/store/verify.h"

namespace app {
namespace {

struct Findings {
  nlohmann::ordered_json problems = nlohmann::ordered_json::array();
  int64_t outlines = 0, predictions = 0;
  void Add(const std::string& code, const std::string& text) {
    problems.push_back({{"code", code}, {"text", text}});
  }
};

int64_t CountOutlines(const datasets::Project& project) {
  int64_t count = 0;
  project.Read([&](datasets::Connection& connection) {
    auto rows = connection.Query("SELECT count(*) FROM annotations");
    rows.Step();
    count = rows.Int(0);
  });
  return count;
}

void CheckPredictions(const datasets::Project& project, Findings& findings, datasets::Job& job) {
  for (const auto& video : project.Videos()) {
    const auto latest = project.LatestPredictJob(video.id);
    if (!latest) continue;
    project.ForEachPrediction(
        *latest, video.id, 0, video.frame_count,
        [&](int frame, const std::vector<datasets::PredictionRow>& rows) {
          job.Advance(frame, video.frame_count, "predictions of " + video.name);
          for (const datasets::PredictionRow& row : rows) {
            ++findings.predictions;
            const bool fits =
                !row.rle || (row.rle->height == video.height && row.rle->width == video.width);
            if (!(row.confidence >= 0 && row.confidence <= 1) || !fits) {
              findings.Add(
                  "prediction",
                  fmt::format("prediction {} ({}, frame {}): its mask or confidence is bad", row.id,
                              video.name, frame));
            }
          }
        },
        datasets::PredictionView::kAsWritten);
  }
}

void CheckModels(const datasets::Project& project, Findings& findings, datasets::Job& job) {
  // Training again into the same file replaces it: only the newest model of a file is there.
  std::map<std::string, datasets::ModelRow> newest;
  for (const datasets::ModelRow& model : project.Models()) newest[model.weights_path] = model;
  for (const auto& [path, model] : newest) {
    job.Advance(0, 0, "model " + model.name);
    const std::filesystem::path file = datasets::ModelFile(project, model);
    std::error_code error;
    if (!std::filesystem::exists(file, error)) {
      findings.Add("model_missing",
                   fmt::format("model {}: its file {} is not there", model.name, file.string()));
    } else if (datasets::HashFile(file) != model.weights_sha256) {
      findings.Add("model_changed", fmt::format("model {}: its file {} was changed since",
                                                model.name, file.string()));
    }
  }
}

int Run(const std::string& file, Console& console) {
  const auto project = OpenProjectReadOnly(file);
  Findings findings;
  for (const datasets::Finding& finding : datasets::Verify(*project, console.job())) {
    findings.Add(finding.code, finding.text);
  }
  findings.outlines = CountOutlines(*project);
  CheckPredictions(*project, findings, console.job());
  CheckModels(*project, findings, console.job());
  console.PrintJson({{"ok", findings.problems.empty()},
                     {"videos", project->Videos().size()},
                     {"outlines", findings.outlines},
                     {"predictions", findings.predictions},
                     {"problems", findings.problems}});
  for (const auto& problem : findings.problems) console.Print(problem["text"].get<std::string>());
  const std::string checked =
      fmt::format("{} videos, {} outlines, {} predictions", project->Videos().size(),
                  CountText(findings.outlines), CountText(findings.predictions));
  if (findings.problems.empty()) {
    console.Print("Everything is in order: " + checked + " checked.");
    return 0;
  }
  console.Fail(
      fmt::format("{}: {} problems found; {} checked", file, findings.problems.size(), checked));
  return 1;
}

}  // namespace

Verb VerifyVerb() {
  return {
      "verify",
      "Project",
      "check a project: database, frames, outlines, model files",
      "Checks the database and its references, decodes the frames whose hashes were taken when "
      "their video was added, and looks at every outline, prediction and model file. Ends with 1 "
      "when something is wrong; changes nothing.",
      "  vole verify mice.vole\n  vole verify mice.vole --json",
      [](CLI::App& command) -> RunVerb {
        auto project = std::make_shared<std::string>();
        AddProject(command, *project);
        return [project](Console& console) { return Run(*project, console); };
      }};
}

}  // namespace app
