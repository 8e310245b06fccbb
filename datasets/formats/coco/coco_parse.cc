#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_set>

#include "datasets/base/error.h"
#include "datasets/base/json_entries.h"
#include "datasets/formats/coco/coco.h"

namespace datasets {

namespace {

using nlohmann::json;

const std::set<std::string> kInterpreted = {
    "id",          "image_id", "category_id", "segmentation", "bbox",
    "area",        "iscrowd",  "track_id",    "keypoints",    "num_keypoints",
    "frame_index", "author",   "source",      "occluded",     "keyframe"};
constexpr int kLargestSide = 1 << 20;

class Parser {
 public:
  explicit Parser(const std::filesystem::path& path)
      : file_("COCO file '" + path.filename().string() + "'") {}

  CocoDocument Read(const std::filesystem::path& path, Job& job) {
    int64_t entries = 0;
    ReadJsonEntries(path, "COCO file '" + path.string() + "'",
                    [&](const std::string& section, int64_t index, json& value) {
                      if (entries++ % 4096 == 0) {
                        job.Advance(static_cast<double>(entries), 0,
                                    "reading " + path.filename().string());
                      }
                      Entry(section, index, value);
                    });
    CheckKind();
    return std::move(document_);
  }

 private:
  void Entry(const std::string& section, int64_t index, json& value) {
    if (section.empty()) {
      if (index < 0) throw Error(file_, "it holds neither an object nor a list", kGiveCoco);
      document_.is_results = true;
      Object(value, "result " + std::to_string(index + 1));
    } else if (section == "annotations") {
      RequireList(section, index);
      saw_annotations_ = true;
      Object(value, "annotation " + Name(value, index));
    } else if (section == "images") {
      RequireList(section, index);
      saw_images_ = true;
      Image(value, "image " + Name(value, index));
    } else if (section == "categories") {
      RequireList(section, index);
      Category(value, "category " + Name(value, index));
    } else if (section == "videos") {
      RequireList(section, index);
      Video(value, "video " + Name(value, index));
    }
  }

  void CheckKind() {
    if (document_.is_results || saw_images_ || saw_annotations_) return;
    if (document_.categories.empty()) {
      throw Error(file_, "it holds no images, annotations or categories", kGiveCoco);
    }
  }

  static std::string Name(const json& value, int64_t index) {
    if (value.is_object()) {
      auto id = value.find("id");
      if (id != value.end() && id->is_number()) return id->dump();
    }
    return "no. " + std::to_string(index + 1);
  }
  void RequireList(const std::string& section, int64_t index) const {
    if (index < 0) throw Error(file_, "'" + section + "' is not a list", kGiveCoco);
  }
  [[noreturn]] void Fail(const std::string& where, const std::string& cause,
                         const std::string& remedy = "correct or remove it in the file") const {
    throw Error(file_ + ", " + where, cause, remedy);
  }

  const json* Find(const json& object, const char* key) const {
    auto it = object.find(key);
    return it == object.end() || it->is_null() ? nullptr : &*it;
  }
  void RequireObject(const json& value, const std::string& where) const {
    if (!value.is_object()) Fail(where, "it is not an object");
  }
  std::optional<int64_t> Whole(const json& object, const char* key,
                               const std::string& where) const {
    const json* value = Find(object, key);
    if (!value) return std::nullopt;
    if (value->is_number_unsigned() && value->get<uint64_t>() > INT64_MAX) {
      Fail(where, std::string(key) + " is too large");
    }
    if (value->is_number_integer()) return value->get<int64_t>();
    if (value->is_boolean()) return value->get<bool>() ? 1 : 0;
    if (value->is_number_float()) {
      const double number = value->get<double>();
      if (number == std::floor(number) && std::abs(number) < 9e15) {
        return static_cast<int64_t>(number);
      }
    }
    Fail(where, std::string(key) + " is not a whole number");
  }
  int64_t RequireWhole(const json& object, const char* key, const std::string& where) const {
    const auto value = Whole(object, key, where);
    if (!value) Fail(where, std::string("it has no ") + key);
    return *value;
  }
  int Side(const json& object, const char* key, const std::string& where) const {
    const int64_t side = Whole(object, key, where).value_or(0);
    if (side < 0 || side > kLargestSide) {
      Fail(where, std::string(key) + " is " + std::to_string(side) + " pixels");
    }
    return static_cast<int>(side);
  }
  std::string Text(const json& object, const char* key, const std::string& where) const {
    const json* value = Find(object, key);
    if (!value) return "";
    if (!value->is_string()) Fail(where, std::string(key) + " is not a text");
    return value->get<std::string>();
  }
  double Number(const json& value, const std::string& name, const std::string& where) const {
    if (!value.is_number()) Fail(where, name + " holds something that is not a number");
    const double number = value.get<double>();
    if (!std::isfinite(number)) Fail(where, name + " is not finite");
    return number;
  }
  std::optional<int> FrameIndex(const json& object, const std::string& where) const {
    for (const char* key : {"frame_index", "frame_id", "frame"}) {
      const auto frame = Whole(object, key, where);
      if (!frame) continue;
      if (*frame < 0 || *frame > INT32_MAX) {
        Fail(where, std::string(key) + " is " + std::to_string(*frame),
             "frames are numbered from 0");
      }
      return static_cast<int>(*frame);
    }
    return std::nullopt;
  }
  void RequireNew(std::unordered_set<int64_t>& seen, int64_t id, const std::string& where) const {
    if (!seen.insert(id).second) Fail(where, "the id stands twice in the file", "make ids unique");
  }

  void Video(const json& value, const std::string& where) {
    RequireObject(value, where);
    CocoVideo video;
    video.id = RequireWhole(value, "id", where);
    RequireNew(video_ids_, video.id, where);
    video.name = Text(value, "name", where);
    video.file_name = Text(value, "file_name", where);
    document_.videos.push_back(std::move(video));
  }

  void Category(const json& value, const std::string& where) {
    RequireObject(value, where);
    CocoCategory category;
    category.id = RequireWhole(value, "id", where);
    RequireNew(category_ids_, category.id, where);
    category.name = Text(value, "name", where);
    if (category.name.empty()) Fail(where, "it has no name");
    category.supercategory = Text(value, "supercategory", where);
    if (const json* names = Find(value, "keypoints")) {
      if (!names->is_array()) Fail(where, "keypoints is not a list");
      for (const json& name : *names) {
        if (!name.is_string()) Fail(where, "keypoints holds something that is not a name");
        category.key_points.push_back(name.get<std::string>());
      }
    }
    document_.categories.push_back(std::move(category));
  }

  void Image(const json& value, const std::string& where) {
    RequireObject(value, where);
    CocoImage image;
    image.id = RequireWhole(value, "id", where);
    RequireNew(image_ids_, image.id, where);
    image.file_name = Text(value, "file_name", where);
    image.video_id = Whole(value, "video_id", where);
    image.video = Text(value, "video", where);
    image.frame_index = FrameIndex(value, where);
    image.width = Side(value, "width", where);
    image.height = Side(value, "height", where);
    image.split = Text(value, "split", where);
    if (image.split == "validation" || image.split == "valid") image.split = "val";
    static const std::set<std::string> kSplits = {"", "train", "val", "test"};
    if (!kSplits.count(image.split)) {
      document_.warnings.push_back(where + ": the split '" + image.split +
                                   "' is none of train, val, test and was left out");
      image.split.clear();
    }
    image.empty = Text(value, "state", where) == "empty";
    document_.images.push_back(std::move(image));
  }

  void Object(json& value, const std::string& where) {
    RequireObject(value, where);
    CocoObject object;
    object.id = Whole(value, "id", where).value_or(0);
    if (object.id != 0) RequireNew(object_ids_, object.id, where);
    object.image_id = RequireWhole(value, "image_id", where);
    object.category_id = RequireWhole(value, "category_id", where);
    object.track_id = TrackId(value, where);
    object.frame_index = FrameIndex(value, where);
    object.iscrowd = Whole(value, "iscrowd", where).value_or(0) != 0;
    object.occluded = Whole(value, "occluded", where).value_or(0) != 0;
    object.keyframe = Whole(value, "keyframe", where).value_or(1) != 0;
    object.author = Text(value, "author", where);
    if (const json* score = Find(value, "score")) object.score = Number(*score, "score", where);
    if (const json* area = Find(value, "area")) {
      object.area = Number(*area, "area", where);
      if (*object.area < 0) Fail(where, "area is negative");
    }
    if (const json* box = Find(value, "bbox")) ReadBox(*box, object, where);
    if (const json* segmentation = Find(value, "segmentation")) {
      Segmentation(*segmentation, object, where);
    }
    if (const json* points = Find(value, "keypoints")) KeyPoints(*points, object, where);
    if (object.polygons.empty() && !object.has_rle() && !object.box) {
      Fail(where, "it has neither a segmentation nor a bbox");
    }
    json extra = json::object();
    for (auto it = value.begin(); it != value.end(); ++it) {
      if (!kInterpreted.count(it.key())) extra[it.key()] = std::move(it.value());
    }
    if (!extra.empty()) {
      object.extra_json = extra.dump(-1, ' ', false, json::error_handler_t::replace);
    }
    document_.objects.push_back(std::move(object));
  }

  std::optional<int64_t> TrackId(const json& value, const std::string& where) const {
    for (const char* key : {"track_id", "instance_id"}) {
      if (const auto id = Whole(value, key, where)) return id;
    }
    const json* attributes = Find(value, "attributes");
    if (attributes && attributes->is_object()) return Whole(*attributes, "track_id", where);
    return std::nullopt;
  }

  void ReadBox(const json& value, CocoObject& object, const std::string& where) const {
    if (value.is_array() && value.empty()) return;
    if (!value.is_array() || value.size() != 4) Fail(where, "bbox is not [x, y, width, height]");
    Box box{Number(value[0], "bbox", where), Number(value[1], "bbox", where),
            Number(value[2], "bbox", where), Number(value[3], "bbox", where)};
    if (box.width < 0 || box.height < 0) Fail(where, "bbox has a negative side");
    object.box = box;
  }

  Ring ReadRing(const json& numbers, const std::string& where) const {
    if (numbers.size() % 2 != 0) {
      Fail(where, "an outline has an odd number of coordinates");
    }
    Ring ring;
    ring.reserve(numbers.size() / 2);
    for (size_t i = 0; i < numbers.size(); i += 2) {
      ring.emplace_back(Number(numbers[i], "segmentation", where),
                        Number(numbers[i + 1], "segmentation", where));
    }
    if (ring.size() < 3) {
      Fail(where, "an outline has " + std::to_string(ring.size()) +
                      (ring.size() == 1 ? " point" : " points") + ", and 3 are the least");
    }
    CheckRing(ring, file_ + ", " + where);
    return ring;
  }

  void Segmentation(const json& value, CocoObject& object, const std::string& where) const {
    if (value.is_array()) {
      if (!value.empty() && value[0].is_number()) {
        object.polygons.push_back(ReadRing(value, where));
        return;
      }
      object.polygons.reserve(value.size());
      for (const json& part : value) {
        if (!part.is_array()) Fail(where, "segmentation is not a list of outlines");
        object.polygons.push_back(ReadRing(part, where));
      }
      return;
    }
    if (!value.is_object()) Fail(where, "segmentation is neither outlines nor RLE");
    const json* size = Find(value, "size");
    const json* counts = Find(value, "counts");
    if (!size || !size->is_array() || size->size() != 2 || !counts) {
      Fail(where, "its RLE is not {size: [height, width], counts: ...}");
    }
    int64_t sides[2];
    for (int i = 0; i < 2; ++i) {
      const double side = Number((*size)[i], "RLE size", where);
      if (side < 1 || side > kLargestSide || side != std::floor(side)) {
        Fail(where, "its RLE claims an impossible size " + size->dump());
      }
      sides[i] = static_cast<int64_t>(side);
    }
    object.rle_height = static_cast<int>(sides[0]);
    object.rle_width = static_cast<int>(sides[1]);
    if (counts->is_string()) {
      object.compressed_counts = counts->get<std::string>();
      return;
    }
    if (!counts->is_array()) Fail(where, "its RLE counts are neither a text nor a list");
    object.counts.reserve(counts->size());
    for (const json& count : *counts) {
      const double number = Number(count, "RLE counts", where);
      if (number < 0 || number > UINT32_MAX || number != std::floor(number)) {
        Fail(where, "its RLE holds an impossible run " + count.dump());
      }
      object.counts.push_back(static_cast<uint32_t>(number));
    }
    if (object.counts.empty()) Fail(where, "its RLE has no runs");
  }

  void KeyPoints(const json& value, CocoObject& object, const std::string& where) const {
    if (!value.is_array() || value.size() % 3 != 0) {
      Fail(where, "keypoints is not a list of x, y, visibility");
    }
    for (size_t i = 0; i < value.size(); i += 3) {
      KeyPoint point;
      point.x = Number(value[i], "keypoints", where);
      point.y = Number(value[i + 1], "keypoints", where);
      const double visibility = Number(value[i + 2], "keypoints", where);
      point.visibility = static_cast<int>(std::clamp(visibility, 0.0, 2.0));
      object.key_points.push_back(std::move(point));
    }
  }

  static constexpr const char* kGiveCoco =
      "give a COCO file: {\"images\": [...], \"annotations\": [...], \"categories\": [...]}";
  const std::string file_;
  CocoDocument document_;
  bool saw_images_ = false, saw_annotations_ = false;
  std::unordered_set<int64_t> video_ids_, image_ids_, category_ids_, object_ids_;
};

// Ids that one part of the file uses must stand in another.
void CheckReferences(CocoDocument& document, const std::string& file) {
  std::unordered_set<int64_t> images, videos;
  std::unordered_map<int64_t, const CocoCategory*> categories;
  for (const CocoVideo& video : document.videos) videos.insert(video.id);
  for (const CocoCategory& category : document.categories) categories[category.id] = &category;
  for (const CocoImage& image : document.images) {
    images.insert(image.id);
    if (image.video_id && !videos.empty() && !videos.count(*image.video_id)) {
      throw Error(file + ", image " + std::to_string(image.id),
                  "its video_id " + std::to_string(*image.video_id) + " is not in 'videos'",
                  "add that video to the file or correct the id");
    }
  }
  for (size_t i = 0; i < document.objects.size(); ++i) {
    CocoObject& object = document.objects[i];
    const auto where = [&] {
      return file + ", annotation " +
             (object.id ? std::to_string(object.id) : "no. " + std::to_string(i + 1));
    };
    if (!images.count(object.image_id)) {
      throw Error(where(),
                  "its image_id " + std::to_string(object.image_id) + " is not in 'images'",
                  "add that image to the file or correct the id");
    }
    const auto category = categories.find(object.category_id);
    if (category == categories.end()) {
      throw Error(
          where(),
          "its category_id " + std::to_string(object.category_id) + " is not in 'categories'",
          "add that category to the file or correct the id");
    }
    const auto& names = category->second->key_points;
    if (object.key_points.empty()) continue;
    if (!names.empty() && names.size() != object.key_points.size()) {
      throw Error(where(),
                  "it has " + std::to_string(object.key_points.size()) +
                      " key points, its category names " + std::to_string(names.size()),
                  "correct the file");
    }
    for (size_t k = 0; k < object.key_points.size(); ++k) {
      object.key_points[k].name = names.empty() ? std::to_string(k + 1) : names[k];
    }
  }
}

}  // namespace

CocoDocument ReadCoco(const std::filesystem::path& path, Job& job) {
  CocoDocument document = Parser(path).Read(path, job);
  if (!document.is_results) {
    CheckReferences(document, "COCO file '" + path.filename().string() + "'");
  }
  return document;
}

CocoDocument ReadCocoDataset(const std::filesystem::path& path, Job& job) {
  CocoDocument document = ReadCoco(path, job);
  if (document.is_results) {
    throw Error("COCO file '" + path.string() + "'",
                "it is a list of results (predictions), not a dataset with images and categories",
                "give the dataset file; results go to `vole evaluate --predictions`");
  }
  return document;
}

CocoDocument ReadCocoResults(const std::filesystem::path& path, Job& job) {
  CocoDocument document = ReadCoco(path, job);
  if (!document.is_results && document.images.empty()) {
    throw Error("COCO file '" + path.string() + "'", "it holds no results",
                "give a list of results, or a dataset whose annotations carry a score");
  }
  return document;
}

Rle CocoRle(const CocoObject& object, int height, int width, const std::string& what) {
  if (object.rle_height != height || object.rle_width != width) {
    throw Error(what,
                "its RLE is for a picture of " + std::to_string(object.rle_width) + " x " +
                    std::to_string(object.rle_height) + " pixels, and its image has " +
                    std::to_string(width) + " x " + std::to_string(height),
                "correct the RLE's size, given as [height, width]");
  }
  try {
    return object.counts.empty() ? ParseRle(object.compressed_counts, height, width)
                                 : CheckedRle(object.counts, height, width);
  } catch (const Error& error) {
    throw Error(what, std::string("its mask cannot be read: ") + error.what());
  }
}

Rle CocoMask(const CocoObject& object, int height, int width, const std::string& what) {
  if (object.has_rle()) return CocoRle(object, height, width, what);
  if (!object.polygons.empty()) return RlePolygons(object.polygons, height, width);
  const Box& box = *object.box;
  return RlePolygon({{box.x, box.y},
                     {box.x, box.y + box.height},
                     {box.x + box.width, box.y + box.height},
                     {box.x + box.width, box.y}},
                    height, width);
}

}  // namespace datasets
