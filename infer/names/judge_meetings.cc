#include <algorithm>
#include <cmath>
#include <map>

#include "datasets/base/as_index.h"
#include "infer/names/meetings.h"

namespace infer {
namespace {

constexpr double kMostOdds = 30;
// A tracklet is remembered so long, or in a small group for ever: states grow by it.
constexpr int kMostBetween = 200, kFewAnimals = 3;

std::vector<double> Shares(const std::vector<double>& log_odds) {
  const double highest = *std::max_element(log_odds.begin(), log_odds.end());
  std::vector<double> shares;
  double sum = 0;
  for (const double odds : log_odds) sum += shares.emplace_back(std::exp(odds - highest));
  for (double& share : shares) share /= sum;
  return shares;
}

// Log-odds that two tracklets are one animal, from looks alone: against any two of the classes.
double LooksAlike(const TrackletEvidence& a, const TrackletEvidence& b) {
  if (a.class_log_odds.size() < 2) return 0;
  const std::vector<double> one = Shares(a.class_log_odds), other = Shares(b.class_log_odds);
  double same = 0;
  for (size_t k = 0; k < one.size(); ++k) same += one[k] * other[k];
  const double chance = 1.0 / static_cast<double>(one.size());
  const double odds =
      std::log(std::max(same, 1e-30) / std::max(1 - same, 1e-30)) - std::log(chance / (1 - chance));
  return std::clamp(odds, -kMostOdds, kMostOdds);
}

// What motion and overlap say about the ways from one tracklet: the log-odds of each tracklet that
// links lead to, by the weakest link of the best way there.
class Motion {
 public:
  Motion(const std::vector<Link>& links, const std::vector<TrackletEvidence>& evidence) {
    for (const Link& link : links) {
      if (evidence[datasets::AsIndex(link.from)].start_frame <
          evidence[datasets::AsIndex(link.to)].start_frame) {
        next_[link.from].push_back(link);
      }
    }
    for (size_t t = 0; t < evidence.size(); ++t) start_.push_back(evidence[t].start_frame);
  }

  std::map<int, double> From(int tracklet, int end_frame) const {
    std::map<int, double> reached;
    std::map<std::pair<int, int>, double> open;  // (start, tracklet): in order of time
    open[{start_[datasets::AsIndex(tracklet)], tracklet}] = kMostOdds;
    while (!open.empty()) {
      const auto [place, odds] = *open.begin();
      open.erase(open.begin());
      const auto links = next_.find(place.second);
      if (links == next_.end()) continue;
      for (const Link& link : links->second) {
        if (start_[datasets::AsIndex(link.to)] >= end_frame) continue;
        const double weakest = std::min(odds, link.log_odds);
        double& best_to = reached.try_emplace(link.to, -kMostOdds).first->second;
        best_to = std::max(best_to, weakest);
        double& best = open.try_emplace({start_[datasets::AsIndex(link.to)], link.to}, -kMostOdds)
                           .first->second;
        best = std::max(best, weakest);
      }
    }
    return reached;
  }

 private:
  std::map<int, std::vector<Link>> next_;
  std::vector<int> start_;
};

// The probability that a name changes hands, from above: with every exchange two animals or more
// leave as another, so that it is at most half of what they have together. Of two that is what each
// has; of eight, each of which has a little, it is more than any of them has.
double ExchangeOf(const Meeting& meeting, const std::vector<NamedTracklet>& names) {
  double most = 0, sum = 0;
  const auto add = [&](double other) {
    most = std::max(most, other);
    sum += std::max(0.0, other);
  };
  for (const MeetingAnimal& animal : meeting.animals) {
    if (animal.away) continue;
    if (animal.before < 0 && animal.after >= 0) {  // comes for the first time
      double other = 1 - names[datasets::AsIndex(animal.after)].probability;
      for (const MeetingWay& way : meeting.ways) {  // or as one that was there before
        if (way.after_number == animal.number) other = std::max(other, way.probability);
      }
      add(other);
    }
    for (const MeetingWay& way : meeting.ways) {
      if (way.before_number == animal.number && way.after_number == animal.number) {
        add(1 - way.probability);
      }
    }
  }
  double exchange = std::max(most, sum / 2);
  // Nobody comes apart again: nothing tests from behind what was followed within the contact.
  if (meeting.to_end) exchange = std::max(exchange, kDecidedExchange);
  return std::clamp(exchange, 0.0, 1.0);
}

}  // namespace

void JudgeMeetings(std::vector<Meeting>& meetings, const std::vector<TrackletEvidence>& evidence,
                   const std::vector<NamedTracklet>& names, const std::vector<Link>& links,
                   const IdentityOptions& options, const std::function<void()>& checkpoint) {
  int numbers = 0;
  for (const int instances : options.max_instances) numbers += std::max(1, instances);
  std::vector<int> order;  // starts of tracklets, to count those between two
  for (const TrackletEvidence& e : evidence) order.push_back(e.start_frame);
  std::sort(order.begin(), order.end());
  const auto between = [&](int from, int to) {
    return std::lower_bound(order.begin(), order.end(),
                            evidence[datasets::AsIndex(to)].start_frame) -
           std::lower_bound(order.begin(), order.end(),
                            evidence[datasets::AsIndex(from)].start_frame);
  };
  const Motion motion(links, evidence);
  std::vector<SameQuestion> questions;
  std::vector<double*> answers;
  for (Meeting& meeting : meetings) {
    meeting.ways.clear();
    meeting.ways.reserve(meeting.animals.size() * meeting.animals.size());
    for (const MeetingAnimal& enters : meeting.animals) {
      if (enters.before < 0) continue;
      const std::map<int, double> moved = motion.From(enters.before, meeting.end_frame);
      double strongest = 0;
      for (const MeetingAnimal& leaves : meeting.animals) {
        const auto found = moved.find(leaves.after);
        if (found != moved.end()) strongest = std::max(strongest, found->second);
      }
      for (const MeetingAnimal& leaves : meeting.animals) {
        if (leaves.after < 0 || leaves.after == enters.before) continue;
        const TrackletEvidence& before = evidence[datasets::AsIndex(enters.before)];
        const TrackletEvidence& after = evidence[datasets::AsIndex(leaves.after)];
        MeetingWay way;
        way.before_number = enters.number;
        way.after_number = leaves.number;
        const auto found = moved.find(leaves.after);
        way.motion = found != moved.end() ? found->second : -strongest;
        const bool possible =
            before.end_frame <= after.start_frame && before.start_frame < after.start_frame;
        if (possible) way.appearance = LooksAlike(before, after);
        const double named = names[datasets::AsIndex(enters.before)].probability,
                     named_after = names[datasets::AsIndex(leaves.after)].probability;
        const bool kept = enters.number == leaves.number;
        // Too far apart to ask: the names say who they are, of those who share one they say
        // nothing.
        const int name = names[datasets::AsIndex(enters.before)].class_index;
        const double sharing =
            name >= 0 && name == names[datasets::AsIndex(leaves.after)].class_index
                ? options.max_instances[datasets::AsIndex(name)]
                : 1;
        way.probability = !possible             ? 0
                          : kept || sharing > 1 ? named * named_after / std::max(1.0, sharing)
                                                : 1 - named * named_after;
        meeting.ways.push_back(way);
        if (possible &&
            (numbers <= kFewAnimals || between(enters.before, leaves.after) <= kMostBetween)) {
          questions.push_back({enters.before, leaves.after});
          answers.push_back(&meeting.ways.back().probability);
        }
      }
    }
  }
  const std::vector<double> same =
      ProbabilitiesOfSame(evidence, links, options, questions, checkpoint);
  for (size_t q = 0; q < same.size(); ++q) *answers[q] = std::clamp(same[q], 0.0, 1.0);
  for (Meeting& meeting : meetings) meeting.exchange = ExchangeOf(meeting, names);
}

}  // namespace infer
