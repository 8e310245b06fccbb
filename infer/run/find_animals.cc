#include "infer/run/find_animals.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include "datasets/base/bounded_queue.h"
#include "datasets/base/error.h"

namespace infer {
namespace {

struct Pictures {
  int run = 0;  // 0, 1, ...
  int first_frame = 0;
  std::vector<cv::Mat> frames;
};

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

}  // namespace

train::PictureModel PictureModelOf(const train::ModelInfo& info) {
  return train::PictureModelFrom(info.record.is_object()
                                     ? info.record.value("picture_model", nlohmann::json())
                                     : nlohmann::json());
}

struct AnimalFinder::Impl {
  explicit Impl(const FinderInput& given)
      : input(given),
        picture_model(PictureModelOf(given.predictor->info())),
        judges_by_model(CanJudge(picture_model, !given.background.empty())) {}

  ~Impl() {
    Stop();
    for (std::thread& thread : threads) thread.join();
  }

  void Start() {
    UseTwins();
    threads.emplace_back([this] { Guard([this] { Decode(); }, [this] { pictures.Close(); }); });
    for (train::Predictor* predictor : predictors) {
      threads.emplace_back([this, predictor] {
        Guard([&] { Predict(*predictor); },
              [this] {
                if (--predicting == 0) found.Close();
              });
      });
    }
  }

  template <class Work, class Finish>
  void Guard(Work work, Finish finish) {
    try {
      work();
    } catch (...) {
      {
        const std::lock_guard<std::mutex> lock(mutex);
        if (!error) error = std::current_exception();
      }
      Stop();
    }
    finish();
  }

  void Stop() {
    pictures.Abort();
    turns.Abort();
    found.Abort();
  }

  // As many predictors as pay, each with its share of the threads.
  void UseTwins() {
    const int cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    const int most = input.threads > 0 ? input.threads : cores;
    predictors = {input.predictor};
    while (static_cast<int>(predictors.size()) < std::min(most, kMostPredictors)) {
      auto twin = input.predictor->Twin();
      if (!twin) break;
      predictors.push_back(twin.get());
      twins.push_back(std::move(twin));
    }
    predicting = static_cast<int>(predictors.size());
    threads_each = predicting > 1 ? most / predicting : 0;
  }

  void Decode() {
    const int most = FramesARun(input.size);
    int run = 0;
    for (int first = input.start_frame; first < input.end_frame; first += most) {
      Pictures next;
      next.run = run++;
      next.first_frame = first;
      for (int frame = first; frame < std::min(first + most, input.end_frame); ++frame) {
        next.frames.push_back(input.picture(frame));
      }
      if (!pictures.Push(std::move(next))) return;
    }
  }

  void Predict(train::Predictor& predictor) {
    train::LimitThreads(threads_each);
    while (auto seen = pictures.Pop()) {
      FoundFrames run;
      run.first_frame = seen->first_frame;
      run.frames = predictor.Predict(seen->frames, input.background);
      VOLE_CHECK(run.frames.size() == seen->frames.size());
      for (size_t f = 0; f < run.frames.size(); ++f) {
        const cv::Mat& picture = seen->frames[f];
        if (judges_by_model) {
          run.evidence.push_back(
              LookForAnimals(picture, input.background, picture_model, run.frames[f]));
        } else {
          JudgeOutlines(picture, input.background, run.frames[f]);
        }
        if (input.identity) AddIdentityFeatures(*input.identity, picture, run.frames[f]);
      }
      seen->frames.clear();
      if (!turns.Wait(seen->run) || !found.Push(std::move(run))) return;
      turns.Next();
    }
  }

  const FinderInput input;
  const train::PictureModel picture_model;
  const bool judges_by_model;
  std::vector<std::unique_ptr<train::Predictor>> twins;
  std::vector<train::Predictor*> predictors;
  std::atomic<int> predicting{0};
  int threads_each = 0;
  Turns turns;
  datasets::BoundedQueue<Pictures> pictures{1};
  datasets::BoundedQueue<FoundFrames> found{1};  // one more waits with who calls Next
  std::mutex mutex;
  std::exception_ptr error;
  std::vector<std::thread> threads;
};

AnimalFinder::AnimalFinder(const FinderInput& input) : impl_(std::make_unique<Impl>(input)) {
  impl_->Start();
}

AnimalFinder::~AnimalFinder() = default;

std::optional<FoundFrames> AnimalFinder::Next() {
  std::optional<FoundFrames> run = impl_->found.Pop();
  if (!run) {
    const std::lock_guard<std::mutex> lock(impl_->mutex);
    if (impl_->error) std::rethrow_exception(impl_->error);
  }
  return run;
}

void AnimalFinder::Stop() { impl_->Stop(); }

}  // namespace infer
