// Whether the animal is the one that it is said to be.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "infer/review/doubt.h"

namespace infer {
namespace {

using datasets::Mending;

std::vector<double> NameDoubt(const Observed& observed) {
  const bool several = observed.record.classes() > 1;
  return EachRow(observed, [&](const AnimalFrame& row) {
    return several ? 2 * (1 - observed.NameOf(row).probability) : 0;
  });
}

// That the name is right, over the whole track: kept as the sign above, which ends at one half.
std::string ChanceText(const Doubt& doubt) {
  const float value = doubt.Value(Sign::kNameDoubt);
  return value >= 1 ? "0.50 or less" : fmt::format("{:.2f}", 1 - value / 2);
}

std::string TellNameDoubt(const Doubt& doubt) {
  const std::string right = ChanceText(doubt);
  if (doubt.classes.size() < 2) {
    return fmt::format("{} may be no animal: the chance that it is one is {}", doubt.Own(), right);
  }
  return fmt::format("{} may be swapped: the chance that the name is right is {}{}", doubt.Both(),
                     right, doubt.Contact());
}

// How much the frames within 0.2 s of the same tracklet speak for another name.
std::vector<double> OtherName(const Observed& observed) {
  const TrackRecord& record = observed.record;
  const size_t classes = record.classes();
  const int reach = std::max(1, static_cast<int>(0.2 * observed.fps));
  std::vector<double> values(record.rows().size(), 0);
  if (classes < 2) return values;
  std::vector<std::vector<size_t>> rows_of(observed.names.size());
  for (size_t r = 0; r < record.rows().size(); ++r) {
    rows_of[static_cast<size_t>(record.rows()[r].tracklet)].push_back(r);
  }
  for (size_t t = 0; t < observed.names.size(); ++t) {
    if (observed.names[t].class_index < 0) continue;
    const size_t own = static_cast<size_t>(observed.names[t].class_index);
    const auto& rows = rows_of[t];
    std::vector<double> sum(classes, 0);
    int count = 0;
    const auto add = [&](size_t r, int sign) {
      using Source = TrackRecord::Source;
      const auto source = record.HasOpinion(Source::kWindow, r) ? Source::kWindow
                          : record.HasOpinion(Source::kCrop, r) ? Source::kCrop
                                                                : Source::kPixels;
      if (!record.HasOpinion(source, r)) return;
      count += sign;
      for (size_t k = 0; k < classes; ++k) {
        sum[k] += sign * std::max(record.Opinion(source, r, k), -3.0);
      }
    };
    size_t begin = 0, end = 0;
    for (size_t r : rows) {
      const int frame = record.rows()[r].frame;
      while (end < rows.size() && record.rows()[rows[end]].frame <= frame + reach) {
        add(rows[end++], 1);
      }
      while (record.rows()[rows[begin]].frame < frame - reach) add(rows[begin++], -1);
      if (count == 0) continue;
      double other = -1e9;
      for (size_t k = 0; k < classes; ++k) {
        if (k != own) other = std::max(other, sum[k]);
      }
      values[r] = (other - sum[own]) / count / 2;
    }
  }
  return values;
}

std::string TellOtherName(const Doubt& doubt) {
  return fmt::format(
      "{} does not look like itself {} (over its whole track the chance that it is {} is {})",
      doubt.Own(), doubt.Span(), doubt.Own(), ChanceText(doubt));
}

std::vector<double> Brief(const Observed& observed) {
  return EachRow(observed, [&](const AnimalFrame& row) {
    const Tracklet& tracklet = observed.tracklets[static_cast<size_t>(row.tracklet)];
    return std::exp(-(tracklet.end_frame - tracklet.start_frame) / (0.4 * observed.fps));
  });
}

std::string TellBrief(const Doubt& doubt) {
  return fmt::format("{} is followed for {} frames only", doubt.Own(),
                     doubt.Tracklet().end_frame - doubt.Tracklet().start_frame);
}

}  // namespace

// Two animals may be exchanged, or the track may be no animal.
SignInfo NameDoubtSign() {
  return {{"low_identity_margin", "who is who", Mending::kSwap},
          5,
          kNoHint,
          NameDoubt,
          TellNameDoubt,
          true};
}

// Here, though not over the whole track.
SignInfo OtherNameSign() {
  return {{"looks_like_another", "looks like another", Mending::kSwapSpan},
          3,
          kNoHint,
          OtherName,
          TellOtherName,
          true};
}

SignInfo BriefSign() {
  return {{"seen_briefly", "seen briefly", Mending::kRemove}, 1.2, kNoHint, Brief, TellBrief};
}

}  // namespace infer
