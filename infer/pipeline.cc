#include "infer/pipeline.h"

#include <algorithm>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <thread>

#include "datasets/base/bounded_queue.h"
#include "datasets/base/error.h"
#include "infer/picture_agreement.h"
#include "infer/prediction_writer.h"
#include "infer/provisional_names.h"

namespace infer {
namespace {

struct Pictures {
  int first_frame = 0;
  std::vector<cv::Mat> frames;
};

struct Found {
  int first_frame = 0;
  std::vector<train::FrameDetections> frames;
  std::vector<std::vector<PictureEvidence>> evidence;  // parallel, or empty
};

// Frames predicted at once: enough to keep the processor busy, no more than about 24 MB of pixels.
int BatchFrames(cv::Size size) {
  const double bytes = std::max(1.0, static_cast<double>(size.area()) * 3);
  return std::clamp(static_cast<int>(24e6 / bytes), 1, 8);
}

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
    std::thread decode([this] { Guard([this] { Decode(); }, [this] { pictures_.Close(); }); });
    std::thread predict([this] { Guard([this] { Predict(); }, [this] { found_.Close(); }); });
    std::thread write([this] { Guard([this] { Write(); }, [] {}); });
    const train::ModelInfo& info = input_.predictor->info();
    PipelineResult result{TrackRecord(info.classes.size(), input_.size), {}, {}, {}, 0};
    Guard([&] { Track(info, result); }, [this] { named_.Close(); });
    StopReading();
    named_.Close();
    decode.join();
    predict.join();
    write.join();
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
    found_.Abort();
  }

  void Decode() {
    const int batch = BatchFrames(input_.size);
    for (int first = input_.start_frame; first < input_.end_frame; first += batch) {
      Pictures pictures;
      pictures.first_frame = first;
      for (int frame = first; frame < std::min(first + batch, input_.end_frame); ++frame) {
        pictures.frames.push_back(input_.picture(frame));
      }
      if (!pictures_.Push(std::move(pictures))) return;
    }
  }

  void Predict() {
    while (auto pictures = pictures_.Pop()) {
      Found found;
      found.first_frame = pictures->first_frame;
      found.frames = input_.predictor->Predict(pictures->frames, input_.background);
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
      if (!found_.Push(std::move(found))) return;
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
  datasets::BoundedQueue<Pictures> pictures_{2};
  datasets::BoundedQueue<Found> found_{2};
  datasets::BoundedQueue<NamedFrame> named_{64};
  std::mutex mutex_;
  std::exception_ptr error_;
};

}  // namespace

PipelineResult RunPipeline(datasets::Project& project, const PipelineInput& input,
                           datasets::Job& job) {
  VOLE_CHECK(input.predictor && input.picture && input.start_frame <= input.end_frame);
  VOLE_CHECK(input.categories.size() == input.predictor->info().classes.size());
  return Pipeline(project, input, job).Run();
}

}  // namespace infer
