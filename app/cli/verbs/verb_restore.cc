#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/verb_list.h"
#include "datasets/store/file/restore.h"

namespace app {
namespace restore_verb {
namespace {

using Json = nlohmann::ordered_json;

int Restore(const std::string& file, const std::string& copy, Console& console) {
  const auto kept = datasets::RestoreProject(file, copy);
  console.PrintJson({{"project", file},
                     {"from", copy},
                     {"replaced", kept.empty() ? Json() : Json(kept.string())}});
  console.Print(file + " is now as " + copy + " is.");
  if (!kept.empty()) console.Print("What was there is kept as " + kept.string() + ".");
  return 0;
}

int Recover(const std::string& file, const std::string& out, Console& console) {
  const auto tables = datasets::RecoverProject(ProjectFile(file), out, console.job());
  Json list = Json::object();
  std::vector<std::vector<std::string>> text = {{"table", "saved", "left out", ""}};
  int64_t saved = 0, left_out = 0;
  for (const auto& [name, table] : tables) {
    saved += table.saved;
    left_out += table.left_out;
    list[name] = {{"saved", table.saved}, {"left_out", table.left_out}};
    if (!table.damage.empty()) list[name]["damage"] = table.damage;
    text.push_back({name, CountText(table.saved), CountText(table.left_out), table.damage});
  }
  console.PrintJson({{"project", out}, {"saved", saved}, {"left_out", left_out}, {"tables", list}});
  console.Print(TableText(text));
  console.Print(fmt::format("Saved {} rows as {}; {} were left out. Next: vole verify {}",
                            CountText(saved), out, CountText(left_out), out));
  return 0;
}

using Work = int (*)(const std::string&, const std::string&, Console&);

Verb WithTwoFiles(Verb verb, const char* second, const char* help, Work work) {
  verb.declare = [=](CLI::App& command) -> RunVerb {
    auto project = std::make_shared<std::string>();
    auto other = std::make_shared<std::string>();
    AddProject(command, *project);
    command.add_option(second, *other, help)->required();
    return [=](Console& console) { return work(*project, *other, console); };
  };
  return verb;
}

}  // namespace
}  // namespace restore_verb

Verb RestoreVerb() {
  using namespace restore_verb;
  return WithTwoFiles(
      {"restore",
       "Project",
       "put a copy in the place of a project",
       "Puts a copy (NAME.vole.bak, NAME.vole.v2.bak, one of yours) in the place of the project "
       "and "
       "removes what belongs to the old one (-wal, -shm, -journal), which plain copying leaves to "
       "damage the new one. The project that was there is kept under another name. Close the "
       "project everywhere first.",
       "  vole restore mice.vole mice.vole.bak",
       {}},
      "COPY", "the copy; it stays", Restore);
}

Verb RecoverVerb() {
  using namespace restore_verb;
  return WithTwoFiles(
      {"recover",
       "Project",
       "save what can be read of a damaged project as a new one",
       "Reads a damaged project row by row and writes all rows that lie on sound parts of the file "
       "into a new project; says how many of each table were saved and how many left out. The "
       "damaged file stays as it is.",
       "  vole recover broken.vole saved.vole",
       {}},
      "OUT", "the new project", Recover);
}

}  // namespace app
