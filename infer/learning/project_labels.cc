#include "infer/learning/project_labels.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "datasets/base/error.h"
#include "datasets/unknown_name.h"
#include "infer/learning/complete_frames.h"
#include "infer/learning/labeled_frames.h"
#include "infer/review/reasons.h"

namespace infer {
namespace {

using datasets::AnnotationRow;
using datasets::Id;
using datasets::ImageRow;

// Spans in which a reviewer corrected predicted outlines, by video.
std::map<Id, std::vector<std::pair<int, int>>> CorrectedSpans(const datasets::Project& project) {
  std::map<Id, std::vector<std::pair<int, int>>> spans;
  for (const auto& decision : project.ReviewDecisions(0)) {
    if (decision.verdict == "corrected" && ConcernsOutlines(decision)) {
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
      if (datasets::IsUnknown(category)) unknown_ = category.id;
      order_.push_back(category.name);
    }
  }

  const std::string& NameOf(const AnnotationRow& label) const {
    return category_names_.at(label.category_id);
  }

  // Whether it is the outline of one of the animals.
  bool IsNamed(const AnnotationRow& label) const {
    return !label.iscrowd && label.category_id != unknown_;
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
  Id unknown_ = 0;
};

}  // namespace

GatheredLabels GatherLabels(const datasets::Project& project, const LabelSelection& selection,
                            datasets::Job& job) {
  GatheredLabels gathered;
  std::vector<LabeledImage> frames = CollectLabels(project, selection, &gathered.held_out, job);
  // An animal of which only points are known would be learned as background.
  frames.erase(std::remove_if(frames.begin(), frames.end(),
                              [](const LabeledImage& frame) {
                                return std::any_of(
                                    frame.labels.begin(), frame.labels.end(),
                                    [](const AnnotationRow& label) { return !label.HasShape(); });
                              }),
               frames.end());
  const CompleteFrames complete(project, frames);
  const size_t all = frames.size();
  frames.erase(std::remove_if(frames.begin(), frames.end(),
                              [&](const LabeledImage& frame) { return complete.Lacks(frame); }),
               frames.end());
  gathered.incomplete = static_cast<int>(all - frames.size());

  const ClassNames names(project);
  std::set<std::string> used;
  for (const LabeledImage& frame : frames) {
    for (const AnnotationRow& label : frame.labels) {
      if (names.IsNamed(label)) used.insert(names.NameOf(label));
    }
  }
  if (used.empty()) {
    throw datasets::Error(
        "project '" + project.file().string() + "'",
        gathered.incomplete > 0
            ? "its labels here were filled in, and lack an animal that the frames "
              "they were made from have"
        : gathered.held_out > 0 ? "all of its labels here are marked val or test"
                                : "it has no labels to learn from here",
        gathered.incomplete > 0
            ? "carry that animal, too, or mark as done the frames without it"
            : "label some frames in the workbench, or bring labels in with 'vole import'");
  }
  train::TrainingData& data = gathered.data;
  data.classes = names.Ordered(used);

  const auto corrected = CorrectedSpans(project);
  std::map<std::pair<Id, std::pair<int, int>>, int> video_index;  // pictures share one by size
  std::vector<ImageRow> images;
  for (const LabeledImage& labeled : frames) {
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
    frame.filled_in = datasets::AnyFilledIn(labeled.labels);
    for (const AnnotationRow& label : labeled.labels) {
      train::LabeledObject object;
      object.mask = label.Mask({image.width, image.height});
      object.ignore = !names.IsNamed(label);
      if (names.IsNamed(label)) {
        const auto at = std::find(data.classes.begin(), data.classes.end(), names.NameOf(label));
        object.class_index = static_cast<int>(at - data.classes.begin());
        ++gathered.animals;
      }
      frame.objects.push_back(std::move(object));
    }
    for (datasets::Rle& mask : complete.Unlabeled(labeled)) {
      frame.objects.push_back({0, std::move(mask), true});
    }
    const auto spans = corrected.find(image.video_id.value_or(0));
    if (spans != corrected.end() && image.frame_index && !AnyFilledIn(labeled.labels)) {
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
