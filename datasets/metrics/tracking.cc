#include "datasets/metrics/tracking.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <unordered_map>

#include "datasets/base/assignment.h"
#include "datasets/base/error.h"

namespace datasets {
namespace {

constexpr double kTiny = std::numeric_limits<double>::epsilon();
constexpr int kAlphas = 19;

double AlphaAt(int i) { return 0.05 + 0.05 * i; }

// Tracks numbered 0, 1, ... in the order of their numbers.
class Numbering {
 public:
  explicit Numbering(const std::vector<TrackFrame>& frames,
                     std::vector<int64_t> TrackFrame::*tracks) {
    for (const auto& frame : frames)
      for (const int64_t track : frame.*tracks) index_.emplace(track, 0);
    std::vector<int64_t> known;
    for (const auto& entry : index_) known.push_back(entry.first);
    std::sort(known.begin(), known.end());
    for (size_t i = 0; i < known.size(); ++i) index_[known[i]] = static_cast<int>(i);
  }
  int operator()(int64_t track) const { return index_.at(track); }
  int size() const { return static_cast<int>(index_.size()); }

 private:
  std::unordered_map<int64_t, int> index_;
};

struct IndexedFrame {
  std::vector<int> truth, predicted;
};

struct Indexed {
  Numbering truth, predicted;
  std::vector<IndexedFrame> frames;
  std::vector<int64_t> truth_count, predicted_count;
  int64_t truth_objects = 0, predicted_objects = 0;
  explicit Indexed(const std::vector<TrackFrame>& given)
      : truth(given, &TrackFrame::truth), predicted(given, &TrackFrame::predicted) {
    truth_count.assign(truth.size(), 0);
    predicted_count.assign(predicted.size(), 0);
    for (const auto& frame : given) {
      VOLE_CHECK(frame.similarity.rows == static_cast<int>(frame.truth.size()) ||
                 frame.predicted.empty());
      VOLE_CHECK(frame.similarity.cols == static_cast<int>(frame.predicted.size()) ||
                 frame.truth.empty());
      IndexedFrame indexed;
      for (const int64_t track : frame.truth) {
        indexed.truth.push_back(truth(track));
        ++truth_count[indexed.truth.back()];
      }
      for (const int64_t track : frame.predicted) {
        indexed.predicted.push_back(predicted(track));
        ++predicted_count[indexed.predicted.back()];
      }
      truth_objects += static_cast<int64_t>(frame.truth.size());
      predicted_objects += static_cast<int64_t>(frame.predicted.size());
      frames.push_back(std::move(indexed));
    }
  }
};

uint64_t PairKey(int truth, int predicted) {
  return static_cast<uint64_t>(truth) << 32 | static_cast<uint32_t>(predicted);
}

ClearFigures Started(const Indexed& indexed) {
  ClearFigures figures;
  figures.truth = indexed.truth_objects;
  figures.predicted = indexed.predicted_objects;
  return figures;
}

void FinishClear(ClearFigures& figures, double match_sum) {
  figures.fp = figures.predicted - figures.tp;
  figures.fn = figures.truth - figures.tp;
  if (figures.truth > 0)
    figures.mota = 1 - static_cast<double>(figures.fn + figures.fp + figures.idsw) /
                           static_cast<double>(figures.truth);
  if (figures.tp > 0) figures.motp = match_sum / static_cast<double>(figures.tp);
}

// What py-motmetrics remembers of one truth track.
struct Followed {
  int partner = -1;
  int64_t matched = 0;
  bool found_before = false, missed_since = false;
};

}  // namespace

std::vector<TrackFrame> TrackFrames(const std::vector<EvalObject>& truth,
                                    const std::vector<EvalObject>& predicted, Overlap overlap,
                                    double min_score) {
  struct Members {
    std::vector<const EvalObject*> truth, predicted;
  };
  std::map<int, Members> by_frame;
  for (const auto& object : truth)
    if (object.track >= 0 && !object.crowd) by_frame[object.frame].truth.push_back(&object);
  for (const auto& object : predicted)
    if (object.track >= 0 && object.score >= min_score)
      by_frame[object.frame].predicted.push_back(&object);
  const auto tracks_of = [](const std::vector<const EvalObject*>& objects, int number,
                            const char* what) {
    std::vector<int64_t> tracks;
    for (const auto* object : objects) {
      if (std::find(tracks.begin(), tracks.end(), object->track) != tracks.end())
        throw Error(std::string(what) + " of frame " + std::to_string(number),
                    "track " + std::to_string(object->track) + " is there twice",
                    "leave one object for each track and frame");
      tracks.push_back(object->track);
    }
    return tracks;
  };
  std::vector<TrackFrame> frames;
  frames.reserve(by_frame.size());
  for (const auto& [number, members] : by_frame) {
    TrackFrame frame;
    frame.truth = tracks_of(members.truth, number, "truth");
    frame.predicted = tracks_of(members.predicted, number, "predictions");
    frame.similarity.create(static_cast<int>(frame.truth.size()),
                            static_cast<int>(frame.predicted.size()));
    for (int i = 0; i < frame.similarity.rows; ++i)
      for (int j = 0; j < frame.similarity.cols; ++j)
        frame.similarity(i, j) = overlap == Overlap::kMask
                                     ? RleIou(members.truth[i]->mask, members.predicted[j]->mask)
                                     : BoxIou(members.truth[i]->box, members.predicted[j]->box);
    frames.push_back(std::move(frame));
  }
  return frames;
}

ClearFigures ClearTrackEval(const std::vector<TrackFrame>& given, double threshold) {
  const Indexed indexed(given);
  ClearFigures figures = Started(indexed);
  const int tracks = indexed.truth.size();
  std::vector<int> last_partner(tracks, -1), partner_just_now(tracks, -1), next(tracks);
  std::vector<int64_t> matched(tracks, 0), starts(tracks, 0);
  std::vector<int> tracked_now;
  double similarity_sum = 0;
  for (size_t f = 0; f < given.size(); ++f) {
    const auto& [truth, predicted] = indexed.frames[f];
    if (truth.empty() || predicted.empty()) continue;
    const auto& similarity = given[f].similarity;
    cv::Mat_<double> cost(similarity.rows, similarity.cols, 0.0);
    for (int i = 0; i < cost.rows; ++i)
      for (int j = 0; j < cost.cols; ++j)
        if (similarity(i, j) >= threshold - kTiny)
          cost(i, j) = -(partner_just_now[truth[i]] == predicted[j] ? 1000 : 0) - similarity(i, j);
    const std::vector<int> columns = SolveAssignment(cost);
    std::vector<std::pair<int, int>> pairs;
    for (int i = 0; i < cost.rows; ++i) {
      const int j = columns[i];
      if (j < 0 || !(cost(i, j) < -kTiny)) continue;
      const int track = truth[i];
      pairs.emplace_back(track, predicted[j]);
      const bool named = given[f].predicted[static_cast<size_t>(j)] < kFirstUnknownTrack;
      figures.idsw += named && last_partner[track] >= 0 && last_partner[track] != predicted[j];
      starts[track] += partner_just_now[track] < 0;
      if (named) last_partner[track] = predicted[j];
      ++matched[track];
      ++figures.tp;
      similarity_sum += similarity(i, j);
    }
    for (const int track : tracked_now) partner_just_now[track] = -1;
    tracked_now.clear();
    for (const auto& [track, partner] : pairs) {
      partner_just_now[track] = partner;
      tracked_now.push_back(track);
    }
  }
  for (int track = 0; track < tracks; ++track) {
    const double share =
        static_cast<double>(matched[track]) / static_cast<double>(indexed.truth_count[track]);
    (share > 0.8 ? figures.mt : share >= 0.2 ? figures.pt : figures.ml) += 1;
    figures.fragmentations += std::max<int64_t>(0, starts[track] - 1);
  }
  FinishClear(figures, similarity_sum);
  return figures;
}

ClearFigures ClearPyMotmetrics(const std::vector<TrackFrame>& given, double threshold) {
  const Indexed indexed(given);
  ClearFigures figures = Started(indexed);
  std::vector<Followed> followed(indexed.truth.size());
  double distance_sum = 0;
  for (size_t f = 0; f < given.size(); ++f) {
    const auto& [truth, predicted] = indexed.frames[f];
    const int rows = static_cast<int>(truth.size()), columns = static_cast<int>(predicted.size());
    const auto& similarity = given[f].similarity;
    std::vector<int> partner(rows, -1);
    std::vector<char> taken(columns, 0);
    const auto allowed = [&](int i, int j) { return similarity(i, j) >= threshold - kTiny; };
    for (int i = 0; i < rows; ++i) {
      for (int j = 0; j < columns; ++j) {
        if (followed[truth[i]].partner != predicted[j] || taken[j] || !allowed(i, j)) continue;
        partner[i] = j;
        taken[j] = 1;
        break;
      }
    }
    cv::Mat_<double> cost(rows, columns);
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < columns; ++j)
        cost(i, j) =
            partner[i] >= 0 || taken[j] || !allowed(i, j) ? kForbiddenCost : 1 - similarity(i, j);
    const std::vector<int> assigned = SolveAssignment(cost);
    for (int i = 0; i < rows; ++i) {
      Followed& track = followed[truth[i]];
      if (partner[i] < 0 && assigned[i] >= 0) {
        partner[i] = assigned[i];
        figures.idsw += track.partner >= 0 && track.partner != predicted[partner[i]];
        track.partner = predicted[partner[i]];
      }
      if (partner[i] < 0) {
        track.missed_since = true;
        continue;
      }
      figures.fragmentations += track.found_before && track.missed_since;
      track.found_before = true;
      track.missed_since = false;
      ++track.matched;
      ++figures.tp;
      distance_sum += 1 - similarity(i, partner[i]);
    }
  }
  for (int track = 0; track < indexed.truth.size(); ++track) {
    const double share = static_cast<double>(followed[track].matched) /
                         static_cast<double>(indexed.truth_count[track]);
    (share >= 0.8 ? figures.mt : share >= 0.2 ? figures.pt : figures.ml) += 1;
  }
  FinishClear(figures, distance_sum);
  return figures;
}

IdentityFigures EvaluateIdentity(const std::vector<TrackFrame>& given, double threshold) {
  const Indexed indexed(given);
  std::unordered_map<uint64_t, int64_t> together;
  std::vector<int> column_of(indexed.predicted.size(), -1);
  int columns = 0;
  for (size_t f = 0; f < given.size(); ++f) {
    const auto& [truth, predicted] = indexed.frames[f];
    for (size_t i = 0; i < truth.size(); ++i) {
      for (size_t j = 0; j < predicted.size(); ++j) {
        if (given[f].similarity(static_cast<int>(i), static_cast<int>(j)) < threshold) continue;
        ++together[PairKey(truth[i], predicted[j])];
        if (column_of[predicted[j]] < 0) column_of[predicted[j]] = columns++;
      }
    }
  }
  // With dummies for unpaired tracks the least total of errors is the most frames together.
  IdentityFigures figures;
  if (columns > 0) {
    cv::Mat_<double> cost(indexed.truth.size(), columns, 0.0);
    for (const auto& [key, count] : together)
      cost(static_cast<int>(key >> 32), column_of[key & 0xffffffffu]) = -static_cast<double>(count);
    const std::vector<int> assigned = SolveAssignment(cost);
    for (int i = 0; i < cost.rows; ++i)
      if (assigned[i] >= 0) figures.idtp += static_cast<int64_t>(-cost(i, assigned[i]));
  }
  figures.idfn = indexed.truth_objects - figures.idtp;
  figures.idfp = indexed.predicted_objects - figures.idtp;
  const double both = static_cast<double>(figures.idtp);
  const double truth = static_cast<double>(indexed.truth_objects);
  const double predicted = static_cast<double>(indexed.predicted_objects);
  figures.idr = both / std::max(1.0, truth);
  figures.idp = both / std::max(1.0, predicted);
  figures.idf1 = 2 * both / std::max(1.0, truth + predicted);
  return figures;
}

HotaFigures EvaluateHota(const std::vector<TrackFrame>& given) {
  const Indexed indexed(given);
  // First pass: how well whole tracks go together, a soft count of common frames.
  std::unordered_map<uint64_t, double> together;
  for (size_t f = 0; f < given.size(); ++f) {
    const auto& [truth, predicted] = indexed.frames[f];
    if (truth.empty() || predicted.empty()) continue;
    const auto& similarity = given[f].similarity;
    std::vector<double> row_sum(similarity.rows, 0), column_sum(similarity.cols, 0);
    for (int i = 0; i < similarity.rows; ++i)
      for (int j = 0; j < similarity.cols; ++j)
        row_sum[i] += similarity(i, j), column_sum[j] += similarity(i, j);
    for (int i = 0; i < similarity.rows; ++i) {
      for (int j = 0; j < similarity.cols; ++j) {
        const double any = row_sum[i] + column_sum[j] - similarity(i, j);
        if (any > kTiny && similarity(i, j) > 0)
          together[PairKey(truth[i], predicted[j])] += similarity(i, j) / any;
      }
    }
  }
  std::array<int64_t, kAlphas> tp{};
  std::array<double, kAlphas> similarity_sum{};
  std::unordered_map<uint64_t, std::array<int64_t, kAlphas>> matches;
  for (size_t f = 0; f < given.size(); ++f) {
    const auto& [truth, predicted] = indexed.frames[f];
    if (truth.empty() || predicted.empty()) continue;
    const auto& similarity = given[f].similarity;
    cv::Mat_<double> cost(similarity.rows, similarity.cols, 0.0);
    for (int i = 0; i < cost.rows; ++i) {
      for (int j = 0; j < cost.cols; ++j) {
        const auto found = together.find(PairKey(truth[i], predicted[j]));
        if (found == together.end()) continue;
        const double frames = static_cast<double>(indexed.truth_count[truth[i]] +
                                                  indexed.predicted_count[predicted[j]]);
        cost(i, j) = -found->second / (frames - found->second) * similarity(i, j);
      }
    }
    const std::vector<int> columns = SolveAssignment(cost);
    for (int i = 0; i < cost.rows; ++i) {
      const int j = columns[i];
      if (j < 0 || similarity(i, j) < AlphaAt(0) - kTiny) continue;
      auto& counts = matches[PairKey(truth[i], predicted[j])];
      for (int a = 0; a < kAlphas && similarity(i, j) >= AlphaAt(a) - kTiny; ++a) {
        ++tp[a];
        ++counts[a];
        similarity_sum[a] += similarity(i, j);
      }
    }
  }
  HotaFigures figures;
  const double truth = static_cast<double>(indexed.truth_objects);
  const double predicted = static_cast<double>(indexed.predicted_objects);
  for (int a = 0; a < kAlphas; ++a) {
    double associated = 0, recalled = 0, precise = 0;
    for (const auto& [key, counts] : matches) {
      const double count = static_cast<double>(counts[a]);
      const double in_truth = static_cast<double>(indexed.truth_count[key >> 32]);
      const double in_predicted = static_cast<double>(indexed.predicted_count[key & 0xffffffffu]);
      associated += count * count / std::max(1.0, in_truth + in_predicted - count);
      recalled += count * count / std::max(1.0, in_truth);
      precise += count * count / std::max(1.0, in_predicted);
    }
    const double hits = static_cast<double>(tp[a]);
    const double deta = hits / std::max(1.0, truth + predicted - hits);
    const double assa = associated / std::max(1.0, hits);
    figures.hota_at.push_back(std::sqrt(deta * assa));
    figures.hota += figures.hota_at.back() / kAlphas;
    figures.deta += deta / kAlphas;
    figures.assa += assa / kAlphas;
    figures.loca += std::max(1e-10, similarity_sum[a]) / std::max(1e-10, hits) / kAlphas;
    figures.detre += hits / std::max(1.0, truth) / kAlphas;
    figures.detpr += hits / std::max(1.0, predicted) / kAlphas;
    figures.assre += recalled / std::max(1.0, hits) / kAlphas;
    figures.asspr += precise / std::max(1.0, hits) / kAlphas;
  }
  return figures;
}

}  // namespace datasets
