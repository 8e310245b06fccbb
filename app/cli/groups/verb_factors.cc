#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "annotate/edits_factors.h"
#include "annotate/history.h"
#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/verb_list.h"
#include "datasets/base/error.h"
#include "datasets/files/atomic_file.h"
#include "datasets/groups/factor_table.h"

namespace app {
namespace factors_verb {
namespace {

struct Arguments {
  std::string project, csv, out;
  std::vector<std::string> words;  // set VIDEO... NAME=VALUE...
};

// "set", then videos and NAME=VALUE in any order, at least one of each.
std::vector<annotate::FactorSetting> SettingsOf(const datasets::Project& project,
                                                const std::vector<std::string>& words) {
  if (words[0] != "set") {
    throw UsageError("'" + words[0] + "' is nothing that factors can do" +
                     DidYouMean(words[0], {"set"}));
  }
  std::vector<datasets::VideoRow> videos;
  std::vector<std::pair<std::string, std::string>> values;
  for (size_t w = 1; w < words.size(); ++w) {
    const size_t equals = words[w].find('=');
    if (equals == std::string::npos) {
      videos.push_back(project.VideoByName(words[w]));
    } else if (equals == 0) {
      throw UsageError("'" + words[w] + "' has no name before '='");
    } else {
      values.emplace_back(words[w].substr(0, equals), words[w].substr(equals + 1));
    }
  }
  if (videos.empty() || values.empty()) {
    throw UsageError("set takes a video and NAME=VALUE, as in: set cage4 treatment=saline day=3");
  }
  std::vector<annotate::FactorSetting> settings;
  for (const datasets::VideoRow& video : videos) {
    for (const auto& [name, value] : values) settings.push_back({video.id, name, value});
  }
  return settings;
}

void Show(const datasets::FactorTable& table, Console& console) {
  std::vector<std::vector<std::string>> text = {{"video"}};
  nlohmann::ordered_json videos = nlohmann::ordered_json::array();
  for (const std::string& factor : table.factors) text[0].push_back(factor);
  for (const datasets::FactorTable::Row& row : table.rows) {
    text.push_back({row.video.name});
    nlohmann::ordered_json values = nlohmann::ordered_json::object();
    for (size_t f = 0; f < table.factors.size(); ++f) {
      text.back().push_back(row.values[f].empty() ? "-" : row.values[f]);
      if (!row.values[f].empty()) values[table.factors[f]] = row.values[f];
    }
    videos.push_back({{"video", row.video.name}, {"factors", values}});
  }
  console.Print(table.factors.empty() ? "No video has a factor yet. Set one: vole factors PROJECT "
                                        "set VIDEO treatment=saline"
                                      : TableText(text));
  console.PrintJson({{"factors", table.factors}, {"videos", videos}});
}

int Run(const Arguments& arguments, Console& console) {
  const bool changes = !arguments.words.empty() || !arguments.csv.empty();
  if (!arguments.words.empty() && !arguments.csv.empty()) {
    throw UsageError("set and --csv are two ways to do the same; take one");
  }
  const auto project =
      changes ? OpenProject(arguments.project) : OpenProjectReadOnly(arguments.project);
  if (changes) {
    std::vector<annotate::FactorSetting> settings;
    if (!arguments.csv.empty()) {
      for (const auto& one : datasets::ReadFactorsCsv(arguments.csv, *project)) {
        settings.push_back({one.video_id, one.factor, one.value});
      }
    } else {
      settings = SettingsOf(*project, arguments.words);
    }
    annotate::History(*project).Apply(annotate::SetFactors(settings));
  }
  const datasets::FactorTable table = datasets::FactorsOf(*project);
  if (!arguments.out.empty()) {
    datasets::WriteFileAtomically(arguments.out, datasets::FactorsCsv(table));
    console.Note("wrote " + arguments.out);
  }
  Show(table, console);
  return 0;
}

}  // namespace
}  // namespace factors_verb

Verb FactorsVerb() {
  using namespace factors_verb;
  return {"factors",
          "Behavior",
          "treatment, day, cage: what videos differ in by design",
          "vole report --by compares groups of videos by them. A factor is made when a video gets "
          "a value of it, NAME= takes it away, and Ctrl+Z in the window takes a change back. "
          "A table has a column 'video' and one for each factor; all of it comes in, or nothing.",
          "  vole factors mice.vole\n"
          "  vole factors mice.vole set cage4 treatment=saline day=3\n"
          "  vole factors mice.vole --out factors.csv      # to fill in\n"
          "  vole factors mice.vole --csv factors.csv\n"
          "  vole report mice.vole --by treatment,day --box-plot groups.svg",
          [](CLI::App& command) -> RunVerb {
            auto arguments = std::make_shared<Arguments>();
            AddProject(command, arguments->project);
            command
                .add_option("action", arguments->words,
                            "set VIDEO... NAME=VALUE...; without it, shows the factors")
                ->type_name("set VIDEO NAME=VALUE");
            command.add_option("--csv", arguments->csv, "take factors from this table")
                ->type_name("FILE");
            command.add_option("--out", arguments->out, "write the factors as a table")
                ->type_name("FILE");
            return [arguments](Console& console) { return Run(*arguments, console); };
          }};
}

}  // namespace app
