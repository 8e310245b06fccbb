#include "infer/live/live_storer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "datasets/store/database_error.h"
#include "datasets/store/recording/recording_store.h"
#include "datasets/store/writer.h"

namespace infer {
namespace {

using StorerClock = std::chrono::steady_clock;

constexpr const char* kMovementGroup = "movement";
// Each try waits a minute by itself. Meanwhile outlines gather in memory, a few MB a minute.
constexpr auto kPatience = std::chrono::minutes(10), kPatienceAtTheEnd = std::chrono::minutes(1);

}  // namespace

StorerClock::time_point WaitsUntil(StorerClock::time_point begin,
                                   const std::optional<StorerClock::time_point>& drain_begin) {
  return drain_begin ? std::max(begin, *drain_begin) + kPatienceAtTheEnd : begin + kPatience;
}

void LiveBatch::Add(LiveBatch newer) {
  index = std::move(newer.index);
  rows.insert(rows.end(), std::make_move_iterator(newer.rows.begin()),
              std::make_move_iterator(newer.rows.end()));
  for (auto& [number, bout] : newer.bouts) bouts[number] = std::move(bout);
  if (!newer.ground.empty()) ground = newer.ground;
}

LiveStorer::LiveStorer(datasets::Recording& recording, datasets::Id job_id,
                       std::function<void(const std::string&)> say)
    : recording_(recording), job_id_(job_id), say_(std::move(say)), thread_([this] { Run(); }) {}

LiveStorer::~LiveStorer() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    abandoned_ = draining_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void LiveStorer::Offer(LiveBatch batch) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (error_) std::rethrow_exception(error_);
  if (next_) {
    next_->Add(std::move(batch));
  } else {
    next_ = std::move(batch);
  }
  changed_.notify_all();
}

void LiveStorer::Drain() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    draining_ = true;
    drain_begin_ = StorerClock::now();
    changed_.notify_all();
  }
  thread_.join();
  if (error_) std::rethrow_exception(error_);
}

void LiveStorer::Run() {
  while (true) {
    LiveBatch batch;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      changed_.wait(lock, [this] { return draining_ || next_; });
      if (abandoned_ || !next_) return;
      batch = std::move(*next_);
      next_.reset();
    }
    try {
      StorePatiently(batch);
    } catch (...) {
      const std::lock_guard<std::mutex> lock(mutex_);
      error_ = std::current_exception();
      return;
    }
  }
}

void LiveStorer::StorePatiently(const LiveBatch& batch) {
  const auto begin = StorerClock::now();
  for (bool said = false;; said = true) {
    try {
      Store(batch);
      if (said) say_("the project can be written again; nothing was lost");
      return;
    } catch (const datasets::BusyError&) {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (abandoned_ || StorerClock::now() > WaitsUntil(begin, drain_begin_)) throw;
    }
    if (!said) say_("another program writes to the project; recording goes on, and waits for it");
  }
}

void LiveStorer::Store(const LiveBatch& batch) {
  std::map<int, datasets::Id> bouts = stored_bouts_;  // ids are true once it is committed
  recording_.Store(batch.index, [&](datasets::Writer& writer) {
    bouts = stored_bouts_;
    const datasets::Id video_id = recording_.video_id();
    for (datasets::PredictionRow row : batch.rows) {
      row.video_id = video_id;
      writer.InsertPrediction(row);
    }
    for (const auto& [number, bout] : batch.bouts) {
      const auto known = bouts.find(number);
      if (known != bouts.end()) {
        datasets::MoveBehaviorPredictionEnd(writer, known->second, bout.end_frame);
        continue;
      }
      datasets::BehaviorRow behavior;
      behavior.name = MovementName(bout.movement);
      behavior.exclusion_group = kMovementGroup;
      datasets::BehaviorPredictionRow row;
      row.job_id = job_id_;
      row.video_id = video_id;
      row.subject = bout.subject;
      row.behavior_id = writer.FindOrInsertBehavior(behavior);
      row.start_frame = bout.start_frame;
      row.end_frame = bout.end_frame;
      row.score = 1;
      bouts[number] = writer.InsertBehaviorPrediction(row);
    }
    if (batch.ground.empty()) return;
    datasets::Background background;
    background.bgr = batch.ground;
    background.static_camera = true;
    background.reliable = true;
    datasets::SetVideoBackground(writer, video_id, background);
  });
  // One that is not told of again has ended: only those of this batch may still go on.
  stored_bouts_.clear();
  for (const auto& [number, bout] : batch.bouts) stored_bouts_[number] = bouts.at(number);
}

}  // namespace infer
