#include "infer/names/unknown.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <queue>

#include "datasets/base/as_index.h"
#include "datasets/base/error.h"

namespace infer {
namespace {

using Source = TrackRecord::Source;

// Of two pictures of one video, how much of what misleads about one misleads about the other, too
// (the intraclass correlation of cluster samples, Kish 1965): n of them are worth
// n / (1 + (n - 1) * kSharedDay) independent ones, so that a whole video is worth ten.
constexpr double kSharedDay = 0.1;

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
    const int name = names[datasets::AsIndex(record.rows()[r].tracklet)].class_index;
    if (name < 0) continue;
    rows[datasets::AsIndex(name)] += 1;
    for (size_t s = 0; s < std::size(kSources); ++s) {
      if (!record.HasOpinion(kSources[s], r)) continue;
      Sum& sum = sums[datasets::AsIndex(name)][s];
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

// [K][K] log-odds that who looks like the one is the one and not the other.
std::vector<std::vector<double>> OddsOfLooks(const TrackRecord& record,
                                             const std::vector<NamedTracklet>& names,
                                             const EvidenceOptions& weights) {
  const std::vector<Looks> looks = LooksByName(record, names, weights);
  std::vector<std::vector<double>> odds(looks.size(), std::vector<double>(looks.size(), 0));
  for (size_t k = 0; k < looks.size(); ++k) {
    for (size_t j = 0; j < looks.size(); ++j) {
      // Against the two having changed their looks, as both show it.
      odds[k][j] = looks[k].independent * (looks[k].says[k] - looks[k].says[j]) +
                   looks[j].independent * (looks[j].says[j] - looks[j].says[k]);
    }
  }
  return odds;
}

// How far the labels of a video lead: along the links that the names use, and to whom they leave
// one name only, as others that are seen with it have the rest. A way is as sure as all of its
// links together, and the surest comes first (Dijkstra 1959).
class LabelReach {
 public:
  LabelReach(const TrackRecord& record, const std::vector<Tracklet>& tracklets,
             const std::vector<Link>& links, const std::vector<Anchor>& anchors,
             const std::vector<int>& max_instances, const std::vector<NamedTracklet>& names)
      : max_instances_(max_instances),
        names_(names),
        links_(names.size()),
        moments_of_(names.size()),
        chances_(names.size(), 0),
        excluded_(names.size(), std::vector<double>(max_instances.size(), 0)) {
    for (const Link& link : links) {
      const int number = names[datasets::AsIndex(link.from)].number;
      if (link.log_odds <= 0 || number < 0 || number != names[datasets::AsIndex(link.to)].number)
        continue;
      const double chance = 1 / (1 + std::exp(-link.log_odds));
      links_[datasets::AsIndex(link.from)].emplace_back(link.to, chance);
      links_[datasets::AsIndex(link.to)].emplace_back(link.from, chance);
    }
    FindMoments(tracklets);
    for (const Anchor& anchor : anchors) {
      const int t = record.rows()[anchor.row].tracklet;
      if (names[datasets::AsIndex(t)].class_index == anchor.class_index) Reach(t, 1);
    }
    std::vector<char> done(names.size(), 0);
    while (!open_.empty()) {
      const int t = open_.top().second;
      open_.pop();
      if (done[datasets::AsIndex(t)]) continue;
      done[datasets::AsIndex(t)] = 1;
      for (const auto& [other, chance] : links_[datasets::AsIndex(t)])
        Reach(other, chances_[datasets::AsIndex(t)] * chance);
      for (const size_t moment : moments_of_[datasets::AsIndex(t)]) Exclude(moments_[moment], done);
    }
  }

  // Of the name of a tracklet, as far as labels alone say it; 0 where they do not lead.
  double Chance(size_t t) const { return chances_[t]; }
  // That a tracklet is not of this class, since all animals of it are seen beside it.
  double Excluded(size_t t, size_t k) const { return excluded_[t][k]; }

 private:
  // The tracklets that are seen at once, wherever that changes.
  void FindMoments(const std::vector<Tracklet>& tracklets) {
    std::vector<const Tracklet*> order;
    for (const Tracklet& tracklet : tracklets) {
      if (names_[datasets::AsIndex(tracklet.id)].class_index >= 0) order.push_back(&tracklet);
    }
    std::stable_sort(order.begin(), order.end(), [](const Tracklet* a, const Tracklet* b) {
      return a->start_frame < b->start_frame;
    });
    std::vector<const Tracklet*> open;
    for (size_t o = 0; o < order.size(); ++o) {
      const int now = order[o]->start_frame;
      open.erase(std::remove_if(open.begin(), open.end(),
                                [&](const Tracklet* t) { return t->end_frame <= now; }),
                 open.end());
      open.push_back(order[o]);
      if (o + 1 < order.size() && order[o + 1]->start_frame == now) continue;
      for (const Tracklet* t : open)
        moments_of_[datasets::AsIndex(t->id)].push_back(moments_.size());
      std::vector<int>& moment = moments_.emplace_back();
      for (const Tracklet* t : open) moment.push_back(t->id);
    }
  }

  void Reach(int t, double chance) {
    if (chance <= chances_[datasets::AsIndex(t)]) return;
    chances_[datasets::AsIndex(t)] = chance;
    open_.emplace(chance, t);
  }

  // `done`: whose chance is known by now.
  void Exclude(const std::vector<int>& moment, const std::vector<char>& done) {
    const size_t classes = max_instances_.size();
    std::vector<std::vector<double>> known(classes);
    for (const int t : moment) {
      if (done[datasets::AsIndex(t)])
        known[datasets::AsIndex(names_[datasets::AsIndex(t)].class_index)].push_back(
            chances_[datasets::AsIndex(t)]);
    }
    std::vector<double> taken(classes, 0);  // that every animal of a class is among them
    for (size_t k = 0; k < classes; ++k) {
      const size_t most = static_cast<size_t>(std::max(1, max_instances_[k]));
      if (known[k].size() < most) continue;
      taken[k] = std::accumulate(known[k].begin(), known[k].end(), 1.0, std::multiplies<>());
    }
    for (const int t : moment) {
      if (done[datasets::AsIndex(t)]) continue;
      double left = 1;
      for (size_t k = 0; k < classes; ++k) {
        if (static_cast<int>(k) == names_[datasets::AsIndex(t)].class_index) continue;
        double& excluded = excluded_[datasets::AsIndex(t)][k];
        excluded = std::max(excluded, taken[k]);
        left *= taken[k];
      }
      Reach(t, left);
    }
  }

  const std::vector<int>& max_instances_;
  const std::vector<NamedTracklet>& names_;
  std::vector<std::vector<std::pair<int, double>>> links_;  // by tracklet: to whom, how sure
  std::vector<std::vector<int>> moments_;
  std::vector<std::vector<size_t>> moments_of_;  // by tracklet
  std::vector<double> chances_;
  std::vector<std::vector<double>> excluded_;  // [tracklet][class]
  std::priority_queue<std::pair<double, int>> open_;
};

// Pieces of a contact follow the tracklets of their number on both sides of it.
void FollowSides(const std::vector<Tracklet>& tracklets, std::vector<NamedTracklet>& names) {
  std::map<int, std::vector<int>> chains;
  for (const Tracklet& tracklet : tracklets) {
    const NamedTracklet& name = names[datasets::AsIndex(tracklet.id)];
    if (name.number >= 0) chains[name.number].push_back(tracklet.id);
  }
  for (auto& [number, chain] : chains) {
    std::stable_sort(chain.begin(), chain.end(), [&](int a, int b) {
      return tracklets[datasets::AsIndex(a)].start_frame <
             tracklets[datasets::AsIndex(b)].start_frame;
    });
    const auto is_piece = [&](size_t c) {
      return tracklets[datasets::AsIndex(chain[c])].contact ||
             tracklets[datasets::AsIndex(chain[c])].beside;
    };
    for (size_t begin = 0; begin < chain.size(); ++begin) {
      if (!is_piece(begin)) continue;
      size_t end = begin;
      while (end < chain.size() && is_piece(end)) ++end;
      bool any_side = begin > 0 || end < chain.size(), all_unknown = true;
      if (begin > 0) all_unknown = names[datasets::AsIndex(chain[begin - 1])].unknown;
      if (end < chain.size())
        all_unknown = all_unknown && names[datasets::AsIndex(chain[end])].unknown;
      for (size_t c = begin; c < end && any_side; ++c)
        names[datasets::AsIndex(chain[c])].unknown = all_unknown;
      begin = end;
    }
  }
}

}  // namespace

std::vector<double> ChancesOfLooks(const TrackRecord& record,
                                   const std::vector<NamedTracklet>& names,
                                   const EvidenceOptions& weights) {
  const auto odds = OddsOfLooks(record, names, weights);
  std::vector<double> chances;
  for (size_t k = 0; k < odds.size(); ++k) {
    double others = 0;
    for (size_t j = 0; j < odds.size(); ++j) {
      if (j != k) others += std::exp(std::min(-odds[k][j], 700.0));
    }
    chances.push_back(1 / (1 + others));
  }
  return chances;
}

void LeaveUnknown(const TrackRecord& record, const std::vector<Tracklet>& tracklets,
                  const std::vector<Link>& links, const std::vector<Anchor>& anchors,
                  const std::vector<int>& max_instances, const EvidenceOptions& weights,
                  double below, std::vector<NamedTracklet>& names) {
  if (record.classes() < 2) return;
  VOLE_CHECK(max_instances.size() == record.classes());
  const LabelReach labels(record, tracklets, links, anchors, max_instances, names);
  const auto odds = OddsOfLooks(record, names, weights);
  for (size_t t = 0; t < names.size(); ++t) {
    NamedTracklet& name = names[t];
    if (name.class_index < 0 || labels.Chance(t) > 0) continue;
    double others = 0;
    for (size_t j = 0; j < odds.size(); ++j) {
      if (static_cast<int>(j) == name.class_index) continue;
      others += (1 - labels.Excluded(t, j)) *
                std::exp(std::min(-odds[datasets::AsIndex(name.class_index)][j], 700.0));
    }
    name.probability /= 1 + others;
    name.margin = std::min(name.margin, 2 * name.probability - 1);
  }
  const auto is_said = [&](size_t t) { return labels.Chance(t) > 0 && labels.Chance(t) >= below; };
  for (size_t t = 0; t < names.size(); ++t) {
    names[t].unknown = names[t].class_index >= 0 && !is_said(t) && names[t].probability < below;
  }
  FollowSides(tracklets, names);
  for (size_t t = 0; t < names.size(); ++t) names[t].unknown = names[t].unknown && !is_said(t);
}

}  // namespace infer
