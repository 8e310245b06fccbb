#include "app/cli/groups/report_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "app/cli/arguments.h"
#include "datasets/base/error.h"
#include "datasets/base/text.h"
#include "datasets/behavior/budget.h"
#include "datasets/files/atomic_file.h"
#include "datasets/groups/box_plot.h"
#include "datasets/groups/factor_table.h"

namespace app {
namespace {

using datasets::Comparison;
using datasets::Group;
using datasets::Interval;

const std::vector<std::string> kMeasures = {"bouts", "seconds", "proportion", "mean_bout_s",
                                            "latency_s"};

// Empty: all of them.
std::vector<std::string> MeasuresOf(const GroupOptions& options) {
  if (options.measures.empty()) return {};
  return datasets::SplitNames(options.measures);
}

// Four digits that count.
std::string Figure(double value) { return fmt::format("{:.4g}", value); }
std::string Figure(const std::optional<double>& value) { return value ? Figure(*value) : "-"; }
std::string EffectText(const std::optional<double>& value,
                       const std::optional<Interval>& interval) {
  if (!value) return "-";
  return fmt::format("{:.2f}", *value) +
         (interval ? fmt::format(" [{:.2f}, {:.2f}]", interval->low, interval->high) : "");
}

void WriteFile(const std::string& path, const std::string& text, Console& console) {
  if (path.empty()) return;
  datasets::WriteFileAtomically(path, text);
  console.Note("wrote " + path);
}

std::string GroupsText(const std::vector<Group>& groups, const std::vector<std::string>& factors,
                       bool several_authors) {
  std::vector<std::vector<std::string>> table = {
      {"behavior", "measure", Join(factors), "n", "mean", "SEM", "median", "q1", "q3"}};
  for (const Group& group : groups) {
    const bool any = group.n() > 0;
    const auto shown = [any](double value) { return any ? Figure(value) : "-"; };
    table.push_back({group.quantity + (several_authors ? " (" + group.author + ")" : ""),
                     group.measure, datasets::LevelsText(group.levels), std::to_string(group.n()),
                     shown(group.mean), Figure(group.sem), shown(group.median),
                     shown(group.low_quartile), shown(group.high_quartile)});
  }
  return TableText(table);
}

std::string EffectsText(const std::vector<Group>& groups,
                        const std::vector<Comparison>& comparisons, bool several_authors) {
  std::vector<std::vector<std::string>> table = {
      {"behavior", "measure", "groups", "Hedges' g", "Cliff's delta"}};
  for (const Comparison& one : comparisons) {
    const Group &first = groups[one.first], &second = groups[one.second];
    table.push_back(
        {first.quantity + (several_authors ? " (" + first.author + ")" : ""), first.measure,
         datasets::LevelsText(second.levels) + " against " + datasets::LevelsText(first.levels),
         EffectText(one.hedges_g, one.hedges_interval),
         EffectText(one.cliffs_delta, one.cliffs_interval)});
  }
  return TableText(table);
}

// What a reader of the tables must know.
void WarnOf(const std::vector<Group>& groups,
            const std::vector<datasets::Measurement>& measurements, const std::string& unit,
            Console& console) {
  std::set<std::string> alone;
  for (const Group& group : groups) {
    if (group.n() == 1 && group.without_value == 0) {
      alone.insert(datasets::LevelsText(group.levels));
    }
  }
  for (const std::string& levels : alone) {
    console.Warn("group " + levels + " is one " + (unit == "video" ? "video" : "animal") +
                 ": it has no SEM, and nothing can be said of how it would vary");
  }
  if (unit != "subject") return;
  std::map<std::pair<std::string, std::vector<std::string>>, std::set<std::string>> videos;
  for (const datasets::Measurement& one : measurements) {
    if (!one.subject.empty()) videos[{one.subject, one.levels}].insert(one.video);
  }
  for (const auto& [at, names] : videos) {
    if (names.size() < 2) continue;
    console.Warn(
        fmt::format("'{}' is in {} videos of group {} and counts as {}; if it is one "
                    "animal, give --unit animal",
                    at.first, names.size(), datasets::LevelsText(at.second), names.size()));
    return;  // the others are alike
  }
}

}  // namespace

void CheckGroups(const GroupOptions& options, const datasets::Project* project) {
  const bool files =
      !options.long_csv.empty() || !options.groups_csv.empty() || !options.box_plot.empty();
  if (!options.Wanted()) {
    if (files) throw UsageError("--long-csv, --groups-csv and --box-plot go with --by");
    return;
  }
  if (!project) throw UsageError("--by needs a project, whose videos have factors");
  CheckChoice("--unit", options.unit, {"subject", "animal", "video"});
  for (const std::string& measure : MeasuresOf(options)) {
    CheckChoice("--measures", measure, kMeasures);
  }
  if (!options.box_plot.empty()) datasets::Drawing::CheckEnding(options.box_plot);
  const datasets::FactorTable table = datasets::FactorsOf(*project);
  for (const std::string& factor : datasets::SplitNames(options.by)) table.Column(factor);
}

void ReportGroups(const datasets::Project& project, const datasets::BehaviorScores& scores,
                  const GroupOptions& options, const datasets::BootstrapOptions& bootstrap,
                  Console& console, nlohmann::ordered_json& json, std::string& text) {
  const datasets::FactorTable table = datasets::FactorsOf(project);
  const std::vector<std::string> factors = datasets::SplitNames(options.by);
  std::map<std::string, std::vector<std::string>> levels_of;
  for (const datasets::FactorTable::Row& row : table.rows) {
    for (const std::string& factor : factors) {
      levels_of[row.video.name].push_back(row.values[table.Column(factor)]);
    }
  }
  std::vector<datasets::Measurement> measurements =
      datasets::MeasurementsOf(datasets::TimeBudget(scores));
  const std::vector<std::string> only = MeasuresOf(options);
  measurements.erase(std::remove_if(measurements.begin(), measurements.end(),
                                    [&](const datasets::Measurement& one) {
                                      return !only.empty() && std::find(only.begin(), only.end(),
                                                                        one.measure) == only.end();
                                    }),
                     measurements.end());
  std::set<std::string> without, authors;
  for (datasets::Measurement& one : measurements) {
    one.levels = levels_of.at(one.video);
    if (std::find(one.levels.begin(), one.levels.end(), "") != one.levels.end()) {
      without.insert(one.video);
    } else {
      authors.insert(one.author);
    }
  }
  const auto unit = options.unit == "animal"  ? datasets::Unit::kAnimal
                    : options.unit == "video" ? datasets::Unit::kVideo
                                              : datasets::Unit::kSubject;
  const std::vector<Group> groups = datasets::GroupsOf(measurements, unit);
  if (groups.empty()) {
    throw datasets::Error("groups by " + Join(factors), "no scored video has a value of each",
                          "set them: vole factors " + project.file().string());
  }
  const std::vector<Comparison> comparisons = datasets::CompareGroups(groups, bootstrap);
  text += (text.empty() ? "" : "\n") + GroupsText(groups, factors, authors.size() > 1) + "\n";
  if (!comparisons.empty()) {
    text += "\n" + EffectsText(groups, comparisons, authors.size() > 1) +
            fmt::format("\n(n counts {}; 95 % intervals: percentile bootstrap, {} rounds)\n",
                        unit == datasets::Unit::kVideo    ? "videos"
                        : unit == datasets::Unit::kAnimal ? "animals"
                                                          : "animals of videos",
                        bootstrap.rounds);
  }
  const nlohmann::ordered_json found = datasets::GroupsJson(groups, comparisons, factors);
  for (const auto& [key, value] : found.items()) json[key] = value;
  if (!without.empty()) {
    console.Warn("left out, because a factor of theirs is not set: " +
                 Join({without.begin(), without.end()}));
  }
  WarnOf(groups, measurements, options.unit, console);
  WriteFile(options.long_csv, datasets::LongCsv(measurements, factors), console);
  WriteFile(options.groups_csv, datasets::GroupsCsv(groups, factors), console);
  if (!options.box_plot.empty()) {
    datasets::BoxPlot(groups).Save(options.box_plot);
    console.Note("wrote " + options.box_plot);
  }
}

}  // namespace app
