#include "datasets/formats/labelme/labelme.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>

#include "datasets/base/error.h"
#include "datasets/exchange/format.h"
#include "datasets/exchange/frame_export.h"
#include "datasets/exchange/frame_place.h"
#include "datasets/exchange/selection.h"
#include "datasets/files/atomic_file.h"
#include "datasets/files/base64.h"
#include "datasets/files/csv.h"
#include "datasets/files/json_entries.h"
#include "datasets/video/picture_file.h"

namespace datasets {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int kCircleCorners = 64;

class Reader {
 public:
  Reader(const fs::path& path, Job* job)
      : path_(path), job_(job), file_("labelme file '" + path.filename().string() + "'") {}

  // Nothing for JSON that another program wrote.
  std::optional<LabelmeFile> Read(BadEntries* bad) {
    const json tree = ReadJsonFile(path_, file_);
    if (!tree.is_object() || (!tree.contains("shapes") && !tree.contains("imagePath"))) {
      return std::nullopt;
    }
    LabelmeFile result;
    result.image_path = tree.value("imagePath", json()).is_string()
                            ? tree["imagePath"].get<std::string>()
                            : path_.stem().string() + ".png";
    std::replace(result.image_path.begin(), result.image_path.end(), '\\', '/');
    result.width = width_ = Side(tree, "imageWidth");
    result.height = height_ = Side(tree, "imageHeight");
    const json shapes = tree.value("shapes", json::array());
    if (!shapes.is_array()) throw Error(file_, "'shapes' is not a list", "correct the file");
    for (size_t i = 0; i < shapes.size(); ++i) {
      if (job_) job_->ThrowIfCancelled();
      const std::string where = file_ + ", shape " + std::to_string(i + 1);
      const auto read = [&] {
        auto shape = Shape(shapes[i], where, &result);
        if (shape) result.shapes.push_back(std::move(*shape));
      };
      if (bad) {
        bad->Try(read);
      } else {
        read();
      }
    }
    return result;
  }
  Error NotLabelme() const {
    return {file_, "it has no shapes", "give a JSON file that labelme wrote"};
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

  // Nothing for a shape without an area, counted in `file`.
  std::optional<LabelmeShape> Shape(const json& value, const std::string& where,
                                    LabelmeFile* file) {
    if (!value.is_object() || !value.value("label", json()).is_string()) {
      throw Error(where, "it has no label", "correct or remove it in the file");
    }
    LabelmeShape shape;
    shape.label = value["label"].get<std::string>();
    const json group = value.value("group_id", json());
    if (group.is_number_integer()) shape.group = group.get<int64_t>();
    if (group.is_string()) {  // "3", of tools beside labelme
      const auto number = ParseNumber(group.get<std::string>());
      if (number && *number == std::floor(*number) && std::abs(*number) < 1e15) {
        shape.group = static_cast<int64_t>(*number);
      }
    }
    const json type_value = value.value("shape_type", json());
    const std::string type = type_value.is_string() ? type_value.get<std::string>() : "polygon";
    const Ring points = Points(value, where);
    if (type == "point" || type == "points" || type == "line" || type == "linestrip") {
      ++file->left_out;
      return std::nullopt;
    }
    if (points.empty()) {  // X-AnyLabeling keeps outlines that were begun
      ++file->unfinished;
      return std::nullopt;
    }
    // X-AnyLabeling writes rectangles, turned or not, as their corners.
    const bool corners =
        points.size() >= 4 && (type == "rectangle" || type == "rotation" ||
                               type == "quadrilateral" || type == "oriented_rectangle");
    if (type == "mask") {
      Mask(value, points[0], shape, where);
    } else if (corners) {
      CheckRing(points, where);
      shape.polygons.push_back(points);
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
                  "use polygons, rectangles (turned or not), circles or masks");
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
  // A few bytes can promise gigabytes: a mask is decoded once it is known to be no larger than a
  // picture, and all of a file together than what a person can have drawn.
  void CheckSize(const cv::Size& size, const std::string& where) {
    constexpr int64_t kMostPixels = int64_t{1} << 27, kMostInFile = int64_t{1} << 30;
    const int64_t pixels = static_cast<int64_t>(size.width) * size.height;
    const bool outside =
        width_ > 0 && height_ > 0 && (size.width > width_ || size.height > height_);
    if (outside || pixels > kMostPixels) {
      throw Error(where,
                  "its mask is " + std::to_string(size.width) + " x " +
                      std::to_string(size.height) + ", larger than the picture",
                  "draw it again in labelme");
    }
    pixels_ += pixels;
    if (pixels_ > kMostInFile) {
      throw Error(file_, "its masks together have more than a thousand million pixels",
                  "split the file, or draw outlines");
    }
  }
  void Mask(const json& value, const cv::Point2d& corner, LabelmeShape& shape,
            const std::string& where) {
    const json text = value.value("mask", json());
    const auto bytes = text.is_string() ? DecodeBase64(text.get<std::string>()) : std::nullopt;
    const cv::Size size =
        bytes ? PngSize({reinterpret_cast<const char*>(bytes->data()), bytes->size()}) : cv::Size();
    if (!size.empty()) {
      CheckSize(size, where);
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
  Job* const job_;
  const std::string file_;
  int width_ = 0, height_ = 0;  // of the picture; 0 where the file does not say
  int64_t pixels_ = 0;          // of the masks so far
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

LabelmeFile ReadLabelme(const fs::path& path, BadEntries* bad, Job* job) {
  Reader reader(path, job);
  auto file = reader.Read(bad);
  if (!file) throw reader.NotLabelme();
  return std::move(*file);
}

namespace {

std::vector<fs::path> JsonFiles(const fs::path& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) {
    throw Error("folder '" + path.string() + "'", "it holds no JSON file",
                "give a folder of labelme files");
  }
  return files;
}

struct ReadFile {
  fs::path path;
  LabelmeFile content;
  PictureClaim claim;
};

PictureClaim ClaimOf(const fs::path& path, const LabelmeFile& content) {
  PictureClaim claim;
  claim.what = "labelme file '" + path.filename().string() + "'";
  const fs::path picture = path.parent_path() / content.image_path;
  claim.file_name = picture.generic_string();
  if (!ReadFrameName(claim.file_name)) claim.original_name = path.filename().string();
  claim.pictures = {picture};
  claim.width = content.width;
  claim.height = content.height;
  return claim;
}

// Shapes of one label and group are one animal.
void AddAnimals(const LabelmeFile& content, size_t place, LabelBatch& batch, int64_t* background) {
  std::map<std::pair<std::string, int64_t>, std::vector<const LabelmeShape*>> animals;
  int64_t alone = INT64_MIN;
  for (const LabelmeShape& shape : content.shapes) {
    if (shape.label == "_background_") {
      ++*background;
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
    const auto& group = parts.front()->group;
    if (!group || *group < 0) continue;
    label.track = group;
    if (!image.video_id) label.row.extra_json = json{{"track_id", *group}}.dump();
  }
}

}  // namespace

ImportReport ImportLabelme(Project& project, const fs::path& path, const ImportOptions& options,
                           Job& job) {
  const std::vector<fs::path> paths = JsonFiles(path);
  FramePlacer placer(project, path, options);
  BadEntries bad(options.skip_bad);
  std::vector<ReadFile> files;
  std::vector<std::string> foreign;
  for (const fs::path& file : paths) {
    job.Advance(static_cast<double>(&file - paths.data()), static_cast<double>(paths.size()),
                "reading " + file.filename().string());
    Reader reader(file, &job);
    std::optional<LabelmeFile> content;
    if (!bad.Try([&] { content = reader.Read(&bad); })) continue;
    if (!content) {
      if (paths.size() == 1) throw reader.NotLabelme();
      foreign.push_back(file.filename().string());
      continue;
    }
    files.push_back({file, std::move(*content), {}});
    files.back().claim = ClaimOf(file, files.back().content);
    placer.See(files.back().claim);
  }
  LabelBatch batch;
  int64_t left_out = 0, unfinished = 0, background = 0;
  for (const ReadFile& file : files) {
    std::optional<size_t> place;
    bad.Try([&] { place = placer.Place(file.claim, batch); });
    if (!place) continue;
    left_out += file.content.left_out;
    unfinished += file.content.unfinished;
    AddAnimals(file.content, *place, batch, &background);
  }
  bad.Finish(&batch.warnings, batch.images().empty());
  if (files.empty()) {
    throw Error("folder '" + path.string() + "'",
                "none of its JSON files is labelme's (" + foreign.front() +
                    (foreign.size() > 1 ? ", ..." : "") + ")",
                "give a folder of labelme files");
  }
  placer.AddNotes(&batch.warnings);
  const auto warn = [&](int64_t count, const std::string& what) {
    if (count > 0) batch.warnings.push_back(std::to_string(count) + what);
  };
  warn(left_out, " points and lines, which have no area, were left out");
  warn(unfinished, " shapes without a point were left out");
  warn(background, " background shapes were left out");
  if (!foreign.empty()) {
    std::string names;
    for (size_t i = 0; i < std::min<size_t>(foreign.size(), 5); ++i) {
      names += (i ? ", " : "") + foreign[i];
    }
    warn(static_cast<int64_t>(foreign.size()), " JSON files are not labelme's and were left out: " +
                                                   names + (foreign.size() > 5 ? ", ..." : ""));
  }
  return StoreLabels(project, batch, options, job);
}

namespace {

// `next_part`: a negative group for the next animal of several parts that has no track.
nlohmann::ordered_json ShapesOf(const SelectedInstance& instance, const std::string& name,
                                int64_t* next_part) {
  nlohmann::ordered_json shapes = nlohmann::ordered_json::array();
  nlohmann::ordered_json shape;
  shape["label"] = name;
  shape["points"] = nlohmann::ordered_json::array();
  shape["group_id"] = nullptr;
  if (instance.track) shape["group_id"] = *instance.track;
  shape["flags"] = nlohmann::ordered_json::object();
  if (instance.rle) {
    const Box box = RleBox(*instance.rle);
    const cv::Rect region(static_cast<int>(box.x), static_cast<int>(box.y),
                          static_cast<int>(box.width), static_cast<int>(box.height));
    if (region.empty()) return shapes;
    cv::Mat bits;
    cv::min(DecodeMask(*instance.rle, region), 1, bits);
    std::vector<uchar> png;
    cv::imencode(".png", bits, png);
    shape["points"] = {{box.x, box.y}, {box.x + box.width - 1, box.y + box.height - 1}};
    shape["shape_type"] = "mask";
    shape["mask"] = EncodeBase64(png);
    shapes.push_back(std::move(shape));
    return shapes;
  }
  if (instance.polygons.size() > 1 && !instance.track) shape["group_id"] = (*next_part)--;
  shape["shape_type"] = "polygon";
  for (const Ring& ring : instance.polygons) {
    shape["points"] = nlohmann::ordered_json::array();
    for (const cv::Point2d& point : ring) shape["points"].push_back({point.x, point.y});
    shapes.push_back(shape);
  }
  return shapes;
}

}  // namespace

ExportReport ExportLabelme(const Project& project, const fs::path& out,
                           const ExportOptions& options, Job& job) {
  MakeFolderOf(out / "labels.json");
  std::map<Id, std::string> names;
  for (const CategoryRow& category : project.Categories()) names[category.id] = category.name;
  ExportNames files(project);
  PictureWriter pictures(project);
  ExportReport report;
  bool scores = false;
  ForEachSelectedFrame(project, options, job, [&](const SelectedFrame& frame) {
    fs::path file = out / files.Of(frame);
    nlohmann::ordered_json shapes = nlohmann::ordered_json::array();
    int64_t next_part = -1;
    for (const SelectedInstance& instance : frame.instances) {
      for (auto& shape : ShapesOf(instance, names[instance.category_id], &next_part)) {
        shapes.push_back(std::move(shape));
      }
      scores = scores || instance.predicted;
      ++report.annotations;
    }
    std::string picture = file.filename().string() + ".png";
    if (options.pictures) {
      picture = pictures.Write(frame, file).filename().string();
      ++report.files;
    } else if (!frame.video) {
      const fs::path there = fs::absolute(PictureFileOf(project, frame));
      const fs::path way = there.lexically_relative(fs::absolute(file).parent_path());
      picture = (way.empty() ? there : way).generic_string();
    }
    nlohmann::ordered_json tree;
    tree["version"] = "5.0.1";
    tree["flags"] = nlohmann::ordered_json::object();
    tree["shapes"] = std::move(shapes);
    tree["imagePath"] = picture;
    tree["imageData"] = nullptr;
    tree["imageHeight"] = frame.height;
    tree["imageWidth"] = frame.width;
    file += ".json";
    MakeFolderOf(file);
    WriteFileAtomically(file, tree.dump(1, ' ', false, json::error_handler_t::replace) + "\n");
    ++report.images;
    ++report.files;
  });
  if (scores) report.warnings.push_back("labelme holds no scores; they were left out");
  return report;
}

namespace {

bool IsLikeLabelme(const FileStart& start) {
  if (!start.is_folder) return start.HasKey("shapes");
  // Other JSON may lie among them.
  return std::any_of(start.entries.begin(), start.entries.end(), [](const fs::path& file) {
    return file.extension() == ".json" && FileStart(file).HasKey("shapes");
  });
}

}  // namespace

Format LabelmeFormat() {
  return {"labelme",
          ImportLabelme,
          ExportLabelme,
          "a JSON file, or a folder of them",
          "labelme's outlines, rectangles, circles and masks",
          IsLikeLabelme};
}

}  // namespace datasets
