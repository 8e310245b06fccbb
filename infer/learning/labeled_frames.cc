#include "infer/learning/labeled_frames.h"

#include <algorithm>
#include <opencv2/imgcodecs.hpp>

#include "datasets/base/error.h"

namespace infer {
namespace {

using datasets::AnnotationRow;
using datasets::Id;
using datasets::ImageRow;
using datasets::ImageState;

constexpr size_t kPictureCacheBytes = size_t{256} << 20;

bool MayTeach(const LabeledImage& labeled) {
  if (labeled.image.state == ImageState::kEmpty) return true;
  return labeled.image.state != ImageState::kNew && !labeled.labels.empty();
}

void KeepEvenlySpread(int count, std::vector<LabeledImage>* frames) {
  if (count <= 0 || static_cast<size_t>(count) >= frames->size()) return;
  std::vector<LabeledImage> kept;
  for (int i = 0; i < count; ++i) {
    const size_t at = static_cast<size_t>((i + 0.5) * static_cast<double>(frames->size()) / count);
    kept.push_back(std::move((*frames)[at]));
  }
  *frames = std::move(kept);
}

}  // namespace

std::vector<LabeledImage> CollectLabels(const datasets::Project& project,
                                        const LabelSelection& selection, int* held_out,
                                        datasets::Job& job) {
  std::vector<Id> sources;
  if (selection.videos.empty()) {
    for (const auto& video : project.Videos()) sources.push_back(video.id);
    sources.push_back(0);
  }
  for (const std::string& name : selection.videos) {
    const Id id = project.VideoByName(name).id;
    if (std::find(sources.begin(), sources.end(), id) == sources.end()) sources.push_back(id);
  }
  std::vector<LabeledImage> frames;
  for (const Id source : sources) {
    project.ForEachAnnotation(
        source, [&](const ImageRow& image, const std::vector<AnnotationRow>& labels) {
          job.Advance(0, 0, "reading labels");
          if (image.frame_index &&
              (*image.frame_index < selection.start_frame ||
               (selection.end_frame && *image.frame_index >= *selection.end_frame))) {
            return;
          }
          LabeledImage labeled{image, labels};
          if (!MayTeach(labeled)) return;
          if (!selection.filled_in && datasets::AnyFilledIn(labels)) return;
          const auto may_teach = [](const AnnotationRow& label) { return label.MayTeach(); };
          if (!std::all_of(labels.begin(), labels.end(), may_teach)) return;
          if (image.IsHeldOut()) {
            ++*held_out;
          } else {
            frames.push_back(std::move(labeled));
          }
        });
  }
  KeepEvenlySpread(selection.max_labels, &frames);
  return frames;
}

LabelPictures::LabelPictures(const datasets::Project& project, std::vector<ImageRow> images)
    : project_(project), images_(std::move(images)) {}

cv::Mat LabelPictures::Get(int index) {
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

cv::Mat LabelPictures::Fetch(const ImageRow& image) {
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

}  // namespace infer
