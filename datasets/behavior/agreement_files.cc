#include "datasets/behavior/agreement.h"
#include "datasets/files/csv.h"

namespace datasets {
namespace {

nlohmann::ordered_json Json(const std::optional<double>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
}

nlohmann::ordered_json Json(const SureFigure& figure) {
  nlohmann::ordered_json json = {{"value", Json(figure.value)}};
  if (figure.interval) {
    json["low"] = figure.interval->low;
    json["high"] = figure.interval->high;
  }
  return json;
}

nlohmann::ordered_json Json(const BoutFigures& figures) {
  return {{"matched", figures.matched},     {"missed", figures.missed},
          {"extra", figures.extra},         {"precision", Json(figures.precision)},
          {"recall", Json(figures.recall)}, {"f1", Json(figures.f1)}};
}

std::string Csv(const std::optional<double>& value) { return value ? CsvNumber(*value, 6) : ""; }

std::string Csv(const SureFigure& figure) {
  std::string text = Csv(figure.value);
  if (!figure.interval) return text + ",,";
  return text + "," + CsvNumber(figure.interval->low, 6) + "," +
         CsvNumber(figure.interval->high, 6);
}

}  // namespace

nlohmann::ordered_json AgreementJson(const PairAgreement& pair) {
  auto behaviors = nlohmann::ordered_json::object();
  for (const BehaviorAgreement& behavior : pair.behaviors) {
    behaviors[behavior.behavior] = {{"frames", behavior.frames},
                                    {"first_frames", behavior.first_frames},
                                    {"second_frames", behavior.second_frames},
                                    {"both_frames", behavior.both_frames},
                                    {"kappa", Json(behavior.kappa)},
                                    {"f1", Json(behavior.f1)},
                                    {"bouts_by_overlap", Json(behavior.by_overlap)},
                                    {"bouts_by_onset", Json(behavior.by_onset)}};
  }
  return {{"first", pair.first},
          {"second", pair.second},
          {"frames", pair.frames},
          {"series", pair.series},
          {"agreement", Json(pair.agreement)},
          {"kappa", Json(pair.kappa)},
          {"macro_f1", Json(pair.macro_f1)},
          {"behaviors", behaviors},
          {"states", pair.states},
          {"confusion", pair.confusion},
          {"only_one", pair.only_one},
          {"not_compared", pair.not_compared}};
}

std::string AgreementCsv(const std::vector<PairAgreement>& pairs) {
  std::string text =
      "first,second,behavior,frames,first_frames,second_frames,kappa,kappa_low,kappa_high,f1,"
      "f1_low,f1_high,bout_f1_overlap,bout_f1_onset\n";
  for (const PairAgreement& pair : pairs) {
    const std::string names = CsvField(pair.first) + "," + CsvField(pair.second) + ",";
    text += names + "*," + std::to_string(pair.frames) + ",,," + Csv(pair.kappa) + "," +
            Csv(pair.macro_f1) + ",,\n";
    for (const BehaviorAgreement& behavior : pair.behaviors) {
      text += names + CsvField(behavior.behavior) + "," + std::to_string(behavior.frames) + "," +
              std::to_string(behavior.first_frames) + "," + std::to_string(behavior.second_frames) +
              "," + Csv(behavior.kappa) + "," + Csv(behavior.f1) + "," +
              Csv(behavior.by_overlap.f1) + "," + Csv(behavior.by_onset.f1) + "\n";
    }
  }
  return text;
}

std::string ConfusionCsv(const std::vector<PairAgreement>& pairs) {
  std::string text = "first,second,first_says,second_says,frames\n";
  for (const PairAgreement& pair : pairs) {
    for (size_t i = 0; i < pair.states.size(); ++i) {
      for (size_t j = 0; j < pair.states.size(); ++j) {
        if (pair.confusion[i][j] == 0) continue;
        text += CsvField(pair.first) + "," + CsvField(pair.second) + "," +
                CsvField(pair.states[i]) + "," + CsvField(pair.states[j]) + "," +
                std::to_string(pair.confusion[i][j]) + "\n";
      }
    }
  }
  return text;
}

}  // namespace datasets
