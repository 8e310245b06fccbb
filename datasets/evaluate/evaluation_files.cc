#include "datasets/evaluate/evaluation_files.h"

#include <algorithm>
#include <climits>
#include <set>
#include <unordered_map>

#include "datasets/base/error.h"
#include "datasets/evaluate/evaluation_parts.h"
#include "datasets/exchange/frame_match.h"
#include "datasets/formats/coco/coco.h"
#include "datasets/formats/mot/mot.h"
#include "datasets/metrics/summary.h"
#include "datasets/metrics/tracking.h"
#include "datasets/metrics/voc.h"
#include "datasets/unknown_name.h"

namespace datasets {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// The frame that an image is of, by the same habits that an import reads.
std::optional<int> FrameOf(const CocoImage& image, const EvaluationOptions& options) {
  const int first = std::max(0, options.first_frame);
  if (image.frame_index) return *image.frame_index - first;
  for (const std::string& name : {image.original_name, image.file_name}) {
    if (const auto numbered = ReadFrameName(name)) return numbered->number - first;
  }
  return std::nullopt;
}

// An image's name that two COCO files share though their ids differ.
class ImageKeys {
 public:
  ImageKeys(const CocoDocument& document, const EvaluationOptions& options) : options_(options) {
    for (const CocoVideo& video : document.videos) {
      names_[video.id] = NameWithoutEnding(video.file_name.empty() ? video.name : video.file_name);
    }
    std::set<std::string> videos;
    for (const CocoImage& image : document.images) videos.insert(VideoOf(image));
    several_ = videos.size() > 1;
  }
  std::string Of(const CocoImage& image) const {
    const auto frame = FrameOf(image, options_);
    if (!frame) return image.file_name;
    return (several_ ? VideoOf(image) : "") + "#" + std::to_string(*frame);
  }

 private:
  std::string VideoOf(const CocoImage& image) const {
    const auto named = image.video_id ? names_.find(*image.video_id) : names_.end();
    if (named != names_.end()) return named->second;
    if (!image.video.empty()) return NameWithoutEnding(image.video);
    for (const std::string& name : {image.original_name, image.file_name}) {
      const auto numbered = ReadFrameName(name);
      if (numbered) return NameWithoutEnding(numbered->video);
    }
    return "";
  }

  const EvaluationOptions& options_;
  bool several_ = false;
  std::unordered_map<int64_t, std::string> names_;
};

// A list of results names no points: they are those of the truth's category, and all of them are
// answers, whatever their third number says (COCOeval looks at x and y alone).
void NameResult(const CocoDocument& truth, const CocoObject& result, const std::string& where,
                std::vector<KeyPoint>& points) {
  for (const CocoCategory& category : truth.categories) {
    if (category.id != result.category_id || points.empty()) continue;
    if (category.key_points.size() != points.size()) {
      throw Error(where,
                  "it has " + std::to_string(points.size()) + " key points, and its category has " +
                      std::to_string(category.key_points.size()) + " in the truth",
                  "give the truth that these results were made for");
    }
    for (size_t k = 0; k < points.size(); ++k) {
      points[k].name = category.key_points[k];
      const bool anywhere = points[k].x != 0 || points[k].y != 0;
      if (anywhere || points[k].visibility > 0) points[k].visibility = 2;
    }
  }
}

template <class Key>
bool RepeatsOnAnImage(const std::vector<EvalObject>& objects, const Key& key) {
  std::set<std::pair<int64_t, int64_t>> seen;
  for (const EvalObject& object : objects) {
    if (object.crowd || object.unknown || key(object) < 0) continue;
    if (!seen.insert({object.image_id, key(object)}).second) return true;
  }
  return false;
}

// Whether no category stands twice on an image, on either side.
bool AreIndividuals(const EvaluationSet& set) {
  const auto category = [](const EvalObject& o) { return static_cast<int64_t>(o.category); };
  return !RepeatsOnAnImage(set.truth, category) && !RepeatsOnAnImage(set.predicted, category);
}

}  // namespace

bool InRange(const EvaluationOptions& options, int frame) {
  return frame >= options.start_frame && (options.end_frame < 0 || frame < options.end_frame);
}

std::string FileOf(const fs::path& path) { return "COCO file '" + path.filename().string() + "'"; }

EvalObject ToEvalObject(const CocoObject& object, const CocoImage& image, bool masks,
                        const std::string& where) {
  EvalObject result;
  result.image_id = image.id;
  result.track = object.track_id.value_or(-1);
  result.score = object.score.value_or(1);
  result.crowd = object.iscrowd;
  int height = image.height, width = image.width;
  if (height == 0 || width == 0) {
    height = object.rle_height;
    width = object.rle_width;
  }
  result.key_points = object.key_points;
  const bool needs_mask = masks || !object.box;
  if (needs_mask && (height == 0 || width == 0)) {
    throw Error(where, "its image says no width and height, so its mask cannot be drawn",
                "give the image a width and a height");
  }
  Rle mask;
  if (needs_mask) mask = CocoMask(object, height, width, where);
  result.box = object.box ? *object.box : RleBox(mask);
  if (masks) result.mask = std::move(mask);
  return result;
}

int64_t TrackOfVideo(int64_t track, int64_t video) {
  return track < 0 ? track : track + video * (int64_t{1} << 40);
}

// Tracks that both sides can be compared by; see EvaluateFiles.
void ChooseTracks(EvaluationSet& set, bool prefer_categories) {
  const auto all_tracked = [](const std::vector<EvalObject>& objects) {
    return std::all_of(objects.begin(), objects.end(),
                       [](const EvalObject& o) { return o.track >= 0 || o.crowd; });
  };
  const auto track = [](const EvalObject& o) { return o.track; };
  const bool tracked = all_tracked(set.truth) && all_tracked(set.predicted);
  set.tracks_are_names = AreIndividuals(set) && (prefer_categories || !tracked);
  if (set.tracks_are_names) {
    for (auto* objects : {&set.truth, &set.predicted}) {
      std::map<int, int64_t> unknown;  // of a frame, so far: each is nobody, and one of its own
      for (EvalObject& object : *objects) {
        object.track =
            object.unknown ? kFirstUnknownTrack + unknown[object.frame]++ : object.category;
      }
    }
  } else if (!tracked || RepeatsOnAnImage(set.truth, track) ||
             RepeatsOnAnImage(set.predicted, track)) {
    for (auto* objects : {&set.truth, &set.predicted}) {
      for (EvalObject& object : *objects) object.track = -1;
    }
    set.warnings.push_back(
        "no tracking figures: a track or category stands twice on one image, or "
        "objects have no track_id");
  }
}

bool SharesCategory(const EvaluationSet& set) {
  std::set<int> owed;
  for (const EvalObject& object : set.truth) owed.insert(object.category);
  return std::any_of(set.predicted.begin(), set.predicted.end(),
                     [&](const EvalObject& object) { return owed.count(object.category) > 0; });
}

bool NamesTell(const EvaluationSet& set) { return AreIndividuals(set) && SharesCategory(set); }

bool HaveNames(const EvaluationSet& set) { return set.tracks_are_names && SharesCategory(set); }

void CheckMatch(const EvaluationOptions& options) {
  if (options.match == "auto" || options.match == "names" || options.match == "once") return;
  throw Error("match '" + options.match + "'", "there is no such way to say who is who",
              "choose auto, names or once");
}

EvaluationSet ReadCocoPair(const fs::path& truth_path, const fs::path& predictions_path, bool masks,
                           const EvaluationOptions& options, Job& job) {
  const CocoDocument truth = ReadCocoDataset(truth_path, job);
  const CocoDocument predictions = ReadCocoResults(predictions_path, job);
  EvaluationSet set;
  std::unordered_map<int64_t, int> category_of_id;
  std::map<std::string, int> category_of_name;
  for (const CocoCategory& category : truth.categories) {
    const auto [it, added] =
        category_of_name.emplace(category.name, static_cast<int>(category_of_name.size()));
    category_of_id[category.id] = it->second;
    set.categories[it->second] = category.name;
  }

  // Images in the order of time; videos one after the other.
  std::vector<const CocoImage*> images;
  for (const CocoImage& image : truth.images) {
    if (!options.split.empty() && image.split != options.split) continue;
    const auto frame = FrameOf(image, options);
    if (!frame || InRange(options, *frame)) images.push_back(&image);
  }
  if (images.empty() && !options.split.empty()) {
    throw Error(FileOf(truth_path), "no image is marked split: " + options.split,
                "check --split and --frames");
  }
  std::stable_sort(images.begin(), images.end(), [&](const CocoImage* a, const CocoImage* b) {
    return std::make_pair(a->video_id.value_or(0), FrameOf(*a, options).value_or(INT_MAX)) <
           std::make_pair(b->video_id.value_or(0), FrameOf(*b, options).value_or(INT_MAX));
  });
  std::unordered_map<int64_t, std::pair<const CocoImage*, int>> image_of_id;
  std::unordered_map<std::string, int64_t> id_of_key;
  std::set<int64_t> all_ids;
  const ImageKeys keys(truth, options);
  for (const CocoImage& image : truth.images) all_ids.insert(image.id);
  for (size_t i = 0; i < images.size(); ++i) {
    image_of_id[images[i]->id] = {images[i], static_cast<int>(i)};
    id_of_key[keys.Of(*images[i])] = images[i]->id;
    set.video_of_frame.push_back(images[i]->video_id.value_or(0));
    set.number_of_frame.push_back(FrameOf(*images[i], options).value_or(-1));
  }
  set.frames = static_cast<int64_t>(images.size());
  const auto add = [&](const CocoObject& object, int64_t image_id, int category,
                       const std::string& where, std::vector<EvalObject>& to) {
    const auto& [image, frame] = image_of_id.at(image_id);
    EvalObject result = ToEvalObject(object, *image, masks, where);
    result.frame = frame;
    result.category = category;
    result.track = TrackOfVideo(result.track, image->video_id.value_or(0));
    to.push_back(std::move(result));
  };
  int64_t index = 0;
  for (const CocoObject& object : truth.objects) {
    if (++index % 1024 == 0) job.Advance(index, truth.objects.size(), "reading truth");
    if (!image_of_id.count(object.image_id)) continue;
    add(object, object.image_id, category_of_id.at(object.category_id),
        FileOf(truth_path) + ", annotation " + std::to_string(object.id), set.truth);
    set.truth.back().area = object.area.value_or(-1);
  }

  std::unordered_map<int64_t, int64_t> truth_image;  // of an image id of a predictions dataset
  if (!predictions.is_results) {
    const ImageKeys prediction_keys(predictions, options);
    for (const CocoImage& image : predictions.images) {
      const auto found = id_of_key.find(prediction_keys.Of(image));
      if (found != id_of_key.end()) truth_image[image.id] = found->second;
    }
    if (truth_image.empty() && !images.empty()) {
      throw Error(FileOf(predictions_path), "none of its images is an image of the truth",
                  "give the same frame_index or file_name in both files");
    }
    for (const CocoCategory& category : predictions.categories) {
      const auto [it, added] =
          category_of_name.emplace(category.name, static_cast<int>(category_of_name.size()));
      set.categories[it->second] = category.name;
    }
  }
  std::unordered_map<int64_t, int> prediction_category;
  std::set<int64_t> unknown;
  for (const CocoCategory& category : predictions.categories) {
    prediction_category[category.id] = category_of_name.at(category.name);
    if (category.supercategory == kUnknownKind) unknown.insert(category.id);
  }
  index = 0;
  for (const CocoObject& object : predictions.objects) {
    if (++index % 1024 == 0) job.Advance(index, predictions.objects.size(), "reading predictions");
    const std::string where = FileOf(predictions_path) + ", result " + std::to_string(index);
    if (predictions.is_results) {
      if (!all_ids.count(object.image_id)) {
        throw Error(where,
                    "its image_id " + std::to_string(object.image_id) + " is not in the truth",
                    "give the truth that these results were made for");
      }
      if (!image_of_id.count(object.image_id)) continue;
      const auto category = category_of_id.find(object.category_id);
      if (category == category_of_id.end()) continue;  // COCOeval looks at the truth's only
      add(object, object.image_id, category->second, where, set.predicted);
      NameResult(truth, object, where, set.predicted.back().key_points);
      if (object.box) set.predicted.back().area = object.box->width * object.box->height;
    } else {
      const auto image = truth_image.find(object.image_id);
      if (image == truth_image.end()) continue;
      add(object, image->second, prediction_category.at(object.category_id), where, set.predicted);
      set.predicted.back().unknown = unknown.count(object.category_id) > 0;
    }
  }
  ChooseTracks(set, !predictions.is_results);
  return set;
}

EvaluationSet ReadMotPair(const fs::path& truth, const fs::path& predictions,
                          const EvaluationOptions& options) {
  EvaluationSet set;
  set.categories[0] = "object";
  std::set<int> frames;
  int64_t ignored = 0, weak = 0, untracked = 0;
  const auto read = [&](const fs::path& path, std::vector<EvalObject>& to, bool is_truth) {
    for (const MotRow& row : ReadMot(path)) {
      if (!InRange(options, row.frame_index)) continue;
      if (is_truth && row.confidence == 0) {
        ++ignored;
        continue;
      }
      // Trackers may score below 0; only a threshold that was asked for leaves them out.
      const double score = std::max(row.confidence, 0.0);
      weak += !is_truth && score < options.min_score ? 1 : 0;
      untracked += row.track < 0 ? 1 : 0;
      EvalObject object;
      object.frame = row.frame_index;
      object.image_id = row.frame_index;
      object.track = row.track;
      object.score = is_truth ? 1 : score;
      object.box = row.box;
      frames.insert(row.frame_index);
      to.push_back(std::move(object));
    }
  };
  read(truth, set.truth, true);
  read(predictions, set.predicted, false);
  set.frames = static_cast<int64_t>(frames.size());
  const auto warn = [&](int64_t count, const std::string& what) {
    if (count > 0) set.warnings.push_back(std::to_string(count) + what);
  };
  warn(ignored, " lines of the truth have confidence 0, which marks what does not count");
  warn(weak, " lines of the predictions lie below --min-score and were left out");
  warn(untracked, " lines have no track (-1) and were left out of the tracking figures");
  return set;
}

json FiguresOf(EvaluationSet& set, const EvaluationOptions& options) {
  const Overlap overlap = options.metrics == "coco-segm" ? Overlap::kMask : Overlap::kBox;
  json figures;
  if (options.metrics == "voc") {
    const VocFigures voc = EvaluateVoc(set.truth, set.predicted);
    figures = {{"map_strict", voc.map_strict},
               {"map_darknet", voc.map_darknet},
               {"darknet_avg_iou", voc.mean_iou},
               {"precision", voc.precision},
               {"recall", voc.recall},
               {"f1", voc.f1}};
  } else {
    SummaryOptions summary_options;
    summary_options.overlap = overlap;
    summary_options.class_agnostic = options.class_agnostic;
    summary_options.threshold = options.threshold;
    summary_options.min_score = options.min_score;
    // Where nothing at all was predicted every name is missed.
    summary_options.tracks_are_names =
        HaveNames(set) || (set.tracks_are_names && set.predicted.empty());
    Summary summary = Summarize(set.truth, set.predicted, summary_options);
    summary.frames = set.frames;
    figures = summary.ToJson();
    if (options.metrics == "mot") {
      for (auto it = figures.begin(); it != figures.end();) {
        const bool detection = it.key().rfind("ap", 0) == 0 || it.key().rfind("ar", 0) == 0;
        it = detection ? figures.erase(it) : std::next(it);
      }
    }
  }
  figures["frames"] = set.frames;
  if (!set.warnings.empty()) figures["warnings"] = set.warnings;
  return figures;
}

json EvaluateFiles(const fs::path& truth, const fs::path& predictions,
                   const EvaluationOptions& options, Job& job) {
  for (const fs::path& path : {truth, predictions}) {
    if (!fs::exists(path)) {
      throw Error("'" + path.string() + "'", "there is no such file or folder", "check the path");
    }
  }
  CheckOptions(options, "evaluate");
  const std::string& metrics = options.metrics;
  if (metrics == "behaviors") return EvaluateBehaviorTables(truth, predictions, options);
  if (metrics == "davis") return EvaluateMaskVideos(truth, predictions, options, job);
  if (metrics == "points") {
    return PointFiguresOf(ReadCocoPair(truth, predictions, false, options, job), {}, options);
  }
  if (metrics == "mot" && truth.extension() != ".json") {
    EvaluationSet set = ReadMotPair(truth, predictions, options);
    return FiguresOf(set, options);
  }
  if (metrics != "coco-segm" && metrics != "coco-bbox" && metrics != "mot" && metrics != "voc") {
    throw Error("metrics '" + metrics + "'", "there are no such metrics",
                "choose coco-segm, coco-bbox, points, mot, voc, behaviors or davis");
  }
  EvaluationSet set = ReadCocoPair(truth, predictions, metrics == "coco-segm", options, job);
  return FiguresOf(set, options);
}

}  // namespace datasets
