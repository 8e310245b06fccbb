#include "datasets/groups/group_statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <tuple>

#include "datasets/base/error.h"
#include "datasets/base/random.h"
#include "datasets/files/csv.h"

namespace datasets {
namespace {

using nlohmann::ordered_json;

double MeanOf(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Values that differ by no more than how a sum of them rounds are equal: effects are divided by
// this, and would come out as anything.
double SquaresOf(const std::vector<double>& values) {
  const double mean = MeanOf(values);
  double squares = 0, largest = 0;
  for (const double value : values) {
    squares += (value - mean) * (value - mean);
    largest = std::max(largest, std::abs(value));
  }
  const double rounding = 1e-12 * largest;
  return squares <= rounding * rounding * static_cast<double>(values.size()) ? 0 : squares;
}

double Quantile(const std::vector<double>& sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(at);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

std::vector<double> ValuesOf(const Group& group) {
  std::vector<double> values;
  for (const UnitValue& unit : group.units) values.push_back(unit.value);
  return values;
}

void Summarize(Group& group) {
  std::vector<double> values = ValuesOf(group);
  if (values.empty()) return;
  group.mean = MeanOf(values);
  if (values.size() > 1) {
    group.sd = std::sqrt(SquaresOf(values) / static_cast<double>(values.size() - 1));
    group.sem = *group.sd / std::sqrt(static_cast<double>(values.size()));
  }
  std::sort(values.begin(), values.end());
  group.median = Quantile(values, 0.5);
  group.low_quartile = Quantile(values, 0.25);
  group.high_quartile = Quantile(values, 0.75);
}

// Numbers before texts, by size; texts as they are.
bool LevelBefore(const std::string& a, const std::string& b) {
  const auto number_a = ParseNumber(a), number_b = ParseNumber(b);
  if (number_a && number_b && *number_a != *number_b) return *number_a < *number_b;
  if (number_a.has_value() != number_b.has_value()) return number_a.has_value();
  return a < b;
}

bool LevelsBefore(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), LevelBefore);
}

bool LacksALevel(const Measurement& one) {
  return std::find(one.levels.begin(), one.levels.end(), "") != one.levels.end();
}

std::string UnitName(const Measurement& one, Unit unit) {
  const std::string subject = one.subject.empty() ? "" : " / " + one.subject;
  return unit == Unit::kSubject                        ? one.video + subject
         : unit == Unit::kVideo || one.subject.empty() ? one.video
                                                       : one.subject;
}

// A sample of the same size, drawn with replacement.
std::vector<double> Drawn(const std::vector<double>& values, Random& random) {
  std::vector<double> drawn(values.size());
  for (double& value : drawn) {
    value = values[static_cast<size_t>(random.Below(static_cast<int>(values.size())))];
  }
  return drawn;
}

std::optional<Interval> Percentiles(std::vector<double> figures, double confidence) {
  if (figures.empty()) return {};
  std::sort(figures.begin(), figures.end());
  return Interval{Quantile(figures, (1 - confidence) / 2), Quantile(figures, (1 + confidence) / 2)};
}

ordered_json JsonOf(const std::optional<double>& value) {
  return value ? ordered_json(*value) : ordered_json(nullptr);
}

ordered_json JsonOf(const std::optional<Interval>& interval) {
  return interval ? ordered_json{interval->low, interval->high} : ordered_json(nullptr);
}

}  // namespace

std::vector<Measurement> MeasurementsOf(const std::vector<BudgetRow>& rows) {
  std::vector<Measurement> measurements;
  for (const BudgetRow& row : rows) {
    const auto add = [&](const char* measure, std::optional<double> value) {
      measurements.push_back(
          {row.video, row.subject, row.author, row.behavior, measure, value, {}});
    };
    add("bouts", row.bouts);
    if (!row.is_point) {
      add("seconds", row.seconds);
      add("proportion", row.proportion);
      add("mean_bout_s", row.mean_s);
    }
    add("latency_s", row.latency_s);
  }
  return measurements;
}

std::vector<Group> GroupsOf(const std::vector<Measurement>& measurements, Unit unit) {
  using Key = std::tuple<std::string, std::string, size_t, std::string>;
  struct Sum {
    double sum = 0;
    int count = 0;
  };
  std::map<std::string, size_t> order;  // measures, as they first come
  for (const Measurement& one : measurements) order.emplace(one.measure, order.size());
  std::map<std::pair<Key, std::vector<std::string>>, std::map<std::string, Sum>> units;
  for (const Measurement& one : measurements) {
    if (LacksALevel(one)) continue;
    Sum& sum = units[{{one.author, one.quantity, order[one.measure], one.measure}, one.levels}]
                    [UnitName(one, unit)];
    if (!one.value) continue;
    sum.sum += *one.value;
    ++sum.count;
  }
  std::vector<Group> groups;
  std::vector<Key> keys;
  for (const auto& [at, values] : units) {
    Group group;
    group.author = std::get<0>(at.first);
    group.quantity = std::get<1>(at.first);
    group.measure = std::get<3>(at.first);
    group.levels = at.second;
    for (const auto& [name, sum] : values) {
      if (sum.count == 0) {
        ++group.without_value;
      } else {
        group.units.push_back({name, sum.sum / sum.count});
      }
    }
    Summarize(group);
    groups.push_back(std::move(group));
    keys.push_back(at.first);
  }
  std::vector<size_t> places(groups.size());
  std::iota(places.begin(), places.end(), size_t{0});
  std::stable_sort(places.begin(), places.end(), [&](size_t a, size_t b) {
    return keys[a] != keys[b] ? keys[a] < keys[b]
                              : LevelsBefore(groups[a].levels, groups[b].levels);
  });
  std::vector<Group> sorted;
  for (const size_t place : places) sorted.push_back(std::move(groups[place]));
  return sorted;
}

double CliffsDelta(const std::vector<double>& first, const std::vector<double>& second) {
  VOLE_CHECK(!first.empty() && !second.empty());
  // Against the sorted first: n log n, so that large groups can be drawn a thousand times.
  std::vector<double> sorted = first;
  std::sort(sorted.begin(), sorted.end());
  double more = 0;
  for (const double value : second) {
    const auto below = std::lower_bound(sorted.begin(), sorted.end(), value) - sorted.begin();
    const auto above = sorted.end() - std::upper_bound(sorted.begin(), sorted.end(), value);
    more += static_cast<double>(below - above);
  }
  return more / (static_cast<double>(first.size()) * static_cast<double>(second.size()));
}

std::optional<double> HedgesG(const std::vector<double>& first, const std::vector<double>& second) {
  if (first.size() < 2 || second.size() < 2) return {};
  const auto degrees = static_cast<double>(first.size() + second.size() - 2);
  const double pooled = std::sqrt((SquaresOf(first) + SquaresOf(second)) / degrees);
  if (!(pooled > 0)) return {};
  return (MeanOf(second) - MeanOf(first)) / pooled * (1 - 3 / (4 * degrees - 1));
}

std::vector<Comparison> CompareGroups(const std::vector<Group>& groups,
                                      const BootstrapOptions& options) {
  std::vector<Comparison> comparisons;
  for (size_t a = 0; a < groups.size(); ++a) {
    for (size_t b = a + 1; b < groups.size(); ++b) {
      const Group &one = groups[a], &other = groups[b];
      if (std::tie(one.author, one.quantity, one.measure) !=
          std::tie(other.author, other.quantity, other.measure)) {
        break;  // groups of one measure stand together
      }
      if (one.n() == 0 || other.n() == 0) continue;
      const std::vector<double> first = ValuesOf(one), second = ValuesOf(other);
      Comparison comparison;
      comparison.first = a;
      comparison.second = b;
      comparison.hedges_g = HedgesG(first, second);
      comparison.cliffs_delta = CliffsDelta(first, second);
      if (one.n() > 1 && other.n() > 1) {
        Random random({options.seed, a, b});
        std::vector<double> deltas, gs;
        for (int round = 0; round < options.rounds; ++round) {
          const std::vector<double> x = Drawn(first, random), y = Drawn(second, random);
          deltas.push_back(CliffsDelta(x, y));
          if (const auto g = HedgesG(x, y)) gs.push_back(*g);
        }
        comparison.cliffs_interval = Percentiles(std::move(deltas), options.confidence);
        if (comparison.hedges_g) {
          comparison.hedges_interval = Percentiles(std::move(gs), options.confidence);
        }
      }
      comparisons.push_back(comparison);
    }
  }
  return comparisons;
}

std::string FigureText(double value) {
  constexpr double kLeast = 1e-9;
  const double size = std::abs(value);
  if (size < kLeast) return "0";
  const int decimals = std::max(0, 3 - static_cast<int>(std::floor(std::log10(size))));
  std::string text = fmt::format("{:.{}f}", value, decimals);
  if (decimals > 0) text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string UnitsText(const Group& group) {
  const std::string n = std::to_string(group.n());
  if (group.without_value == 0) return n;
  return n + " of " + std::to_string(group.n() + group.without_value);
}

std::string LevelsText(const std::vector<std::string>& levels) {
  std::string text;
  for (const std::string& level : levels) text += (text.empty() ? "" : ", ") + level;
  return text;
}

std::string LongCsv(const std::vector<Measurement>& measurements,
                    const std::vector<std::string>& factors) {
  std::string text = "video,subject,author";
  for (const std::string& factor : factors) text += "," + CsvField(factor);
  text += ",behavior,measure,value\n";
  for (const Measurement& one : measurements) {
    if (LacksALevel(one)) continue;
    text += CsvField(one.video) + "," + CsvField(one.subject) + "," + CsvField(one.author);
    for (const std::string& level : one.levels) text += "," + CsvField(level);
    text += "," + CsvField(one.quantity) + "," + one.measure + "," +
            (one.value ? CsvNumber(*one.value, 6) : "") + "\n";
  }
  return text;
}

std::string GroupsCsv(const std::vector<Group>& groups, const std::vector<std::string>& factors) {
  std::string text = "author,behavior,measure";
  for (const std::string& factor : factors) text += "," + CsvField(factor);
  text += ",n,without_value,mean,sd,sem,median,q1,q3\n";
  const auto number = [](const std::optional<double>& value) {
    return "," + (value ? CsvNumber(*value, 6) : std::string());
  };
  for (const Group& group : groups) {
    text += CsvField(group.author) + "," + CsvField(group.quantity) + "," + group.measure;
    for (const std::string& level : group.levels) text += "," + CsvField(level);
    text += "," + std::to_string(group.n()) + "," + std::to_string(group.without_value);
    const bool any = group.n() > 0;
    const auto shown = [&](double value) {
      return number(any ? std::optional(value) : std::nullopt);
    };
    text += shown(group.mean) + number(group.sd) + number(group.sem) + shown(group.median) +
            shown(group.low_quartile) + shown(group.high_quartile) + "\n";
  }
  return text;
}

ordered_json GroupsJson(const std::vector<Group>& groups,
                        const std::vector<Comparison>& comparisons,
                        const std::vector<std::string>& factors) {
  ordered_json list = ordered_json::array(), effects = ordered_json::array();
  for (const Group& group : groups) {
    ordered_json levels = ordered_json::object();
    for (size_t f = 0; f < factors.size(); ++f) levels[factors[f]] = group.levels[f];
    ordered_json units = ordered_json::object();
    for (const UnitValue& unit : group.units) units[unit.name] = unit.value;
    const bool any = group.n() > 0;
    list.push_back({{"author", group.author},
                    {"behavior", group.quantity},
                    {"measure", group.measure},
                    {"levels", levels},
                    {"n", group.n()},
                    {"without_value", group.without_value},
                    {"mean", any ? ordered_json(group.mean) : nullptr},
                    {"sd", JsonOf(group.sd)},
                    {"sem", JsonOf(group.sem)},
                    {"median", any ? ordered_json(group.median) : nullptr},
                    {"q1", any ? ordered_json(group.low_quartile) : nullptr},
                    {"q3", any ? ordered_json(group.high_quartile) : nullptr},
                    {"units", units}});
  }
  for (const Comparison& one : comparisons) {
    const Group& group = groups[one.first];
    effects.push_back({{"author", group.author},
                       {"behavior", group.quantity},
                       {"measure", group.measure},
                       {"first", group.levels},
                       {"second", groups[one.second].levels},
                       {"hedges_g", JsonOf(one.hedges_g)},
                       {"hedges_interval", JsonOf(one.hedges_interval)},
                       {"cliffs_delta", one.cliffs_delta},
                       {"cliffs_interval", JsonOf(one.cliffs_interval)}});
  }
  return {{"groups", list}, {"effects", effects}};
}

}  // namespace datasets
