#include "infer/names/identity.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <unordered_map>

#include "datasets/base/as_index.h"
#include "datasets/base/error.h"

namespace infer {
namespace {

const double kNever = -std::numeric_limits<double>::infinity();
constexpr int8_t kDropped = -1;
constexpr double kBroken = -1e12;  // a group that cannot be kept together: the last resort

double LogSum(double a, double b) {
  if (a < b) std::swap(a, b);
  return b == kNever ? a : a + std::log1p(std::exp(b - a));
}

// A state says which slot each open tracklet has; slots number the animals.
using State = std::string;

struct Transition {
  int from = 0, to = 0;  // indices of states in the layers before and after
  int8_t slot = 0;
  double gain = 0;
};

struct Asked {  // a question about the tracklet of a layer
  size_t question = 0;
  std::vector<int8_t> slot;  // of the earlier tracklet, in each state before the layer
};

struct Layer {  // one tracklet, in order of start
  int tracklet = 0;
  std::vector<Asked> asked;
  std::vector<Transition> transitions;
  std::vector<double> total;  // log-sum over all ways to each state
};

class Search {
 public:
  Search(const std::vector<TrackletEvidence>& tracklets, const std::vector<Link>& links,
         const IdentityOptions& options, const std::vector<SameQuestion>& questions,
         const std::function<void()>& checkpoint)
      : tracklets_(tracklets), questions_(questions), checkpoint_(checkpoint) {
    for (size_t k = 0; k < options.max_instances.size(); ++k) {
      first_slot_.push_back(static_cast<int>(class_of_slot_.size()));
      for (int n = 0; n < std::max(1, options.max_instances[k]); ++n) {
        class_of_slot_.push_back(static_cast<int>(k));
      }
    }
    VOLE_CHECK(class_of_slot_.size() <= static_cast<size_t>(kMostAnimals));
    first_slot_.push_back(static_cast<int>(class_of_slot_.size()));
    FindGroups(links);
    incoming_.resize(tracklets.size());
    last_use_.resize(tracklets.size());
    order_.resize(tracklets.size());
    std::iota(order_.begin(), order_.end(), 0);
    std::stable_sort(order_.begin(), order_.end(), [&](int a, int b) {
      return tracklets[datasets::AsIndex(a)].start_frame <
             tracklets[datasets::AsIndex(b)].start_frame;
    });
    std::vector<int> position(tracklets.size());
    for (size_t p = 0; p < order_.size(); ++p)
      position[datasets::AsIndex(order_[p])] = static_cast<int>(p);
    for (std::vector<int>& group : groups_) {
      std::sort(group.begin(), group.end(), [&](int a, int b) {
        return position[datasets::AsIndex(a)] < position[datasets::AsIndex(b)];
      });
      for (const int t : group)
        last_use_[datasets::AsIndex(t)] = position[datasets::AsIndex(group.back())];
    }
    for (const Link& link : links) {
      if (std::isinf(link.log_odds)) continue;
      if (link.from == link.to ||
          position[datasets::AsIndex(link.from)] >= position[datasets::AsIndex(link.to)])
        continue;
      incoming_[datasets::AsIndex(link.to)].push_back(link);
      last_use_[datasets::AsIndex(link.from)] =
          std::max(last_use_[datasets::AsIndex(link.from)], position[datasets::AsIndex(link.to)]);
    }
    asked_of_.resize(tracklets.size());
    for (size_t q = 0; q < questions.size(); ++q) {
      const auto [from, to] = questions[q];
      VOLE_CHECK(position[datasets::AsIndex(from)] < position[datasets::AsIndex(to)]);
      asked_of_[datasets::AsIndex(to)].push_back(q);
      last_use_[datasets::AsIndex(from)] =
          std::max(last_use_[datasets::AsIndex(from)], position[datasets::AsIndex(to)]);
    }
    const size_t choices = std::max<size_t>(2, class_of_slot_.size() + 1);
    widest_ = std::clamp<size_t>(
        options.most_transitions / choices / std::max<size_t>(1, tracklets.size()), 60, 20000);
  }

  std::vector<NamedTracklet> Run() {
    Forward();
    return Backward();
  }

  std::vector<double> Same() {
    same_.assign(questions_.size(), kNever);
    Run();
    return same_;
  }

 private:
  // Tracklets that links of infinite log-odds join are a group: one track, or dropped together.
  void FindGroups(const std::vector<Link>& links) {
    group_of_.assign(tracklets_.size(), -1);
    for (const Link& link : links) {
      if (!std::isinf(link.log_odds) || link.from == link.to) continue;
      for (const int t : {link.from, link.to}) {
        if (group_of_[datasets::AsIndex(t)] >= 0) continue;
        group_of_[datasets::AsIndex(t)] = static_cast<int>(groups_.size());
        groups_.push_back({t});
      }
      const int one = group_of_[datasets::AsIndex(link.from)],
                other = group_of_[datasets::AsIndex(link.to)];
      if (one == other) continue;
      for (const int t : groups_[datasets::AsIndex(other)]) {
        group_of_[datasets::AsIndex(t)] = one;
        groups_[datasets::AsIndex(one)].push_back(t);
      }
      groups_[datasets::AsIndex(other)].clear();
    }
  }

  // Of the tracklet's group those that get their slot with it or later; alone, itself.
  std::vector<int> RestOf(int tracklet) const {
    const int group = group_of_[datasets::AsIndex(tracklet)];
    if (group < 0) return {tracklet};
    const std::vector<int>& all = groups_[datasets::AsIndex(group)];
    return {std::find(all.begin(), all.end(), tracklet), all.end()};
  }

  // Which slots the open tracklets leave to a new one.
  struct Room {
    std::vector<char> taken;  // by place in `open_`: not its slot
    int must = -1;            // place in `open_` of one of its group: this slot and no other
  };
  Room RoomFor(int tracklet) const {
    Room room;
    const std::vector<int> rest = RestOf(tracklet);
    const int group = group_of_[datasets::AsIndex(tracklet)];
    for (size_t o = 0; o < open_.size(); ++o) {
      const int other = group_of_[datasets::AsIndex(open_[o])];
      bool taken = false;
      for (const int own : rest) {
        const TrackletEvidence& one = tracklets_[datasets::AsIndex(own)];
        taken = taken || tracklets_[datasets::AsIndex(open_[o])].end_frame > one.start_frame;
        if (other < 0 || other == group) continue;
        for (const int later : groups_[datasets::AsIndex(other)]) {  // the slot is kept for these
          const TrackletEvidence& two = tracklets_[datasets::AsIndex(later)];
          taken = taken || (two.start_frame < one.end_frame && one.start_frame < two.end_frame);
        }
      }
      if (other >= 0 && other == group) {
        room.must = static_cast<int>(o);
        taken = tracklets_[datasets::AsIndex(open_[o])].end_frame >
                tracklets_[datasets::AsIndex(tracklet)].start_frame;
      }
      room.taken.push_back(taken);
    }
    return room;
  }

  // Evidence about a group counts where it is named first, so that no name is lost too early.
  double Gain(int tracklet, int8_t slot, const Room& room) const {
    if (room.must >= 0) return 0;
    double gain = 0;
    for (const int t : RestOf(tracklet)) {
      const TrackletEvidence& evidence = tracklets_[datasets::AsIndex(t)];
      gain +=
          slot == kDropped
              ? -evidence.drop_cost
              : evidence.class_log_odds[datasets::AsIndex(class_of_slot_[datasets::AsIndex(slot)])];
    }
    return gain;
  }

  std::vector<int8_t> Choices(const State& state, const std::vector<int8_t>& linked,
                              const Room& room) const {
    const size_t slots = class_of_slot_.size();
    std::vector<char> taken(slots, 0), known(slots, 0);
    for (size_t o = 0; o < open_.size(); ++o) {
      if (state[o] == kDropped) continue;
      known[datasets::AsIndex(state[o])] = 1;
      if (room.taken[o]) taken[datasets::AsIndex(state[o])] = 1;
    }
    if (room.must >= 0) {
      const int8_t slot = state[datasets::AsIndex(room.must)];
      return {slot != kDropped && taken[datasets::AsIndex(slot)] ? kDropped : slot};
    }
    std::vector<int8_t> choices = {kDropped};
    for (size_t k = 0; k + 1 < first_slot_.size(); ++k) {
      // Instances of one class are alike: a new animal may be any one that an open tracklet was,
      // or the first that nobody is.
      int fresh = -1, free = -1;
      for (int s = first_slot_[k]; s < first_slot_[k + 1]; ++s) {
        if (taken[datasets::AsIndex(s)]) continue;
        if (free < 0) free = s;
        if (!known[datasets::AsIndex(s)] && fresh < 0) fresh = s;
        const bool is_linked =
            std::find(linked.begin(), linked.end(), static_cast<int8_t>(s)) != linked.end();
        if (known[datasets::AsIndex(s)] && is_linked) choices.push_back(static_cast<int8_t>(s));
      }
      const int other = fresh >= 0 ? fresh : free;
      const auto slot = static_cast<int8_t>(other);
      if (other >= 0 && std::find(choices.begin(), choices.end(), slot) == choices.end()) {
        choices.push_back(slot);
      }
    }
    return choices;
  }

  void Forward() {
    std::vector<State> states = {State()};
    std::vector<double> best = {0}, total = {0};
    for (size_t p = 0; p < order_.size(); ++p) {
      if (checkpoint_ && p % 64 == 0) checkpoint_();
      Layer layer;
      layer.tracklet = order_[p];
      const Room room = RoomFor(order_[p]);
      const auto& incoming = incoming_[datasets::AsIndex(order_[p])];
      std::vector<int> link_place(incoming.size(), -1);
      for (size_t l = 0; l < incoming.size(); ++l) {
        const auto place = std::find(open_.begin(), open_.end(), incoming[l].from);
        if (place != open_.end()) link_place[l] = static_cast<int>(place - open_.begin());
      }
      for (const size_t question : asked_of_[datasets::AsIndex(order_[p])]) {
        Asked asked;
        asked.question = question;
        const auto place = std::find(open_.begin(), open_.end(), questions_[question].from);
        VOLE_CHECK(place != open_.end());
        for (const State& state : states) {
          asked.slot.push_back(state[static_cast<size_t>(place - open_.begin())]);
        }
        layer.asked.push_back(std::move(asked));
      }
      const int next_start = p + 1 < order_.size()
                                 ? tracklets_[datasets::AsIndex(order_[p + 1])].start_frame
                                 : std::numeric_limits<int>::max();
      std::vector<size_t> stay;  // places in `open_`, the new one last
      std::vector<int> open_after;
      open_.push_back(order_[p]);
      for (size_t o = 0; o < open_.size(); ++o) {
        const bool overlaps = tracklets_[datasets::AsIndex(open_[o])].end_frame > next_start;
        if (!overlaps && last_use_[datasets::AsIndex(open_[o])] <= static_cast<int>(p)) continue;
        stay.push_back(o);
        open_after.push_back(open_[o]);
      }
      open_.pop_back();

      std::vector<double> gains;  // from "dropped" on
      for (int slot = kDropped; slot < static_cast<int>(class_of_slot_.size()); ++slot) {
        gains.push_back(Gain(order_[p], static_cast<int8_t>(slot), room));
      }
      std::unordered_map<State, int> index;
      std::vector<State> next_states;
      std::vector<double> next_best, next_total;
      State key;
      for (size_t s = 0; s < states.size(); ++s) {
        const State& state = states[s];
        std::vector<int8_t> linked;
        for (int place : link_place) {
          if (place >= 0) linked.push_back(state[datasets::AsIndex(place)]);
        }
        // That it is one that is asked about stays possible, where nothing links them too.
        for (const Asked& asked : layer.asked) linked.push_back(asked.slot[s]);
        for (int8_t slot : Choices(state, linked, room)) {
          double gain = gains[datasets::AsIndex(slot + 1)];
          if (room.must >= 0 && slot != state[datasets::AsIndex(room.must)]) gain = kBroken;
          for (size_t l = 0; l < incoming.size(); ++l) {
            if (link_place[l] >= 0 && state[datasets::AsIndex(link_place[l])] == slot) {
              gain += slot == kDropped ? std::max(0.0, incoming[l].log_odds) : incoming[l].log_odds;
            }
          }
          key.clear();
          for (size_t o : stay) key.push_back(o < state.size() ? state[o] : slot);
          const auto [found, fresh] = index.try_emplace(key, static_cast<int>(next_states.size()));
          if (fresh) {
            next_states.push_back(key);
            next_best.push_back(kNever);
            next_total.push_back(kNever);
          }
          const size_t to = datasets::AsIndex(found->second);
          next_best[to] = std::max(next_best[to], best[s] + gain);
          next_total[to] = LogSum(next_total[to], total[s] + gain);
          layer.transitions.push_back({static_cast<int>(s), found->second, slot, gain});
        }
      }
      Prune(layer, next_states, next_best, next_total);
      layer.total = next_total;
      states = std::move(next_states);
      best = std::move(next_best);
      total = std::move(next_total);
      open_ = std::move(open_after);
      layers_.push_back(std::move(layer));
    }
    final_states_ = states.size();
  }

  // Keeps the best states: at most `widest_`, none hopelessly behind.
  void Prune(Layer& layer, std::vector<State>& states, std::vector<double>& best,
             std::vector<double>& total) const {
    const double highest = *std::max_element(best.begin(), best.end());
    std::vector<size_t> kept;
    for (size_t s = 0; s < states.size(); ++s) {
      if (best[s] > highest - 60) kept.push_back(s);
    }
    if (kept.size() > widest_) {
      std::nth_element(kept.begin(), kept.begin() + static_cast<ptrdiff_t>(widest_), kept.end(),
                       [&](size_t a, size_t b) { return best[a] > best[b]; });
      kept.resize(widest_);
    }
    if (kept.size() == states.size()) return;
    std::sort(kept.begin(), kept.end());
    std::vector<int> renamed(states.size(), -1);
    for (size_t n = 0; n < kept.size(); ++n) {
      renamed[kept[n]] = static_cast<int>(n);
      states[n] = states[kept[n]];
      best[n] = best[kept[n]];
      total[n] = total[kept[n]];
    }
    states.resize(kept.size());
    best.resize(kept.size());
    total.resize(kept.size());
    size_t n = 0;
    for (const Transition& t : layer.transitions) {
      if (renamed[datasets::AsIndex(t.to)] < 0) continue;
      layer.transitions[n] = t;
      layer.transitions[n++].to = renamed[datasets::AsIndex(t.to)];
    }
    layer.transitions.resize(n);
    layer.transitions.shrink_to_fit();
  }

  std::vector<NamedTracklet> Backward() {
    const size_t classes = first_slot_.size() - 1;
    std::vector<NamedTracklet> named(tracklets_.size());
    std::vector<double> best(final_states_, 0), total(final_states_, 0);
    std::vector<std::vector<double>> best_after(layers_.size() + 1);
    std::vector<std::vector<double>> sum(tracklets_.size());
    for (size_t l = layers_.size(); l-- > 0;) {
      if (checkpoint_ && l % 64 == 0) checkpoint_();
      const Layer& layer = layers_[l];
      best_after[l + 1] = best;
      const size_t before = l > 0 ? layers_[l - 1].total.size() : 1;
      std::vector<double> best_before(before, kNever), total_before(before, kNever);
      std::vector<double>& mass = sum[datasets::AsIndex(layer.tracklet)];
      mass.assign(classes + 1, kNever);  // last: dropped
      for (const Transition& t : layer.transitions) {
        const double come = l > 0 ? layers_[l - 1].total[datasets::AsIndex(t.from)] : 0;
        const size_t name = t.slot == kDropped
                                ? classes
                                : datasets::AsIndex(class_of_slot_[datasets::AsIndex(t.slot)]);
        const double weight = come + t.gain + total[datasets::AsIndex(t.to)];
        mass[name] = LogSum(mass[name], weight);
        for (const Asked& asked : layer.asked) {
          if (t.slot == kDropped || asked.slot[datasets::AsIndex(t.from)] != t.slot) continue;
          double& same = same_[asked.question];
          same = LogSum(same, weight);
        }
        best_before[datasets::AsIndex(t.from)] = std::max(best_before[datasets::AsIndex(t.from)],
                                                          t.gain + best[datasets::AsIndex(t.to)]);
        total_before[datasets::AsIndex(t.from)] = LogSum(total_before[datasets::AsIndex(t.from)],
                                                         t.gain + total[datasets::AsIndex(t.to)]);
      }
      best = std::move(best_before);
      total = std::move(total_before);
      double all = kNever;
      for (const double value : mass) all = LogSum(all, value);
      for (const Asked& asked : layer.asked) {
        double& same = same_[asked.question];
        same = same == kNever ? 0 : std::min(1.0, std::exp(same - all));
      }
    }
    int state = 0;
    for (size_t l = 0; l < layers_.size(); ++l) {
      const Layer& layer = layers_[l];
      const Transition* chosen = nullptr;
      double value = kNever;
      for (const Transition& t : layer.transitions) {
        if (t.from != state) continue;
        const double reached = t.gain + best_after[l + 1][datasets::AsIndex(t.to)];
        if (!chosen || reached > value) {
          chosen = &t;
          value = reached;
        }
      }
      VOLE_CHECK(chosen != nullptr);
      state = chosen->to;
      Describe(*chosen, sum[datasets::AsIndex(layer.tracklet)],
               named[datasets::AsIndex(layer.tracklet)]);
    }
    return named;
  }

  void Describe(const Transition& chosen, const std::vector<double>& mass,
                NamedTracklet& named) const {
    const size_t classes = first_slot_.size() - 1;
    named.number = chosen.slot;
    named.class_index =
        chosen.slot == kDropped ? -1 : class_of_slot_[datasets::AsIndex(chosen.slot)];
    double all = kNever;
    for (double value : mass) all = LogSum(all, value);
    const size_t own = named.class_index < 0 ? classes : datasets::AsIndex(named.class_index);
    double next = 0;
    for (size_t k = 0; k < mass.size(); ++k) {
      const double probability = std::exp(mass[k] - all);
      if (k == own) {
        named.probability = probability;
      } else if (probability > next) {
        next = probability;
        named.runner_up = k == classes ? -1 : static_cast<int>(k);
      }
    }
    named.margin = named.probability - next;
  }

  const std::vector<TrackletEvidence>& tracklets_;
  const std::vector<SameQuestion>& questions_;
  const std::function<void()>& checkpoint_;
  std::vector<int> class_of_slot_, first_slot_;
  std::vector<int> group_of_;             // by tracklet, -1 none
  std::vector<std::vector<int>> groups_;  // in order of start
  std::vector<std::vector<Link>> incoming_;
  std::vector<int> last_use_;  // position of the last tracklet that a link leads to
  std::vector<int> order_, open_;
  std::vector<std::vector<size_t>> asked_of_;  // questions by their later tracklet
  std::vector<double> same_;                   // log while summing, then the answer
  size_t widest_ = 0, final_states_ = 1;
  std::vector<Layer> layers_;
};

}  // namespace

std::vector<NamedTracklet> DecideIdentities(const std::vector<TrackletEvidence>& tracklets,
                                            const std::vector<Link>& links,
                                            const IdentityOptions& options,
                                            const std::function<void()>& checkpoint) {
  if (tracklets.empty()) return {};
  return Search(tracklets, links, options, {}, checkpoint).Run();
}

std::vector<double> ProbabilitiesOfSame(const std::vector<TrackletEvidence>& tracklets,
                                        const std::vector<Link>& links,
                                        const IdentityOptions& options,
                                        const std::vector<SameQuestion>& questions,
                                        const std::function<void()>& checkpoint) {
  if (questions.empty()) return {};
  return Search(tracklets, links, options, questions, checkpoint).Same();
}

}  // namespace infer
