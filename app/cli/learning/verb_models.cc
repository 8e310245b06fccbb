#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/learning/learning_verbs.h"
#include "datasets/model_files.h"
#include "datasets/models/decide_model.h"
#include "infer/run/models.h"
#include "train/architectures.h"
#include "train/behavior/train.h"

namespace app {
namespace models_verb {
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
  const auto jobs = project->Jobs();
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
                    {"cancelled", infer::IsUndecided(model, jobs)},
                    {"found", found}});
    table.push_back({model.name, model.architecture, Join(classes), model.weights_path,
                     !found                            ? "file not found"
                     : infer::IsUndecided(model, jobs) ? "cancelled, never taken by itself"
                                                       : ""});
  }
  console.Print(list.empty() ? "No model yet. Next: vole train " + file : TableText(table));
  console.PrintJson({{"models", list}});
  return 0;
}

int Decide(const std::string& file, const std::string& keep, const std::string& discard,
           Console& console) {
  const auto project = OpenProject(file);
  const std::string& name = keep.empty() ? discard : keep;
  std::vector<std::string> names;
  const datasets::ModelRow* found = nullptr;
  const auto models = project->Models();
  for (const datasets::ModelRow& model : models) {
    names.push_back(model.name);
    if (model.name == name) found = &model;
  }
  if (!found) {
    throw datasets::Error("model '" + name + "'",
                          "the project has none of that name" + DidYouMean(name, names) +
                              (names.empty() ? "" : " (it has: " + Join(names) + ")"));
  }
  if (keep.empty()) {
    datasets::DiscardModel(*project, found->id);
  } else {
    datasets::KeepModel(*project, found->id);
  }
  console.Print(name + (keep.empty() ? " is gone, its file too."
                                     : " is kept: predict may take it by itself."));
  console.PrintJson({{"model", name}, {"kept", !keep.empty()}});
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
}  // namespace models_verb

Verb ModelsVerb() {
  using namespace models_verb;
  return {
      "models",
      "Networks",
      "models of a project, what a model file holds, known networks",
      "With a project: its models, newest last. With a model file: what it was trained for and "
      "how. With nothing, or --architectures: the networks that `vole train --model` knows. The "
      "model of a cancelled training predicts only by name, until --keep says that it is good "
      "enough.",
      "  vole models mice.vole\n  vole models mice-1.safetensors --json\n"
      "  vole models mice.vole --keep mice-2\n  vole models --architectures",
      [](CLI::App& command) -> RunVerb {
        auto file = std::make_shared<std::string>();
        auto architectures = std::make_shared<bool>(false);
        command.add_option("file", *file, "project or model file")->type_name("FILE");
        auto keep = std::make_shared<std::string>(), discard = std::make_shared<std::string>();
        command.add_option("--keep", *keep, "model of a cancelled training that is good enough")
            ->type_name("NAME");
        command
            .add_option("--discard", *discard, "model to take out of the project, with its file")
            ->type_name("NAME")
            ->excludes("--keep");
        command.add_flag("--architectures", *architectures, "list the known networks");
        return [file, architectures, keep, discard](Console& console) {
          if (!keep->empty() || !discard->empty()) {
            if (file->empty()) throw UsageError("--keep and --discard need a project");
            return Decide(*file, *keep, *discard, console);
          }
          if (*architectures || file->empty()) {
            ShowArchitectures(console);
            return 0;
          }
          return IsProject(*file) ? OfProject(*file, console) : OfFile(*file, console);
        };
      }};
}

}  // namespace app
