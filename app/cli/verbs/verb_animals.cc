#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "annotate/edits.h"
#include "annotate/edits_removal.h"
#include "annotate/history.h"
#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/verb_list.h"
#include "datasets/base/suggest.h"
#include "datasets/project.h"

namespace app {
namespace animals_verb {
namespace {

using datasets::CategoryRow;
using datasets::Id;
using Json = nlohmann::ordered_json;

struct Arguments {
  std::string project, action;
  std::vector<std::string> names;
};

CategoryRow Find(const std::vector<CategoryRow>& animals, const std::string& name) {
  std::vector<std::string> names;
  for (const CategoryRow& animal : animals) {
    if (animal.name == name) return animal;
    names.push_back(animal.name);
  }
  throw datasets::Error("animal '" + name + "'",
                        "the project has none of that name" + DidYouMean(name, names),
                        "list them: vole animals PROJECT");
}

void Apply(datasets::Project& project, const annotate::Edit& edit) {
  const char* user = std::getenv("USER");
  annotate::History(project, user ? user : "").Apply(edit);
}

int List(const datasets::Project& project, Console& console) {
  const std::vector<CategoryRow> animals = project.Categories();
  std::map<std::string, int64_t> labels;
  project.Read([&](datasets::Connection& connection) {
    for (const auto& count : datasets::Reader(connection).CategoryCounts()) {
      labels[count.name] = count.labels;
    }
  });
  Json list = Json::array();
  std::vector<std::vector<std::string>> table = {{"animal", "labels", "color"}};
  for (const CategoryRow& animal : animals) {
    const std::string color = fmt::format("#{:06x}", animal.color & 0xFFFFFF);
    list.push_back({{"id", animal.id},
                    {"name", animal.name},
                    {"labels", labels[animal.name]},
                    {"color", color}});
    table.push_back({animal.name, CountText(labels[animal.name]), color});
  }
  console.Print(list.empty() ? "No animal has a name in this project yet." : TableText(table));
  console.PrintJson({{"animals", list}});
  return 0;
}

// All at once, so that names may change hands.
annotate::Edit Renaming(std::vector<std::pair<CategoryRow, std::string>> renamed) {
  return {"Rename animals", std::nullopt, [renamed](annotate::Recorder& recorder) {
            const auto change = [&](CategoryRow animal, const std::string& name) {
              animal.name = name;
              annotate::ChangeCategory(animal).change(recorder);
            };
            for (const auto& [animal, name] : renamed) {  // out of each other's way first
              change(animal, "\x01" + std::to_string(animal.id));
            }
            for (const auto& [animal, name] : renamed) change(animal, name);
          }};
}

int Rename(const Arguments& arguments, Console& console) {
  if (arguments.names.empty() || arguments.names.size() % 2 != 0) {
    throw UsageError("rename takes pairs of names: vole animals PROJECT rename OLD NEW");
  }
  const auto project = OpenProject(arguments.project);
  const std::vector<CategoryRow> animals = project->Categories();
  std::vector<std::pair<CategoryRow, std::string>> renamed;
  std::set<Id> changed;
  std::set<std::string> taken;
  for (size_t i = 0; i < arguments.names.size(); i += 2) {
    const std::string& name = arguments.names[i + 1];
    if (name.empty()) throw UsageError("an animal's name cannot be empty");
    renamed.emplace_back(Find(animals, arguments.names[i]), name);
    if (!changed.insert(renamed.back().first.id).second) {
      throw UsageError("'" + arguments.names[i] + "' is renamed twice");
    }
    if (!taken.insert(name).second) throw UsageError("two animals would be called '" + name + "'");
  }
  for (const CategoryRow& animal : animals) {
    if (changed.count(animal.id) == 0 && taken.count(animal.name) > 0) {
      throw datasets::Error(
          "animal '" + animal.name + "'", "the project has one of that name",
          "choose another; to make two animals one, rename its span in the workbench");
    }
  }
  Apply(*project, Renaming(renamed));
  Json list = Json::array();
  for (const auto& [animal, name] : renamed) {
    list.push_back({{"from", animal.name}, {"to", name}});
    console.Print(animal.name + " is " + name +
                  " now, with labels, bouts, predictions and models.");
  }
  console.PrintJson({{"renamed", list}});
  return 0;
}

int Add(const Arguments& arguments, Console& console) {
  if (arguments.names.empty()) throw UsageError("add takes names: vole animals PROJECT add NAME");
  const auto project = OpenProject(arguments.project);
  const std::vector<std::string> names = arguments.names;
  for (const CategoryRow& animal : project->Categories()) {
    if (std::count(names.begin(), names.end(), animal.name) > 0) {
      throw datasets::Error("animal '" + animal.name + "'", "the project has it already",
                            "nothing was added; leave it out");
    }
  }
  Apply(*project, {"Add animals", std::nullopt, [names](annotate::Recorder& recorder) {
                     for (const std::string& name : names) {
                       annotate::AddCategory(name).change(recorder);
                     }
                   }});
  console.Print("Added " + Join(names) + ".");
  console.PrintJson({{"added", names}});
  return 0;
}

int Run(const Arguments& arguments, Console& console) {
  if (arguments.action.empty()) return List(*OpenProjectReadOnly(arguments.project), console);
  CheckChoice("animals", arguments.action, {"rename", "add"});
  return arguments.action == "rename" ? Rename(arguments, console) : Add(arguments, console);
}

}  // namespace
}  // namespace animals_verb

Verb AnimalsVerb() {
  using namespace animals_verb;
  return {"animals",
          "Labels",
          "the animals of a project: list, rename, add",
          "Without more, lists the animals and how many labels each has. `rename` gives them other "
          "names, several at once where names change hands: labels, bouts, predictions, episodes "
          "and the models that learned them go along; Ctrl+Z in the workbench takes it back. "
          "Scored behavior keeps the old name until it is predicted again. `add` makes animals "
          "that nobody has labeled yet.",
          "  vole animals mice.vole\n"
          "  vole animals mice.vole rename 1 Ada 2 Bea\n"
          "  vole animals mice.vole add Cleo",
          [](CLI::App& command) -> RunVerb {
            auto arguments = std::make_shared<Arguments>();
            AddProject(command, arguments->project);
            command.add_option("action", arguments->action, "rename or add; else: list")
                ->type_name("ACTION");
            command.add_option("names", arguments->names, "pairs OLD NEW, or names to add")
                ->type_name("NAME");
            return [arguments](Console& console) { return Run(*arguments, console); };
          }};
}

}  // namespace app
