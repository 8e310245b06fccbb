#include "infer/names/evidence.h"

#include <algorithm>
#include <cmath>

namespace infer {
namespace {

using Source = TrackRecord::Source;

constexpr size_t kSources = 3;
constexpr Source kAllSources[kSources] = {Source::kPixels, Source::kCrop, Source::kWindow};
size_t IndexOf(Source source) { return static_cast<size_t>(source); }

struct Sums {
  struct Opinion {
    std::vector<double> sum;  // [K] of log-odds against knowing nothing
    int frames = 0;
    double Mean(size_t k) const { return sum[k] / frames; }
  };
  Opinion of[kSources];
  int frames = 0;
  double score = 0, area = 0;
};

double Effective(double frames, const EvidenceOptions& options, double seconds_an_opinion) {
  const double correlation = std::max(1.0, seconds_an_opinion * options.fps);
  return frames < 1 ? 0 : 1 + (frames - 1) / correlation;
}

std::vector<Sums> SumUp(const TrackRecord& record, size_t tracklets,
                        const EvidenceOptions& options) {
  const size_t classes = record.classes();
  const double nothing = std::log(static_cast<double>(std::max<size_t>(1, classes)));
  std::vector<Sums> sums(tracklets);
  for (size_t r = 0; r < record.rows().size(); ++r) {
    const AnimalFrame& row = record.rows()[r];
    Sums& sum = sums[static_cast<size_t>(row.tracklet)];
    ++sum.frames;
    sum.score += row.score;
    sum.area += row.area;
    for (const Source source : kAllSources) {
      if (!record.HasOpinion(source, r)) continue;
      Sums::Opinion& opinion = sum.of[IndexOf(source)];
      opinion.sum.resize(classes, 0);
      ++opinion.frames;
      for (size_t k = 0; k < classes; ++k) {
        opinion.sum[k] += std::max(record.Opinion(source, r, k), options.floor) + nothing;
      }
    }
  }
  return sums;
}

// 1: surely an animal; 0: could be anything; below: looks like none.
double Goodness(const Sums& sum, double median_area) {
  const double score = sum.score / sum.frames;
  double goodness = std::clamp((score - 0.25) / 0.35, 0.0, 1.0);
  if (median_area > 0) {
    const double ratio = sum.area / sum.frames / median_area;
    if (ratio < 0.5) goodness *= std::clamp((ratio - 0.15) / 0.35, 0.0, 1.0);
    if (ratio > 3) goodness *= std::clamp(2 - ratio / 3, 0.0, 1.0);
  }
  return goodness;
}

}  // namespace

std::vector<TrackletEvidence> EvidenceOf(const TrackRecord& record,
                                         const std::vector<Tracklet>& tracklets,
                                         const train::ModelInfo& info,
                                         const EvidenceOptions& options) {
  const std::vector<Sums> sums = SumUp(record, tracklets.size(), options);
  std::vector<TrackletEvidence> evidence(tracklets.size());
  for (size_t t = 0; t < tracklets.size(); ++t) {
    TrackletEvidence& e = evidence[t];
    e.start_frame = tracklets[t].start_frame;
    e.end_frame = tracklets[t].end_frame;
    e.class_log_odds.assign(record.classes(), 0);
    const Sums& sum = sums[t];
    if (sum.frames == 0) continue;
    const Sums::Opinion& pixels = sum.of[IndexOf(Source::kPixels)];
    const Sums::Opinion& crop = sum.of[IndexOf(Source::kCrop)];
    const Sums::Opinion& window = sum.of[IndexOf(Source::kWindow)];
    const bool alone = crop.frames == 0 && window.frames == 0;
    const auto add = [&](const Sums::Opinion& opinion, double weight, double seconds) {
      if (opinion.frames == 0) return;
      const double effective = Effective(opinion.frames, options, seconds);
      for (size_t k = 0; k < record.classes(); ++k) {
        e.class_log_odds[k] += weight * opinion.Mean(k) * effective;
      }
    };
    add(pixels, alone ? options.pixel_weight_alone : options.pixel_weight,
        options.seconds_an_opinion);
    add(crop, options.crop_weight * (window.frames > 0 ? options.crop_beside_window : 1),
        options.seconds_an_opinion);
    add(window, options.window_weight,
        std::max(options.seconds_an_opinion, options.window_seconds));
    // Dearer than the worst that evidence can say about a name: doubt about the name alone is no
    // reason to drop an animal.
    const double goodness = Goodness(sum, info.median_area);
    const double opinions = Effective(sum.frames, options, options.seconds_an_opinion);
    e.drop_cost = goodness * (2 + 4 * opinions) - (1 - goodness) * (1 + 0.5 * opinions);
  }
  return evidence;
}

SourceTrust TrustOf(const TrackRecord& record, const std::vector<NamedTracklet>& names,
                    const EvidenceOptions& options) {
  struct Second {
    int index = -1;
    std::vector<double> sum;
  };
  const double frames_a_second = std::max(1.0, options.fps);
  const size_t classes = record.classes();
  double right[kSources] = {}, all[kSources] = {};
  std::vector<Second> open(names.size() * kSources);
  const auto close = [&](size_t slot) {
    Second& second = open[slot];
    if (second.index < 0) return;
    const size_t own = static_cast<size_t>(names[slot / kSources].class_index);
    double other = -1e9;
    for (size_t k = 0; k < classes; ++k) {
      if (k != own) other = std::max(other, second.sum[k]);
    }
    const double margin = second.sum[own] - other;
    right[slot % kSources] += margin > 0 ? 1 : margin < 0 ? 0 : 0.5;
    all[slot % kSources] += 1;
    second.index = -1;
  };
  for (size_t r = 0; r < record.rows().size(); ++r) {
    const AnimalFrame& row = record.rows()[r];
    if (names[static_cast<size_t>(row.tracklet)].class_index < 0 || classes < 2) continue;
    for (const Source source : kAllSources) {
      if (!record.HasOpinion(source, r)) continue;
      const size_t slot = static_cast<size_t>(row.tracklet) * kSources + IndexOf(source);
      const int index = static_cast<int>(row.frame / frames_a_second);
      if (open[slot].index != index) {
        close(slot);
        open[slot].index = index;
        open[slot].sum.assign(classes, 0);
      }
      for (size_t k = 0; k < classes; ++k) {
        open[slot].sum[k] += std::max(record.Opinion(source, r, k), options.floor);
      }
    }
  }
  for (size_t slot = 0; slot < open.size(); ++slot) close(slot);
  SourceTrust trust;
  if (all[0] >= 8) trust.pixels = right[0] / all[0];
  if (all[1] >= 8) trust.crop = right[1] / all[1];
  if (all[2] >= 8) trust.window = right[2] / all[2];
  return trust;
}

SourceTrust TrustAtLabels(const TrackRecord& record, const std::vector<Anchor>& anchors) {
  double right[2] = {0, 0}, all[2] = {0, 0};
  for (const Anchor& anchor : anchors) {
    for (const Source source : {Source::kPixels, Source::kCrop}) {
      if (!record.HasOpinion(source, anchor.row)) continue;
      const size_t own = static_cast<size_t>(anchor.class_index);
      bool best = true;
      for (size_t k = 0; k < record.classes(); ++k) {
        best = best && (k == own || record.Opinion(source, anchor.row, k) <
                                        record.Opinion(source, anchor.row, own));
      }
      const size_t s = source == Source::kPixels ? 0 : 1;
      right[s] += best;
      all[s] += 1;
    }
  }
  constexpr double kEnough = 8;
  SourceTrust trust;
  if (all[0] >= kEnough) trust.pixels = right[0] / all[0];
  if (all[1] >= kEnough) trust.crop = right[1] / all[1];
  return trust;
}

namespace {

// The lower of two agreements, where known: labels were learned from, so they show too much trust
// at most.
double Lower(double a, double b) { return a < 0 ? b : b < 0 ? a : std::min(a, b); }

// A source that agrees with the names no better than chance says nothing; one that agrees in 85 %
// of the seconds keeps its weight.
double Worth(double agreement, size_t classes) {
  if (agreement < 0) return 1;
  const double chance = 1.0 / static_cast<double>(classes);
  return std::clamp((agreement - chance) / (0.85 - chance), 0.05, 1.0);
}

}  // namespace

IdentityOptions IdentityOptionsOf(const train::ModelInfo& info) {
  IdentityOptions identity;
  identity.max_instances = info.max_instances;
  identity.max_instances.resize(info.classes.size(), 1);
  return identity;
}

DecidedNames DecideNames(const TrackRecord& record, const std::vector<Tracklet>& tracklets,
                         const std::vector<Link>& links, const train::ModelInfo& info,
                         const EvidenceOptions& options, const std::vector<Anchor>& anchors,
                         const std::function<void()>& checkpoint) {
  IdentityOptions identity = IdentityOptionsOf(info);
  identity.max_instances.resize(record.classes(), 1);
  DecidedNames decided;
  decided.weights = options;
  const auto decide = [&](const EvidenceOptions& weights) {
    decided.evidence = EvidenceOf(record, tracklets, info, weights);
    AddAnchors(record, anchors, decided.evidence);
    decided.names = DecideIdentities(decided.evidence, links, identity, checkpoint);
  };
  decide(options);
  if (record.classes() < 2) return decided;
  SourceTrust trust = TrustOf(record, decided.names, options);
  const SourceTrust at_labels = TrustAtLabels(record, anchors);
  trust.pixels = Lower(trust.pixels, at_labels.pixels);
  trust.crop = Lower(trust.crop, at_labels.crop);
  EvidenceOptions weighed = options;
  weighed.crop_weight *= Worth(trust.crop, record.classes());
  weighed.window_weight *= Worth(trust.window, record.classes());
  weighed.pixel_weight *= Worth(trust.pixels, record.classes());
  weighed.pixel_weight_alone *= Worth(trust.pixels, record.classes());
  decided.weights = weighed;
  decide(weighed);
  return decided;
}

std::vector<NamedTracklet> NameTracklets(
    const TrackRecord& record, const std::vector<Tracklet>& tracklets,
    const std::vector<Link>& links, const train::ModelInfo& info, const EvidenceOptions& options,
    const std::vector<Anchor>& anchors, const std::function<void()>& checkpoint) {
  return DecideNames(record, tracklets, links, info, options, anchors, checkpoint).names;
}

}  // namespace infer
