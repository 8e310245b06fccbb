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
#include "datasets/exchange/behavior_choice.h"
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

std::string Figure(const std::optional<double>& value) {
  return value ? datasets::FigureText(*value) : "-";
}
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
    const auto shown = [any](double value) { return any ? datasets::FigureText(value) : "-"; };
    table.push_back({group.quantity + (several_authors ? " (" + group.author + ")" : ""),
                     group.measure, datasets::LevelsText(group.levels), datasets::UnitsText(group),
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

// As many names as a person reads.
std::string ShortList(const std::vector<std::string>& names) {
  constexpr size_t kMost = 12;
  if (names.size() <= kMost) return Join(names);
  return Join({names.begin(), names.begin() + kMost}) +
         fmt::format(" and {} more", names.size() - kMost);
}

// Who or what was not scored: of no group, and in no n.
struct NotScored {
  std::string author;
  std::vector<std::string> behaviors, units;  // "m3", or "m3 / vole_1" where others were scored
};

// Of videos that have every level; `groups` says which author scored which behavior at all.
std::vector<NotScored> NotScoredOf(const std::vector<Group>& groups,
                                   const std::vector<datasets::Measurement>& measurements,
                                   const std::set<std::string>& videos) {
  using Subjects = std::map<std::string, std::set<std::string>>;  // by video
  Subjects known;                                                 // that anybody scored
  std::map<std::pair<std::string, std::string>, Subjects> scored;
  for (const datasets::Measurement& one : measurements) {
    known[one.video].insert(one.subject);
    scored[{one.author, one.quantity}][one.video].insert(one.subject);
  }
  std::set<std::pair<std::string, std::string>> asked;
  for (const Group& group : groups) asked.insert({group.author, group.quantity});
  std::map<std::pair<std::string, std::vector<std::string>>, std::vector<std::string>> found;
  for (const auto& [author, behavior] : asked) {
    const Subjects& own = scored[{author, behavior}];
    std::vector<std::string> units;
    for (const std::string& video : videos) {
      const auto here = own.find(video);
      if (here == own.end()) {
        units.push_back(video);
        continue;
      }
      if (here->second.count("") > 0) continue;  // the whole picture: whoever is in it
      for (const std::string& subject : known[video]) {
        if (subject.empty() || here->second.count(subject) > 0) continue;
        units.push_back(video + " / " + subject);
      }
    }
    if (!units.empty()) found[{author, units}].push_back(behavior);
  }
  std::vector<NotScored> list;
  for (auto& [at, behaviors] : found) list.push_back({at.first, std::move(behaviors), at.second});
  return list;
}

void SayNotScored(const std::vector<NotScored>& list, bool several_authors, Console& console,
                  nlohmann::ordered_json& json) {
  json["not_scored"] = nlohmann::ordered_json::array();
  for (const NotScored& one : list) {
    json["not_scored"].push_back(
        {{"author", one.author}, {"behaviors", one.behaviors}, {"units", one.units}});
    const bool machine = one.author == datasets::kMachineAuthor;
    console.Warn(ShortList(one.behaviors) + (several_authors ? " (" + one.author + ")" : "") +
                 ": not scored, so in no group: " + ShortList(one.units) +
                 (machine ? "; vole predict --behavior scores them"
                          : "; where somebody looked and it never happened, a row with present = 0 "
                            "says so"));
  }
}

// What a reader of the tables must know.
void WarnOf(const std::vector<Group>& groups,
            const std::vector<datasets::Measurement>& measurements, const std::string& unit,
            Console& console) {
  const std::string thing = unit == "video" ? "video" : "animal";
  std::set<std::string> alone;
  std::map<std::string, std::vector<std::string>> alone_in;  // levels -> measures
  for (const Group& group : groups) {
    if (group.n() != 1) continue;
    const std::string levels = datasets::LevelsText(group.levels);
    if (group.without_value == 0) {
      alone.insert(levels);
    } else {
      alone_in[levels].push_back(group.measure + " of " + group.quantity);
    }
  }
  for (const std::string& levels : alone) {
    console.Warn("group " + levels + " is one " + thing +
                 ": it has no SEM, and nothing can be said of how it would vary");
  }
  for (const auto& [levels, measures] : alone_in) {
    console.Warn("in group " + levels + ", only one " + thing +
                 " ever did it: there is no SEM of " + ShortList(measures));
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

void CheckGroups(const GroupOptions& options, bool in_bins, const datasets::Project* project) {
  if (!options.Wanted()) {
    const GroupOptions none;
    const bool more = options.unit != none.unit || !options.measures.empty() ||
                      !options.long_csv.empty() || !options.groups_csv.empty() ||
                      !options.box_plot.empty();
    if (more) {
      throw UsageError("--unit, --measures, --long-csv, --groups-csv and --box-plot go with --by");
    }
    return;
  }
  if (in_bins) {
    throw UsageError(
        "--by compares whole spans, not bins; give --frames for a part of the videos, or leave "
        "--bin out");
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

void ReportGroups(const datasets::Project& project, const std::vector<std::string>& videos,
                  const datasets::BehaviorScores& scores, const GroupOptions& options,
                  const datasets::BootstrapOptions& bootstrap, Console& console,
                  nlohmann::ordered_json& json, std::string& text) {
  const datasets::FactorTable table = datasets::FactorsOf(project);
  const std::vector<std::string> factors = datasets::SplitNames(options.by);
  const auto lacks_one = [](const std::vector<std::string>& levels) {
    return std::find(levels.begin(), levels.end(), "") != levels.end();
  };
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
    // A table of --against may name videos that the project does not have.
    const auto known = levels_of.find(one.video);
    one.levels =
        known != levels_of.end() ? known->second : std::vector<std::string>(factors.size());
    (lacks_one(one.levels) ? without : authors)
        .insert(lacks_one(one.levels) ? one.video : one.author);
  }
  // They are in no group, so in no file and no warning either.
  measurements.erase(std::remove_if(measurements.begin(), measurements.end(),
                                    [&](const auto& one) { return lacks_one(one.levels); }),
                     measurements.end());
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
  std::set<std::string> expected;
  for (const std::string& video : videos) {
    const auto levels = levels_of.find(video);
    if (levels != levels_of.end() && !lacks_one(levels->second)) expected.insert(video);
  }
  SayNotScored(NotScoredOf(groups, measurements, expected), authors.size() > 1, console, json);
  WarnOf(groups, measurements, options.unit, console);
  WriteFile(options.long_csv, datasets::LongCsv(measurements, factors), console);
  WriteFile(options.groups_csv, datasets::GroupsCsv(groups, factors), console);
  if (!options.box_plot.empty()) {
    datasets::BoxPlot(groups).Save(options.box_plot);
    console.Note("wrote " + options.box_plot);
  }
}

}  // namespace app
