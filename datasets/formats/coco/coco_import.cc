#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_map>

#include "datasets/base/error.h"
#include "datasets/exchange/label_batch.h"
#include "datasets/formats/coco/coco.h"
#include "datasets/formats/coco/coco_match.h"
#include "datasets/keypoints/sides.h"
#include "datasets/store/points.h"

namespace datasets {

namespace {

bool AnyLabeled(const std::vector<KeyPoint>& points) {
  return std::any_of(points.begin(), points.end(),
                     [](const KeyPoint& point) { return point.visibility > 0; });
}

// Makes stored outlines of a file's objects, and counts what a person should hear of.
class RowMaker {
 public:
  int64_t only_box = 0, empty_masks = 0, outside = 0;
  int64_t crossing() const { return crossing_; }

  // Without outline: a mask without a pixel.
  AnnotationRow Row(CocoObject& object, const IncomingImage& image, const std::string& file) {
    AnnotationRow row;
    const auto where = [&] { return file + ", annotation " + std::to_string(object.id); };
    if (object.has_rle()) {
      row.rle = CocoRle(object, image.height, image.width, where());
      row.area = RleArea(*row.rle);
      row.box = RleBox(*row.rle);
      if (row.area == 0) {
        ++empty_masks;
        return row;
      }
      const cv::Rect region(static_cast<int>(row.box.x), static_cast<int>(row.box.y),
                            static_cast<int>(row.box.width), static_cast<int>(row.box.height));
      row.polygons = TraceMask(DecodeMask(*row.rle, region), 0.7, region.tl(), 0);
    } else {
      row.polygons = std::move(object.polygons);
      if (row.polygons.empty() && AnyLabeled(object.key_points)) {
        row.box = object.box ? *object.box : BoxOfPoints(object.key_points);
        return row;
      }
      if (row.polygons.empty()) {
        const Box& box = *object.box;
        if (box.width <= 0 || box.height <= 0) {
          throw Error(where(), "it has no segmentation and its bbox has no area",
                      "correct or remove it in the file");
        }
        ++only_box;
        row.polygons.push_back(BoxRing(box));
      }
      Look(row.polygons);
      MeasurePolygons(row);
    }
    const Box& box = row.box;
    if (box.x >= image.width || box.y >= image.height || box.x + box.width <= 0 ||
        box.y + box.height <= 0) {
      ++outside;
    }
    return row;
  }

 private:
  // Counts outlines that cross themselves, as far as a bounded effort reaches.
  void Look(const Polygons& polygons) {
    for (const Ring& ring : polygons) {
      const double cost = static_cast<double>(ring.size()) * static_cast<double>(ring.size());
      if (cost > effort_) continue;
      effort_ -= cost;
      if (SelfCrosses(ring)) ++crossing_;
    }
  }

  double effort_ = 2e8;  // pairs of edges: well under a second
  int64_t crossing_ = 0;
};

// Categories without a label that only gather others: Roboflow lists one, numbered 0.
std::set<int64_t> RootCategories(const CocoDocument& document) {
  std::set<std::string> gathering;
  for (const CocoCategory& category : document.categories) gathering.insert(category.supercategory);
  std::set<int64_t> roots;
  for (const CocoCategory& category : document.categories) {
    if (gathering.count(category.name)) roots.insert(category.id);
  }
  for (const CocoCategory& category : document.categories) {
    if (category.supercategory == category.name) roots.erase(category.id);
  }
  for (const CocoObject& object : document.objects) roots.erase(object.category_id);
  return roots;
}

// What the file says of the points, and which are each other's mirror image by their names.
void AddSkeletons(const CocoDocument& document, LabelBatch* batch) {
  std::set<int64_t> pointed;
  for (const CocoObject& object : document.objects) {
    if (AnyLabeled(object.key_points)) pointed.insert(object.category_id);
  }
  std::vector<std::pair<std::string, std::string>> guessed;
  for (const CocoCategory& category : document.categories) {
    if (category.key_points.empty() || !pointed.count(category.id)) continue;
    const auto pairs = PartnersByName(category.key_points);
    batch->skeletons.push_back(MakeSkeleton("animal", category.key_points, {}, pairs));
    batch->skeletons.back().edges = category.edges;
    for (const auto& pair : pairs) {
      if (std::find(guessed.begin(), guessed.end(), pair) == guessed.end()) guessed.push_back(pair);
    }
  }
  if (guessed.empty()) return;
  batch->warnings.push_back("taken to be each other's mirror image by their names: " +
                            PairsText(guessed));
}

std::string WithTrack(const std::string& extra, int64_t track) {
  nlohmann::json json = extra.empty() ? nlohmann::json::object() : nlohmann::json::parse(extra);
  json["track_id"] = track;
  return json.dump();
}

}  // namespace

ImportReport ImportCoco(Project& project, const std::filesystem::path& path,
                        const ImportOptions& options, Job& job) {
  BadEntries bad(options.skip_bad);
  CocoDocument document = ReadCocoDataset(path, job, &bad);
  const std::string file = "COCO file '" + path.filename().string() + "'";
  LabelBatch batch;
  batch.warnings = std::move(document.warnings);
  CocoMatcher matcher(project, path, document, options);

  AddSkeletons(document, &batch);
  std::unordered_map<int64_t, size_t> category_places;
  const std::set<int64_t> roots = RootCategories(document);
  for (const CocoCategory& category : document.categories) {
    if (roots.count(category.id)) continue;
    category_places[category.id] = batch.Category(category.name, category.supercategory);
  }
  std::unordered_map<int64_t, size_t> image_places;
  for (const CocoImage& image : document.images) {
    const auto place = matcher.Place(image, batch);
    if (!place) continue;
    image_places[image.id] = *place;
    IncomingImage& incoming = batch.image(*place);
    if (incoming.split.empty()) incoming.split = image.split;
    incoming.empty = incoming.empty || image.empty;
  }

  RowMaker rows;
  int64_t crowds = 0, index = 0;
  for (CocoObject& object : document.objects) {
    if (index++ % 4096 == 0) {
      job.Advance(static_cast<double>(index), static_cast<double>(document.objects.size()),
                  "checking outlines");
    }
    const auto place = image_places.find(object.image_id);
    if (place == image_places.end()) continue;
    const IncomingImage& image = batch.image(place->second);
    AnnotationRow row;
    if (!bad.Try([&] { row = rows.Row(object, image, file); })) continue;
    if (!row.HasShape() && (object.has_rle() || !AnyLabeled(object.key_points))) continue;
    if (row.HasShape() && object.area && *object.area > 0) row.area = *object.area;
    row.iscrowd = object.iscrowd && !options.crowd_is_instance;
    row.occluded = object.occluded;
    row.keyframe = object.keyframe;
    row.author = object.author;
    crowds += row.iscrowd ? 1 : 0;
    row.key_points = std::move(object.key_points);
    row.extra_json = std::move(object.extra_json);
    if (object.track_id && !image.video_id) {
      row.extra_json = WithTrack(row.extra_json, *object.track_id);
    }
    IncomingLabel& label = batch.AddLabel(place->second, category_places.at(object.category_id));
    row.source = label.row.source;
    label.row = std::move(row);
    label.track = object.track_id;
    label.track_name = std::move(object.track_name);
  }
  document.objects.clear();
  bad.Finish(&batch.warnings);
  matcher.AddNotes(&batch.warnings);
  const auto warn = [&](int64_t count, const std::string& text) {
    if (count > 0) batch.warnings.push_back(std::to_string(count) + " " + text);
  };
  warn(rows.crossing(), "outlines cross themselves; they were kept as they are");
  warn(rows.only_box, "labels had a box and no outline: a rectangle was stored");
  warn(rows.empty_masks, "masks had no pixel and were left out");
  warn(rows.outside, "outlines lie wholly outside their picture; they were kept");
  warn(crowds,
       "labels are crowds (iscrowd=1), which training leaves out; --crowd-is-instance "
       "reads them as animals");
  return StoreLabels(project, batch, options, job);
}

}  // namespace datasets
