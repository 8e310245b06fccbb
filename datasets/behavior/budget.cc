#include "datasets/behavior/budget.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "datasets/base/error.h"
#include "datasets/files/csv.h"
#include "datasets/files/json_values.h"

namespace datasets {
namespace {

constexpr int64_t kMostRows = 5'000'000;

// Borders of the bins of a series: borders[k] to borders[k + 1].
std::vector<int> BinBorders(const BoutSeries& series, const BudgetOptions& options,
                            int64_t most_bins) {
  const double length =
      options.bin_frames > 0 ? options.bin_frames : options.bin_s * series.fps;  // frames
  std::vector<int> borders = {series.start_frame};
  if (length > 0) {
    if (length < 1) {
      throw Error("bins of the time budget", "they are shorter than a frame",
                  "give a longer --bin");
    }
    if (series.frames() / length > static_cast<double>(most_bins)) {
      throw Error("bins of the time budget", "there would be too many rows", "give a longer --bin");
    }
    for (int64_t k = 1;; ++k) {
      const double k_bins = static_cast<double>(k);
      int64_t border = series.start_frame + std::llround(length * k_bins);
      if (series.times && options.bin_frames <= 0) {
        border = series.FrameAt(series.Seconds(0, series.start_frame) + options.bin_s * k_bins);
        if (border <= borders.back()) continue;  // a bin within one frame's time
      }
      if (border >= series.end_frame) break;
      borders.push_back(static_cast<int>(border));
    }
  }
  borders.push_back(series.end_frame);
  return borders;
}

BudgetRow RowOf(const BoutSeries& series, const ScoredBehavior& behavior,
                const std::vector<const Bout*>& bouts, int start_frame, int end_frame,
                const std::vector<FrameRange>& unseen) {
  BudgetRow row;
  row.video = series.video;
  row.subject = series.subject;
  row.author = series.author;
  row.behavior = behavior.name;
  row.is_point = behavior.is_point;
  row.start_frame = start_frame;
  row.end_frame = end_frame;
  row.start_s = series.Seconds(0, start_frame);
  row.end_s = series.Seconds(0, end_frame);
  std::vector<double> lengths_s;
  for (const Bout* bout : bouts) {
    const int from = std::max(bout->start_frame, start_frame);
    const int to = std::min(bout->end_frame, end_frame);
    if (from >= to) continue;
    const bool starts_here = bout->start_frame >= start_frame;
    if (behavior.is_point && !starts_here) continue;
    ++row.bouts;
    row.started += starts_here ? 1 : 0;
    if (!row.latency_frames || from - start_frame < *row.latency_frames) {
      row.latency_frames = from - start_frame;
    }
    if (behavior.is_point) continue;
    row.frames += to - from;
    lengths_s.push_back(series.Seconds(from, to));
  }
  if (series.times) {
    row.seconds = std::accumulate(lengths_s.begin(), lengths_s.end(), 0.0);
  } else {
    row.seconds = static_cast<double>(row.frames) / series.fps;
  }
  double bridged_s = 0;  // of bouts that go on while nothing is seen
  for (const FrameRange& range : unseen) {
    const int from = std::max(range.start_frame, start_frame);
    const int to = std::min(range.end_frame, end_frame);
    row.unseen_s += series.Seconds(from, to);
    if (behavior.is_point) continue;
    for (const Bout* bout : bouts) {
      const int first = std::max(bout->start_frame, from), last = std::min(bout->end_frame, to);
      if (first < last) bridged_s += series.Seconds(first, last);
    }
  }
  // Of the time that was seen, above and below the line.
  const double seen_s = row.end_s - row.start_s - row.unseen_s;
  if (seen_s > 1e-9) row.proportion = std::clamp((row.seconds - bridged_s) / seen_s, 0.0, 1.0);
  if (row.latency_frames)
    row.latency_s = series.Seconds(start_frame, start_frame + *row.latency_frames);
  if (!lengths_s.empty()) {
    const double n = static_cast<double>(lengths_s.size());
    row.mean_s = row.seconds / n;
    double squares = 0;
    for (const double length : lengths_s)
      squares += (length - *row.mean_s) * (length - *row.mean_s);
    if (lengths_s.size() > 1) row.sd_s = std::sqrt(squares / (n - 1));
  }
  return row;
}

// Behaviors that a series without a list of its own is about: all but those that stand on other
// lists only.
std::vector<bool> CommonBehaviors(const BehaviorScores& scores) {
  std::vector<bool> common(scores.behaviors.size(), true);
  for (const BoutSeries& series : scores.series) {
    for (const int behavior : series.looked_for) common[behavior] = false;
  }
  for (const BoutSeries& series : scores.series) {
    if (!series.looked_for.empty()) continue;
    for (const Bout& bout : series.bouts) common[bout.behavior] = true;
  }
  return common;
}

}  // namespace

std::vector<BudgetRow> TimeBudget(const BehaviorScores& scores, const BudgetOptions& options) {
  std::vector<BudgetRow> rows;
  const std::vector<bool> common = CommonBehaviors(scores);
  for (const BoutSeries& series : scores.series) {
    std::vector<bool> looked_for = common;
    if (!series.looked_for.empty()) {
      looked_for.assign(common.size(), false);
      for (const int behavior : series.looked_for) looked_for[behavior] = true;
    }
    std::vector<std::vector<const Bout*>> bouts(scores.behaviors.size());
    for (const Bout& bout : series.bouts) bouts[bout.behavior].push_back(&bout);
    const int64_t room = kMostRows - static_cast<int64_t>(rows.size());
    const std::vector<int> borders = BinBorders(
        series, options, room / std::max<int64_t>(1, static_cast<int64_t>(bouts.size())));
    for (size_t behavior = 0; behavior < bouts.size(); ++behavior) {
      if (!looked_for[behavior]) continue;
      // Bouts of one behavior do not overlap, so those of a bin are found by moving on.
      std::vector<const Bout*> inside;
      std::vector<FrameRange> hidden;
      size_t first = 0, first_hidden = 0;
      const auto unseen = series.unseen.find(static_cast<int>(behavior));
      const std::vector<FrameRange> ranges =
          unseen == series.unseen.end() ? std::vector<FrameRange>() : unseen->second;
      for (size_t bin = 0; bin + 1 < borders.size(); ++bin) {
        while (first < bouts[behavior].size() &&
               bouts[behavior][first]->end_frame <= borders[bin]) {
          ++first;
        }
        inside.clear();
        for (size_t i = first; i < bouts[behavior].size(); ++i) {
          if (bouts[behavior][i]->start_frame >= borders[bin + 1]) break;
          inside.push_back(bouts[behavior][i]);
        }
        while (first_hidden < ranges.size() && ranges[first_hidden].end_frame <= borders[bin]) {
          ++first_hidden;
        }
        hidden.clear();
        for (size_t i = first_hidden; i < ranges.size(); ++i) {
          if (ranges[i].start_frame >= borders[bin + 1]) break;
          hidden.push_back(ranges[i]);
        }
        BudgetRow row = RowOf(series, scores.behaviors[behavior], inside, borders[bin],
                              borders[bin + 1], hidden);
        row.bin = static_cast<int>(bin);
        const double seen_s = row.end_s - row.start_s - row.unseen_s;
        if (row.unseen_s > 0 && seen_s < 1e-9 && row.bouts == 0) continue;
        rows.push_back(std::move(row));
      }
    }
  }
  std::stable_sort(rows.begin(), rows.end(), [](const BudgetRow& a, const BudgetRow& b) {
    return std::tie(a.video, a.subject, a.author, a.behavior, a.bin) <
           std::tie(b.video, b.subject, b.author, b.behavior, b.bin);
  });
  return rows;
}

std::string BudgetCsv(const std::vector<BudgetRow>& rows) {
  std::string text =
      "video,subject,author,behavior,bin,start_frame,stop_frame,start_s,stop_s,bouts,started,"
      "frames,seconds,mean_bout_s,sd_bout_s,latency_frames,latency_s,proportion,percent,unseen_s\n";
  const auto number = [](const std::optional<double>& value) {
    return value ? CsvNumber(*value, 4) : std::string();
  };
  for (const BudgetRow& row : rows) {
    text += CsvField(row.video) + "," + CsvField(row.subject) + "," + CsvField(row.author) + "," +
            CsvField(row.behavior) + "," + std::to_string(row.bin) + "," +
            std::to_string(row.start_frame) + "," + std::to_string(row.end_frame - 1) + "," +
            CsvNumber(row.start_s, 4) + "," + CsvNumber(row.end_s, 4) + "," +
            std::to_string(row.bouts) + "," + std::to_string(row.started) + "," +
            std::to_string(row.frames) + "," + CsvNumber(row.seconds, 4) + "," +
            number(row.mean_s) + "," + number(row.sd_s) + "," +
            (row.latency_frames ? std::to_string(*row.latency_frames) : "") + "," +
            number(row.latency_s) + "," + CsvNumber(row.proportion, 6) + "," +
            CsvNumber(100 * row.proportion, 4) + "," + CsvNumber(row.unseen_s, 4) + "\n";
  }
  return text;
}

nlohmann::ordered_json BudgetJson(const std::vector<BudgetRow>& rows) {
  auto list = nlohmann::ordered_json::array();
  for (const BudgetRow& row : rows) {
    list.push_back({{"video", row.video},
                    {"subject", row.subject},
                    {"author", row.author},
                    {"behavior", row.behavior},
                    {"bin", row.bin},
                    {"start_frame", row.start_frame},
                    {"end_frame", row.end_frame},
                    {"bouts", row.bouts},
                    {"started", row.started},
                    {"frames", row.frames},
                    {"seconds", row.seconds},
                    {"mean_bout_s", OrNull(row.mean_s)},
                    {"sd_bout_s", OrNull(row.sd_s)},
                    {"latency_frames", OrNull(row.latency_frames)},
                    {"latency_s", OrNull(row.latency_s)},
                    {"proportion", row.proportion},
                    {"unseen_s", row.unseen_s}});
  }
  return list;
}

}  // namespace datasets
