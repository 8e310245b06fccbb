#include "datasets/behavior/agreement.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include "datasets/base/error.h"

namespace datasets {
namespace {

std::optional<double> Ratio(double part, double whole) {
  if (!(whole > 0)) return {};
  return part / whole;
}

double OrNan(const std::optional<double>& value) { return value ? *value : std::nan(""); }

std::optional<double> KappaOfMargins(double agreed, double frames,
                                     const std::vector<int64_t>& first,
                                     const std::vector<int64_t>& second) {
  if (!(frames > 0)) return {};
  double expected = 0;
  for (size_t i = 0; i < first.size(); ++i) {
    expected += static_cast<double>(first[i]) / frames * (static_cast<double>(second[i]) / frames);
  }
  if (expected >= 1) return {};
  return (agreed / frames - expected) / (1 - expected);
}

struct Counts {  // of one behavior
  int64_t frames = 0, first = 0, second = 0, both = 0;
  void Add(const Counts& other) {
    frames += other.frames;
    first += other.first;
    second += other.second;
    both += other.both;
  }
  std::optional<double> F1() const {
    return Ratio(2.0 * static_cast<double>(both), static_cast<double>(first + second));
  }
  std::optional<double> Kappa() const {
    if (first + second == 0) return {};
    return KappaOf({{frames - first - second + both, second - both}, {first - both, both}});
  }
};

struct Block {  // neighboring frames of one series
  int64_t frames = 0, agreed = 0;
  std::map<int, int64_t> first, second;  // frames of each state
  std::vector<Counts> behaviors;
};

struct Total {
  int64_t frames = 0, agreed = 0;
  std::vector<int64_t> first, second;
  std::vector<Counts> behaviors;

  Total(size_t states, size_t behavior_count)
      : first(states), second(states), behaviors(behavior_count) {}
  void Add(const Block& block) {
    frames += block.frames;
    agreed += block.agreed;
    for (const auto& [state, count] : block.first) first[state] += count;
    for (const auto& [state, count] : block.second) second[state] += count;
    for (size_t i = 0; i < behaviors.size(); ++i) behaviors[i].Add(block.behaviors[i]);
  }
  std::optional<double> Agreement() const {
    return Ratio(static_cast<double>(agreed), static_cast<double>(frames));
  }
  std::optional<double> Kappa() const {
    return KappaOfMargins(static_cast<double>(agreed), static_cast<double>(frames), first, second);
  }
  std::optional<double> MacroF1() const {
    double sum = 0, counted = 0;
    for (const Counts& behavior : behaviors) {
      const auto f1 = behavior.F1();
      sum += f1.value_or(0);
      counted += f1 ? 1 : 0;
    }
    return Ratio(sum, counted);
  }
};

// The states (sets of behaviors) in the order in which they first came up, "nothing" first.
class StateNumbers {
 public:
  explicit StateNumbers(const std::vector<ScoredBehavior>& behaviors) : behaviors_(behaviors) {
    Number(0);
  }
  int Number(uint64_t set) {
    const auto [at, added] = numbers_.emplace(set, static_cast<int>(names_.size()));
    if (added) names_.push_back(Name(set));
    return at->second;
  }
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::string Name(uint64_t set) const {
    std::string name;
    for (size_t i = 0; i < behaviors_.size(); ++i) {
      if (set >> i & 1) name += (name.empty() ? "" : " + ") + behaviors_[i].name;
    }
    return name.empty() ? "nothing" : name;
  }
  const std::vector<ScoredBehavior>& behaviors_;
  std::map<uint64_t, int> numbers_;
  std::vector<std::string> names_;
};

// The behaviors that the scorer of the series looked for, as a set of bits.
uint64_t BehaviorsLookedFor(const BoutSeries& series) {
  if (series.looked_for.empty()) return ~uint64_t{0};
  uint64_t set = 0;
  for (const int behavior : series.looked_for) set |= uint64_t{1} << (behavior & 63);
  for (const Bout& bout : series.bouts) set |= uint64_t{1} << (bout.behavior & 63);
  return set;
}

const std::vector<FrameRange>& UnseenOf(const BoutSeries& series, int behavior) {
  static const std::vector<FrameRange> kNone;
  const auto found = series.unseen.find(behavior);
  return found == series.unseen.end() ? kNone : found->second;
}

// Bouts of which the other saw at least half: it cannot have missed what it did not look at.
std::vector<BoutSpan> SpansOf(const BoutSeries& series, const BoutSeries& other, int behavior) {
  const std::vector<FrameRange>& unseen = UnseenOf(other, behavior);
  std::vector<BoutSpan> spans;
  size_t first = 0;
  for (const Bout& bout : series.bouts) {
    if (bout.behavior != behavior) continue;
    while (first < unseen.size() && unseen[first].end_frame <= bout.start_frame) ++first;
    int hidden = 0;
    for (size_t i = first; i < unseen.size() && unseen[i].start_frame < bout.end_frame; ++i) {
      hidden += std::min(unseen[i].end_frame, bout.end_frame) -
                std::max(unseen[i].start_frame, bout.start_frame);
    }
    if (2 * hidden <= bout.end_frame - bout.start_frame) {
      spans.push_back({bout.start_frame, bout.end_frame});
    }
  }
  return spans;
}

void CountBouts(BoutFigures& figures, size_t first, size_t second, size_t matched) {
  figures.matched += static_cast<int64_t>(matched);
  figures.missed += static_cast<int64_t>(first - matched);
  figures.extra += static_cast<int64_t>(second - matched);
}

void FinishBouts(BoutFigures& figures) {
  const double matched = static_cast<double>(figures.matched);
  figures.precision = Ratio(matched, matched + static_cast<double>(figures.extra));
  figures.recall = Ratio(matched, matched + static_cast<double>(figures.missed));
  figures.f1 =
      Ratio(2 * matched, 2 * matched + static_cast<double>(figures.missed + figures.extra));
}

std::string PlaceText(const BoutSeries& series) {
  return series.video + (series.subject.empty() ? "" : " / " + series.subject) + " (" +
         series.author + ")";
}

std::string Quoted(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "'" : ", '") + name + "'";
  return text;
}

class PairComparison {
 public:
  PairComparison(const BehaviorScores& scores, const AgreementOptions& options)
      : scores_(scores), options_(options), states_(scores.behaviors) {
    for (const ScoredBehavior& behavior : scores.behaviors) {
      pair_.behaviors.emplace_back();
      pair_.behaviors.back().behavior = behavior.name;
    }
  }

  void Add(const BoutSeries& first, const BoutSeries& second) {
    ++pair_.series;
    const uint64_t by_first = BehaviorsLookedFor(first), by_second = BehaviorsLookedFor(second);
    const uint64_t common = by_first & by_second;
    compared_ |= common;
    first_alone_ |= by_first & ~by_second;
    second_alone_ |= by_second & ~by_first;
    AddFrames(first, second, common);
    const double tolerance = options_.tolerance_frames >= 0
                                 ? options_.tolerance_frames
                                 : std::floor(options_.tolerance_s * first.fps + 1e-9);
    for (size_t i = 0; i < scores_.behaviors.size(); ++i) {
      if (!(common >> i & 1)) continue;
      const auto a = SpansOf(first, second, static_cast<int>(i));
      const auto b = SpansOf(second, first, static_cast<int>(i));
      BehaviorAgreement& behavior = pair_.behaviors[i];
      CountBouts(behavior.by_overlap, a.size(), b.size(),
                 MatchBoutsByOverlap(a, b, options_.min_overlap).size());
      CountBouts(behavior.by_onset, a.size(), b.size(),
                 MatchBoutsByOnset(a, b, static_cast<int>(std::min(tolerance, 1e9))).size());
    }
  }

  PairAgreement Finish() {
    pair_.states = states_.names();
    const size_t states = pair_.states.size();
    pair_.confusion.assign(states, std::vector<int64_t>(states));
    for (const auto& [key, count] : confusion_) pair_.confusion[key.first][key.second] = count;
    pair_.agreement = Sure([](const Total& total) { return total.Agreement(); });
    pair_.kappa = Sure([](const Total& total) { return total.Kappa(); });
    pair_.macro_f1 = Sure([](const Total& total) { return total.MacroF1(); });
    Total all(states, scores_.behaviors.size());
    for (const Block& block : blocks_) all.Add(block);
    pair_.frames = all.frames;
    for (size_t i = 0; i < pair_.behaviors.size(); ++i) {
      BehaviorAgreement& behavior = pair_.behaviors[i];
      behavior.frames = all.behaviors[i].frames;
      behavior.first_frames = all.behaviors[i].first;
      behavior.second_frames = all.behaviors[i].second;
      behavior.both_frames = all.behaviors[i].both;
      behavior.kappa = Sure([i](const Total& total) { return total.behaviors[i].Kappa(); });
      behavior.f1 = Sure([i](const Total& total) { return total.behaviors[i].F1(); });
      FinishBouts(behavior.by_overlap);
      FinishBouts(behavior.by_onset);
    }
    LeaveOut();
    return std::move(pair_);
  }

  PairAgreement& pair() { return pair_; }

 private:
  // What only one of the two could score: that the other never says it is no disagreement.
  void LeaveOut() {
    std::vector<BehaviorAgreement> kept;
    for (size_t i = 0; i < pair_.behaviors.size(); ++i) {
      const bool by_first = first_alone_ >> i & 1, by_second = second_alone_ >> i & 1;
      if ((compared_ >> i & 1) || by_first == by_second) {
        kept.push_back(std::move(pair_.behaviors[i]));
        continue;
      }
      pair_.not_compared.push_back(scores_.behaviors[i].name + " (" +
                                   (by_first ? pair_.first : pair_.second) + ")");
    }
    pair_.behaviors = std::move(kept);
  }

  void AddFrames(const BoutSeries& first, const BoutSeries& second, uint64_t common) {
    const size_t behaviors = scores_.behaviors.size();
    const auto a = BehaviorsByFrame(first, behaviors), b = BehaviorsByFrame(second, behaviors);
    const int start = std::max(first.start_frame, second.start_frame);
    const int end = std::min(first.end_frame, second.end_frame);
    const int block_frames =
        static_cast<int>(std::clamp(std::round(options_.block_s * first.fps), 1.0, 1e9));
    std::vector<uint64_t> hidden(static_cast<size_t>(std::max(0, end - start)), 0);
    for (const BoutSeries* series : {&first, &second}) {
      for (const auto& [behavior, ranges] : series->unseen) {
        for (const FrameRange& range : ranges) {
          const int stop = std::min(range.end_frame, end);
          for (int frame = std::max(range.start_frame, start); frame < stop; ++frame) {
            hidden[static_cast<size_t>(frame - start)] |= common & (uint64_t{1} << behavior);
          }
        }
      }
    }
    for (int frame = start; frame < end; ++frame) {
      if ((frame - start) % block_frames == 0) {
        blocks_.emplace_back();
        blocks_.back().behaviors.resize(behaviors);
        for (size_t i = 0; i < behaviors; ++i) {
          if (common >> i & 1) {
            blocks_.back().behaviors[i].frames = std::min(block_frames, end - frame);
          }
        }
      }
      Block& block = blocks_.back();
      const uint64_t unseen = hidden[static_cast<size_t>(frame - start)];
      const uint64_t one = a[frame - first.start_frame] & common & ~unseen;
      const uint64_t other = b[frame - second.start_frame] & common & ~unseen;
      if (unseen == 0) {  // what happens on a frame is known only where all of it is
        const int first_state = states_.Number(one), second_state = states_.Number(other);
        ++block.frames;
        ++block.first[first_state];
        ++block.second[second_state];
        ++confusion_[{first_state, second_state}];
        block.agreed += one == other ? 1 : 0;
      }
      if ((one | other | unseen) == 0) continue;
      for (size_t i = 0; i < behaviors; ++i) {
        block.behaviors[i].frames -= unseen >> i & 1;
        const bool in_first = one >> i & 1, in_second = other >> i & 1;
        block.behaviors[i].first += in_first;
        block.behaviors[i].second += in_second;
        block.behaviors[i].both += in_first && in_second;
      }
    }
  }

  template <class Figure>
  SureFigure Sure(const Figure& figure) const {
    Total all(states_.names().size(), scores_.behaviors.size());
    for (const Block& block : blocks_) all.Add(block);
    SureFigure sure;
    sure.value = figure(all);
    if (!sure.value || blocks_.size() < 2) return sure;
    // The blocks themselves are what is drawn: they never reach over the border of a series.
    sure.interval = BlockBootstrap(
        static_cast<int64_t>(blocks_.size()), 1,
        [&](const std::vector<int64_t>& drawn) {
          Total total(states_.names().size(), scores_.behaviors.size());
          for (const int64_t block : drawn) total.Add(blocks_[block]);
          return OrNan(figure(total));
        },
        options_.bootstrap);
    return sure;
  }

  const BehaviorScores& scores_;
  const AgreementOptions& options_;
  StateNumbers states_;
  uint64_t compared_ = 0, first_alone_ = 0, second_alone_ = 0;  // behaviors, in any series
  std::vector<Block> blocks_;
  std::map<std::pair<int, int>, int64_t> confusion_;
  PairAgreement pair_;
};

}  // namespace

std::vector<std::pair<int, int>> MatchBoutsByOverlap(const std::vector<BoutSpan>& a,
                                                     const std::vector<BoutSpan>& b,
                                                     double min_iou) {
  // Of the two bouts in front, the one that ends first can meet nobody later: pairing it now, where
  // that is allowed, costs no other pair.
  std::vector<std::pair<int, int>> pairs;
  size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    const int shared =
        std::min(a[i].end_frame, b[j].end_frame) - std::max(a[i].start_frame, b[j].start_frame);
    const int joined =
        std::max(a[i].end_frame, b[j].end_frame) - std::min(a[i].start_frame, b[j].start_frame);
    if (shared > 0 && shared >= min_iou * joined - 1e-9) {
      pairs.emplace_back(static_cast<int>(i++), static_cast<int>(j++));
    } else if (a[i].end_frame <= b[j].end_frame) {
      ++i;
    } else {
      ++j;
    }
  }
  return pairs;
}

std::vector<std::pair<int, int>> MatchBoutsByOnset(const std::vector<BoutSpan>& a,
                                                   const std::vector<BoutSpan>& b,
                                                   int tolerance_frames) {
  std::vector<std::pair<int, int>> pairs;
  size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (std::abs(a[i].start_frame - b[j].start_frame) <= tolerance_frames) {
      pairs.emplace_back(static_cast<int>(i++), static_cast<int>(j++));
    } else if (a[i].start_frame < b[j].start_frame) {
      ++i;
    } else {
      ++j;
    }
  }
  return pairs;
}

std::optional<double> KappaOf(const std::vector<std::vector<int64_t>>& counts) {
  std::vector<int64_t> first(counts.size()), second(counts.size());
  int64_t agreed = 0, frames = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    VOLE_CHECK(counts[i].size() == counts.size());
    for (size_t j = 0; j < counts.size(); ++j) {
      first[i] += counts[i][j];
      second[j] += counts[i][j];
      frames += counts[i][j];
    }
    agreed += counts[i][i];
  }
  return KappaOfMargins(static_cast<double>(agreed), static_cast<double>(frames), first, second);
}

PairAgreement CompareAuthors(const BehaviorScores& scores, const std::string& first,
                             const std::string& second, const AgreementOptions& options) {
  const std::vector<std::string> authors = scores.Authors();
  for (const std::string& author : {first, second}) {
    if (std::find(authors.begin(), authors.end(), author) == authors.end()) {
      throw Error(
          "author '" + author + "'", "nobody of that name scored a behavior",
          authors.empty() ? "there is no scored behavior at all" : "there are: " + Quoted(authors));
    }
  }
  if (first == second) {
    throw Error("author '" + first + "'", "there is nothing to compare with itself",
                "name two authors of: " + Quoted(authors));
  }
  std::map<std::pair<std::string, std::string>, std::pair<const BoutSeries*, const BoutSeries*>>
      places;
  for (const BoutSeries& series : scores.series) {
    if (series.author == first) places[{series.video, series.subject}].first = &series;
    if (series.author == second) places[{series.video, series.subject}].second = &series;
  }
  PairComparison comparison(scores, options);
  comparison.pair().first = first;
  comparison.pair().second = second;
  for (const auto& [place, both] : places) {
    if (both.first && both.second) {
      comparison.Add(*both.first, *both.second);
    } else {
      comparison.pair().only_one.push_back(PlaceText(both.first ? *both.first : *both.second));
    }
  }
  if (comparison.pair().series == 0) {
    throw Error("agreement of '" + first + "' and '" + second + "'",
                "they have no video and subject in common",
                "check the names of videos and subjects: the two scored " +
                    Quoted(comparison.pair().only_one));
  }
  return comparison.Finish();
}

std::vector<PairAgreement> CompareAllAuthors(const BehaviorScores& scores,
                                             const AgreementOptions& options, Job& job) {
  std::map<std::string, std::set<std::pair<std::string, std::string>>> places;
  for (const BoutSeries& series : scores.series) {
    places[series.author].insert({series.video, series.subject});
  }
  std::vector<PairAgreement> pairs;
  for (auto a = places.begin(); a != places.end(); ++a) {
    for (auto b = std::next(a); b != places.end(); ++b) {
      const bool meet = std::any_of(a->second.begin(), a->second.end(),
                                    [&](const auto& place) { return b->second.count(place) > 0; });
      if (!meet) continue;
      job.Advance(static_cast<double>(pairs.size()), 0, "comparing authors");
      pairs.push_back(CompareAuthors(scores, a->first, b->first, options));
    }
  }
  return pairs;
}

}  // namespace datasets
