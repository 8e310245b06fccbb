#include "infer/meetings/unknown_swaps.h"

#include <algorithm>
#include <tuple>

namespace infer {
namespace {

using datasets::Id;
using datasets::PredictionCorrectionRow;
using datasets::PredictionRow;

constexpr size_t kMostCorrections = 200;

class Follower {
 public:
  Follower(const KnownNames& known, Id unknown, const std::vector<datasets::KnownPairRow>& pairs,
           const std::vector<PredictionCorrectionRow>& swaps)
      : known_(known), unknown_(unknown), pairs_(pairs), numbered_(known.IsNumbered()) {
    before_ = known.corrections;
    after_ = before_;
    after_.insert(after_.end(), swaps.begin(), swaps.end());
    for (const PredictionCorrectionRow& swap : swaps) {
      start_ = std::min(start_, swap.start_frame);
      end_ = std::max(end_, swap.end_frame);
    }
  }

  std::vector<PredictionCorrectionRow> Corrections() const {
    std::vector<PredictionCorrectionRow> corrections;
    for (size_t t = 0; t < known_.evidence.runs.size(); ++t) {
      const NamedRun& run = known_.evidence.runs[t];
      if (run.number < 0) continue;
      const int start = std::max(run.start_frame, start_), end = std::min(run.end_frame, end_);
      if (start >= end) continue;
      std::vector<int> edges = {start, end};
      for (const PredictionCorrectionRow& correction : after_) {
        for (const int edge : {correction.start_frame, correction.end_frame}) {
          if (edge > start && edge < end) edges.push_back(edge);
        }
      }
      std::sort(edges.begin(), edges.end());
      for (size_t e = 0; e + 1 < edges.size(); ++e) {
        if (edges[e] < edges[e + 1]) Correct(t, edges[e], edges[e + 1], &corrections);
      }
    }
    return corrections;
  }

 private:
  // What a tracklet is called in a frame by the names of the search, and as people see it.
  PredictionRow Guessed(const std::vector<PredictionCorrectionRow>& corrections, size_t t,
                        int frame) const {
    const NamedRun& run = known_.evidence.runs[t];
    PredictionRow row;
    row.frame_index = frame;
    row.category_id = known_.evidence.categories[static_cast<size_t>(run.class_index)];
    row.tracklet = numbered_ ? run.number : -1;
    datasets::Correct(corrections, &row);
    return row;
  }
  PredictionRow Seen(const std::vector<PredictionCorrectionRow>& corrections, size_t t,
                     int frame) const {
    const NamedRun& run = known_.evidence.runs[t];
    PredictionRow row;
    row.frame_index = frame;
    row.category_id =
        run.unknown ? unknown_ : known_.evidence.categories[static_cast<size_t>(run.class_index)];
    row.tracklet = numbered_ ? run.number : static_cast<int>(t);
    datasets::Correct(corrections, &row);
    return row;
  }
  bool HasName(size_t t, int frame) const {
    return Seen(before_, t, frame).category_id != unknown_;
  }

  // Whether the animal that is called so had a name when it was seen last before all swaps.
  bool CameWithName(const PredictionRow& called) const {
    int last = -1;
    bool has_name = false;
    for (size_t t = 0; t < known_.evidence.runs.size(); ++t) {
      const NamedRun& run = known_.evidence.runs[t];
      if (run.number < 0 || run.start_frame >= start_) continue;
      const int frame = std::min(run.end_frame, start_) - 1;
      if (frame <= last) continue;
      const PredictionRow guessed = Guessed(before_, t, frame);
      if (guessed.category_id != called.category_id || guessed.tracklet != called.tracklet) {
        continue;
      }
      last = frame;
      has_name = HasName(t, frame);
    }
    return has_name;
  }

  void Correct(size_t t, int start, int end,
               std::vector<PredictionCorrectionRow>* corrections) const {
    const PredictionRow was = Guessed(before_, t, start), is = Guessed(after_, t, start);
    const PredictionRow seen = Seen(before_, t, start);
    const bool stays = was.category_id == is.category_id && was.tracklet == is.tracklet;
    PredictionRow wanted = seen;
    if (!stays) {
      wanted.category_id = WillHaveName(t, start, is) ? is.category_id : unknown_;
      if (numbered_) wanted.tracklet = is.tracklet;
    }
    const PredictionRow now = Seen(after_, t, start);
    if (now.category_id == wanted.category_id && now.tracklet == wanted.tracklet) return;
    PredictionCorrectionRow correction;
    correction.job_id = known_.job_id;
    correction.start_frame = start;
    correction.end_frame = end;
    correction.category_id = now.category_id;
    correction.number = now.tracklet;
    correction.other_category_id = wanted.category_id;
    correction.other_number = wanted.tracklet;
    corrections->push_back(correction);
  }

  bool WillHaveName(size_t t, int frame, const PredictionRow& is) const {
    for (const datasets::KnownPairRow& pair : pairs_) {
      if (pair.after_tracklet != static_cast<int>(t)) continue;
      return HasName(static_cast<size_t>(pair.before_tracklet), pair.before_frame);
    }
    const NamedRun& run = known_.evidence.runs[t];
    const PredictionRow predicted = Guessed({}, t, frame);
    const bool as_predicted =
        predicted.category_id == is.category_id && predicted.tracklet == is.tracklet;
    return CameWithName(is) && (HasName(t, frame) || (as_predicted && !run.unknown));
  }

  const KnownNames& known_;
  const Id unknown_;
  const std::vector<datasets::KnownPairRow>& pairs_;
  const bool numbered_;
  std::vector<PredictionCorrectionRow> before_, after_;  // all corrections without the swaps, with
  int start_ = 1 << 30, end_ = 0;                        // of the swaps
};

}  // namespace

std::optional<std::vector<PredictionCorrectionRow>> AfterSwaps(
    const KnownNames& known, Id unknown, const std::vector<datasets::KnownPairRow>& pairs,
    const std::vector<PredictionCorrectionRow>& swaps) {
  std::vector<PredictionCorrectionRow> corrections;
  if (!swaps.empty()) corrections = Follower(known, unknown, pairs, swaps).Corrections();
  if (corrections.size() > kMostCorrections) return std::nullopt;
  for (PredictionCorrectionRow& correction : corrections) {
    correction.video_id = swaps.front().video_id;
  }
  return corrections;
}

}  // namespace infer
