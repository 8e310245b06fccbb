#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "datasets/base/error.h"
#include "datasets/exchange/format.h"
#include "datasets/exchange/frame_export.h"
#include "datasets/files/atomic_file.h"
#include "datasets/formats/coco/coco.h"
#include "datasets/project_times.h"
#include "datasets/video_files.h"

namespace datasets {

namespace {

using Json = nlohmann::ordered_json;

std::string Text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string FileNameOf(const VideoRow& video) {
  return video.parts.empty() ? video.path : video.name;
}

std::string NumberedName(const VideoRow& video, int frame_index) {
  std::string number = std::to_string(frame_index);
  if (number.size() < 6) number.insert(0, 6 - number.size(), '0');
  return std::filesystem::path(FileNameOf(video)).filename().string() + "#" + number;
}

// `file_name`: of the picture that was written, or "".
Json ImageJson(const SelectedFrame& frame, int64_t id, const std::string& file_name,
               ProjectTimes& times) {
  Json json;
  json["id"] = id;
  if (frame.video) {
    json["video_id"] = frame.video->id;
    json["file_name"] =
        file_name.empty() ? NumberedName(*frame.video, frame.frame_index) : file_name;
    json["frame_index"] = frame.frame_index;
    json["time_s"] = times.Of(*frame.video).Start(frame.frame_index);
  } else {
    json["file_name"] = file_name.empty() ? frame.picture : file_name;
  }
  json["width"] = frame.width;
  json["height"] = frame.height;
  json["state"] = frame.state;
  if (!frame.split.empty()) json["split"] = frame.split;
  return json;
}

Json SegmentationJson(const SelectedInstance& instance) {
  if (instance.rle) {
    return {{"size", {instance.rle->height, instance.rle->width}},
            {"counts", CompressRle(*instance.rle)}};
  }
  Json parts = Json::array();
  for (const Ring& ring : instance.polygons) {
    Json numbers = Json::array();
    for (const cv::Point2d& point : ring) {
      numbers.push_back(point.x);
      numbers.push_back(point.y);
    }
    parts.push_back(std::move(numbers));
  }
  return parts;
}

// The names of each category's key points, in the order of their skeleton; those of no skeleton
// that has all stand as they come.
class KeyPointNames {
 public:
  explicit KeyPointNames(const std::vector<Skeleton>& skeletons) : skeletons_(skeletons) {}
  void Learn(const SelectedInstance& instance) {
    auto& names = names_[instance.category_id];
    for (const KeyPoint& point : instance.key_points) {
      if (std::find(names.begin(), names.end(), point.name) == names.end()) {
        names.push_back(point.name);
      }
    }
  }
  void Sort() {
    for (auto& [category, names] : names_) {
      for (const Skeleton& skeleton : skeletons_) {
        const auto there = [&](const std::string& name) { return PlaceOf(skeleton, name) >= 0; };
        if (!std::all_of(names.begin(), names.end(), there)) continue;
        std::sort(names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
          return PlaceOf(skeleton, a) < PlaceOf(skeleton, b);
        });
        break;
      }
    }
  }
  const std::vector<std::string>& Of(Id category) { return names_[category]; }

 private:
  const std::vector<Skeleton> skeletons_;
  std::map<Id, std::vector<std::string>> names_;
};

// The lines between those points, numbered from 1.
Json LinesJson(const std::vector<Skeleton>& skeletons, const std::vector<std::string>& names) {
  Json lines = Json::array();
  for (const Skeleton& skeleton : skeletons) {
    for (const auto& [from, to] : skeleton.edges) {
      Json line = Json::array();
      for (const int end : {from, to}) {
        const auto place =
            std::find(names.begin(), names.end(), skeleton.points[static_cast<size_t>(end)].name);
        if (place != names.end()) line.push_back(place - names.begin() + 1);
      }
      if (line.size() == 2 && std::find(lines.begin(), lines.end(), line) == lines.end()) {
        lines.push_back(line);
      }
    }
  }
  return lines;
}

Json ObjectJson(const SelectedInstance& instance, int64_t id, int64_t image_id,
                const std::vector<std::string>& point_names) {
  Json json;
  json["id"] = id;
  json["image_id"] = image_id;
  json["category_id"] = instance.category_id;
  if (instance.track) json["track_id"] = *instance.track;
  json["segmentation"] = SegmentationJson(instance);
  json["bbox"] = {instance.box.x, instance.box.y, instance.box.width, instance.box.height};
  json["area"] = instance.area;
  json["iscrowd"] = instance.iscrowd ? 1 : 0;
  if (instance.predicted) {
    json["score"] = instance.score;
    json["confidence"] = instance.confidence;
  }
  if (!instance.key_points.empty()) {
    Json points = Json::array();
    int visible = 0;
    for (const std::string& name : point_names) {
      KeyPoint found;
      for (const KeyPoint& point : instance.key_points) {
        if (point.name == name) found = point;
      }
      points.push_back(found.x);
      points.push_back(found.y);
      points.push_back(found.visibility);
      visible += found.visibility > 0 ? 1 : 0;
    }
    json["keypoints"] = std::move(points);
    json["num_keypoints"] = visible;
  }
  if (instance.occluded) json["occluded"] = 1;
  if (!instance.keyframe) json["keyframe"] = 0;
  json["source"] = instance.source;
  if (!instance.author.empty()) json["author"] = instance.author;
  if (!instance.extra_json.empty()) {
    const Json extra = Json::parse(instance.extra_json, nullptr, false);
    if (extra.is_object()) {
      for (auto it = extra.begin(); it != extra.end(); ++it) {
        if (!json.contains(it.key())) json[it.key()] = it.value();
      }
    }
  }
  return json;
}

// A list written entry by entry.
class ListWriter {
 public:
  ListWriter(AtomicFile& file, const std::string& name) : file_(file) {
    file_.Write(",\n\"" + name + "\": [");
  }
  void Add(const Json& json) {
    file_.Write((first_ ? "\n" : ",\n") + Text(json));
    first_ = false;
  }
  void Close() { file_.Write("\n]"); }

 private:
  AtomicFile& file_;
  bool first_ = true;
};

}  // namespace

ExportReport ExportCoco(const Project& project, const std::filesystem::path& out,
                        const ExportOptions& options, Job& job) {
  ExportReport report;
  AtomicFile file(out);
  file.Write("{\n\"info\": " +
             Text(Json{{"description", "Labels of " + project.file().stem().string()},
                       {"content", options.what},
                       {"contributor", "Vole"},
                       {"version", "1.0"}}));
  ListWriter videos(file, "videos");
  for (const VideoRow& video : SelectedVideos(project, options)) {
    Json json = {{"id", video.id},
                 {"name", video.name},
                 {"file_name", FileNameOf(video)},
                 {"fps", video.fps},
                 {"n_frames", video.frame_count},
                 {"width", video.width},
                 {"height", video.height}};
    if (!video.parts.empty()) json["parts"] = PartsJson(video);
    videos.Add(json);
  }
  videos.Close();

  // Images come before annotations in the file, and annotations are many: two passes, no copy.
  KeyPointNames point_names(project.Skeletons());
  ExportNames names(project);
  PictureWriter pictures(project);
  ProjectTimes times(project);
  ListWriter images(file, "images");
  ForEachSelectedFrame(project, options, job, [&](const SelectedFrame& frame) {
    std::string file_name;
    if (options.pictures) {
      const std::filesystem::path place = std::filesystem::path("images") / names.Of(frame);
      file_name = pictures.Write(frame, out.parent_path() / place)
                      .lexically_relative(out.parent_path())
                      .generic_string();
      ++report.files;
    }
    images.Add(ImageJson(frame, ++report.images, file_name, times));
    for (const SelectedInstance& instance : frame.instances) point_names.Learn(instance);
  });
  images.Close();
  point_names.Sort();
  ListWriter annotations(file, "annotations");
  int64_t image_id = 0;
  ForEachSelectedFrame(project, options, job, [&](const SelectedFrame& frame) {
    ++image_id;
    for (const SelectedInstance& instance : frame.instances) {
      annotations.Add(ObjectJson(instance, ++report.annotations, image_id,
                                 point_names.Of(instance.category_id)));
    }
  });
  annotations.Close();
  if (image_id != report.images) {
    throw Error("export to '" + out.string() + "'", "the project changed meanwhile",
                "run the export again");
  }
  ListWriter categories(file, "categories");
  for (const CategoryRow& category : project.Categories()) {
    Json json{
        {"id", category.id}, {"name", category.name}, {"supercategory", category.supercategory}};
    if (!point_names.Of(category.id).empty()) {
      json["keypoints"] = point_names.Of(category.id);
      json["skeleton"] = LinesJson(project.Skeletons(), point_names.Of(category.id));
    }
    categories.Add(json);
  }
  categories.Close();
  file.Write("\n}\n");
  file.Commit();
  ++report.files;
  return report;
}

Format CocoFormat() {
  return {"coco",
          ImportCoco,
          ExportCoco,
          "a JSON file",
          "instance labels: outlines, masks with holes, tracks, key points",
          [](const FileStart& start) {
            return start.HasKey("images") || start.HasKey("categories") ||
                   (start.HasKey("annotations") && !start.HasKey("num_frames"));
          }};
}

}  // namespace datasets
