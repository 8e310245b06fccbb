#include <algorithm>
#include <climits>
#include <map>
#include <set>
#include <unordered_map>

#include "datasets/base/assignment.h"
#include "datasets/base/error.h"
#include "datasets/evaluate/evaluation_parts.h"
#include "datasets/exchange/selection.h"
#include "datasets/formats/coco/coco_match.h"

namespace datasets {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Frames with labels that a training may use (infer::GatherLabels).
class TeachingFrames {
 public:
  explicit TeachingFrames(const Project& project) : project_(project) {}

  bool Has(Id video_id, int frame_index) {
    const auto place = frames_.emplace(video_id, std::set<int>());
    std::set<int>& frames = place.first->second;
    if (place.second) {
      project_.ForEachAnnotation(
          video_id, [&](const ImageRow& image, const std::vector<AnnotationRow>& labels) {
            const bool has_say = image.state == ImageState::kEmpty || !labels.empty();
            if (image.frame_index && has_say && !image.IsHeldOut()) {
              frames.insert(*image.frame_index);
            }
          });
    }
    return frames.count(frame_index) > 0;
  }

 private:
  const Project& project_;
  std::map<Id, std::set<int>> frames_;
};

using FrameImages = std::map<std::pair<Id, int>, int64_t>;  // (video, frame) -> image of the truth

class CategoryNumbers {
 public:
  explicit CategoryNumbers(EvaluationSet* set) : set_(set) {}
  int Of(const std::string& name) {
    const auto [it, added] = numbers_.emplace(name, static_cast<int>(numbers_.size()));
    if (added) set_->categories[it->second] = name;
    return it->second;
  }

 private:
  EvaluationSet* set_;
  std::map<std::string, int> numbers_;
};

// Fills in the frames; returns the place of each image's among them.
std::unordered_map<int64_t, int> ListFrames(const Project& project, const FrameImages& image_at,
                                            ProjectComparison* comparison) {
  std::unordered_map<int64_t, int> order;
  for (const auto& [at, image_id] : image_at) {
    order.emplace(image_id, static_cast<int>(order.size()));
    comparison->frames.push_back({project.VideoById(at.first).name, at.second});
    comparison->set.video_of_frame.push_back(at.first);
    comparison->set.number_of_frame.push_back(at.second);
  }
  comparison->set.frames = static_cast<int64_t>(image_at.size());
  for (const Skeleton& skeleton : project.Skeletons()) {
    for (const SkeletonPoint& point : skeleton.points) {
      if (point.partner < 0) continue;
      const std::string& other = skeleton.points[static_cast<size_t>(point.partner)].name;
      if (point.name < other) comparison->partners.emplace_back(point.name, other);
    }
  }
  return order;
}

EvalObject OfInstance(const SelectedInstance& instance, Id video, int frame, int64_t image_id,
                      int category, double min_score) {
  EvalObject result;
  result.frame = frame;
  result.image_id = image_id;
  result.category = category;
  result.track = TrackOfVideo(instance.track.value_or(-1), video);
  result.score = instance.predicted ? instance.score : 1;
  result.box = instance.box;
  result.crowd = instance.iscrowd;
  result.unknown = instance.unknown;
  for (size_t k = 0; k < instance.key_points.size(); ++k) {
    if (instance.predicted && instance.point_confidences[k] < min_score) continue;
    result.key_points.push_back(instance.key_points[k]);
  }
  return result;
}

// What the project says of those frames.
void AddAnswers(const Project& project, const EvaluationOptions& options,
                const FrameImages& image_at, CategoryNumbers& numbers, Job& job,
                ProjectComparison* comparison) {
  const bool masks = options.metrics == "coco-segm" || options.metrics == "davis";
  EvaluationSet& set = comparison->set;
  std::map<Id, std::string> names;
  for (const CategoryRow& category : project.Categories()) names[category.id] = category.name;
  std::map<std::pair<Id, int>, int> order;
  std::set<Id> videos;
  for (const auto& [at, image_id] : image_at) {
    order.emplace(at, static_cast<int>(order.size()));
    videos.insert(at.first);
  }
  std::set<int64_t> answered;
  for (const Id video_id : videos) {
    ExportOptions selection;
    selection.what = options.what;
    selection.video = project.VideoById(video_id).name;
    selection.job_id = options.job_id;
    selection.start_frame = image_at.lower_bound({video_id, 0})->first.second;
    selection.end_frame = std::prev(image_at.upper_bound({video_id, INT_MAX}))->first.second + 1;
    ForEachSelectedFrame(project, selection, job, [&](const SelectedFrame& frame) {
      const auto image = image_at.find({video_id, frame.frame_index});
      if (image == image_at.end()) return;
      answered.insert(image->second);
      for (const SelectedInstance& instance : frame.instances) {
        EvalObject result = OfInstance(instance, video_id, order.at(image->first), image->second,
                                       numbers.Of(names[instance.category_id]), options.min_score);
        result.crowd = false;
        if (masks) result.mask = MaskOf(instance, frame.height, frame.width);
        set.predicted.push_back(std::move(result));
      }
    });
  }
  if (answered.size() < image_at.size()) {
    set.warnings.push_back(std::to_string(image_at.size() - answered.size()) + " of the " +
                           std::to_string(image_at.size()) +
                           " frames of the truth hold nothing that was predicted");
  }
}

// Whether the animals of a frame were all found and nothing else was. Each frame is judged by
// itself: numbers of tracks say nothing there, names do.
class FrameJudge {
 public:
  struct Objects {
    std::vector<const EvalObject*> truth, found;
  };
  FrameJudge(const EvaluationSet& set, const EvaluationOptions& options)
      : masks_(options.metrics == "coco-segm" || options.metrics == "davis"),
        by_category_(NamesTell(set) || (!options.class_agnostic && SharesCategory(set))),
        threshold_(options.threshold) {}

  bool Wrong(const Objects& objects) const {
    std::vector<const EvalObject*> owed, crowds;
    for (const EvalObject* one : objects.truth) (one->crowd ? crowds : owed).push_back(one);
    const auto rows = static_cast<int>(owed.size()),
               columns = static_cast<int>(objects.found.size());
    cv::Mat_<double> cost(rows, columns);
    for (int i = 0; i < rows; ++i) {
      for (int j = 0; j < columns; ++j) {
        const double overlap =
            Overlapping(*owed[static_cast<size_t>(i)], *objects.found[static_cast<size_t>(j)]);
        cost(i, j) = overlap > 0 && overlap >= threshold_ ? -overlap : kForbiddenCost;
      }
    }
    std::vector<bool> taken(objects.found.size(), false);
    if (rows > 0 && columns > 0) {
      for (const int column : SolveAssignment(cost)) {
        if (column < 0) return true;  // missed
        taken[static_cast<size_t>(column)] = true;
      }
    } else if (rows > 0) {
      return true;
    }
    for (size_t j = 0; j < taken.size(); ++j) {
      const auto absorbs = [&](const EvalObject* crowd) {
        return Overlapping(*crowd, *objects.found[j]) >= threshold_;
      };
      if (!taken[j] && std::none_of(crowds.begin(), crowds.end(), absorbs)) return true;
    }
    return false;
  }

 private:
  // Of a crowd the share of what was found that lies in it, as COCO counts.
  double Overlapping(const EvalObject& truth, const EvalObject& found) const {
    if (by_category_ && truth.category != found.category) return 0;
    if (masks_) return RleIou(found.mask, truth.mask, truth.crowd);
    if (!truth.crowd) return BoxIou(found.box, truth.box);
    const double area = found.box.width * found.box.height, iou = BoxIou(found.box, truth.box);
    const double both = iou / (1 + iou) * (area + truth.box.width * truth.box.height);
    return area > 0 ? both / area : 0;
  }

  bool masks_, by_category_;
  double threshold_;
};

}  // namespace

ProjectComparison CompareProject(const Project& project, const fs::path& truth_path,
                                 const EvaluationOptions& options, Job& job) {
  CheckOptions(options, "evaluate");
  const CocoDocument truth = ReadCocoDataset(truth_path, job);
  ImportOptions matching;
  matching.video = options.video;
  matching.first_frame = options.first_frame;
  CocoMatcher matcher(project, truth_path, truth, matching);
  LabelBatch batch;
  ProjectComparison comparison;
  EvaluationSet& set = comparison.set;
  TeachingFrames teaching(project);
  int64_t taught = 0, of_split = 0;
  CategoryNumbers numbers(&set);
  std::unordered_map<int64_t, int> category_of_id;
  for (const CocoCategory& category : truth.categories) {
    category_of_id[category.id] = numbers.Of(category.name);
  }
  struct Placed {
    const CocoImage* image;
    size_t place;
  };
  std::unordered_map<int64_t, Placed> placed;
  FrameImages image_at;
  for (const CocoImage& image : truth.images) {
    if (!options.split.empty() && image.split != options.split) continue;
    ++of_split;
    const auto place = matcher.Place(image, batch);
    if (!place) continue;
    const IncomingImage& incoming = batch.image(*place);
    if (!incoming.video_id || !InRange(options, incoming.frame_index)) continue;
    if (options.only_unlabeled && teaching.Has(*incoming.video_id, incoming.frame_index)) {
      ++taught;
      continue;
    }
    if (!image_at.emplace(std::make_pair(*incoming.video_id, incoming.frame_index), image.id)
             .second) {
      throw Error(FileOf(truth_path) + ", image " + std::to_string(image.id),
                  "its frame is listed twice", "list each frame once");
    }
    placed[image.id] = {&image, *place};
  }
  if (image_at.empty() && taught > 0) {
    throw Error(FileOf(truth_path), "every frame of it is labeled in the project",
                "give truth of frames that were not learned from");
  }
  if (of_split == 0 && !options.split.empty()) {
    throw Error(FileOf(truth_path), "no image is marked split: " + options.split,
                "choose train, val or test, or mark images so in the file");
  }
  if (image_at.empty()) {
    throw Error(FileOf(truth_path), "none of its images is a frame of the videos asked for",
                "check --video and --frames");
  }
  const std::unordered_map<int64_t, int> order = ListFrames(project, image_at, &comparison);
  matcher.AddNotes(&set.warnings);
  const bool masks = options.metrics == "coco-segm" || options.metrics == "davis";
  for (const CocoObject& object : truth.objects) {
    const auto found = placed.find(object.image_id);
    if (found == placed.end()) continue;
    CocoImage image = *found->second.image;
    image.width = batch.image(found->second.place).width;
    image.height = batch.image(found->second.place).height;
    EvalObject result = ToEvalObject(
        object, image, masks, FileOf(truth_path) + ", annotation " + std::to_string(object.id));
    result.frame = order.at(image.id);
    result.track = TrackOfVideo(result.track, *batch.image(found->second.place).video_id);
    result.category = category_of_id.at(object.category_id);
    result.area = object.area.value_or(-1);
    set.truth.push_back(std::move(result));
  }

  AddAnswers(project, options, image_at, numbers, job, &comparison);
  return comparison;
}

ProjectComparison CompareLabels(const Project& project, const EvaluationOptions& options,
                                Job& job) {
  CheckOptions(options, "evaluate");
  if (options.metrics != "points") {
    throw Error("evaluate", "it has no truth to compare with", "give a file with --truth");
  }
  if (options.what != "predictions") {
    throw Error("--what " + options.what,
                "the project's labels are the truth here: they would be compared with themselves",
                "leave it out, or give a file with --truth");
  }
  ProjectComparison comparison;
  CategoryNumbers numbers(&comparison.set);
  TeachingFrames teaching(project);
  std::map<Id, std::string> names;
  for (const CategoryRow& category : project.Categories()) names[category.id] = category.name;
  ExportOptions selection;
  selection.what = "labels";
  selection.video = options.video;
  FrameImages image_at;
  ForEachSelectedFrame(project, selection, job, [&](const SelectedFrame& frame) {
    if (!frame.video || !InRange(options, frame.frame_index)) return;
    if (!options.split.empty() && frame.split != options.split) return;
    if (options.only_unlabeled && teaching.Has(frame.video->id, frame.frame_index)) return;
    if (std::none_of(frame.instances.begin(), frame.instances.end(),
                     [](const auto& one) { return !one.key_points.empty(); })) {
      return;
    }
    const auto number = static_cast<int>(image_at.size());  // frames come in order
    image_at.emplace(std::make_pair(frame.video->id, frame.frame_index), number);
    for (const SelectedInstance& instance : frame.instances) {
      comparison.set.truth.push_back(OfInstance(instance, frame.video->id, number, number,
                                                numbers.Of(names[instance.category_id]), 0));
      comparison.set.truth.back().area = instance.area;
    }
  });
  if (image_at.empty()) {
    throw Error("project '" + project.file().filename().string() + "'",
                "no label of the frames asked for has key points",
                "label some, or give a file with --truth");
  }
  ListFrames(project, image_at, &comparison);
  AddAnswers(project, options, image_at, numbers, job, &comparison);
  return comparison;
}

json EvaluateProject(const Project& project, const fs::path& truth,
                     const EvaluationOptions& options, Job& job) {
  return EvaluateComparison(CompareProject(project, truth, options, job), options, job);
}

json EvaluateComparison(const ProjectComparison& comparison, const EvaluationOptions& options,
                        Job& job) {
  EvaluationSet set = comparison.set;
  ChooseTracks(set, true);
  if (options.metrics == "davis") return DavisFiguresOf(set, options, job);
  if (options.metrics == "points") return PointFiguresOf(set, comparison.partners, options);
  return FiguresOf(set, options);
}

std::vector<ComparedFrame> WrongFrames(const ProjectComparison& comparison,
                                       const EvaluationOptions& options, Job& job) {
  if (options.metrics == "voc" || options.metrics == "points") {
    throw Error("the wrong frames", "--metrics " + options.metrics + " does not say which they are",
                "choose coco-segm, coco-bbox, mot or davis");
  }
  const EvaluationSet& set = comparison.set;
  const FrameJudge judge(set, options);
  std::vector<FrameJudge::Objects> of_frame(comparison.frames.size());
  for (const EvalObject& object : set.truth) {
    of_frame[static_cast<size_t>(object.frame)].truth.push_back(&object);
  }
  for (const EvalObject& object : set.predicted) {
    if (object.score < options.min_score) continue;
    of_frame[static_cast<size_t>(object.frame)].found.push_back(&object);
  }
  std::vector<ComparedFrame> wrong;
  for (size_t i = 0; i < of_frame.size(); ++i) {
    job.Advance(static_cast<double>(i), static_cast<double>(of_frame.size()),
                "looking for wrong frames");
    if (judge.Wrong(of_frame[i])) wrong.push_back(comparison.frames[i]);
  }
  return wrong;
}

}  // namespace datasets
