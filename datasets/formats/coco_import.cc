#include <algorithm>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>
#include <unordered_map>

#include "datasets/base/error.h"
#include "datasets/formats/coco.h"
#include "datasets/formats/frame_match.h"
#include "datasets/formats/label_batch.h"

namespace datasets {

namespace {

namespace fs = std::filesystem;

class CocoMatcher {
 public:
  CocoMatcher(const Project& project, const fs::path& path, const CocoDocument& document,
              const ImportOptions& options)
      : project_(project),
        path_(path),
        file_("COCO file '" + path.filename().string() + "'"),
        matcher_(project, path, options.video) {
    for (const CocoVideo& video : document.videos) videos_[video.id] = &video;
    only_file_video_ = OnlyVideoOf(document);
  }

  // The place of the image in the batch; nothing when --video asks for another video.
  std::optional<size_t> Place(const CocoImage& image, LabelBatch& batch) {
    const std::string where = file_ + ", image " + std::to_string(image.id);
    std::string name = image.video;
    const VideoRow* video = nullptr;
    if (image.video_id && videos_.count(*image.video_id)) {
      const CocoVideo& named = *videos_[*image.video_id];
      name = named.file_name.empty() ? named.name : named.file_name;
      video = FindNamed(named);
    } else if (!name.empty()) {
      video = matcher_.Find(name);
    }
    std::optional<int> frame = image.frame_index;
    const auto numbered = SplitFrameName(image.file_name);
    if (name.empty() && numbered) name = numbered->first;
    if (!frame && numbered) frame = numbered->second;

    if (const VideoRow* forced = matcher_.forced()) {
      if (video && video != forced) return Skip();
      if (!video && !only_file_video_) return Skip();
      video = forced;
    }
    if (!video && numbered) video = matcher_.Find(numbered->first);
    if (!video) {
      if (const auto picture = PictureFile(image)) return PlacePicture(image, *picture, batch);
    }
    if (!video && matcher_.only() && only_file_video_ && frame) {
      video = matcher_.only();
      if (!warned_about_only_ && !name.empty()) {
        warned_about_only_ = true;
        batch.warnings.push_back("the project has no video called '" + name + "'; its only one, '" +
                                 video->name + "', was taken");
      }
    }
    if (!video) video = &matcher_.Require(name.empty() ? image.file_name : name, where);
    if (!frame) {
      throw Error(where, "it does not say which frame of the video it is",
                  "give frame_index, or a file name such as 'video.mp4#000012'");
    }
    CheckFrame(*video, *frame, image.width, image.height, where);
    return batch.Frame(*video, *frame);
  }

  int64_t skipped() const { return skipped_; }

 private:
  const VideoRow* FindNamed(const CocoVideo& named) {
    const auto [it, added] = found_.emplace(named.id, nullptr);
    if (!added) return it->second;
    if (!named.name.empty() && named.name != named.file_name) {
      const VideoRow* video = matcher_.Find(named.name);
      if (video) return it->second = video;
    }
    if (matcher_.forced() && only_file_video_) return it->second = matcher_.forced();
    return it->second = matcher_.Find(named.file_name);
  }

  // True when all images can only be about one video.
  static bool OnlyVideoOf(const CocoDocument& document) {
    if (document.videos.size() > 1) return false;
    std::string first;
    for (const CocoImage& image : document.images) {
      if (image.video.empty()) continue;
      if (first.empty()) first = image.video;
      if (image.video != first) return false;
    }
    return true;
  }

  std::optional<size_t> Skip() {
    ++skipped_;
    return std::nullopt;
  }

  std::optional<fs::path> PictureFile(const CocoImage& image) const {
    if (image.file_name.empty() || image.file_name.find('#') != std::string::npos) return {};
    const fs::path name(image.file_name);
    const fs::path folder = path_.has_parent_path() ? path_.parent_path() : fs::path(".");
    std::error_code ignored;
    for (const fs::path& candidate :
         {folder / name, folder / "images" / name, folder / ".." / name,
          folder / ".." / "images" / name, folder / path_.stem() / name}) {
      if (fs::is_regular_file(candidate, ignored)) return candidate;
    }
    return std::nullopt;
  }

  size_t PlacePicture(const CocoImage& image, const fs::path& file, LabelBatch& batch) const {
    int width = image.width, height = image.height;
    if (width == 0 || height == 0) {
      const cv::Mat pixels = cv::imread(file.string(), cv::IMREAD_COLOR);
      if (pixels.empty()) {
        throw Error(file_ + ", image " + std::to_string(image.id),
                    "'" + file.string() + "' is no picture that can be read",
                    "replace it or remove it from the file");
      }
      width = pixels.cols;
      height = pixels.rows;
    }
    return batch.Picture(PicturePath(project_, file), width, height);
  }

  const Project& project_;
  const fs::path path_;
  const std::string file_;
  VideoMatcher matcher_;
  std::unordered_map<int64_t, const CocoVideo*> videos_;
  std::unordered_map<int64_t, const VideoRow*> found_;
  bool only_file_video_ = true;
  bool warned_about_only_ = false;
  int64_t skipped_ = 0;
};

// Counts outlines that cross themselves, as far as a bounded effort reaches.
class CrossingCounter {
 public:
  void Look(const Polygons& polygons) {
    for (const Ring& ring : polygons) {
      const double cost = static_cast<double>(ring.size()) * static_cast<double>(ring.size());
      if (cost > effort_) continue;
      effort_ -= cost;
      if (SelfCrosses(ring)) ++crossing_;
    }
  }
  int64_t crossing() const { return crossing_; }

 private:
  double effort_ = 2e8;  // pairs of edges: well under a second
  int64_t crossing_ = 0;
};

std::string WithTrack(const std::string& extra, int64_t track) {
  nlohmann::json json = extra.empty() ? nlohmann::json::object() : nlohmann::json::parse(extra);
  json["track_id"] = track;
  return json.dump();
}

}  // namespace

ImportReport ImportCoco(Project& project, const fs::path& path, const ImportOptions& options,
                        Job& job) {
  CocoDocument document = ReadCocoDataset(path, job);
  const std::string file = "COCO file '" + path.filename().string() + "'";
  LabelBatch batch;
  batch.warnings = std::move(document.warnings);
  CocoMatcher matcher(project, path, document, options);

  std::unordered_map<int64_t, size_t> category_places;
  for (const CocoCategory& category : document.categories) {
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

  CrossingCounter crossings;
  int64_t only_box = 0, empty_masks = 0, crowds = 0, outside = 0, index = 0;
  for (CocoObject& object : document.objects) {
    if (index++ % 4096 == 0) {
      job.Advance(static_cast<double>(index), static_cast<double>(document.objects.size()),
                  "checking outlines");
    }
    const auto place = image_places.find(object.image_id);
    if (place == image_places.end()) continue;
    const IncomingImage& image = batch.image(place->second);
    AnnotationRow row;
    if (object.has_rle()) {
      row.rle = CocoRle(object, image.height, image.width,
                        file + ", annotation " + std::to_string(object.id));
      row.area = RleArea(*row.rle);
      row.box = RleBox(*row.rle);
      if (row.area == 0) {
        ++empty_masks;
        continue;
      }
      const cv::Rect region(static_cast<int>(row.box.x), static_cast<int>(row.box.y),
                            static_cast<int>(row.box.width), static_cast<int>(row.box.height));
      row.polygons = TraceMask(DecodeMask(*row.rle, region), 0.7, region.tl(), 0);
    } else {
      row.polygons = std::move(object.polygons);
      if (row.polygons.empty()) {
        ++only_box;
        const Box& box = *object.box;
        if (box.width <= 0 || box.height <= 0) {
          throw Error(file + ", annotation " + std::to_string(object.id),
                      "it has no segmentation and its bbox has no area",
                      "correct or remove it in the file");
        }
        row.polygons.push_back(BoxRing(box));
      }
      crossings.Look(row.polygons);
      MeasurePolygons(row);
    }
    if (object.area && *object.area > 0) row.area = *object.area;
    const Box& box = row.box;
    if (box.x >= image.width || box.y >= image.height || box.x + box.width <= 0 ||
        box.y + box.height <= 0) {
      ++outside;
    }
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
  }
  document.objects.clear();
  const auto warn = [&](int64_t count, const std::string& text) {
    if (count > 0) batch.warnings.push_back(std::to_string(count) + " " + text);
  };
  warn(matcher.skipped(), "images of other videos than --video were left out");
  warn(crossings.crossing(), "outlines cross themselves; they were kept as they are");
  warn(only_box, "labels had a box and no outline: a rectangle was stored");
  warn(empty_masks, "masks had no pixel and were left out");
  warn(outside, "outlines lie wholly outside their picture; they were kept");
  warn(crowds,
       "labels are crowds (iscrowd=1), which training leaves out; --crowd-is-instance "
       "reads them as animals");
  return StoreLabels(project, batch, options, job);
}

}  // namespace datasets
