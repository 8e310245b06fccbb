#include "infer/learning/project_labels.h"

#include <algorithm>
#include <list>
#include <map>
#include <memory>
#include <opencv2/imgcodecs.hpp>
#include <set>

#include "datasets/base/error.h"

namespace infer {
namespace {

using datasets::AnnotationRow;
using datasets::Id;
using datasets::ImageRow;
using datasets::ImageState;

constexpr size_t kPictureCacheBytes = size_t{256} << 20;

struct Labeled {
  ImageRow image;
  std::vector<AnnotationRow> labels;
};

// Fetches the pictures of the labeled frames; keeps the newest within a bound.
class LabelPictures {
 public:
  LabelPictures(const datasets::Project& project, std::vector<ImageRow> images)
      : project_(project), images_(std::move(images)) {}

  cv::Mat Get(int index) {
    for (auto it = cache_.begin(); it != cache_.end(); ++it) {
      if (it->first != index) continue;
      cache_.splice(cache_.begin(), cache_, it);
      return it->second;
    }
    cv::Mat picture = Fetch(images_.at(static_cast<size_t>(index)));
    cached_bytes_ += picture.total() * picture.elemSize();
    cache_.emplace_front(index, picture);
    while (cached_bytes_ > kPictureCacheBytes && cache_.size() > 1) {
      const cv::Mat& oldest = cache_.back().second;
      cached_bytes_ -= oldest.total() * oldest.elemSize();
      cache_.pop_back();
    }
    return picture;
  }

 private:
  cv::Mat Fetch(const ImageRow& image) {
    if (image.video_id) {
      if (!reader_ || reader_video_ != *image.video_id) {
        reader_.reset();
        reader_ = std::make_unique<datasets::VideoReader>(
            project_.OpenVideo(project_.VideoById(*image.video_id)));
        reader_video_ = *image.video_id;
      }
      return reader_->Read(*image.frame_index);
    }
    const std::filesystem::path file = project_.folder() / image.path.value_or("");
    cv::Mat picture = cv::imread(file.string(), cv::IMREAD_COLOR);
    if (picture.empty()) {
      throw datasets::Error(file.string(), "the labeled picture cannot be read",
                            "put it back, or remove its labels");
    }
    if (picture.cols != image.width || picture.rows != image.height) {
      throw datasets::Error(file.string(), "the picture's size is not the one that was labeled",
                            "put the labeled picture back");
    }
    return picture;
  }

  const datasets::Project& project_;
  const std::vector<ImageRow> images_;
  std::unique_ptr<datasets::VideoReader> reader_;
  Id reader_video_ = 0;
  std::list<std::pair<int, cv::Mat>> cache_;  // newest first
  size_t cached_bytes_ = 0;
};

bool MayTeach(const Labeled& labeled) {
  if (labeled.image.state == ImageState::kEmpty) return true;
  return labeled.image.state != ImageState::kNew && !labeled.labels.empty();
}

// Labeled frames of the chosen videos, by video and frame.
std::vector<Labeled> Collect(const datasets::Project& project, const LabelSelection& selection,
                             int* held_out, datasets::Job& job) {
  std::vector<Id> sources;
  if (selection.videos.empty()) {
    for (const auto& video : project.Videos()) sources.push_back(video.id);
    sources.push_back(0);
  }
  for (const std::string& name : selection.videos) {
    const Id id = project.VideoByName(name).id;
    if (std::find(sources.begin(), sources.end(), id) == sources.end()) sources.push_back(id);
  }
  std::vector<Labeled> frames;
  for (const Id source : sources) {
    project.ForEachAnnotation(
        source, [&](const ImageRow& image, const std::vector<AnnotationRow>& labels) {
          job.Advance(0, 0, "reading labels");
          if (image.frame_index &&
              (*image.frame_index < selection.start_frame ||
               (selection.end_frame && *image.frame_index >= *selection.end_frame))) {
            return;
          }
          Labeled labeled{image, labels};
          if (!MayTeach(labeled)) return;
          if (image.split == "val" || image.split == "test") {
            ++*held_out;
          } else {
            frames.push_back(std::move(labeled));
          }
        });
  }
  return frames;
}

void KeepEvenlySpread(int count, std::vector<Labeled>* frames) {
  if (count <= 0 || static_cast<size_t>(count) >= frames->size()) return;
  std::vector<Labeled> kept;
  for (int i = 0; i < count; ++i) {
    const size_t at = static_cast<size_t>((i + 0.5) * static_cast<double>(frames->size()) / count);
    kept.push_back(std::move((*frames)[at]));
  }
  *frames = std::move(kept);
}

// Spans in which a reviewer corrected predictions, by video.
std::map<Id, std::vector<std::pair<int, int>>> CorrectedSpans(const datasets::Project& project) {
  std::map<Id, std::vector<std::pair<int, int>>> spans;
  for (const auto& decision : project.ReviewDecisions(0)) {
    if (decision.verdict == "corrected") {
      spans[decision.video_id].emplace_back(decision.start_frame, decision.end_frame);
    }
  }
  return spans;
}

// Names of the classes, in the project's order, and which one an animal is.
class ClassNames {
 public:
  explicit ClassNames(const datasets::Project& project) {
    for (const auto& category : project.Categories()) {
      category_names_[category.id] = category.name;
      order_.push_back(category.name);
    }
  }

  const std::string& NameOf(const AnnotationRow& label) const {
    return category_names_.at(label.category_id);
  }

  // Those of `used`, in the project's order.
  std::vector<std::string> Ordered(const std::set<std::string>& used) const {
    std::vector<std::string> names;
    for (const std::string& name : order_) {
      if (used.count(name) && std::find(names.begin(), names.end(), name) == names.end()) {
        names.push_back(name);
      }
    }
    return names;
  }

 private:
  std::vector<std::string> order_;
  std::map<Id, std::string> category_names_;
};

}  // namespace

GatheredLabels GatherLabels(const datasets::Project& project, const LabelSelection& selection,
                            datasets::Job& job) {
  GatheredLabels gathered;
  std::vector<Labeled> frames = Collect(project, selection, &gathered.held_out, job);
  KeepEvenlySpread(selection.max_labels, &frames);

  const ClassNames names(project);
  std::set<std::string> used;
  for (const Labeled& frame : frames) {
    for (const AnnotationRow& label : frame.labels) {
      if (!label.iscrowd) used.insert(names.NameOf(label));
    }
  }
  if (used.empty()) {
    throw datasets::Error(
        "project '" + project.file().string() + "'",
        gathered.held_out > 0 ? "all of its labels here are marked val or test"
                              : "it has no labels to learn from here",
        "label some frames in the workbench, or bring labels in with 'vole import'");
  }
  train::TrainingData& data = gathered.data;
  data.classes = names.Ordered(used);

  const auto corrected = CorrectedSpans(project);
  std::map<std::pair<Id, std::pair<int, int>>, int> video_index;  // pictures share one by size
  std::vector<ImageRow> images;
  for (const Labeled& labeled : frames) {
    job.Advance(static_cast<double>(images.size()), static_cast<double>(frames.size()),
                "reading labels");
    const ImageRow& image = labeled.image;
    const auto key = std::make_pair(
        image.video_id.value_or(0),
        image.video_id ? std::make_pair(0, 0) : std::make_pair(image.width, image.height));
    const auto [place, is_new] =
        video_index.emplace(key, static_cast<int>(data.backgrounds.size()));
    if (is_new) {
      gathered.videos.push_back(image.video_id.value_or(0));
      data.backgrounds.push_back(image.video_id
                                     ? project.BackgroundOf(project.VideoById(*image.video_id)).bgr
                                     : cv::Mat());
    }
    train::LabeledFrame frame;
    frame.video = place->second;
    frame.frame_index = image.frame_index.value_or(static_cast<int>(images.size()));
    for (const AnnotationRow& label : labeled.labels) {
      train::LabeledObject object;
      object.mask = label.Mask({image.width, image.height});
      object.ignore = label.iscrowd;
      if (!label.iscrowd) {
        const auto at = std::find(data.classes.begin(), data.classes.end(), names.NameOf(label));
        object.class_index = static_cast<int>(at - data.classes.begin());
        ++gathered.animals;
      }
      frame.objects.push_back(std::move(object));
    }
    const auto spans = corrected.find(image.video_id.value_or(0));
    if (spans != corrected.end() && image.frame_index) {
      for (const auto& [start, end] : spans->second) {
        if (*image.frame_index >= start && *image.frame_index < end) {
          frame.weight = kCorrectionWeight;
        }
      }
    }
    gathered.corrected += frame.weight > 1;
    gathered.empty_frames += frame.objects.empty();
    data.frames.push_back(std::move(frame));
    images.push_back(image);
  }
  const auto source = std::make_shared<LabelPictures>(project, std::move(images));
  data.picture = [source](int frame) { return source->Get(frame); };
  return gathered;
}

}  // namespace infer
