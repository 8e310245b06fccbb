// What groups of animals did, and how far apart they are. The unit is an animal (or a video), never
// a frame or a bout: those of one animal resemble each other, and n would be anything.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "datasets/behavior/budget.h"
#include "datasets/metrics/bootstrap.h"

namespace datasets {

// One figure of one subject of one video.
struct Measurement {
  std::string video, subject, author;
  std::string quantity;             // "rearing", of which
  std::string measure;              // "seconds", "bouts", ... is
  std::optional<double> value;      // none: not defined (latency of what was never done)
  std::vector<std::string> levels;  // [factors] of the video; "" where it has none
};

// bouts, seconds, proportion, mean_bout_s and latency_s of each row; of points bouts and latency.
std::vector<Measurement> MeasurementsOf(const std::vector<BudgetRow>& rows);

// What counts as one. kSubject: each subject of each video. kAnimal: a subject's name is one animal
// in all videos, and its videos of a group are averaged first. kVideo: the subjects of a video are
// averaged first.
enum class Unit { kSubject, kAnimal, kVideo };

struct UnitValue {
  std::string name;  // "cage4 / vole_1"
  double value = 0;
};

struct Group {
  std::string author, quantity, measure;
  std::vector<std::string> levels;  // [factors]
  std::vector<UnitValue> units;     // with a value, by name
  int without_value = 0;            // units of which the measure is not defined
  int n() const { return static_cast<int>(units.size()); }
  double mean = 0, median = 0, low_quartile = 0, high_quartile = 0;
  std::optional<double> sd, sem;  // sample standard deviation (n - 1), and over sqrt(n); none for 1
};

// By author, quantity, measure and levels; levels that are all numbers go by size. Measurements of
// a video without one of the levels are left out. Quartiles by linear interpolation between order
// statistics (type 7 of Hyndman and Fan 1996, R's default).
std::vector<Group> GroupsOf(const std::vector<Measurement>& measurements, Unit unit);

// Effect sizes between two groups of one measure, second against first: positive where the second
// is larger. Intervals: percentile bootstrap (Efron 1979), units of each group drawn on their own;
// none for a group of one.
struct Comparison {
  size_t first = 0, second = 0;  // of the groups
  // Difference of means over the pooled standard deviation, corrected for small samples by
  // 1 - 3 / (4 (n1 + n2 - 2) - 1) (Hedges 1981). None for a group of one, and without any spread.
  std::optional<double> hedges_g;
  std::optional<Interval> hedges_interval;
  // How much oftener a unit of the second is above one of the first than below, -1 to 1 (Cliff
  // 1993): means nothing but order.
  double cliffs_delta = 0;
  std::optional<Interval> cliffs_interval;
};

// Every pair of groups of the same author, quantity and measure, where both have a unit.
std::vector<Comparison> CompareGroups(const std::vector<Group>& groups,
                                      const BootstrapOptions& options = {});

double CliffsDelta(const std::vector<double>& first, const std::vector<double>& second);
std::optional<double> HedgesG(const std::vector<double>& first, const std::vector<double>& second);

// One row a measurement, for R: read.csv(FILE), then lm(value ~ treatment, ...). Those of a video
// without one of the levels are left out, as GroupsOf does: R would take "" for a level.
std::string LongCsv(const std::vector<Measurement>& measurements,
                    const std::vector<std::string>& factors);
std::string GroupsCsv(const std::vector<Group>& groups, const std::vector<std::string>& factors);
nlohmann::ordered_json GroupsJson(const std::vector<Group>& groups,
                                  const std::vector<Comparison>& comparisons,
                                  const std::vector<std::string>& factors);
// Four digits that count, and never a power of ten: "15000", "0.1234", "2".
std::string FigureText(double value);
// "8", or "2 of 8" where the measure is not defined for the others (they never did it).
std::string UnitsText(const Group& group);
// "saline, 3".
std::string LevelsText(const std::vector<std::string>& levels);

}  // namespace datasets
