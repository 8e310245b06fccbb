#include "infer/learning/behavior_ablation.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "datasets/base/error.h"
#include "datasets/base/random.h"
#include "datasets/base/text.h"
#include "infer/behavior/bouts.h"
#include "infer/behavior/motion_features.h"
#include "infer/learning/behavior_test_frames.h"
#include "train/architectures.h"
#include "train/train_job.h"

namespace infer {
namespace {

using datasets::Error;
using train::BehaviorSpan;
using train::BehaviorSplit;

constexpr int kBlockFrames = 50;  // labels of a learning curve come in stretches of this length

std::vector<int64_t> LabelCounts(const std::string& text) {
  std::vector<int64_t> counts;
  for (const std::string& part : datasets::SplitNames(text)) {
    const bool number = !part.empty() && part.size() < 10 &&
                        part.find_first_not_of("0123456789") == std::string::npos;
    if (!number) {
      throw Error("option 'labels'", "'" + part + "' is not a number of frames",
                  "write numbers with commas, as in 200,1000,0 (0: all)");
    }
    counts.push_back(std::stoll(part));
  }
  return counts;
}

int64_t FramesOf(const std::vector<BehaviorSpan>& spans) {
  int64_t frames = 0;
  for (const BehaviorSpan& span : spans) frames += span.end_frame - span.start_frame;
  return frames;
}

std::vector<BehaviorSplit> FixedTest(const train::BehaviorData& data, const AblationTest& test,
                                     int guard_frames) {
  BehaviorSplit split;
  split.learn = train::WholeRows(data);
  for (const std::string& name : test.videos) {
    bool found = false;
    for (const BehaviorSpan& span : train::WholeRows(data)) {
      const auto& row = data.rows[static_cast<size_t>(span.row)];
      if (row.video != name) continue;
      found = true;
      split.held.push_back(span);
      split.learn =
          train::Without(data, split.learn, row.video_index, row.start_frame, row.end_frame);
    }
    if (!found) {
      throw Error("video '" + name + "'", "nobody scored behavior in it, so it tests nothing",
                  "choose a scored video");
    }
  }
  if (test.start_frame >= 0) {
    std::map<int, bool> videos;
    for (const auto& row : data.rows) videos[row.video_index] = true;
    for (const auto& [video, is_there] : videos) {
      for (const BehaviorSpan& span :
           train::Within(data, train::WholeRows(data), video, test.start_frame, test.end_frame)) {
        split.held.push_back(span);
      }
      split.learn = train::Without(data, split.learn, video, test.start_frame - guard_frames,
                                   test.end_frame + guard_frames);
    }
  }
  if (split.held.empty() || split.learn.empty()) {
    throw Error("ablation",
                split.held.empty() ? "nothing is left to test on" : "nothing is left to learn from",
                "say what to test on: --test-video, --test-frames, --folds or "
                "--leave-one-video-out");
  }
  return {split};
}

// So many frames, as stretches spread over what there is; more labels hold the fewer ones.
std::vector<BehaviorSpan> Fewer(const std::vector<BehaviorSpan>& spans, int64_t frames,
                                uint64_t seed) {
  if (frames <= 0 || frames >= FramesOf(spans)) return spans;
  std::vector<BehaviorSpan> blocks, kept;
  for (const BehaviorSpan& span : spans) {
    for (int f = span.start_frame; f < span.end_frame; f += kBlockFrames) {
      blocks.push_back({span.row, f, std::min(span.end_frame, f + kBlockFrames)});
    }
  }
  datasets::Random random({seed, 31});
  for (size_t i = blocks.size(); i > 1; --i) {
    std::swap(blocks[i - 1], blocks[static_cast<size_t>(random.Below(static_cast<int>(i)))]);
  }
  for (const BehaviorSpan& block : blocks) {
    if (frames <= 0) break;
    kept.push_back(block);
    kept.back().end_frame =
        static_cast<int>(std::min<int64_t>(block.end_frame, block.start_frame + frames));
    frames -= kept.back().end_frame - kept.back().start_frame;
  }
  std::sort(kept.begin(), kept.end(), [](const BehaviorSpan& a, const BehaviorSpan& b) {
    return a.row != b.row ? a.row < b.row : a.start_frame < b.start_frame;
  });
  return kept;
}

// Removes files when a turn ends, in whatever way.
class Leftovers {
 public:
  Leftovers() = default;
  ~Leftovers() {
    std::error_code ignored;
    for (const auto& file : files_) std::filesystem::remove(file, ignored);
  }
  Leftovers(const Leftovers&) = delete;
  Leftovers& operator=(const Leftovers&) = delete;
  void Add(const std::filesystem::path& file) { files_.push_back(file); }

 private:
  std::vector<std::filesystem::path> files_;
};

// What was said on the tested frames, by way of saying it.
class Table {
 public:
  explicit Table(const GatheredBehavior& gathered) : gathered_(gathered) {}

  template <class Say>  // classes of each head on a frame
  void Add(const std::string& name, const std::vector<BehaviorSpan>& test, const Say& say) {
    std::vector<TestedFrame>& frames = Entry(name).frames;
    for (const BehaviorSpan& span : test) {
      const auto& row = gathered_.data.rows[static_cast<size_t>(span.row)];
      for (int f = span.start_frame; f < span.end_frame; ++f) {
        TestedFrame frame;
        frame.row = span.row;
        for (const auto& head : row.labels) {
          frame.truth.push_back(head[static_cast<size_t>(f - row.start_frame)]);
        }
        frame.said = say(span, f);
        frames.push_back(std::move(frame));
      }
    }
  }
  struct Kept {
    std::string name;
    std::vector<TestedFrame> frames;
    double train_seconds = 0;
    int64_t labels = 0, folds = 0;
  };
  Kept& Entry(const std::string& name) {
    for (Kept& one : kept_) {
      if (one.name == name) return one;
    }
    kept_.push_back({name, {}, 0, 0, 0});
    return kept_.back();
  }
  void Learned(const std::string& name, int64_t labels, double seconds) {
    Kept& one = Entry(name);
    one.labels += labels;
    one.train_seconds += seconds;
    ++one.folds;
  }
  std::vector<AblationRow> Rows(const AblationOptions& options) const {
    std::vector<AblationRow> rows;
    for (const Kept& one : kept_) {
      AblationRow row;
      row.name = one.name;
      row.labels = one.folds > 0 ? one.labels / one.folds : 0;
      row.train_seconds = one.train_seconds;
      FillFigures(one.frames, gathered_.data, options, &row);
      rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  const GatheredBehavior& gathered_;
  std::vector<Kept> kept_;
};

// Probabilities [frames of the span][behaviors] of a span.
std::vector<std::vector<float>> ScoreSpan(train::BehaviorScorer& scorer,
                                          const train::BehaviorData& data, const BehaviorSpan& span,
                                          datasets::Job& job) {
  const auto& row = data.rows[static_cast<size_t>(span.row)];
  const int first = std::max(row.start_frame, span.start_frame - scorer.context_frames());
  const int last = std::min(row.end_frame, span.end_frame + scorer.context_frames());
  for (int f = first; f < last; ++f) {
    if (f % 64 == 0) job.Advance(0, 0, "testing");
    const bool seen = row.seen[static_cast<size_t>(f - row.start_frame)] != 0;
    scorer.Add(seen ? data.picture(span.row, f) : cv::Mat());
  }
  const auto at = [&](int frame) {
    return row.motion.begin() + (frame - row.start_frame) * train::kMotionFeatures;
  };
  const auto width = 2 * scorer.description().points.count();
  const auto points_at = [&](int frame) {
    return row.points.begin() + (width > 0 ? (frame - row.start_frame) * width : 0);
  };
  auto found = scorer.Finish({at(first), at(last)}, {points_at(first), points_at(last)});
  return {found.begin() + (span.start_frame - first), found.begin() + (span.end_frame - first)};
}

void Smooth(std::vector<std::vector<float>>& probabilities, double sigma_frames) {
  for (size_t b = 0; !probabilities.empty() && b < probabilities.front().size(); ++b) {
    std::vector<float> one;
    for (const auto& frame : probabilities) one.push_back(frame[b]);
    one = SmoothScores(one, sigma_frames);
    for (size_t f = 0; f < one.size(); ++f) probabilities[f][b] = one[f];
  }
}

constexpr char kWithoutPoints[] = " without points";

// Where there are key points, what they are good for is shown too. Labels, tests, options and frame
// network are the same; learning is not: only with points inputs are disturbed, and where pictures
// are mirrored points are too.
std::vector<std::pair<std::string, bool>> Trials(const std::vector<std::string>& networks,
                                                 bool points) {
  std::vector<std::pair<std::string, bool>> trials;
  for (const std::string& network : networks) {
    if (network == "behavior-seq" && points) trials.emplace_back(network, false);
    trials.emplace_back(network, points);
  }
  return trials;
}

}  // namespace

std::vector<AblationRow> AblateBehavior(datasets::Project& project, const LabelSelection& selection,
                                        const AblationTest& test, const AblationOptions& ablation,
                                        const train::TrainOptions& options,
                                        const train::BehaviorOptions& behavior, datasets::Job& job,
                                        const std::function<void(const std::string&)>& on_note) {
  datasets::CheckOptions(ablation, "ablate");
  const std::vector<int64_t> label_counts = LabelCounts(ablation.labels);
  std::vector<std::string> networks = datasets::SplitNames(ablation.networks);
  for (const std::string& network : networks) {
    if (!train::IsFor(train::Task::kBehavior, network)) {
      throw Error("network '" + network + "'", "it is not a network for behavior",
                  "choose behavior-frame, behavior-seq or c3d");
    }
  }
  const GatheredBehavior gathered =
      GatherBehavior(project, selection, "behavior-seq", behavior, job);
  const train::BehaviorData& data = gathered.data;
  for (const std::string& note : gathered.notes) on_note(note);
  const int guard =
      std::max(2 * behavior.window, static_cast<int>(std::lround(data.rows.front().fps)));
  const bool crossed = ablation.folds > 0 || ablation.leave_one_video_out;
  const std::vector<BehaviorSplit> splits =
      crossed ? train::Folds(data, ablation.leave_one_video_out ? 0 : ablation.folds, guard)
              : FixedTest(data, test, guard);

  std::filesystem::path folder = ablation.models;
  if (folder.empty()) {
    folder = project.file();
    folder += ".cache";
  }
  std::filesystem::create_directories(folder);
  Table table(gathered);
  const auto FileOf = [&](const std::string& name) {
    return folder / ((ablation.models.empty() ? "ablate-" + std::to_string(getpid()) + "-" : "") +
                     name + ".safetensors");
  };
  for (const int64_t labels : label_counts) {
    for (size_t k = 0; k < splits.size(); ++k) {
      const BehaviorSplit& split = splits[k];
      const std::vector<BehaviorSpan> learn =
          Fewer(split.learn, labels, static_cast<uint64_t>(options.seed));
      const std::string suffix = labels > 0 ? " (" + std::to_string(labels) + " labels)" : "";
      try {
        train::CheckLearnable(data, learn);
      } catch (const Error& error) {
        if (labels == 0) throw;
        on_note(std::to_string(labels) + " labels, part " + std::to_string(k + 1) + ": " +
                error.what());
        continue;
      }
      const std::vector<uint8_t> majority = MajorityOf(data, learn);
      table.Add("majority" + suffix, split.held,
                [&](const BehaviorSpan&, int) { return majority; });
      table.Learned("majority" + suffix, FramesOf(learn), 0);
      const auto& motion = data.rows.front().motion;
      bool has_motion = false, has_others = false;
      for (size_t f = 0; f < motion.size(); f += train::kMotionFeatures) {
        has_motion = has_motion || motion[f] > 0;
        has_others = has_others || (motion[f] > 0 && motion[f + kAlone] == 0);
      }
      for (const auto& [name, feature, is_there] :
           {std::tuple{"distance threshold", static_cast<int>(kDistance), has_others},
            std::tuple{"speed threshold", static_cast<int>(kSpeed), has_motion}}) {
        if (!is_there) continue;
        const ThresholdRule rule = FitThreshold(data, learn, feature);
        table.Add(name + suffix, split.held, [&](const BehaviorSpan& span, int frame) {
          return Apply(rule, data.rows[static_cast<size_t>(span.row)], frame);
        });
        table.Learned(name + suffix, FramesOf(learn), 0);
      }
      std::string frame_model;
      Leftovers leftovers;
      for (const auto& [network, with_points] : Trials(networks, data.points.count() > 0)) {
        // Options that one of the networks alone takes are meant for that one.
        const train::Architecture& architecture = train::ArchitectureNamed(network);
        train::TrainOptions train_options = train::OnlyTaken(architecture, options);
        train_options.model = network;
        train::BehaviorOptions behavior_options = train::OnlyTaken(architecture, behavior);
        // One frame network for both, so that the rows differ by time alone.
        if (network == "behavior-seq") behavior_options.frame_model = frame_model;
        behavior_options.points = with_points;
        const std::string label =
            network + (network == "behavior-seq" && !with_points && data.points.count() > 0
                           ? kWithoutPoints
                           : "");
        const std::filesystem::path file =
            FileOf((label == network ? network : network + "-without-points") +
                   (labels > 0 ? "-" + std::to_string(labels) : "") +
                   (splits.size() > 1 ? "-part" + std::to_string(k + 1) : ""));
        leftovers.Add(file.string() + ".last");
        if (ablation.models.empty()) leftovers.Add(file);
        const train::TrainResult result =
            train::TrainBehavior(data, learn, train_options, behavior_options, file.string(), job);
        if (network == "behavior-frame") frame_model = file.string();
        train::BehaviorScorer scorer(file.string(), options.threads, options.device);
        for (const bool smoothed : {false, true}) {
          std::map<std::pair<int, int>, std::vector<std::vector<float>>> scores;
          for (const BehaviorSpan& span : split.held) {
            auto found = ScoreSpan(scorer, data, span, job);
            if (smoothed) Smooth(found, ablation.sigma_frames);
            scores[{span.row, span.start_frame}] = std::move(found);
          }
          const std::string name = label + (smoothed ? ", smoothed" : "") + suffix;
          table.Add(name, split.held, [&](const BehaviorSpan& span, int frame) {
            return ClassesOf(
                scores[{span.row, span.start_frame}][static_cast<size_t>(frame - span.start_frame)],
                data.heads);
          });
          table.Learned(name, FramesOf(learn), smoothed ? 0 : result.seconds);
        }
      }
    }
  }
  return table.Rows(ablation);
}

nlohmann::ordered_json AblationJson(const std::vector<AblationRow>& rows) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const AblationRow& row : rows) {
    nlohmann::ordered_json one = {{"name", row.name},
                                  {"labels", row.labels},
                                  {"frames", row.frames},
                                  {"train_seconds", row.train_seconds}};
    for (const auto& [name, number] : {std::pair{"accuracy", &row.accuracy},
                                       {"macro_f1", &row.macro_f1},
                                       {"kappa", &row.kappa}}) {
      one[name] = number->value;
      one[std::string(name) + "_interval"] = {number->interval.low, number->interval.high};
    }
    for (const auto& [name, f1] : row.f1) one["f1"][name] = f1;
    for (const auto& [name, r] :
         {std::pair{"t1_r", row.t1_r}, {"t2_r", row.t2_r}, {"di_r", row.di_r}}) {
      if (r) one[name] = *r;
    }
    list.push_back(one);
  }
  return list;
}

}  // namespace infer
