#include "app/cli/verbs/report_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/cli/console.h"
#include "datasets/files/json_values.h"

namespace app {
namespace {

using datasets::SureFigure;
using Rows = std::vector<std::vector<std::string>>;

constexpr size_t kWidestConfusion = 12;  // states; more are in the CSV and the JSON

std::string SureText(const SureFigure& figure) {
  if (!figure.value) return "-";
  if (!figure.interval) return FigureText(figure.value);
  return fmt::format("{:.3f} [{:.3f}, {:.3f}]", *figure.value, figure.interval->low,
                     figure.interval->high);
}

}  // namespace

std::string FigureText(const std::optional<double>& value, int decimals) {
  return value ? fmt::format("{:.{}f}", *value, decimals) : "-";
}

std::string VaryingTableText(const Rows& rows, size_t kept) {
  if (rows.size() < 2) return TableText(rows);
  std::vector<bool> varies(rows[0].size(), true);
  for (size_t column = 0; column < std::min(kept, rows[0].size()); ++column) {
    varies[column] = std::any_of(rows.begin() + 2, rows.end(),
                                 [&](const auto& row) { return row[column] != rows[1][column]; });
  }
  Rows shown(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    for (size_t column = 0; column < rows[i].size(); ++column) {
      if (varies[column]) shown[i].push_back(rows[i][column]);
    }
  }
  return TableText(shown);
}

std::string BudgetText(const std::vector<datasets::BudgetRow>& rows) {
  Rows table = {{"video", "subject", "author", "bin", "from s", "behavior", "bouts", "total s",
                 "mean s", "sd s", "latency s", "% of time"}};
  const bool unseen =
      std::any_of(rows.begin(), rows.end(), [](const auto& row) { return row.unseen_s >= 0.005; });
  if (unseen) table[0].back() = "% of time seen", table[0].push_back("unseen s");
  for (const datasets::BudgetRow& row : rows) {
    table.push_back({row.video, row.subject, row.author, std::to_string(row.bin),
                     fmt::format("{:.2f}", row.start_s), row.behavior, std::to_string(row.bouts),
                     fmt::format("{:.2f}", row.seconds), FigureText(row.mean_s),
                     FigureText(row.sd_s), FigureText(row.latency_s, 2),
                     fmt::format("{:.2f}", 100 * row.proportion)});
    if (unseen) table.back().push_back(fmt::format("{:.2f}", row.unseen_s));
  }
  return VaryingTableText(table, 5);
}

std::string AgreementText(const datasets::PairAgreement& pair) {
  std::string text = fmt::format(
      "{} and {}: {} frames of {} recording{}\n  agreement {}   kappa {}   macro F1 {}\n",
      pair.first, pair.second, CountText(pair.frames), pair.series, pair.series == 1 ? "" : "s",
      SureText(pair.agreement), SureText(pair.kappa), SureText(pair.macro_f1));
  Rows table = {{"behavior", "kappa", "frame F1", "bouts", "bout F1 (overlap)", "bout F1 (onset)"}};
  for (const datasets::BehaviorAgreement& behavior : pair.behaviors) {
    if (behavior.first_frames + behavior.second_frames == 0) continue;
    const datasets::BoutFigures& bouts = behavior.by_overlap;
    table.push_back(
        {behavior.behavior, SureText(behavior.kappa), SureText(behavior.f1),
         fmt::format("{} / {}", bouts.matched + bouts.missed, bouts.matched + bouts.extra),
         FigureText(behavior.by_overlap.f1), FigureText(behavior.by_onset.f1)});
  }
  text += TableText(table);
  if (!text.empty() && text.back() != '\n') text += '\n';
  if (pair.states.size() <= kWidestConfusion) {
    Rows confusion = {{pair.first + " \\ " + pair.second}};
    for (const std::string& state : pair.states) confusion[0].push_back(state);
    for (size_t i = 0; i < pair.states.size(); ++i) {
      confusion.push_back({pair.states[i]});
      for (const int64_t count : pair.confusion[i]) {
        confusion.back().push_back(std::to_string(count));
      }
    }
    text += "\n" + TableText(confusion);
  } else {
    text += fmt::format(
        "\n{} combinations of behaviors occur; --confusion FILE writes their "
        "table",
        pair.states.size());
  }
  return text;
}

std::string ExplorationText(const std::vector<datasets::ExplorationRow>& rows) {
  Rows table = {{"video", "subject", "author", "trial", "T1 s", "T2 s", "total s", "DI", "% second",
                 "excluded"}};
  for (const datasets::ExplorationRow& row : rows) {
    table.push_back({row.video, row.subject, row.author, row.training ? "training" : "test",
                     fmt::format("{:.2f}", row.first_s), fmt::format("{:.2f}", row.second_s),
                     fmt::format("{:.2f}", row.first_s + row.second_s), FigureText(row.di),
                     FigureText(row.second_percent, 1), row.excluded});
  }
  std::string text = VaryingTableText(table, 4);
  if (!rows.empty()) text += "\nDI = (T1 - T2) / (T1 + T2): above 0 is more of the first\n";
  Rows means = {
      {"author", "trial", "animals", "excluded", "mean T1 s", "mean T2 s", "mean DI", "sd DI"}};
  for (const auto& summary : datasets::SummarizeExploration(rows)) {
    means.push_back({summary.author, summary.training ? "training" : "test",
                     std::to_string(summary.animals), std::to_string(summary.excluded),
                     fmt::format("{:.2f}", summary.mean_first_s),
                     fmt::format("{:.2f}", summary.mean_second_s), FigureText(summary.mean_di),
                     FigureText(summary.sd_di)});
  }
  text += (text.empty() || text.back() == '\n' ? "\n" : "\n\n") + TableText(means);
  Rows correlations = {{"author", "and", "quantity", "pairs", "Pearson r"}};
  for (const auto& correlation : datasets::CompareExploration(rows)) {
    correlations.push_back({correlation.first_author, correlation.second_author,
                            correlation.quantity, std::to_string(correlation.pairs),
                            FigureText(correlation.r)});
  }
  if (correlations.size() > 1) {
    text += (text.back() == '\n' ? "\n" : "\n\n") + TableText(correlations);
  }
  return text;
}

nlohmann::ordered_json ExplorationJson(const std::vector<datasets::ExplorationRow>& rows) {
  nlohmann::ordered_json json;
  json["animals"] = nlohmann::ordered_json::array();
  for (const datasets::ExplorationRow& row : rows) {
    json["animals"].push_back({{"video", row.video},
                               {"subject", row.subject},
                               {"author", row.author},
                               {"trial", row.training ? "training" : "test"},
                               {"n1", row.first_frames},
                               {"n2", row.second_frames},
                               {"t1_s", row.first_s},
                               {"t2_s", row.second_s},
                               {"di", datasets::OrNull(row.di)},
                               {"second_percent", datasets::OrNull(row.second_percent)},
                               {"excluded", row.excluded}});
  }
  json["groups"] = nlohmann::ordered_json::array();
  for (const auto& summary : datasets::SummarizeExploration(rows)) {
    json["groups"].push_back({{"author", summary.author},
                              {"trial", summary.training ? "training" : "test"},
                              {"animals", summary.animals},
                              {"excluded", summary.excluded},
                              {"mean_t1_s", summary.mean_first_s},
                              {"mean_t2_s", summary.mean_second_s},
                              {"mean_di", datasets::OrNull(summary.mean_di)},
                              {"sd_di", datasets::OrNull(summary.sd_di)}});
  }
  json["pearson"] = nlohmann::ordered_json::array();
  for (const auto& correlation : datasets::CompareExploration(rows)) {
    json["pearson"].push_back({{"first", correlation.first_author},
                               {"second", correlation.second_author},
                               {"quantity", correlation.quantity},
                               {"pairs", correlation.pairs},
                               {"r", datasets::OrNull(correlation.r)}});
  }
  return json;
}

}  // namespace app
