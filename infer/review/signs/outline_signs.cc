// Whether the outline fits the animal and the picture.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "datasets/base/median.h"
#include "infer/review/doubt.h"

namespace infer {
namespace {

using datasets::Mending;

struct AreaRange {
  double log_median = 0, spread = 0.2;
};

// Statistics of a long video need no more than this many of its rows.
size_t Step(const TrackRecord& record) { return record.rows().size() / 20000 + 1; }

std::vector<AreaRange> AreasByClass(const Observed& observed) {
  const TrackRecord& record = observed.record;
  const train::ModelInfo& info = observed.info;
  std::vector<AreaRange> ranges;
  for (size_t k = 0; k < record.classes(); ++k) {
    std::vector<double> logs;
    for (size_t r = 0; r < record.rows().size(); r += Step(record)) {
      const AnimalFrame& row = record.rows()[r];
      const int own = observed.NameOf(row).class_index;
      if (own == static_cast<int>(k) && !row.touching && row.area > 0) {
        logs.push_back(std::log(row.area));
      }
    }
    AreaRange range;
    const double labeled = k < info.class_median_area.size() && info.class_median_area[k] > 0
                               ? info.class_median_area[k]
                               : info.median_area;
    range.log_median = datasets::Median(logs);
    if (logs.size() < 20 && labeled > 0) range.log_median = std::log(labeled);
    for (double& value : logs) value = std::abs(value - range.log_median);
    if (logs.size() >= 20) range.spread = std::clamp(1.48 * datasets::Median(logs), 0.05, 0.4);
    ranges.push_back(range);
  }
  return ranges;
}

// |log (area / usual area of this animal here)| against its usual spread.
std::vector<double> OddArea(const Observed& observed) {
  const std::vector<AreaRange> areas = AreasByClass(observed);
  return EachRow(observed, [&](const AnimalFrame& row) {
    const AreaRange& range = areas[static_cast<size_t>(observed.NameOf(row).class_index)];
    const double odd = std::abs(std::log(std::max(row.area, 1.f)) - range.log_median);
    return (odd / range.spread - 2) / 6;
  });
}

// Toward twice or half of the usual area, whatever its spread: two animals in one outline, or part
// of one, which the picture does not tell from a whole animal.
std::vector<double> OtherSize(const Observed& observed) {
  const std::vector<AreaRange> areas = AreasByClass(observed);
  const double from = std::log(1.45), to = std::log(2.0);
  return EachRow(observed, [&](const AnimalFrame& row) {
    const AreaRange& range = areas[static_cast<size_t>(observed.NameOf(row).class_index)];
    const double odd = std::abs(std::log(std::max(row.area, 1.f)) - range.log_median);
    return (odd - from) / (to - from);
  });
}

std::string TellOddArea(const Doubt& doubt) {
  return fmt::format("the outline of {} has {:.2f} times its usual area", doubt.Own(),
                     doubt.animal->area_ratio);
}

// What a good outline of each class reaches here: the 90th percentile, which depends on fur, legs,
// bedding and light. 0: nothing is known.
std::vector<double> UsualAgreement(const Observed& observed) {
  const TrackRecord& record = observed.record;
  std::vector<std::vector<float>> values(record.classes());
  for (size_t r = 0; r < record.rows().size(); r += Step(record)) {
    const AnimalFrame& row = record.rows()[r];
    const int own = observed.NameOf(row).class_index;
    if (own >= 0 && row.picture_agreement >= 0) {
      values[static_cast<size_t>(own)].push_back(row.picture_agreement);
    }
  }
  std::vector<double> usual(record.classes(), 0);
  for (size_t k = 0; k < values.size(); ++k) {
    if (values[k].size() < 20) continue;
    const auto place = values[k].begin() + static_cast<ptrdiff_t>(0.9 * double(values[k].size()));
    std::nth_element(values[k].begin(), place, values[k].end());
    usual[k] = *place;
  }
  return usual;
}

std::vector<double> OffPicture(const Observed& observed) {
  const std::vector<double> usual = UsualAgreement(observed);
  return EachRow(observed, [&](const AnimalFrame& row) {
    const double good = usual[static_cast<size_t>(observed.NameOf(row).class_index)];
    if (good <= 0.1 || row.picture_agreement < 0) return 0.0;
    return 0.4 * std::clamp((0.9 - row.picture_agreement / good) / 0.5, 0.0, 1.0);
  });
}

std::string TellOffPicture(const Doubt& doubt) {
  return fmt::format("the outline of {} does not follow what the picture shows", doubt.Own());
}

std::vector<double> Border(const Observed& observed) {
  return EachRow(observed, [](const AnimalFrame& row) { return double(row.at_border); });
}

std::string TellBorder(const Doubt& doubt) {
  return fmt::format("{} is at the edge of the picture", doubt.Own());
}

}  // namespace

SignInfo OddAreaSign() {
  return {{"odd_area", "odd area", Mending::kRedraw}, 3, kHint, OddArea, TellOddArea};
}

SignInfo OtherSizeSign() {
  return {{"odd_area", "odd area", Mending::kRedraw}, 3, kNoHint, OtherSize, TellOddArea};
}

SignInfo BorderSign() {
  return {{"at_border", "at border", Mending::kRedraw}, 0.5, kNoHint, Border, TellBorder};
}

// Likely to overlap a label by less than half, by what the picture shows.
SignInfo OffPictureSign() {
  return {
      {"off_picture", "off picture", Mending::kRedraw}, 10, kNoHint, OffPicture, TellOffPicture};
}

}  // namespace infer
