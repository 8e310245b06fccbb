#include "infer/run/pipeline.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
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

struct Pictures {
  int run = 0;  // 0, 1, ...
  int first_frame = 0;
  std::vector<cv::Mat> frames;
};

struct Found {
  int first_frame = 0;
  std::vector<train::FrameDetections> frames;
  std::vector<std::vector<PictureEvidence>> evidence;  // parallel, or empty
};

// Frames predicted as one run. The first one of a run costs most (all of it is looked at, not only
// the animals' surroundings), so that eight are worth their memory, up to about 100 MB of pixels.
int RunFrames(cv::Size size) {
  const double bytes = std::max(1.0, static_cast<double>(size.area()) * 3);
  return std::clamp(static_cast<int>(100e6 / bytes), 1, 8);
}

constexpr int kMostPredictors = 4;  // each holds a run of pictures

// Lets several threads hand over their runs in order.
class Turns {
 public:
  // Waits for the turn of `run`; false when it will never come.
  bool Wait(int run) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return aborted_ || next_ == run; });
    return !aborted_;
  }
  void Next() {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++next_;
    changed_.notify_all();
  }
  void Abort() {
    const std::lock_guard<std::mutex> lock(mutex_);
    aborted_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int next_ = 0;
  bool aborted_ = false;
};

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

nlohmann::json RecordOf(const train::ModelInfo& info, const char* key) {
  return info.record.is_object() ? info.record.value(key, nlohmann::json()) : nlohmann::json();
}

class Pipeline {
 public:
  Pipeline(datasets::Project& project, const PipelineInput& input, datasets::Job& job)
      : input_(input),
        picture_model_(train::PictureModelFrom(RecordOf(input.predictor->info(), "picture_model"))),
        judges_by_model_(CanJudge(picture_model_, !input.background.empty())),
        job_(job),
        writer_(project, input.job_id, input.video_id, input.categories, input.size) {}

  PipelineResult Run() {
    Threads threads([this] {
      StopReading();
      named_.Close();
    });
    threads.Start([this] { Guard([this] { Decode(); }, [this] { pictures_.Close(); }); });
    UseTwins();
    for (size_t p = 0; p < predictors_.size(); ++p) {
      threads.Start([this, p] {
        Guard([this, p] { Predict(*predictors_[p]); },
              [this] {
                if (--predicting_ == 0) found_.Close();
              });
      });
    }
    threads.Start([this] { Guard([this] { Write(); }, [] {}); });
    const train::ModelInfo& info = input_.info;
    PipelineResult result{TrackRecord(info.classes.size(), input_.size), {}, {}, {}, 0};
    Guard([&] { Track(info, result); }, [this] { named_.Close(); });
    StopReading();
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
      StopReading();
      // What was tracked is still written, unless writing itself is what failed.
      named_.Close();
    }
    finish();
  }

  void StopReading() {
    pictures_.Abort();
    turns_.Abort();
    found_.Abort();
  }

  // As many predictors as pay, each with its share of the threads.
  void UseTwins() {
    const int cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    const int threads = input_.threads > 0 ? input_.threads : cores;
    predictors_ = {input_.predictor};
    while (static_cast<int>(predictors_.size()) < std::min(threads, kMostPredictors)) {
      auto twin = input_.predictor->Twin();
      if (!twin) break;
      predictors_.push_back(twin.get());
      twins_.push_back(std::move(twin));
    }
    predicting_ = static_cast<int>(predictors_.size());
    threads_each_ = predicting_ > 1 ? threads / predicting_ : 0;
  }

  void Decode() {
    const int most = RunFrames(input_.size);
    int run = 0;
    for (int first = input_.start_frame; first < input_.end_frame; first += most) {
      Pictures pictures;
      pictures.run = run++;
      pictures.first_frame = first;
      for (int frame = first; frame < std::min(first + most, input_.end_frame); ++frame) {
        pictures.frames.push_back(input_.picture(frame));
      }
      if (!pictures_.Push(std::move(pictures))) return;
    }
  }

  void Predict(train::Predictor& predictor) {
    train::LimitThreads(threads_each_);
    while (auto pictures = pictures_.Pop()) {
      Found found;
      found.first_frame = pictures->first_frame;
      found.frames = predictor.Predict(pictures->frames, input_.background);
      VOLE_CHECK(found.frames.size() == pictures->frames.size());
      for (size_t f = 0; f < found.frames.size(); ++f) {
        const cv::Mat& picture = pictures->frames[f];
        if (judges_by_model_) {
          found.evidence.push_back(
              LookForAnimals(picture, input_.background, picture_model_, found.frames[f]));
        } else {
          JudgeOutlines(picture, input_.background, found.frames[f]);
        }
        if (input_.identity) {
          AddIdentityFeatures(*input_.identity, pictures->frames[f], found.frames[f]);
        }
      }
      pictures->frames.clear();
      if (!turns_.Wait(pictures->run) || !found_.Push(std::move(found))) return;
      turns_.Next();
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
  std::vector<std::unique_ptr<train::Predictor>> twins_;
  std::vector<train::Predictor*> predictors_;
  std::atomic<int> predicting_{0};
  int threads_each_ = 0;
  Turns turns_;
  datasets::BoundedQueue<Pictures> pictures_{1};
  datasets::BoundedQueue<Found> found_{2};
  datasets::BoundedQueue<NamedFrame> named_{64};
  std::mutex mutex_;
  std::exception_ptr error_;
};

}  // namespace

PipelineResult RunPipeline(datasets::Project& project, const PipelineInput& input,
                           datasets::Job& job) {
  VOLE_CHECK(input.predictor && input.picture && input.start_frame <= input.end_frame);
  VOLE_CHECK(input.categories.size() == input.info.classes.size());
  return Pipeline(project, input, job).Run();
}

}  // namespace infer
