#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/verb_list.h"
#include "datasets/project.h"
#include "datasets/store/connection.h"

namespace app {
namespace {

using Json = nlohmann::ordered_json;

// Counts straight from the indices: quick however large the project is.
Json CategoryList(const datasets::Project& project) {
  Json list = Json::array();
  project.Read([&](datasets::Connection& connection) {
    auto rows = connection.Query(
        "SELECT name, supercategory, (SELECT count(*) FROM annotations "
        "WHERE category_id = categories.id) FROM categories ORDER BY sort_order, id");
    while (rows.Step()) {
      list.push_back(
          {{"name", rows.Text(0)}, {"supercategory", rows.Text(1)}, {"labels", rows.Int(2)}});
    }
  });
  return list;
}

Json VideoList(const datasets::Project& project) {
  Json list = Json::array();
  for (const datasets::VideoRow& video : project.Videos()) {
    const auto job = project.LatestPredictJob(video.id);
    std::error_code error;
    list.push_back({{"name", video.name},
                    {"path", video.path},
                    {"frames", video.frame_count},
                    {"width", video.width},
                    {"height", video.height},
                    {"fps", video.fps},
                    {"static_camera", video.static_camera},
                    {"labeled", project.CountLabeledFrames(video.id)},
                    {"predicted", job ? project.CountPredictedFrames(*job, video.id) : 0},
                    {"found", std::filesystem::exists(project.VideoPath(video), error)}});
  }
  return list;
}

Json ModelList(const datasets::Project& project) {
  Json list = Json::array();
  for (const datasets::ModelRow& model : project.Models()) {
    list.push_back({{"id", model.id},
                    {"name", model.name},
                    {"architecture", model.architecture},
                    {"path", model.weights_path},
                    {"sha256", model.weights_sha256}});
  }
  return list;
}

int Run(const std::string& file, Console& console) {
  const auto project = OpenProjectReadOnly(file);
  Json info = {{"project", project->file().string()},
               {"videos", VideoList(*project)},
               {"categories", CategoryList(*project)},
               {"models", ModelList(*project)}};
  info["behaviors"] = Json::array();
  for (const auto& behavior : project->Behaviors()) info["behaviors"].push_back(behavior.name);
  project->Read([&](datasets::Connection& connection) {
    auto rows = connection.Query(
        "SELECT (SELECT count(*) FROM images WHERE video_id IS NULL), "
        "(SELECT count(*) FROM annotations), (SELECT count(*) FROM behavior_intervals)");
    rows.Step();
    info["pictures"] = rows.Int(0);
    info["labels"] = rows.Int(1);
    info["behavior_intervals"] = rows.Int(2);
  });
  console.PrintJson(info);

  console.Print(project->file().string());
  if (info["videos"].empty()) {
    console.Print("No video yet. Next: vole add-video " + file + " VIDEO...");
  } else {
    std::vector<std::vector<std::string>> table = {
        {"video", "frames", "size", "fps", "labeled", "predicted", ""}};
    for (const Json& video : info["videos"]) {
      table.push_back(
          {video["name"], CountText(video["frames"]),
           fmt::format("{} x {}", video["width"].get<int>(), video["height"].get<int>()),
           fmt::format("{:.4g}", video["fps"].get<double>()), CountText(video["labeled"]),
           CountText(video["predicted"]),
           video["found"] ? "" : "file not found: " + video["path"].get<std::string>()});
    }
    console.Print(TableText(table));
  }
  std::vector<std::string> names;
  for (const Json& category : info["categories"]) {
    names.push_back(
        fmt::format("{} ({})", category["name"].get<std::string>(), CountText(category["labels"])));
  }
  console.Print("Animals (labels): " + (names.empty() ? "none" : Join(names)));
  if (!info["behaviors"].empty()) {
    console.Print(fmt::format("Behaviors: {} ({} intervals)",
                              Join(info["behaviors"].get<std::vector<std::string>>()),
                              CountText(info["behavior_intervals"])));
  }
  names.clear();
  for (const Json& model : info["models"]) names.push_back(model["name"]);
  console.Print("Models: " + (names.empty() ? "none" : Join(names)));
  return 0;
}

}  // namespace

Verb InfoVerb() {
  return {"info",
          "Project",
          "what a project holds",
          "",
          "  vole info mice.vole\n  vole info mice.vole --json | jq '.videos[].labeled'",
          [](CLI::App& command) -> RunVerb {
            auto project = std::make_shared<std::string>();
            AddProject(command, *project);
            return [project](Console& console) { return Run(*project, console); };
          }};
}

}  // namespace app
