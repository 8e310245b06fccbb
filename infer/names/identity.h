// Which animal each tracklet is, decided over all evidence of the video at once.
#pragma once

#include <functional>
#include <vector>

#include "infer/track/tracklets.h"

namespace infer {

struct TrackletEvidence {
  int start_frame = 0, end_frame = 0;  // [start, end)
  // Log-likelihood of the tracklet under each class [K], relative to knowing nothing (0), already
  // tempered for the dependence of neighboring frames.
  std::vector<double> class_log_odds;
  // What it costs to say that this is no animal at all; negative where it looks like none.
  double drop_cost = 0;
};

// That one video can have; a choice is a signed char, and room for "none" is left.
inline constexpr int kMostAnimals = 119;

struct IdentityOptions {
  // [K] how many animals of a class can be there at once, >= 1; together at most kMostAnimals.
  std::vector<int> max_instances;
  size_t most_transitions = 4'000'000;  // bounds time and memory of the exact search (then a beam)
};

struct NamedTracklet {
  int class_index = -1;    // -1: dropped, no animal
  int number = -1;         // track: class and instance, 0 .. sum(max_instances) - 1; -1 dropped
  double probability = 0;  // that the name is right, given the model
  double margin = 0;       // probability of the name minus that of the next best
  int runner_up = -1;      // class of the next best, -1: dropping it
  // Too little speaks for the name: it is a guess, and nobody is told it as a name (unknown.h).
  bool unknown = false;
};

// The names that maximize (sum of class evidence) + (sum of link log-odds between tracklets that
// get the same name), while tracklets that overlap in time never share a track and those that links
// of infinite log-odds join always do, whatever else speaks; where that cannot be, they are
// dropped. Exact by dynamic programming over time (states: who is who among the tracklets that are
// open; max-sum for the names, sum-product for the probabilities, cf. Viterbi 1967 and the
// forward-backward algorithm); a beam of the best states where there are too many. `checkpoint`,
// when given, is called now and then and may throw.
std::vector<NamedTracklet> DecideIdentities(const std::vector<TrackletEvidence>& tracklets,
                                            const std::vector<Link>& links,
                                            const IdentityOptions& options,
                                            const std::function<void()>& checkpoint = {});

// A pair of tracklets, `from` before `to`, of which it is asked whether they are one animal.
struct SameQuestion {
  int from = 0, to = 0;
};

// For each question the probability that both tracklets have the same number: summed over all ways
// to name the whole video, not only the best one. A tracklet is remembered from its end to the last
// question about it, which costs as much as if it were open so long.
std::vector<double> ProbabilitiesOfSame(const std::vector<TrackletEvidence>& tracklets,
                                        const std::vector<Link>& links,
                                        const IdentityOptions& options,
                                        const std::vector<SameQuestion>& questions,
                                        const std::function<void()>& checkpoint = {});

}  // namespace infer
