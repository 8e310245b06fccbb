#include "datasets/score_writer.h"

#include <cmath>
#include <limits>
#include <set>

#include "datasets/store/score_series.h"
#include "datasets/store/writer.h"

namespace datasets {
namespace {

constexpr float kNoScore = std::numeric_limits<float>::quiet_NaN();

}  // namespace

BehaviorScoreWriter::BehaviorScoreWriter(Project& project, Id job_id, Id video_id,
                                         const std::string& subject,
                                         const std::vector<Id>& behavior_ids, int start_frame)
    : project_(project), start_frame_(start_frame), pending_(behavior_ids.size()) {
  if (behavior_ids.empty()) throw Error("behavior scores", "no behavior is given");
  if (std::set<Id>(behavior_ids.begin(), behavior_ids.end()).size() != behavior_ids.size()) {
    throw Error("behavior scores", "a behavior is given twice");
  }
  frame_count_ = project.VideoById(video_id).frame_count;
  if (start_frame < 0 || start_frame > frame_count_) {
    throw OutsideOfVideo(start_frame, frame_count_);
  }
  project_.Write([&](Writer& writer) {
    series_ids_.clear();
    for (const Id behavior_id : behavior_ids) {
      series_ids_.push_back(
          writer.FindOrInsertBehaviorSeries({0, job_id, video_id, subject, behavior_id}));
    }
  });
}

void BehaviorScoreWriter::Add(const std::vector<float>& probabilities) {
  if (probabilities.size() != series_ids_.size()) {
    throw Error("behavior scores", std::to_string(probabilities.size()) + " scores for " +
                                       std::to_string(series_ids_.size()) + " behaviors");
  }
  if (next_frame() >= frame_count_) throw OutsideOfVideo(next_frame(), frame_count_);
  for (const float probability : probabilities) {
    if (!std::isnan(probability) && !(probability >= 0 && probability <= 1)) {
      throw Error("behavior scores", std::to_string(probability) + " is not a probability");
    }
  }
  for (size_t b = 0; b < probabilities.size(); ++b) pending_[b].push_back(probabilities[b]);
  if (next_frame() % kScoreChunkFrames == 0) Commit();
}

void BehaviorScoreWriter::AddNone(int frames) {
  const std::vector<float> none(series_ids_.size(), kNoScore);
  for (int i = 0; i < frames; ++i) Add(none);
}

void BehaviorScoreWriter::Finish() { Commit(); }

void BehaviorScoreWriter::Commit() {
  if (pending_frames() == 0) return;
  project_.Write([&](Writer& writer) {
    for (size_t b = 0; b < series_ids_.size(); ++b) {
      writer.WriteBehaviorScores(series_ids_[b], start_frame_, pending_[b]);
    }
  });
  start_frame_ = next_frame();
  for (auto& scores : pending_) scores.clear();
}

}  // namespace datasets
