#include "infer/names/unknown.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace infer {
namespace {

using Source = TrackRecord::Source;

// Of two pictures of one video, how much of what misleads about one misleads about the other, too
// (the intraclass correlation of cluster samples, Kish 1965): n of them are worth
// n / (1 + (n - 1) * kSharedDay) independent ones, so that a whole video is worth ten.
constexpr double kSharedDay = 0.1;

size_t At(int i) { return static_cast<size_t>(i); }

double WeightOf(Source source, bool alone, const EvidenceOptions& weights) {
  switch (source) {
    case Source::kPixels:
      return alone ? weights.pixel_weight_alone : weights.pixel_weight;
    case Source::kCrop:
      return weights.crop_weight;
    case Source::kWindow:
      break;
  }
  return weights.window_weight;
}

// What a video's pictures of the animals of one name say on average, [K].
struct Looks {
  std::vector<double> says;
  double independent = 0;  // how many pictures they are worth
};

std::vector<Looks> LooksByName(const TrackRecord& record, const std::vector<NamedTracklet>& names,
                               const EvidenceOptions& weights) {
  constexpr Source kSources[] = {Source::kPixels, Source::kCrop, Source::kWindow};
  const size_t classes = record.classes();
  struct Sum {
    std::vector<double> of;
    double rows = 0;
  };
  std::vector<std::vector<Sum>> sums(classes, std::vector<Sum>(std::size(kSources)));
  std::vector<double> rows(classes, 0);
  for (size_t r = 0; r < record.rows().size(); ++r) {
    const int name = names[At(record.rows()[r].tracklet)].class_index;
    if (name < 0) continue;
    rows[At(name)] += 1;
    for (size_t s = 0; s < std::size(kSources); ++s) {
      if (!record.HasOpinion(kSources[s], r)) continue;
      Sum& sum = sums[At(name)][s];
      sum.of.resize(classes, 0);
      sum.rows += 1;
      for (size_t k = 0; k < classes; ++k) {
        sum.of[k] += std::max(record.Opinion(kSources[s], r, k), weights.floor);
      }
    }
  }
  const double frames_an_opinion = std::max(1.0, weights.seconds_an_opinion * weights.fps);
  std::vector<Looks> looks(classes);
  for (size_t name = 0; name < classes; ++name) {
    Looks& own = looks[name];
    own.says.assign(classes, 0);
    const std::vector<Sum>& of = sums[name];
    const bool alone = of[1].rows == 0 && of[2].rows == 0;
    for (size_t s = 0; s < std::size(kSources); ++s) {
      if (of[s].rows == 0) continue;
      double weight = WeightOf(kSources[s], alone, weights);
      if (kSources[s] == Source::kCrop && of[2].rows > 0) weight *= weights.crop_beside_window;
      for (size_t k = 0; k < classes; ++k) own.says[k] += weight * of[s].of[k] / of[s].rows;
    }
    if (rows[name] == 0) continue;
    const double opinions = 1 + (rows[name] - 1) / frames_an_opinion;
    own.independent = opinions / (1 + (opinions - 1) * kSharedDay);
  }
  return looks;
}

// Tracklets that any links lead to from one that a label names.
std::vector<char> CarriedFromLabels(const TrackRecord& record, size_t tracklets,
                                    const std::vector<Link>& links,
                                    const std::vector<Anchor>& anchors) {
  std::vector<std::vector<int>> next(tracklets);
  for (const Link& link : links) {
    next[At(link.from)].push_back(link.to);
    next[At(link.to)].push_back(link.from);
  }
  std::vector<char> carried(tracklets, 0);
  std::vector<int> open;
  const auto reach = [&](int t) {
    if (carried[At(t)]) return;
    carried[At(t)] = 1;
    open.push_back(t);
  };
  for (const Anchor& anchor : anchors) reach(record.rows()[anchor.row].tracklet);
  while (!open.empty()) {
    const int t = open.back();
    open.pop_back();
    for (const int other : next[At(t)]) reach(other);
  }
  return carried;
}

// Pieces of a contact follow the tracklets of their number on both sides of it.
void FollowSides(const std::vector<Tracklet>& tracklets, std::vector<NamedTracklet>& names) {
  std::map<int, std::vector<int>> chains;
  for (const Tracklet& tracklet : tracklets) {
    const NamedTracklet& name = names[At(tracklet.id)];
    if (name.number >= 0) chains[name.number].push_back(tracklet.id);
  }
  for (auto& [number, chain] : chains) {
    std::stable_sort(chain.begin(), chain.end(), [&](int a, int b) {
      return tracklets[At(a)].start_frame < tracklets[At(b)].start_frame;
    });
    const auto is_piece = [&](size_t c) {
      return tracklets[At(chain[c])].contact || tracklets[At(chain[c])].beside;
    };
    for (size_t begin = 0; begin < chain.size(); ++begin) {
      if (!is_piece(begin)) continue;
      size_t end = begin;
      while (end < chain.size() && is_piece(end)) ++end;
      bool any_side = begin > 0 || end < chain.size(), all_unknown = true;
      if (begin > 0) all_unknown = names[At(chain[begin - 1])].unknown;
      if (end < chain.size()) all_unknown = all_unknown && names[At(chain[end])].unknown;
      for (size_t c = begin; c < end && any_side; ++c) names[At(chain[c])].unknown = all_unknown;
      begin = end;
    }
  }
}

}  // namespace

std::vector<double> ChancesOfLooks(const TrackRecord& record,
                                   const std::vector<NamedTracklet>& names,
                                   const EvidenceOptions& weights) {
  const std::vector<Looks> looks = LooksByName(record, names, weights);
  std::vector<double> chances;
  for (size_t k = 0; k < looks.size(); ++k) {
    double others = 0;
    for (size_t j = 0; j < looks.size(); ++j) {
      if (j == k) continue;
      // Against the two having changed their looks, as both show it.
      const double odds = looks[k].independent * (looks[k].says[k] - looks[k].says[j]) +
                          looks[j].independent * (looks[j].says[j] - looks[j].says[k]);
      others += std::exp(std::min(-odds, 700.0));
    }
    chances.push_back(1 / (1 + others));
  }
  return chances;
}

void LeaveUnknown(const TrackRecord& record, const std::vector<Tracklet>& tracklets,
                  const std::vector<Link>& links, const std::vector<Anchor>& anchors,
                  const EvidenceOptions& weights, double below, std::vector<NamedTracklet>& names) {
  if (record.classes() < 2) return;
  if (anchors.empty()) {
    const std::vector<double> chances = ChancesOfLooks(record, names, weights);
    for (NamedTracklet& name : names) {
      if (name.class_index < 0) continue;
      name.probability *= chances[At(name.class_index)];
      name.margin = std::min(name.margin, 2 * name.probability - 1);
    }
  }
  const std::vector<char> carried = CarriedFromLabels(record, names.size(), links, anchors);
  for (size_t t = 0; t < names.size(); ++t) {
    names[t].unknown = names[t].class_index >= 0 && !carried[t] && names[t].probability < below;
  }
  FollowSides(tracklets, names);
  for (size_t t = 0; t < names.size(); ++t) names[t].unknown = names[t].unknown && !carried[t];
}

}  // namespace infer
