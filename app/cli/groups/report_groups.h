// The part of `vole report` that compares groups of videos (--by).
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/cli/console.h"
#include "datasets/base/options.h"
#include "datasets/behavior/scores.h"
#include "datasets/metrics/bootstrap.h"
#include "datasets/project.h"

namespace app {

struct GroupOptions {
  std::string by, unit = "subject", measures, long_csv, groups_csv, box_plot;

  template <class Visitor>
  void Visit(Visitor&& v) {
    v.Field("by", by,
            "compare groups of videos by these factors, with commas (see vole factors): means, "
            "SEM, effect sizes");
    v.Field("unit", unit,
            "what counts as one in a group: subject (each animal of each video), animal (a name is "
            "one animal in all videos: its videos are averaged) or video (its animals are)");
    v.Field("measures", measures,
            "only these measures: bouts, seconds, proportion, mean_bout_s, latency_s");
    v.Field("long-csv", long_csv, "write every value with its factors, a row each, as R likes it");
    v.Field("groups-csv", groups_csv, "write the figures of the groups as a table");
    v.Field("box-plot", box_plot, "draw a box for each group, a dot for each animal (.svg, .png)");
  }
  bool Wanted() const { return !by.empty(); }
};

// Throws Error, before any work, for options that do not go together or name no factor. `in_bins`:
// --bin is given.
void CheckGroups(const GroupOptions& options, bool in_bins, const datasets::Project* project);
// Writes the files, adds tables to `text` and "groups", "effects" and "not_scored" to `json`.
// `videos`: names of those that were asked for. What a reader must know (groups of one, videos
// without a factor, videos and animals that nobody scored, names that may be one animal) is said on
// the console.
void ReportGroups(const datasets::Project& project, const std::vector<std::string>& videos,
                  const datasets::BehaviorScores& scores, const GroupOptions& options,
                  const datasets::BootstrapOptions& bootstrap, Console& console,
                  nlohmann::ordered_json& json, std::string& text);

}  // namespace app
