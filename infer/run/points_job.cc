#include "infer/run/points_job.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <optional>

#include "datasets/base/error.h"
#include "datasets/base/process_memory.h"
#include "datasets/base/suggest.h"
#include "datasets/keypoints/skeleton.h"
#include "datasets/model_files.h"
#include "datasets/only_animal.h"
#include "datasets/recorded_job.h"
#include "datasets/store/points.h"
#include "datasets/store/writer.h"
#include "infer/run/up_to_date.h"
#include "train/points/points.h"

namespace infer {
namespace {

using datasets::Error;
using datasets::Id;
using datasets::PredictedPoint;
using datasets::PredictionRow;

constexpr int kFramesAtOnce = 256;  // looked at, then written in one transaction

// The first skeleton that has all points of the model.
datasets::Skeleton SkeletonOf(const datasets::Project& project, const std::string& model_file,
                              const std::vector<std::string>& names) {
  for (const datasets::Skeleton& skeleton : project.Skeletons()) {
    const bool has_all = std::all_of(names.begin(), names.end(), [&](const std::string& name) {
      return datasets::PlaceOf(skeleton, name) >= 0;
    });
    if (has_all) return skeleton;
  }
  throw Error("model " + model_file,
              "it finds points that no skeleton of the project has together: " +
                  datasets::QuotedNames(names, names.size()),
              "make a skeleton with these points, or train on the project's own");
}

// The stored points that the model's are, in its order.
std::vector<Id> PointIds(const datasets::Skeleton& skeleton,
                         const std::vector<std::string>& names) {
  std::vector<Id> ids;
  for (const std::string& name : names) {
    ids.push_back(skeleton.points[static_cast<size_t>(datasets::PlaceOf(skeleton, name))].id);
  }
  return ids;
}

std::vector<PredictedPoint> Named(const std::vector<train::FoundPoint>& found,
                                  const std::vector<std::string>& names,
                                  const std::vector<Id>& ids) {
  std::vector<PredictedPoint> points;
  for (size_t k = 0; k < found.size(); ++k) {
    PredictedPoint point;
    point.name = names[k];
    point.x = found[k].at.x;
    point.y = found[k].at.y;
    point.confidence = found[k].confidence;
    point.point_id = ids[k];
    point.visible = found[k].visible >= 0.5;
    points.push_back(point);
  }
  return points;
}

// What to look around in a frame; nothing for a row whose outline is empty.
std::optional<train::Detection> Around(const PredictionRow& row, const cv::Size& size) {
  train::Detection detection;
  const cv::Rect picture({0, 0}, size);
  const int left = static_cast<int>(std::floor(row.box.x));
  const int top = static_cast<int>(std::floor(row.box.y));
  detection.region =
      cv::Rect(left, top, static_cast<int>(std::ceil(row.box.x + row.box.width)) - left,
               static_cast<int>(std::ceil(row.box.y + row.box.height)) - top) &
      picture;
  if (detection.region.empty()) return std::nullopt;
  if (row.HasShape()) {
    detection.mask = row.MaskIn(detection.region);
    if (cv::countNonZero(detection.mask) == 0) return std::nullopt;
  }
  return detection;
}

class PointsRun {
 public:
  PointsRun(datasets::Project& project, const datasets::VideoRow& video,
            const std::string& model_file, const PredictOptions& options, datasets::Job& job)
      : project_(project),
        video_(video),
        job_(job),
        finder_(model_file, options.predictor),
        skeleton_(SkeletonOf(project, model_file, finder_.info().classes)),
        ids_(PointIds(skeleton_, finder_.info().classes)),
        start_(std::clamp(options.start_frame, 0, video.frame_count)),
        end_(options.end_frame < 0 ? video.frame_count
                                   : std::clamp(options.end_frame, start_, video.frame_count)),
        reader_(project.OpenVideo(video)) {}

  train::PointFinder& finder() { return finder_; }

  void OnOutlines(Id predict_job) {
    for (int first = start_; first < end_; first += kFramesAtOnce) {
      const int last = std::min(end_, first + kFramesAtOnce);
      std::vector<std::pair<Id, std::vector<PredictedPoint>>> found;
      project_.ForEachPrediction(
          predict_job, video_.id, first, last,
          [&](int frame, const std::vector<PredictionRow>& rows) {
            Advance(frame);
            std::vector<train::Detection> around;
            std::vector<Id> of;
            for (const PredictionRow& row : rows) {
              const auto detection = Around(row, {video_.width, video_.height});
              if (!detection) continue;
              around.push_back(*detection);
              of.push_back(row.id);
            }
            if (around.empty()) return;
            const auto points = finder_.Find(reader_.Read(frame), around);
            for (size_t i = 0; i < of.size(); ++i) {
              found.emplace_back(of[i], Count(points[i]));
            }
            ++result_.frames;
          });
      project_.Write([&](datasets::Writer& writer) {
        for (const auto& [row, points] : found) {
          datasets::ReplacePointsOfPrediction(writer.connection(), row, points);
        }
      });
    }
  }

  void OnPictures(Id job_id, Id category) {
    for (int first = start_; first < end_; first += kFramesAtOnce) {
      std::vector<PredictionRow> rows;
      for (int frame = first; frame < std::min(end_, first + kFramesAtOnce); ++frame) {
        Advance(frame);
        PredictionRow row;
        row.job_id = job_id;
        row.video_id = video_.id;
        row.frame_index = frame;
        row.category_id = category;
        row.tracklet = 0;
        row.key_points = Count(finder_.FindOne(reader_.Read(frame)));
        std::vector<datasets::KeyPoint> places;
        for (const PredictedPoint& point : row.key_points) {
          places.push_back(datasets::AsKeyPoint(point));
          row.confidence += point.confidence / static_cast<double>(row.key_points.size());
        }
        row.score = row.confidence;
        row.box = datasets::BoxOfPoints(places);
        rows.push_back(std::move(row));
        ++result_.frames;
      }
      project_.Write([&](datasets::Writer& writer) {
        for (const PredictionRow& row : rows) writer.InsertPrediction(row);
      });
    }
  }

  void JudgeInTime(Id predict_job) {
    result_.in_time =
        JudgePointsInTime(project_, predict_job, video_, skeleton_, start_, end_, job_);
  }

  PointsResult Result() {
    if (result_.animals > 0) {
      result_.mean_confidence = confidence_ / static_cast<double>(result_.animals * ids_.size());
    }
    return result_;
  }

 private:
  void Advance(int frame) { job_.Advance(frame - start_, end_ - start_, "finding key points"); }

  std::vector<PredictedPoint> Count(const std::vector<train::FoundPoint>& found) {
    ++result_.animals;
    for (const train::FoundPoint& point : found) confidence_ += point.confidence;
    return Named(found, finder_.info().classes, ids_);
  }

  datasets::Project& project_;
  const datasets::VideoRow& video_;
  datasets::Job& job_;
  train::PointFinder finder_;
  const datasets::Skeleton skeleton_;
  const std::vector<Id> ids_;
  const int start_, end_;
  datasets::VideoReader reader_;
  PointsResult result_;
  double confidence_ = 0;
};

}  // namespace

PointsResult PredictPoints(datasets::Project& project, const datasets::VideoRow& video,
                           const std::string& model_file, const PredictOptions& options,
                           datasets::Job& job) {
  const auto started = std::chrono::steady_clock::now();
  job.Advance(0, 0, "loading the model");
  const std::string inputs = InputsOf(project, video, model_file, options, Purpose::kPoints);
  PointsRun run(project, video, model_file, options, job);
  const std::optional<Id> outlined = OutliningJob(project, video);
  if (!outlined && !run.finder().FindsWithoutOutline()) {
    throw Error("video '" + video.name + "'",
                "it has no predicted outlines, and this model looks for points around them",
                "predict outlines first: vole predict " + project.file().string());
  }
  const datasets::NewJob row{outlined ? datasets::JobKind::kPoints : datasets::JobKind::kPredict,
                             StoredOptions(options, video, inputs),
                             datasets::UnchangedModelOfFile(project, model_file)};
  Id job_id = datasets::RunRecorded(project, row, [&](Id id) {
    if (outlined) {
      run.OnOutlines(*outlined);
      run.JudgeInTime(*outlined);
    } else {
      Id category = 0;
      project.Write([&](datasets::Writer& writer) {
        category = writer.FindOrInsertCategory(datasets::OnlyAnimal(project));
      });
      run.OnPictures(id, category);
      run.JudgeInTime(id);
    }
    return datasets::JobOutcome();
  });
  PointsResult result = run.Result();
  result.job_id = job_id;
  result.on_outlines = outlined.has_value();
  result.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  result.peak_rss_mb = datasets::PeakRssMb();
  return result;
}

}  // namespace infer
