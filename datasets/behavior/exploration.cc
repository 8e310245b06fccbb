#include "datasets/behavior/exploration.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>

#include "datasets/base/error.h"
#include "datasets/files/csv.h"

namespace datasets {
namespace {

uint64_t BehaviorSet(const BehaviorScores& scores, const std::vector<std::string>& names,
                     const char* side) {
  if (names.empty()) {
    throw Error("exploration times",
                std::string("no behavior was given for the ") + side + " object",
                "name one with --" + std::string(side));
  }
  uint64_t set = 0;
  for (const std::string& name : names) set |= uint64_t{1} << scores.BehaviorNamed(name);
  return set;
}

std::optional<double> SampleDeviation(const std::vector<double>& values, double mean) {
  if (values.size() < 2) return {};
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

double Mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

}  // namespace

std::vector<ExplorationRow> ExplorationTimes(const BehaviorScores& scores,
                                             const ExplorationOptions& options) {
  if (scores.behaviors.size() > 64) BehaviorsByFrame({}, scores.behaviors.size());
  const uint64_t first = BehaviorSet(scores, options.first, "first");
  const uint64_t second = BehaviorSet(scores, options.second, "second");
  for (size_t i = 0; i < scores.behaviors.size(); ++i) {
    if ((first & second) >> i & 1) {
      throw Error("behavior '" + scores.behaviors[i].name + "'", "it stands for both objects",
                  "give it to --first or to --second");
    }
  }
  std::set<std::string> training(options.training_videos.begin(), options.training_videos.end());
  std::vector<ExplorationRow> rows;
  const uint64_t asked = first | second;
  for (const BoutSeries& series : scores.series) {
    const bool looked = series.looked_for.empty() ||
                        std::any_of(series.looked_for.begin(), series.looked_for.end(),
                                    [&](int behavior) { return (asked >> behavior & 1) != 0; });
    if (!looked) continue;  // who looked for neither has not seen that it explored nothing
    ExplorationRow row;
    row.video = series.video;
    row.subject = series.subject;
    row.author = series.author;
    row.training = options.all_training || training.count(series.video) > 0 ||
                   training.count(std::filesystem::path(series.video).stem().string()) > 0;
    int frame = series.start_frame;
    for (const uint64_t set : BehaviorsByFrame(series, scores.behaviors.size())) {
      row.first_frames += set & first ? 1 : 0;
      row.second_frames += set & second ? 1 : 0;
      if (series.times && set & (first | second)) {
        const double shown_s = series.Seconds(frame, frame + 1);
        if (set & first) row.first_s += shown_s;
        if (set & second) row.second_s += shown_s;
      }
      ++frame;
    }
    double n1 = static_cast<double>(row.first_frames), n2 = static_cast<double>(row.second_frames);
    if (!series.times) {
      row.first_s = n1 / series.fps;
      row.second_s = n2 / series.fps;
    } else {
      n1 = row.first_s;
      n2 = row.second_s;
    }
    if (n1 + n2 > 0) {
      row.di = (n1 - n2) / (n1 + n2);
      row.second_percent = 100 * n2 / (n1 + n2);
    }
    if (row.first_s + row.second_s < options.min_total_s) {
      row.excluded = "explored less than " + CsvNumber(options.min_total_s) + " s";
    } else if (row.training && row.di && 100 * std::abs(*row.di) > options.max_bias_percent) {
      row.excluded = "biased by more than " + CsvNumber(options.max_bias_percent) + " %";
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<ExplorationSummary> SummarizeExploration(const std::vector<ExplorationRow>& rows) {
  struct Values {
    std::vector<double> first_s, second_s, di;
    int excluded = 0;
  };
  std::map<std::pair<std::string, bool>, Values> groups;
  for (const ExplorationRow& row : rows) {
    Values& group = groups[{row.author, row.training}];
    if (!row.excluded.empty()) {
      ++group.excluded;
      continue;
    }
    group.first_s.push_back(row.first_s);
    group.second_s.push_back(row.second_s);
    if (row.di) group.di.push_back(*row.di);
  }
  std::vector<ExplorationSummary> summaries;
  for (const auto& [key, group] : groups) {
    ExplorationSummary summary;
    summary.author = key.first;
    summary.training = key.second;
    summary.animals = static_cast<int>(group.first_s.size());
    summary.excluded = group.excluded;
    summary.mean_first_s = Mean(group.first_s);
    summary.mean_second_s = Mean(group.second_s);
    if (!group.di.empty()) {
      summary.mean_di = Mean(group.di);
      summary.sd_di = SampleDeviation(group.di, *summary.mean_di);
    }
    summaries.push_back(std::move(summary));
  }
  return summaries;
}

std::optional<double> PearsonR(const std::vector<double>& x, const std::vector<double>& y) {
  if (x.size() != y.size()) {
    throw Error("correlation", "the two lists differ in length", "compare pairs");
  }
  if (x.size() < 2) return {};
  const double mean_x = Mean(x), mean_y = Mean(y);
  double xx = 0, yy = 0, xy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
  }
  const double tiny = 1e-24 * static_cast<double>(x.size());
  if (xx <= tiny * (1 + mean_x * mean_x) || yy <= tiny * (1 + mean_y * mean_y)) return {};
  return std::clamp(xy / std::sqrt(xx * yy), -1.0, 1.0);
}

std::vector<ExplorationCorrelation> CompareExploration(const std::vector<ExplorationRow>& rows,
                                                       bool leave_out_excluded) {
  using Place = std::pair<std::string, std::string>;
  std::map<std::string, std::map<Place, const ExplorationRow*>> by_author;
  for (const ExplorationRow& row : rows) {
    if (leave_out_excluded && !row.excluded.empty()) continue;
    by_author[row.author][{row.video, row.subject}] = &row;
  }
  std::vector<ExplorationCorrelation> correlations;
  for (auto a = by_author.begin(); a != by_author.end(); ++a) {
    for (auto b = std::next(a); b != by_author.end(); ++b) {
      struct Lists {
        std::vector<double> x, y;
        void Add(double one, double other) {
          x.push_back(one);
          y.push_back(other);
        }
      };
      Lists t1, t2, t, di;
      for (const auto& [place, one] : a->second) {
        const auto found = b->second.find(place);
        if (found == b->second.end()) continue;
        const ExplorationRow* other = found->second;
        t1.Add(one->first_s, other->first_s);
        t2.Add(one->second_s, other->second_s);
        t.Add(one->first_s, other->first_s);
        t.Add(one->second_s, other->second_s);
        if (one->di && other->di) di.Add(*one->di, *other->di);
      }
      const std::pair<const char*, const Lists*> quantities[] = {
          {"T1", &t1}, {"T2", &t2}, {"T", &t}, {"DI", &di}};
      for (const auto& [name, lists] : quantities) {
        correlations.push_back({a->first, b->first, name, static_cast<int>(lists->x.size()),
                                PearsonR(lists->x, lists->y)});
      }
    }
  }
  return correlations;
}

std::string ExplorationCsv(const std::vector<ExplorationRow>& rows) {
  std::string text =
      "video,subject,author,trial,n1,n2,t1_s,t2_s,total_s,di,second_percent,excluded\n";
  for (const ExplorationRow& row : rows) {
    text += CsvField(row.video) + "," + CsvField(row.subject) + "," + CsvField(row.author) + "," +
            (row.training ? "training" : "test") + "," + std::to_string(row.first_frames) + "," +
            std::to_string(row.second_frames) + "," + CsvNumber(row.first_s, 4) + "," +
            CsvNumber(row.second_s, 4) + "," + CsvNumber(row.first_s + row.second_s, 4) + "," +
            (row.di ? CsvNumber(*row.di, 6) : "") + "," +
            (row.second_percent ? CsvNumber(*row.second_percent, 4) : "") + "," +
            CsvField(row.excluded) + "\n";
  }
  return text;
}

}  // namespace datasets
