#include "datasets/formats/labelme.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>

#include "datasets/base/atomic_file.h"
#include "datasets/base/base64.h"
#include "datasets/base/error.h"
#include "datasets/base/json_entries.h"
#include "datasets/formats/frame_match.h"
#include "datasets/formats/label_batch.h"
#include "datasets/formats/selection.h"

namespace datasets {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int kCircleCorners = 64;

class Reader {
 public:
  explicit Reader(const fs::path& path)
      : path_(path), file_("labelme file '" + path.filename().string() + "'") {}

  LabelmeFile Read() const {
    const json tree = ReadJsonFile(path_, file_);
    if (!tree.is_object() || (!tree.contains("shapes") && !tree.contains("imagePath"))) {
      throw Error(file_, "it has no shapes", "give a JSON file that labelme wrote");
    }
    LabelmeFile result;
    result.image_path = tree.value("imagePath", json()).is_string()
                            ? tree["imagePath"].get<std::string>()
                            : path_.stem().string() + ".png";
    std::replace(result.image_path.begin(), result.image_path.end(), '\\', '/');
    result.width = Side(tree, "imageWidth");
    result.height = Side(tree, "imageHeight");
    const json shapes = tree.value("shapes", json::array());
    if (!shapes.is_array()) throw Error(file_, "'shapes' is not a list", "correct the file");
    for (size_t i = 0; i < shapes.size(); ++i) {
      const std::string where = file_ + ", shape " + std::to_string(i + 1);
      auto shape = Shape(shapes[i], where);
      if (shape) {
        result.shapes.push_back(std::move(*shape));
      } else {
        ++result.left_out;
      }
    }
    return result;
  }

 private:
  int Side(const json& tree, const char* key) const {
    const auto it = tree.find(key);
    if (it == tree.end() || it->is_null()) return 0;
    if (!it->is_number_integer() || it->get<int64_t>() < 0 || it->get<int64_t>() > 1 << 20) {
      throw Error(file_, std::string(key) + " is " + it->dump(), "correct the file");
    }
    return it->get<int>();
  }

  static std::optional<LabelmeShape> Shape(const json& value, const std::string& where) {
    if (!value.is_object() || !value.value("label", json()).is_string()) {
      throw Error(where, "it has no label", "correct or remove it in the file");
    }
    LabelmeShape shape;
    shape.label = value["label"].get<std::string>();
    const json group = value.value("group_id", json());
    if (group.is_number_integer()) shape.group = group.get<int64_t>();
    const json type_value = value.value("shape_type", json());
    const std::string type = type_value.is_string() ? type_value.get<std::string>() : "polygon";
    const Ring points = Points(value, where);
    if (type == "point" || type == "points" || type == "line" || type == "linestrip") {
      return std::nullopt;
    }
    if (type == "mask") {
      if (points.empty()) throw Error(where, "it has no corner", "correct it in the file");
      Mask(value, points[0], shape, where);
    } else if (type == "rectangle" || type == "circle") {
      if (points.size() < 2) {
        throw Error(where, "a " + type + " needs 2 points", "correct it in the file");
      }
      shape.polygons.push_back(type == "circle" ? Circle(points) : Rectangle(points));
      CheckRing(shape.polygons[0], where);
    } else if (type == "polygon") {
      CheckRing(points, where);
      shape.polygons.push_back(points);
    } else {
      throw Error(where, "its shape_type '" + type + "' is not known",
                  "use polygons, rectangles, circles or masks");
    }
    return shape;
  }

  static Ring Points(const json& value, const std::string& where) {
    const json points = value.value("points", json::array());
    Ring ring;
    bool fine = points.is_array();
    for (const json& point : fine ? points : json::array()) {
      if (!point.is_array() || point.size() != 2 || !point[0].is_number() ||
          !point[1].is_number()) {
        fine = false;
        break;
      }
      ring.emplace_back(point[0].get<double>(), point[1].get<double>());
    }
    if (!fine) throw Error(where, "its points are not a list of [x, y]", "correct the file");
    return ring;
  }
  static Ring Rectangle(const Ring& points) {
    const double left = std::min(points[0].x, points[1].x);
    const double top = std::min(points[0].y, points[1].y);
    return BoxRing(
        {left, top, std::abs(points[0].x - points[1].x), std::abs(points[0].y - points[1].y)});
  }
  static Ring Circle(const Ring& points) {  // center, a point on the circle
    const double radius = std::hypot(points[1].x - points[0].x, points[1].y - points[0].y);
    Ring ring;
    for (int i = 0; i < kCircleCorners; ++i) {
      const double angle = 2 * CV_PI * i / kCircleCorners;
      ring.emplace_back(points[0].x + radius * std::cos(angle),
                        points[0].y + radius * std::sin(angle));
    }
    return ring;
  }
  static void Mask(const json& value, const cv::Point2d& corner, LabelmeShape& shape,
                   const std::string& where) {
    const json text = value.value("mask", json());
    const auto bytes = text.is_string() ? DecodeBase64(text.get<std::string>()) : std::nullopt;
    if (bytes && !bytes->empty()) {
      shape.mask = cv::imdecode(*bytes, cv::IMREAD_GRAYSCALE);
    }
    if (shape.mask.empty()) {
      throw Error(where, "its mask is no picture that can be read", "draw it again in labelme");
    }
    if (std::abs(corner.x) > 1e6 || std::abs(corner.y) > 1e6) {
      throw Error(where, "its mask lies far outside the picture", "correct it in the file");
    }
    shape.mask_at = {static_cast<int>(std::lround(corner.x)),
                     static_cast<int>(std::lround(corner.y))};
  }

  const fs::path path_;
  const std::string file_;
};

// The parts of one animal as one label.
AnnotationRow Join(const std::vector<const LabelmeShape*>& parts, int width, int height) {
  AnnotationRow row;
  const bool masks = std::any_of(parts.begin(), parts.end(),
                                 [](const LabelmeShape* part) { return !part->mask.empty(); });
  for (const LabelmeShape* part : parts) {
    row.polygons.insert(row.polygons.end(), part->polygons.begin(), part->polygons.end());
  }
  if (!masks) {
    MeasurePolygons(row);
    return row;
  }
  std::vector<Rle> rles;
  if (!row.polygons.empty()) rles.push_back(RlePolygons(row.polygons, height, width));
  for (const LabelmeShape* part : parts) {
    if (part->mask.empty()) continue;
    const cv::Rect region(part->mask_at, part->mask.size());
    rles.push_back(EncodeMaskAt(part->mask, region, height, width));
    const Polygons traced = TraceMask(part->mask, 0.7, part->mask_at, 0);
    row.polygons.insert(row.polygons.end(), traced.begin(), traced.end());
  }
  row.rle = RleUnion(rles);
  row.box = RleBox(*row.rle);
  row.area = RleArea(*row.rle);
  return row;
}

}  // namespace

LabelmeFile ReadLabelme(const fs::path& path) { return Reader(path).Read(); }

size_t PlacePictureOrFrame(const Project& project, const VideoMatcher& matcher, LabelBatch& batch,
                           const fs::path& picture, int width, int height,
                           const std::string& what) {
  const auto numbered = SplitFrameName(picture.filename().string());
  const VideoRow* video = matcher.forced();
  if (!video && numbered) {
    video = numbered->first.empty() ? matcher.Find(picture.parent_path().filename().string())
                                    : matcher.Find(numbered->first);
  }
  if (!video && !fs::exists(picture)) video = matcher.only();
  if (video) {
    if (!numbered) {
      throw Error(what, "its picture '" + picture.filename().string() + "' has no frame number",
                  "name pictures VIDEO_000012.png");
    }
    CheckFrame(*video, numbered->second, width, height, what);
    return batch.Frame(*video, numbered->second);
  }
  if (!fs::exists(picture)) {
    throw Error(what, "its picture '" + picture.string() + "' is not there",
                "put it beside the labels, or name the video with --video");
  }
  if (width == 0 || height == 0) {
    const cv::Mat pixels = cv::imread(picture.string(), cv::IMREAD_COLOR);
    if (pixels.empty()) throw Error(what, "its picture cannot be read", "replace it");
    width = pixels.cols;
    height = pixels.rows;
  }
  return batch.Picture(PicturePath(project, picture), width, height);
}

std::string FrameFileStem(const SelectedFrame& frame) {
  if (!frame.video) return fs::path(frame.picture).stem().string();
  std::string number = std::to_string(frame.frame_index);
  if (number.size() < 6) number.insert(0, 6 - number.size(), '0');
  return frame.video->name + "_" + number;
}

ImportReport ImportLabelme(Project& project, const fs::path& path, const ImportOptions& options,
                           Job& job) {
  std::vector<fs::path> files;
  if (fs::is_directory(path)) {
    for (const auto& entry : fs::directory_iterator(path)) {
      if (entry.path().extension() == ".json") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
  } else {
    files.push_back(path);
  }
  if (files.empty()) {
    throw Error("folder '" + path.string() + "'", "it holds no JSON file",
                "give a folder of labelme files");
  }
  const VideoMatcher matcher(project, path, options.video);
  LabelBatch batch;
  int64_t left_out = 0, background = 0;
  for (const fs::path& file : files) {
    job.Advance(static_cast<double>(&file - files.data()), static_cast<double>(files.size()),
                "reading " + file.filename().string());
    const LabelmeFile content = ReadLabelme(file);
    const std::string what = "labelme file '" + file.filename().string() + "'";
    const size_t place =
        PlacePictureOrFrame(project, matcher, batch, file.parent_path() / content.image_path,
                            content.width, content.height, what);
    left_out += content.left_out;
    std::map<std::pair<std::string, int64_t>, std::vector<const LabelmeShape*>> animals;
    int64_t alone = INT64_MIN;
    for (const LabelmeShape& shape : content.shapes) {
      if (shape.label == "_background_") {
        ++background;
        continue;
      }
      animals[{shape.label, shape.group.value_or(alone++)}].push_back(&shape);
    }
    for (const auto& [key, parts] : animals) {
      const IncomingImage image = batch.image(place);
      IncomingLabel& label = batch.AddLabel(place, batch.Category(key.first));
      const LabelSource source = label.row.source;
      label.row = Join(parts, image.width, image.height);
      label.row.source = source;
      label.row.iscrowd = key.first == "__ignore__";
      if (parts.front()->group) {
        label.row.extra_json = json{{"group_id", *parts.front()->group}}.dump();
      }
    }
  }
  if (left_out > 0) {
    batch.warnings.push_back(std::to_string(left_out) +
                             " points and lines, which have no area, were left out");
  }
  if (background > 0) {
    batch.warnings.push_back(std::to_string(background) + " background shapes were left out");
  }
  return StoreLabels(project, batch, options, job);
}

ExportReport ExportLabelme(const Project& project, const fs::path& out,
                           const ExportOptions& options, Job& job) {
  std::error_code error;
  fs::create_directories(out, error);
  if (error) {
    throw Error("folder '" + out.string() + "'", "cannot be made: " + error.message(),
                "choose another place");
  }
  std::map<Id, std::string> names;
  for (const CategoryRow& category : project.Categories()) names[category.id] = category.name;
  ExportReport report;
  ForEachSelectedFrame(project, options, job, [&](const SelectedFrame& frame) {
    const std::string stem = FrameFileStem(frame);
    nlohmann::ordered_json shapes = nlohmann::ordered_json::array();
    int64_t group = 0;
    for (const SelectedInstance& instance : frame.instances) {
      nlohmann::ordered_json shape;
      shape["label"] = names[instance.category_id];
      shape["points"] = nlohmann::ordered_json::array();
      shape["group_id"] = nullptr;
      shape["flags"] = nlohmann::ordered_json::object();
      ++report.annotations;
      if (instance.rle) {
        const Box box = RleBox(*instance.rle);
        const cv::Rect region(static_cast<int>(box.x), static_cast<int>(box.y),
                              static_cast<int>(box.width), static_cast<int>(box.height));
        if (region.empty()) continue;
        cv::Mat bits;
        cv::min(DecodeMask(*instance.rle, region), 1, bits);
        std::vector<uchar> png;
        cv::imencode(".png", bits, png);
        shape["points"] = {{box.x, box.y}, {box.x + box.width - 1, box.y + box.height - 1}};
        shape["shape_type"] = "mask";
        shape["mask"] = EncodeBase64(png);
        shapes.push_back(std::move(shape));
        continue;
      }
      if (instance.polygons.size() > 1) shape["group_id"] = ++group;
      shape["shape_type"] = "polygon";
      for (const Ring& ring : instance.polygons) {
        shape["points"] = nlohmann::ordered_json::array();
        for (const cv::Point2d& point : ring) shape["points"].push_back({point.x, point.y});
        shapes.push_back(shape);
      }
    }
    nlohmann::ordered_json tree;
    tree["version"] = "5.0.1";
    tree["flags"] = nlohmann::ordered_json::object();
    tree["shapes"] = std::move(shapes);
    tree["imagePath"] = frame.video ? stem + ".png" : frame.picture;
    tree["imageData"] = nullptr;
    tree["imageHeight"] = frame.height;
    tree["imageWidth"] = frame.width;
    WriteFileAtomically(out / (stem + ".json"), tree.dump(1) + "\n");
    ++report.images;
    ++report.files;
  });
  report.warnings.push_back("labelme holds no tracks and scores; they were left out");
  return report;
}

}  // namespace datasets
