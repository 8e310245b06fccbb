#include "app/model/session/view_loader.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "app/model/session/session.h"
#include "datasets/base/fingerprint.h"
#include "datasets/store/overview/overview.h"
#include "datasets/store/points.h"
#include "datasets/store/review/review_order.h"
#include "datasets/video_files.h"

namespace app {
namespace {

// How often a change by another process is looked for while nothing else happens.
constexpr std::chrono::milliseconds kOutsideCheck(700);
// Labeled frames that tell which animal a new outline is.
constexpr int kNearestFrames = 6;

annotate::Shape ShapeOf(const datasets::AnnotationRow& row, int height, int width) {
  annotate::Shape shape;
  shape.annotation_id = row.id;
  shape.category_id = row.category_id;
  shape.polygons = row.polygons;
  shape.rle = row.rle;
  shape.occluded = row.occluded;
  shape.key_points = row.key_points;
  if (shape.polygons.empty() && row.rle && row.rle->height == height && row.rle->width == width) {
    shape.polygons = datasets::TraceMask(datasets::DecodeMask(*row.rle));
  }
  return shape;
}

// Whether a recording's animals share names; a prediction that runs over a video says so in its
// list of meetings, which a recording has not.
bool IsNumberedRecording(const std::vector<datasets::JobRow>& jobs, datasets::Id id) {
  for (const datasets::JobRow& job : jobs) {
    if (job.id != id || job.options_json.find("\"live\"") == std::string::npos) continue;
    const auto options = nlohmann::json::parse(job.options_json, nullptr, false);
    return options.is_object() && options.contains("live") && options.value("numbered", false);
  }
  return false;
}

// Outlines of a view as they are drawn: a change leaves most outlines of a frame as they were, and
// an accepted one is the prediction's.
class KnownOutlines {
 public:
  KnownOutlines(const FrameView* view, double tolerance) : tolerance_(tolerance) {
    if (!view || view->drawn_tolerance != tolerance) return;
    Add(view->labels, view->drawn_labels);
    Add(view->predictions, view->drawn_predictions);
  }

  DrawnShape Of(const datasets::Polygons& polygons) const {
    DrawnShape drawn;
    for (const datasets::Ring& ring : polygons) {
      const auto known = of_ring_.find(&ring);
      if (known == of_ring_.end()) {
        AddDrawnRing(ring, tolerance_, &drawn);
        continue;
      }
      const auto& [shape, at] = known->second;
      drawn.outlines.push_back(shape->outlines[at]);
      drawn.insides.push_back(shape->insides[at]);
      drawn.triangles.push_back(shape->triangles[at]);
    }
    return drawn;
  }

 private:
  struct Hash {
    size_t operator()(const datasets::Ring* ring) const {
      datasets::Fingerprint fingerprint;
      for (const cv::Point2d& point : *ring) {
        fingerprint.AddWord(std::hash<double>()(point.x));
        fingerprint.AddWord(std::hash<double>()(point.y));
      }
      return fingerprint.value();
    }
  };
  struct Equal {
    bool operator()(const datasets::Ring* a, const datasets::Ring* b) const { return *a == *b; }
  };

  void Add(const std::vector<annotate::Shape>& shapes, const std::vector<DrawnShape>& drawn) {
    for (size_t i = 0; i < shapes.size() && i < drawn.size(); ++i) {
      for (size_t r = 0; r < drawn[i].outlines.size(); ++r) {
        of_ring_.emplace(&shapes[i].polygons[r], std::make_pair(&drawn[i], r));
      }
    }
  }

  const double tolerance_;
  std::unordered_map<const datasets::Ring*, std::pair<const DrawnShape*, size_t>, Hash, Equal>
      of_ring_;
};

}  // namespace

ViewLoader::ViewLoader(datasets::Project& project, annotate::History& history,
                       std::function<void()> wake, std::function<void(const std::string&)> say)
    : project_(project),
      history_(history),
      worker_([this](const Wanted& wanted) { return Load(wanted); }, std::move(wake),
              std::move(say)) {}

void ViewLoader::Change(const std::function<void(Wanted&)>& change) {
  std::scoped_lock lock(mutex_);
  change(wanted_);
  worker_.Ask(wanted_);
}

void ViewLoader::RequestFrame(datasets::Id video_id, int frame) {
  Change([&](Wanted& wanted) {
    wanted.video_id = video_id;
    wanted.frame = frame;
    ++wanted.wish;
  });
}

void ViewLoader::SetDrawnTolerance(double image_pixels) {
  {
    std::scoped_lock lock(mutex_);
    if (image_pixels == wanted_.tolerance) return;
  }
  Change([&](Wanted& wanted) {
    wanted.tolerance = image_pixels;
    ++wanted.wish;
  });
}

void ViewLoader::Reload() {
  Change([](Wanted&) {});
}

std::shared_ptr<const ProjectView> ViewLoader::TakeProject() {
  std::scoped_lock lock(mutex_);
  return std::exchange(fresh_project_, nullptr);
}

std::shared_ptr<const FrameView> ViewLoader::TakeFrame() {
  std::scoped_lock lock(mutex_);
  return std::exchange(fresh_frame_, nullptr);
}

std::shared_ptr<ProjectView> ViewLoader::LoadProject(int64_t revision) {
  auto view = std::make_shared<ProjectView>();
  view->revision = revision;
  view->videos = project_.Videos();
  view->categories = project_.Categories();
  view->unknown_id = datasets::UnknownOf(view->categories).value_or(0);
  view->behaviors = project_.Behaviors();
  view->skeletons = project_.Skeletons();
  std::map<datasets::Id, datasets::Id> predict_jobs;
  project_.Read([&](datasets::Connection& connection) {
    predict_jobs = datasets::LatestPredictJobs(connection);
    view->has_key_points = datasets::AnyLabelPoints(connection);
    view->notes = datasets::ReadNotes(connection);
  });
  view->models = project_.Models();
  view->jobs = project_.Jobs();
  for (const datasets::VideoRow& video : view->videos) {
    view->images[video.id] = project_.ImagesOfVideo(video.id);
    view->intervals[video.id] = project_.BehaviorIntervals(video.id);
    const auto predict_job = predict_jobs.find(video.id);
    if (const auto job = project_.LatestBehaviorJob(video.id);
        job && (predict_job == predict_jobs.end() || *job != predict_job->second)) {
      for (datasets::ReviewItemRow& item : project_.ReviewItems(*job)) {
        if (item.video_id == video.id) view->review_items.push_back(std::move(item));
      }
    }
    const std::vector<datasets::VideoFile> files = datasets::FilesOf(project_, video);
    for (size_t part = 0; part < files.size(); ++part) {
      std::error_code ignored;
      if (std::filesystem::exists(files[part].path, ignored)) continue;
      view->missing_videos.insert(video.id);
      view->missing_parts[video.id].insert(part);
    }
    view->regions[video.id] = project_.Regions(video.id);
    if (predict_job != predict_jobs.end()) {
      const datasets::Id job = predict_job->second;
      const bool known = std::any_of(view->predict_job.begin(), view->predict_job.end(),
                                     [&](const auto& other) { return other.second == job; });
      view->predict_job[video.id] = job;
      if (known) continue;
      std::vector<datasets::ReviewItemRow> items = project_.ReviewItems(job);
      view->review_items.insert(view->review_items.end(), std::make_move_iterator(items.begin()),
                                std::make_move_iterator(items.end()));
    }
  }
  datasets::SortForReview(view->review_items);
  MeetingLoader::Meetings meetings = meetings_.Load(project_, view->predict_job);
  view->meetings = std::move(meetings.all);
  view->without_meetings = std::move(meetings.without_list);
  view->numbered_videos = std::move(meetings.numbered);
  view->unknown_animals = std::move(meetings.unknown);
  view->named_unknown = meetings.named_unknown;
  for (const auto& [video, job] : view->predict_job) {
    if (IsNumberedRecording(view->jobs, job)) view->numbered_videos.insert(video);
  }
  view->undo_label = history_.UndoLabel();
  view->redo_label = history_.RedoLabel();
  return view;
}

annotate::Sightings ViewLoader::SightingsNear(const std::vector<datasets::ImageRow>& images,
                                              int frame) {
  annotate::Sightings near;
  auto after = std::lower_bound(
      images.begin(), images.end(), frame,
      [](const datasets::ImageRow& image, int at) { return image.frame_index.value_or(0) < at; });
  auto before = after;  // one beyond the next one to look at
  const auto gap = [frame](const datasets::ImageRow& image) {
    return std::abs(image.frame_index.value_or(0) - frame);
  };
  int used = 0;
  for (int looked = 0; looked < 2 * kNearestFrames && used < kNearestFrames; ++looked) {
    const bool has_before = before != images.begin(), has_after = after != images.end();
    if (!has_before && !has_after) break;
    const bool takes_before = has_before && (!has_after || gap(*(before - 1)) <= gap(*after));
    const datasets::ImageRow& image = takes_before ? *--before : *after++;
    if (image.frame_index == frame) continue;
    const auto [known, is_new] = sightings_of_image_.try_emplace(image.id);
    if (is_new) {
      for (const auto& row : project_.AnnotationsOfImage(image.id)) {
        const annotate::Shape shape = ShapeOf(row, image.height, image.width);
        if (shape.polygons.empty()) continue;
        known->second[row.category_id].push_back(
            annotate::SightingOf(shape.polygons, image.frame_index.value_or(0)));
      }
    }
    used += !known->second.empty();
    for (const auto& [animal, seen] : known->second) {
      near[animal].insert(near[animal].end(), seen.begin(), seen.end());
    }
  }
  return near;
}

std::shared_ptr<FrameView> ViewLoader::LoadFrame(const Wanted& wanted, int64_t revision,
                                                 const ProjectView& project,
                                                 const FrameView* before) {
  const datasets::Id video_id = wanted.video_id;
  const int frame = wanted.frame;
  const double tolerance = wanted.tolerance;
  auto view = std::make_shared<FrameView>();
  view->video_id = video_id;
  view->frame = frame;
  view->revision = revision;
  const auto images = project.images.find(video_id);
  if (images != project.images.end()) {
    view->sightings = SightingsNear(images->second, frame);
    const auto after = std::lower_bound(
        images->second.begin(), images->second.end(), frame,
        [](const datasets::ImageRow& image, int at) { return image.frame_index.value_or(0) < at; });
    if (after != images->second.end() && after->frame_index == frame) {
      view->state = after->state;
      view->has_image_row = true;
      for (const auto& row : project_.AnnotationsOfImage(after->id)) {
        view->labels.push_back(ShapeOf(row, after->height, after->width));
      }
    }
    for (auto before = after; before != images->second.begin() && view->neighbor_frame < 0;) {
      --before;
      const auto rows = project_.AnnotationsOfImage(before->id);
      if (rows.empty()) continue;
      view->neighbor_frame = before->frame_index.value_or(-1);
      for (const auto& row : rows) {
        view->neighbor_labels.push_back(ShapeOf(row, before->height, before->width));
      }
    }
  }
  const auto job = project.predict_job.find(video_id);
  if (job != project.predict_job.end()) {
    view->prediction_rows = project_.PredictionsAt(job->second, video_id, frame);
    for (const datasets::PredictionRow& row : view->prediction_rows) {
      annotate::Shape shape;
      shape.prediction_id = row.id;
      shape.category_id = row.category_id;
      shape.polygons = row.polygons;
      for (const datasets::PredictedPoint& point : row.key_points) {
        shape.key_points.push_back(datasets::AsKeyPoint(point));
      }
      view->predictions.push_back(std::move(shape));
    }
  }
  view->drawn_tolerance = tolerance;
  const KnownOutlines known(before && before->frame == frame ? before : nullptr, tolerance);
  for (const annotate::Shape& shape : view->labels) {
    view->drawn_labels.push_back(known.Of(shape.polygons));
  }
  for (const annotate::Shape& shape : view->predictions) {
    view->drawn_predictions.push_back(known.Of(shape.polygons));
  }
  return view;
}

ViewLoader::Worker::Answered ViewLoader::Load(const Wanted& wanted) {
  const int64_t revision = project_.Revision();
  const bool moved = !loaded_project_ || revision != loaded_project_->revision;
  std::exception_ptr failed;
  if (moved) {
    try {
      auto project = LoadProject(revision);
      sightings_of_image_.clear();
      std::scoped_lock lock(mutex_);
      fresh_project_ = loaded_project_ = std::move(project);
    } catch (...) {  // lists that cannot be read are no reason to show no frame
      failed = std::current_exception();
    }
  }
  frame_is_old_ |= moved || wanted.wish != loaded_wish_;
  const bool loads_frame = frame_is_old_ && wanted.video_id != 0 && loaded_project_;
  if (loads_frame) {
    auto frame = LoadFrame(wanted, revision, *loaded_project_, loaded_frame_.get());
    frame_is_old_ = false;
    loaded_wish_ = wanted.wish;
    std::scoped_lock lock(mutex_);
    fresh_frame_ = loaded_frame_ = std::move(frame);
  }
  if (failed) std::rethrow_exception(failed);
  return {moved || loads_frame, kOutsideCheck};
}

}  // namespace app
