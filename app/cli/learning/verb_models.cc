#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/learning/learning_verbs.h"
#include "datasets/model_files.h"
#include "train/architectures.h"
#include "train/behavior/train.h"

namespace app {
namespace {

using Json = nlohmann::ordered_json;

bool IsProject(const std::string& text) {
  return ProjectFile(text).extension() == ".vole" || text.empty();
}

void ShowArchitectures(Console& console) {
  Json names = Json::array(), networks = Json::array();
  std::vector<std::vector<std::string>> table;
  for (const train::Architecture& one : train::Architectures()) {
    names.push_back(one.name);
    networks.push_back({{"name", one.name},
                        {"task", train::TaskWords(one.task)},
                        {"summary", one.summary},
                        {"options", one.options}});
    table.push_back({std::string(one.name), std::string(one.summary)});
  }
  console.Print(TableText(table));
  console.PrintJson({{"architectures", names}, {"networks", networks}});
}

int OfProject(const std::string& file, Console& console) {
  const auto project = OpenProjectReadOnly(file);
  Json list = Json::array();
  std::vector<std::vector<std::string>> table = {{"model", "network", "animals", "file", ""}};
  for (const datasets::ModelRow& model : project->Models()) {
    const auto config = nlohmann::json::parse(model.config_json, nullptr, false);
    const auto classes = config.is_object() && config.contains("classes")
                             ? config["classes"].get<std::vector<std::string>>()
                             : std::vector<std::string>();
    std::error_code error;
    const bool found = std::filesystem::exists(datasets::ModelFile(*project, model), error);
    list.push_back({{"id", model.id},
                    {"name", model.name},
                    {"architecture", model.architecture},
                    {"path", model.weights_path},
                    {"sha256", model.weights_sha256},
                    {"classes", classes},
                    {"validation", nlohmann::json::parse(model.metrics_json, nullptr, false)},
                    {"found", found}});
    table.push_back({model.name, model.architecture, Join(classes), model.weights_path,
                     found ? "" : "file not found"});
  }
  console.Print(list.empty() ? "No model yet. Next: vole train " + file : TableText(table));
  console.PrintJson({{"models", list}});
  return 0;
}

int OfFile(const std::string& file, Console& console) {
  if (const auto behavior = train::ReadBehaviorDescription(file)) {
    const auto names = train::BehaviorNames(behavior->heads);
    console.Print(fmt::format("{}: {} for {}; sees the {}", file, behavior->architecture,
                              Join(names), behavior->input.view));
    console.Print(behavior->record.dump(2));
    console.PrintJson({{"model", file},
                       {"architecture", behavior->architecture},
                       {"classes", names},
                       {"view", behavior->input.view},
                       {"record", behavior->record}});
    return 0;
  }
  const train::ModelInfo info = train::ReadModelInfo(file);
  console.Print(fmt::format("{}: {} for {}; median animal {:.0f} px", file, info.architecture,
                            Join(info.classes), info.median_area));
  console.Print(info.record.dump(2));
  console.PrintJson({{"model", file},
                     {"architecture", info.architecture},
                     {"classes", info.classes},
                     {"max_instances", info.max_instances},
                     {"median_area", info.median_area},
                     {"record", info.record}});
  return 0;
}

}  // namespace

Verb ModelsVerb() {
  return {"models",
          "Networks",
          "models of a project, what a model file holds, known networks",
          "With a project: its models, newest last. With a model file: what it was trained for and "
          "how. With nothing, or --architectures: the networks that `vole train --model` knows.",
          "  vole models mice.vole\n  vole models mice-1.safetensors --json\n"
          "  vole models --architectures",
          [](CLI::App& command) -> RunVerb {
            auto file = std::make_shared<std::string>();
            auto architectures = std::make_shared<bool>(false);
            command.add_option("file", *file, "project or model file")->type_name("FILE");
            command.add_flag("--architectures", *architectures, "list the known networks");
            return [file, architectures](Console& console) {
              if (*architectures || file->empty()) {
                ShowArchitectures(console);
                return 0;
              }
              return IsProject(*file) ? OfProject(*file, console) : OfFile(*file, console);
            };
          }};
}

}  // namespace app
