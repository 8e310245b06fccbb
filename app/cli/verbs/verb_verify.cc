#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/verb_list.h"
#include "datasets/project.h"
#include "datasets/store/connection.h"
#include "datasets/store/reader.h"
#include "datasets/verify.h"

namespace app {
namespace verify_verb {
namespace {

using Json = nlohmann::ordered_json;

Json ProblemsOf(const std::vector<datasets::Finding>& findings) {
  Json problems = Json::array();
  for (const datasets::Finding& finding : findings) {
    Json problem = {{"code", finding.code}, {"text", finding.text}};
    if (!finding.table.empty()) problem["table"] = finding.table;
    if (finding.id) problem["id"] = *finding.id;
    problems.push_back(std::move(problem));
  }
  return problems;
}

int Run(const std::string& file, Console& console) {
  std::vector<datasets::Finding> findings;
  datasets::Reader::Counts counts;
  size_t videos = 0;
  try {
    const auto project = OpenProjectReadOnly(file);
    findings = datasets::Verify(*project, console.job());
    project->Read([&](datasets::Connection& connection) {
      const datasets::Reader reader(connection);
      videos = reader.VideoIds().size();
      counts = reader.CountRows();
    });
  } catch (const datasets::DatabaseError& error) {
    if (!error.IsDamage()) throw;
    findings.push_back({"database", error.what(), "", {}});
  }
  console.PrintJson({{"ok", findings.empty()},
                     {"videos", videos},
                     {"outlines", counts.labels},
                     {"predictions", counts.predictions},
                     {"problems", ProblemsOf(findings)}});
  for (const datasets::Finding& finding : datasets::Shortened(findings)) {
    console.Print(finding.text);
  }
  const std::string checked = fmt::format("{} videos, {} outlines, {} predictions", videos,
                                          CountText(counts.labels), CountText(counts.predictions));
  if (findings.empty()) {
    console.Print("Everything is in order: " + checked + " checked.");
    return 0;
  }
  console.Fail(fmt::format("{}: {} problems found; {} checked", file, findings.size(), checked));
  return 1;
}

}  // namespace
}  // namespace verify_verb

Verb VerifyVerb() {
  using namespace verify_verb;
  return {
      "verify",
      "Project",
      "check a project: database, frames, outlines, model files",
      "Checks the database and its references, decodes the frames whose hashes were taken when "
      "their video was added, and looks at every row and model file. Lists all damage (with --json "
      "each with its table and row) and ends with 1 when there is some; changes nothing.",
      "  vole verify mice.vole\n  vole verify mice.vole --json",
      [](CLI::App& command) -> RunVerb {
        auto project = std::make_shared<std::string>();
        AddProject(command, *project);
        return [project](Console& console) { return Run(*project, console); };
      }};
}

}  // namespace app
