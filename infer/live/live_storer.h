// What was recorded and seen, into the project, on a thread of its own: who records never waits for
// another program that writes to the project.
#pragma once

#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "datasets/recording.h"
#include "datasets/store/machine_records.h"
#include "datasets/video/video.h"
#include "infer/live/movement.h"

namespace infer {

struct LiveBout {
  std::string subject;
  Movement movement = Movement::kStill;
  int start_frame = 0, end_frame = 0;
};

// What one transaction stores.
struct LiveBatch {
  datasets::VideoIndex index;                 // of all frames that are on the disk
  std::vector<datasets::PredictionRow> rows;  // without their video
  std::map<int, LiveBout> bouts;              // by a number that is theirs alone; as they are now
  cv::Mat ground;                             // of the still camera; empty: no new one

  void Add(LiveBatch newer);
};

// Until when another program that keeps the project is waited for, by one batch: for ten minutes,
// and for the last of them at least a minute from when the recording has ended.
std::chrono::steady_clock::time_point WaitsUntil(
    std::chrono::steady_clock::time_point begin,
    const std::optional<std::chrono::steady_clock::time_point>& drain_begin);

class LiveStorer {
 public:
  // `say` is called from the thread of its own, with one line for a person.
  LiveStorer(datasets::Recording& recording, datasets::Id job_id,
             std::function<void(const std::string&)> say);
  ~LiveStorer();  // what is not being stored yet is dropped
  LiveStorer(const LiveStorer&) = delete;

  // Never waits: what comes while a batch is being stored becomes one that is stored next. While
  // another program keeps the project it is tried on and on, for ten minutes. Throws what storing a
  // batch before has thrown.
  void Offer(LiveBatch batch);
  // Until everything is stored; then none may be offered any more. Throws likewise; from now on
  // another program has a minute to finish.
  void Drain();

 private:
  void Run();
  void Store(const LiveBatch& batch);
  void StorePatiently(const LiveBatch& batch);

  datasets::Recording& recording_;
  const datasets::Id job_id_;
  const std::function<void(const std::string&)> say_;
  std::map<int, datasets::Id> stored_bouts_;  // of the thread
  std::mutex mutex_;                          // guards what follows
  std::condition_variable changed_;
  std::optional<LiveBatch> next_;
  bool draining_ = false, abandoned_ = false;
  std::optional<std::chrono::steady_clock::time_point> drain_begin_;
  std::exception_ptr error_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace infer
