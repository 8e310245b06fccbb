#include "infer/run/pipeline.h"

#include <algorithm>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <thread>

#include "datasets/base/bounded_queue.h"
#include "datasets/base/error.h"
#include "infer/names/provisional_names.h"
#include "infer/review/picture_agreement.h"
#include "infer/run/prediction_writer.h"

namespace infer {
namespace {

// Joins its threads however their owner ends: a thread that is still there when it is destroyed
// would end the program, and with it the error that was on its way.
class Threads {
 public:
  explicit Threads(std::function<void()> stop) : stop_(std::move(stop)) {}
  ~Threads() {
    if (threads_.empty()) return;
    stop_();
    Join();
  }
  void Start(std::function<void()> work) { threads_.emplace_back(std::move(work)); }
  void Join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  std::function<void()> stop_;
  std::vector<std::thread> threads_;
};

class Pipeline {
 public:
  Pipeline(datasets::Project& project, const PipelineInput& input, datasets::Job& job)
      : input_(input),
        picture_model_(PictureModelOf(input.predictor->info())),
        judges_by_model_(CanJudge(picture_model_, !input.background.empty())),
        job_(job),
        writer_(project, input.job_id, input.video_id, input.categories, input.size) {}

  PipelineResult Run() {
    Threads threads([this] {
      found_.Abort();
      named_.Close();
    });
    threads.Start([this] { Guard([this] { Find(); }, [this] { found_.Close(); }); });
    threads.Start([this] { Guard([this] { Write(); }, [] {}); });
    const train::ModelInfo& info = input_.info;
    PipelineResult result{TrackRecord(info.classes.size(), input_.size), {}, {}, {}, 0};
    Guard([&] { Track(info, result); }, [this] { named_.Close(); });
    found_.Abort();
    named_.Close();
    threads.Join();
    if (error_) std::rethrow_exception(error_);
    result.rows = writer_.TakeRows();
    if (judges_by_model_) result.picture_overlap = picture_model_.overlap;
    VOLE_CHECK(result.rows.size() == result.record.rows().size());
    return result;
  }

 private:
  template <class Work, class Finish>
  void Guard(Work work, Finish finish) {
    try {
      work();
    } catch (...) {
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (!error_) error_ = std::current_exception();
      }
      found_.Abort();
      // What was tracked is still written, unless writing itself is what failed.
      named_.Close();
    }
    finish();
  }

  void Find() {
    if (input_.found) {
      while (auto run = input_.found()) {
        if (!found_.Push(std::move(*run))) return;
      }
      return;
    }
    FinderInput input;
    input.predictor = input_.predictor;
    input.identity = input_.identity;
    input.picture = input_.picture;
    input.background = input_.background;
    input.start_frame = input_.start_frame;
    input.end_frame = input_.end_frame;
    input.size = input_.size;
    input.threads = input_.threads;
    AnimalFinder finder(input);
    while (auto run = finder.Next()) {
      if (!found_.Push(std::move(*run))) return;
    }
  }

  void Write() {
    while (auto named = named_.Pop()) {
      try {
        writer_.Add(*named);
      } catch (...) {
        named_.Abort();
        throw;
      }
    }
    writer_.Flush();
  }

  void Track(const train::ModelInfo& info, PipelineResult& result) {
    TrackerOptions options;
    options.animals = std::accumulate(info.max_instances.begin(), info.max_instances.end(), 0);
    options.more_may_come = input_.open_group;
    options.median_area = info.median_area;
    options.fps = input_.fps;
    options.frame_size = input_.size;
    Tracker tracker(options);
    ProvisionalNames names(info);
    std::unique_ptr<WindowVoter> voter;
    if (input_.identity) {
      voter = std::make_unique<WindowVoter>(*input_.identity, info.classes, result.record);
    }
    std::map<int, std::vector<PictureEvidence>> evidence;  // of frames that are not settled
    const int total = input_.end_frame - input_.start_frame;
    const auto settle = [&](std::vector<TrackedFrame> frames) {
      for (TrackedFrame& frame : frames) {
        if (judges_by_model_) JudgeBlobs(evidence[frame.frame], input_.size, frame.blobs);
        evidence.erase(evidence.begin(), evidence.upper_bound(frame.frame));
        NamedFrame named;
        named.class_indices = names.Of(frame.blobs);
        result.record.Add(frame);
        if (voter) voter->Add(frame);
        named.frame = std::move(frame);
        if (!named_.Push(std::move(named))) return;
      }
    };
    job_.Advance(0, total, "finding animals");
    while (auto found = found_.Pop()) {
      int frame = found->first_frame;
      VOLE_CHECK(!judges_by_model_ || found->evidence.size() == found->frames.size());
      for (size_t f = 0; f < found->frames.size(); ++f) {
        if (judges_by_model_) evidence[frame] = std::move(found->evidence[f]);
        settle(tracker.Add(frame++, found->frames[f]));
      }
      job_.Advance(frame - input_.start_frame, total, "finding animals");
    }
    settle(tracker.Finish());
    if (voter) voter->Finish();
    result.tracklets = tracker.tracklets();
    result.links = tracker.links();
  }

  const PipelineInput& input_;
  const train::PictureModel picture_model_;
  const bool judges_by_model_;
  datasets::Job& job_;
  PredictionWriter writer_;
  datasets::BoundedQueue<FoundFrames> found_{1};
  datasets::BoundedQueue<NamedFrame> named_{64};
  std::mutex mutex_;
  std::exception_ptr error_;
};

}  // namespace

PipelineResult RunPipeline(datasets::Project& project, const PipelineInput& input,
                           datasets::Job& job) {
  VOLE_CHECK(input.predictor && (input.picture || input.found));
  VOLE_CHECK(input.start_frame <= input.end_frame);
  VOLE_CHECK(input.categories.size() == input.info.classes.size());
  return Pipeline(project, input, job).Run();
}

}  // namespace infer
