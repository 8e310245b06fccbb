#include "datasets/formats/coco/coco_parse.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <unordered_set>

#include "datasets/base/error.h"
#include "datasets/files/csv.h"
#include "datasets/files/json_entries.h"
#include "datasets/store/points.h"

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
  Parser(const std::filesystem::path& path, BadEntries* bad)
      : file_("COCO file '" + path.filename().string() + "'"), bad_(bad) {}

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
    if (parts_without_area_ > 0) {
      document_.warnings.push_back(std::to_string(parts_without_area_) +
                                   " parts of outlines have fewer than 3 points and were left out");
    }
    for (const auto& [text, id] : image_texts_) document_.image_texts[id] = text;
    for (const auto& [text, id] : category_texts_) document_.category_texts[id] = text;
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
      const std::string where = "annotation " + Name(value, index);
      if (!bad_) return Object(value, where);
      bad_->Try([&] { Object(value, where); });
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
      if (id != value.end() && (id->is_number() || id->is_string())) return id->dump();
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
    if (value->is_string()) {
      if (const auto number = WholeOfText(value->get<std::string>())) return number;
    }
    if (value->is_number_float()) {
      const double number = value->get<double>();
      if (number == std::floor(number) && std::abs(number) < 9e15) {
        return static_cast<int64_t>(number);
      }
    }
    Fail(where, std::string(key) + " is not a whole number");
  }
  static std::optional<int64_t> WholeOfText(const std::string& text) {
    const size_t first = text.size() > 1 && text[0] == '-' ? 1 : 0;
    if (text.size() == first || text.size() > 18) return std::nullopt;
    if (text.find_first_not_of("0123456789", first) != std::string::npos) return std::nullopt;
    return std::stoll(text);
  }
  // The number of an image, category or video, which some tools write as a text ("7", or any name).
  int64_t RequireId(const json& object, const char* key, std::map<std::string, int64_t>& texts,
                    const std::string& where) const {
    const json* value = Find(object, key);
    if (value && value->is_string() && !WholeOfText(value->get<std::string>())) {
      const auto text = value->get<std::string>();
      return texts.emplace(text, kFirstTextId + static_cast<int64_t>(texts.size())).first->second;
    }
    return RequireWhole(object, key, where);
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
    const auto text =
        value.is_string() ? ParseNumber(value.get<std::string>()) : std::optional<double>();
    if (!value.is_number() && !text) Fail(where, name + " holds something that is not a number");
    const double number = text ? *text : value.get<double>();
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
    video.id = RequireId(value, "id", video_texts_, where);
    RequireNew(video_ids_, video.id, where);
    video.name = Text(value, "name", where);
    video.file_name = Text(value, "file_name", where);
    document_.videos.push_back(std::move(video));
  }

  void Category(const json& value, const std::string& where) {
    RequireObject(value, where);
    CocoCategory category;
    category.id =
        Find(value, "id") ? RequireId(value, "id", category_texts_, where) : kNoCategoryId;
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
    if (const json* lines = Find(value, "skeleton")) Lines(*lines, category);
    document_.categories.push_back(std::move(category));
  }

  // Pairs of points, numbered from 1; some tools number from 0. Lines are no labels: what is wrong
  // with them is said, and they are left out.
  void Lines(const json& lines, CocoCategory& category) {
    const auto count = static_cast<int64_t>(category.key_points.size());
    int64_t lowest = count + 1, highest = 0;
    std::vector<std::pair<int64_t, int64_t>> pairs;
    for (const json& line : lines.is_array() ? lines : json::array()) {
      const bool two = line.is_array() && line.size() == 2 && line[0].is_number_integer() &&
                       line[1].is_number_integer();
      if (!two) continue;
      pairs.emplace_back(line[0].get<int64_t>(), line[1].get<int64_t>());
      lowest = std::min({lowest, pairs.back().first, pairs.back().second});
      highest = std::max({highest, pairs.back().first, pairs.back().second});
    }
    const int64_t first = lowest == 0 ? 0 : 1;
    const std::string skeleton = file_ + ": the skeleton of category '" + category.name + "'";
    if (pairs.empty()) return;
    if (lowest < 0 || highest - first >= count) {
      document_.warnings.push_back(skeleton + " joins points that are not there; it was left out");
      return;
    }
    if (first == 0) {
      document_.warnings.push_back(skeleton + " was read as numbered from 0 (COCO's begin at 1)");
    }
    for (const auto& [from, to] : pairs) {
      const std::pair<int, int> edge(static_cast<int>(from - first), static_cast<int>(to - first));
      const auto same = [&](const auto& other) {
        return std::minmax(other.first, other.second) == std::minmax(edge.first, edge.second);
      };
      if (edge.first != edge.second &&
          std::none_of(category.edges.begin(), category.edges.end(), same)) {
        category.edges.push_back(edge);
      }
    }
  }

  void Image(const json& value, const std::string& where) {
    RequireObject(value, where);
    CocoImage image;
    image.id = RequireId(value, "id", image_texts_, where);
    RequireNew(image_ids_, image.id, where);
    image.file_name = Text(value, "file_name", where);
    if (Find(value, "video_id")) {
      image.video_id = RequireId(value, "video_id", video_texts_, where);
    }
    const json* extra = Find(value, "extra");  // of Roboflow
    if (extra && extra->is_object()) image.original_name = Text(*extra, "name", where);
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
    if (Find(value, "id")) object.id = RequireId(value, "id", object_texts_, where);
    if (object.id != 0) RequireNew(object_ids_, object.id, where);
    object.image_id = RequireId(value, "image_id", image_texts_, where);
    object.category_id = Find(value, "category_id")
                             ? RequireId(value, "category_id", category_texts_, where)
                             : kNoCategoryId;
    Track(value, object, where);
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
      Segmentation(value, *segmentation, object, where);
    }
    if (const json* points = Find(value, "keypoints")) KeyPoints(*points, object, where);
    if (object.polygons.empty() && !object.has_rle() && !object.box) BoxPoints(object);
    if (object.polygons.empty() && !object.has_rle() && !object.box) {
      Fail(where, "it has neither a segmentation nor a bbox nor key points");
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

  // Tools that tell individuals apart: MOTS, TAO and Vole track_id; CVAT attributes.track_id;
  // YouTube-VIS instance_id; sleap-io attributes.object_id; labelme's kin group_id; annolid
  // subject_name. A text that is no number is a name.
  void Track(const json& value, CocoObject& object, const std::string& where) {
    const json* attributes = Find(value, "attributes");
    if (attributes && !attributes->is_object()) attributes = nullptr;
    for (const char* key : {"track_id", "instance_id", "object_id", "group_id"}) {
      for (const json* holder : {&value, attributes}) {
        const json* id = holder ? Find(*holder, key) : nullptr;
        if (!id || object.track_id) continue;
        if (id->is_string() && !WholeOfText(id->get<std::string>())) {
          if (object.track_name.empty()) object.track_name = id->get<std::string>();
        } else {
          object.track_id = Whole(*holder, key, where);
        }
      }
    }
    for (const char* key : {"subject_name", "individual", "animal_name"}) {
      for (const json* holder : {&value, attributes}) {
        const json* name = holder ? Find(*holder, key) : nullptr;
        if (name && name->is_string() && object.track_name.empty()) {
          object.track_name = name->get<std::string>();
        }
      }
    }
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

  void Segmentation(const json& annotation, const json& value, CocoObject& object,
                    const std::string& where) {
    if (value.is_array()) {
      if (!value.empty() && value[0].is_number()) {
        object.polygons.push_back(ReadRing(value, where));
        return;
      }
      object.polygons.reserve(value.size());
      int64_t without_area = 0;
      for (const json& part : value) {
        if (!part.is_array()) Fail(where, "segmentation is not a list of outlines");
        // Masks that were traced leave parts of one or two pixels; an outline that is nothing else
        // is refused below.
        if (part.size() % 2 == 0 && part.size() < 6 && value.size() > 1) {
          ++without_area;
          continue;
        }
        if (part.empty() && Find(annotation, "bbox")) continue;
        object.polygons.push_back(ReadRing(part, where));
      }
      if (without_area > 0 && object.polygons.empty()) {
        Fail(where, "none of its outlines has 3 points, which are the least");
      }
      parts_without_area_ += without_area;
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

  // Results of key points have no box (pycocotools makes one of them all).
  void BoxPoints(CocoObject& object) const {
    std::vector<KeyPoint> points;
    for (KeyPoint point : object.key_points) {
      const bool answer = document_.is_results && (point.x != 0 || point.y != 0);
      if (!answer && point.visibility == 0) continue;
      point.visibility = 2;
      points.push_back(point);
    }
    if (!points.empty()) object.box = BoxOfPoints(points);
  }

  static constexpr const char* kGiveCoco =
      "give a COCO file: {\"images\": [...], \"annotations\": [...], \"categories\": [...]}";
  const std::string file_;
  BadEntries* const bad_;
  CocoDocument document_;
  std::map<std::string, int64_t> video_texts_, image_texts_, category_texts_, object_texts_;
  bool saw_images_ = false, saw_annotations_ = false;
  int64_t parts_without_area_ = 0;
  std::unordered_set<int64_t> video_ids_, image_ids_, category_ids_, object_ids_;
};

}  // namespace

CocoDocument ParseCoco(const std::filesystem::path& path, Job& job, BadEntries* bad) {
  return Parser(path, bad).Read(path, job);
}

}  // namespace datasets
