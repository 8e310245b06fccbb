#include "datasets/exchange/selection.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_set>

#include "datasets/base/error.h"
#include "datasets/exchange/label_batch.h"
#include "datasets/shape/same_place.h"
#include "datasets/unknown_name.h"

namespace datasets {

namespace {

enum class What { kLabels, kPredictions, kFinal };

What ParseWhat(const std::string& what) {
  if (what == "labels") return What::kLabels;
  if (what == "predictions") return What::kPredictions;
  if (what == "final") return What::kFinal;
  throw Error("export of '" + what + "'", "there is no such choice",
              "choose labels, predictions or final");
}

const char* StateName(ImageState state) {
  switch (state) {
    case ImageState::kNew:
      return "new";
    case ImageState::kStarted:
      return "started";
    case ImageState::kDone:
      return "done";
    case ImageState::kEmpty:
      return "empty";
  }
  return "new";
}

const char* SourceName(LabelSource source) {
  switch (source) {
    case LabelSource::kDrawn:
      return "drawn";
    case LabelSource::kAccepted:
      return "accepted";
    case LabelSource::kImported:
      return "imported";
    case LabelSource::kInterpolated:
      return "interpolated";
  }
  return "drawn";
}

// Gives every track of a video a number: the imported one, else the next free one.
class TrackNumbers {
 public:
  explicit TrackNumbers(const std::vector<TrackRow>& tracks) {
    std::set<int64_t> taken;
    for (const TrackRow& track : tracks) {
      if (track.external_id && taken.insert(*track.external_id).second) {
        numbers_[track.id] = *track.external_id;
      }
    }
    next_ = taken.empty() ? 1 : std::max<int64_t>(*taken.rbegin() + 1, 1);
    std::map<Id, std::vector<int64_t>> by_category;
    for (const TrackRow& track : tracks) {
      if (!numbers_.count(track.id)) numbers_[track.id] = next_++;
      by_category[track.category_id].push_back(numbers_[track.id]);
    }
    for (const auto& [category, numbers] : by_category) {
      if (numbers.size() == 1) of_category_[category] = numbers.front();
    }
  }
  std::optional<int64_t> OfTrack(std::optional<Id> track) const {
    const auto it = track ? numbers_.find(*track) : numbers_.end();
    return it == numbers_.end() ? std::nullopt : std::optional<int64_t>(it->second);
  }
  // One number an animal, where categories are animals.
  int64_t OfCategory(Id category) {
    const auto [it, added] = of_category_.emplace(category, next_);
    if (added) ++next_;
    return it->second;
  }
  int64_t OfTracklet(int tracklet) {
    const auto [it, added] = of_tracklet_.emplace(tracklet, next_);
    if (added) ++next_;
    return it->second;
  }

 private:
  std::map<Id, int64_t> numbers_, of_category_;
  std::map<int, int64_t> of_tracklet_;
  int64_t next_ = 1;
};

SelectedInstance OfLabel(const AnnotationRow& row, const TrackNumbers& tracks) {
  SelectedInstance instance;
  instance.category_id = row.category_id;
  instance.track = tracks.OfTrack(row.track_id);
  instance.polygons = row.polygons;
  instance.rle = row.rle;
  instance.box = row.box;
  instance.area = row.area;
  instance.iscrowd = row.iscrowd;
  instance.occluded = row.occluded;
  instance.keyframe = row.keyframe;
  instance.source = SourceName(row.source);
  instance.author = row.author;
  instance.key_points = row.key_points;
  instance.extra_json = row.extra_json;
  if (!instance.track && !row.extra_json.empty()) {
    const auto extra = nlohmann::json::parse(row.extra_json, nullptr, false);
    const auto number = extra.is_object() ? extra.find("track_id") : extra.end();
    if (extra.is_object() && number != extra.end() && number->is_number_integer()) {
      instance.track = number->get<int64_t>();
    }
  }
  return instance;
}

SelectedInstance OfPrediction(const PredictionRow& row, int64_t track) {
  SelectedInstance instance;
  instance.category_id = row.category_id;
  instance.track = track;
  instance.polygons = row.polygons;
  instance.rle = row.rle;
  instance.box = row.box;
  instance.area = instance.rle ? RleArea(*instance.rle) : row.box.width * row.box.height;
  instance.predicted = true;
  instance.score = row.score;
  instance.confidence = row.confidence;
  instance.source = "predicted";
  for (const PredictedPoint& point : row.key_points) {
    instance.key_points.push_back(AsKeyPoint(point));
    instance.point_confidences.push_back(point.confidence);
  }
  return instance;
}

// True when some frame has one category twice: then categories are kinds, not individuals. Several
// can be `unknown`, whatever the others are.
bool CategoriesRepeat(const Project& project, Id job_id, const VideoRow& video, int start, int end,
                      std::optional<Id> unknown) {
  bool repeat = false;
  project.ForEachPrediction(job_id, video.id, start, end,
                            [&](int, const std::vector<PredictionRow>& rows) {
                              std::set<Id> seen;
                              for (const PredictionRow& row : rows) {
                                if (row.category_id == unknown) continue;
                                repeat = repeat || !seen.insert(row.category_id).second;
                              }
                            });
  return repeat;
}

// Of animals that share a name: a label stands for the prediction that it lies on.
bool IsSamePlace(const SelectedInstance& label, const PredictionRow& row,
                 const SelectedFrame& frame) {
  const SelectedInstance prediction = OfPrediction(row, 0);
  return RleIou(MaskOf(label, frame.height, frame.width),
                MaskOf(prediction, frame.height, frame.width)) >= kSamePlace;
}

class VideoSelection {
 public:
  VideoSelection(const Project& project, const VideoRow& video, What what,
                 const ExportOptions& options, std::optional<Id> prediction_job)
      : project_(project),
        video_(video),
        what_(what),
        start_(std::max(0, options.start_frame)),
        end_(options.end_frame < 0 ? video.frame_count
                                   : std::min(options.end_frame, video.frame_count)),
        prediction_job_(prediction_job),
        unknown_(UnknownOf(project.Categories())),
        tracks_(project.Tracks(video.id)) {}

  void ForEach(Job& job, const std::function<void(const SelectedFrame&)>& visit) {
    if (what_ != What::kPredictions) LoadLabels();
    const auto emit = [&](const SelectedFrame& frame) {
      job.Advance(frame.frame_index - start_, end_ - start_, "writing " + video_.name);
      visit(frame);
    };
    auto labeled = frames_.begin();
    const auto emit_labeled_before = [&](int frame_index) {
      for (; labeled != frames_.end() && labeled->first < frame_index; ++labeled) {
        emit(labeled->second);
      }
    };
    if (what_ != What::kLabels && prediction_job_) {
      const bool repeat =
          CategoriesRepeat(project_, *prediction_job_, video_, start_, end_, unknown_);
      project_.ForEachPrediction(*prediction_job_, video_.id, start_, end_,
                                 [&](int frame_index, const std::vector<PredictionRow>& rows) {
                                   emit_labeled_before(frame_index);
                                   SelectedFrame frame = NewFrame(frame_index);
                                   frame.state = "predicted";
                                   if (labeled != frames_.end() && labeled->first == frame_index) {
                                     frame = std::move(labeled->second);
                                     ++labeled;
                                   }
                                   AddPredictions(rows, repeat, frame);
                                   emit(frame);
                                 });
    }
    emit_labeled_before(INT32_MAX);
  }

 private:
  SelectedFrame NewFrame(int frame_index) const {
    SelectedFrame frame;
    frame.video = &video_;
    frame.frame_index = frame_index;
    frame.width = video_.width;
    frame.height = video_.height;
    return frame;
  }

  void LoadLabels() {
    const std::vector<ImageRow> images = project_.ImagesOfVideo(video_.id);
    std::vector<const ImageRow*> wanted;
    for (const ImageRow& image : images) {
      const int index = image.frame_index.value_or(-1);
      if (index >= start_ && index < end_) wanted.push_back(&image);
    }
    for (const ImageRow* image : wanted) {
      if (image->state != ImageState::kNew) FrameOf(*image);
    }
    const auto add = [this](const ImageRow& image, const std::vector<AnnotationRow>& rows) {
      if (rows.empty()) return;
      SelectedFrame& frame = FrameOf(image);
      for (const AnnotationRow& row : rows) {
        frame.instances.push_back(OfLabel(row, tracks_));
        frame.instances.back().unknown = row.category_id == unknown_;
      }
    };
    constexpr size_t kFew = 20;  // that many times fewer than all are looked up one by one
    if (wanted.size() * kFew < images.size()) {
      for (const ImageRow* image : wanted) add(*image, project_.AnnotationsOfImage(image->id));
      return;
    }
    std::unordered_set<Id> ids;
    for (const ImageRow* image : wanted) ids.insert(image->id);
    project_.ForEachAnnotation(video_.id,
                               [&](const ImageRow& image, const std::vector<AnnotationRow>& rows) {
                                 if (ids.count(image.id)) add(image, rows);
                               });
  }

  SelectedFrame& FrameOf(const ImageRow& image) {
    const int index = image.frame_index.value_or(-1);
    SelectedFrame& frame = frames_.emplace(index, NewFrame(index)).first->second;
    frame.state = StateName(image.state);
    frame.split = image.split;
    return frame;
  }

  void AddPredictions(const std::vector<PredictionRow>& rows, bool repeat, SelectedFrame& frame) {
    if (frame.state == "done" || frame.state == "empty") return;
    const std::vector<SelectedInstance> labels = frame.instances;
    for (const PredictionRow& row : rows) {
      const bool unknown = row.category_id == unknown_;
      const bool is_labeled =
          std::any_of(labels.begin(), labels.end(), [&](const SelectedInstance& label) {
            if (unknown) return IsSamePlace(label, row, frame);  // whoever the label says it is
            return label.category_id == row.category_id &&
                   (!repeat || IsSamePlace(label, row, frame));
          });
      if (is_labeled) continue;
      const int64_t track = (repeat || unknown) && row.tracklet >= 0
                                ? tracks_.OfTracklet(row.tracklet)
                                : tracks_.OfCategory(row.category_id);
      frame.instances.push_back(OfPrediction(row, track));
      frame.instances.back().unknown = unknown;
    }
  }

  const Project& project_;
  const VideoRow& video_;
  const What what_;
  const int start_, end_;
  const std::optional<Id> prediction_job_, unknown_;
  TrackNumbers tracks_;
  std::map<int, SelectedFrame> frames_;
};

void ForEachPicture(const Project& project, Job& job,
                    const std::function<void(const SelectedFrame&)>& visit) {
  std::map<Id, SelectedFrame> frames;
  for (const ImageRow& image : project.Images()) {
    if (image.video_id || !image.path) continue;
    SelectedFrame frame;
    frame.picture = *image.path;
    frame.width = image.width;
    frame.height = image.height;
    frame.state = StateName(image.state);
    frame.split = image.split;
    frames.emplace(image.id, std::move(frame));
  }
  if (frames.empty()) return;
  const TrackNumbers no_tracks({});
  project.ForEachAnnotation(0, [&](const ImageRow& image, const std::vector<AnnotationRow>& rows) {
    const auto found = frames.find(image.id);
    if (found == frames.end()) return;
    for (const AnnotationRow& row : rows) {
      found->second.instances.push_back(OfLabel(row, no_tracks));
    }
  });
  for (const auto& [id, frame] : frames) {
    job.Advance(0, 0, "writing pictures");
    if (frame.state != "new" || !frame.instances.empty()) visit(frame);
  }
}

}  // namespace

std::vector<VideoRow> SelectedVideos(const Project& project, const ExportOptions& options) {
  if (!options.video.empty()) return {project.VideoByName(options.video)};
  return project.Videos();
}

void ForEachSelectedFrame(const Project& project, const ExportOptions& options, Job& job,
                          const std::function<void(const SelectedFrame&)>& visit) {
  const What what = ParseWhat(options.what);
  const std::vector<VideoRow> videos = SelectedVideos(project, options);
  std::vector<std::optional<Id>> jobs;
  bool any_job = false;
  for (const VideoRow& video : videos) {
    jobs.push_back(options.job_id > 0 ? std::optional<Id>(options.job_id)
                                      : project.LatestPredictJob(video.id));
    any_job = any_job || jobs.back();
  }
  if (what == What::kPredictions && !any_job) {
    throw Error("predictions", "nothing has been predicted yet", "run `vole predict` first");
  }
  for (size_t i = 0; i < videos.size(); ++i) {
    VideoSelection(project, videos[i], what, options, jobs[i]).ForEach(job, visit);
  }
  if (what != What::kPredictions && options.video.empty()) ForEachPicture(project, job, visit);
}

Rle MaskOf(const SelectedInstance& instance, int height, int width) {
  if (instance.HasShape()) return instance.Mask({width, height});
  if (!instance.key_points.empty()) return RlePolygons({}, height, width);
  return RlePolygon(BoxRing(instance.box), height, width);
}

}  // namespace datasets
