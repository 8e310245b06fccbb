// A scene as files: the video, its truth in COCO and in tables.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <sstream>
#include <tuple>

#include "datasets/files/atomic_file.h"
#include "datasets/shape/mask.h"
#include "datasets/synthetic/room.h"
#include "datasets/synthetic/scene.h"
#include "datasets/video/video.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;

double Rounded(double value, double steps = 100) { return std::round(value * steps) / steps; }

int PartsOf(const cv::Mat& mask, const Polygons& outlines) {
  return HasHoles(mask) ? static_cast<int>(outlines.size()) + 1 : static_cast<int>(outlines.size());
}

// One polygon where the outline says it all, run lengths where the animal is cut in parts.
nlohmann::json SegmentationOf(const cv::Mat& visible, const cv::Rect& box) {
  const cv::Mat inside = visible(box);
  const Polygons outlines = TraceMask(inside, 0.5, box.tl(), 1);
  if (PartsOf(inside, outlines) == 1) {
    nlohmann::json flat = nlohmann::json::array();
    for (const cv::Point2d& p : outlines[0]) {
      flat.push_back(Rounded(p.x));
      flat.push_back(Rounded(p.y));
    }
    return nlohmann::json::array({flat});
  }
  const Rle rle = EncodeMaskAt(inside, box, visible.rows, visible.cols);
  return {{"size", {rle.height, rle.width}}, {"counts", CompressRle(rle)}};
}

cv::Rect TightBox(const cv::Mat& mask) {
  int left = mask.cols, right = -1, top = mask.rows, bottom = -1;
  for (int y = 0; y < mask.rows; ++y) {
    const uchar* row = mask.ptr<uchar>(y);
    const uchar* end = row + mask.cols;
    const uchar* first = std::find_if(row, end, [](uchar v) { return v != 0; });
    if (first == end) continue;
    top = std::min(top, y);
    bottom = y;
    left = std::min(left, static_cast<int>(first - row));
    int last = mask.cols - 1;
    while (!row[last]) --last;
    right = std::max(right, last);
  }
  return right < 0 ? cv::Rect() : cv::Rect(left, top, right - left + 1, bottom - top + 1);
}

// Category of an animal: its own, or the one that all share.
size_t CategoryOf(const Scene& scene, size_t animal) {
  return scene.options().unnamed ? 1 : animal + 1;
}

// Names without their numbers: vole_1 is a vole.
std::vector<std::string> CategoryNames(const Scene& scene) {
  std::vector<std::string> names = scene.AnimalNames();
  if (!scene.options().unnamed) return names;
  return {names[0].substr(0, names[0].find('_'))};
}

nlohmann::json CocoFrame(const Scene& scene) {
  nlohmann::json coco;
  coco["info"] = {{"description", "Rendered scene " + scene.options().scene},
                  {"version", "1"},
                  {"pixel_convention", "x right, y down; pixel (i, j) covers [i, i+1) x [j, j+1)"}};
  coco["licenses"] = nlohmann::json::array();
  coco["videos"] = {{{"id", 1},
                     {"file_name", "video.mp4"},
                     {"fps", scene.fps()},
                     {"n_frames", scene.frame_count()},
                     {"width", scene.options().width},
                     {"height", scene.options().height}}};
  coco["categories"] = nlohmann::json::array();
  const std::vector<std::string> names = CategoryNames(scene);
  for (size_t i = 0; i < names.size(); ++i) {
    coco["categories"].push_back({{"id", i + 1},
                                  {"name", names[i]},
                                  {"supercategory", "animal"},
                                  {"keypoints", KeyPointNames()},
                                  {"skeleton", {{1, 4}, {2, 4}, {3, 4}, {4, 5}, {5, 6}}}});
  }
  coco["images"] = nlohmann::json::array();
  coco["annotations"] = nlohmann::json::array();
  return coco;
}

nlohmann::json ImageOf(const Scene& scene, int frame, bool touching) {
  char file_name[40];
  std::snprintf(file_name, sizeof file_name, "video.mp4#%06d", frame);
  return {{"id", frame + 1},
          {"video_id", 1},
          {"file_name", file_name},
          {"frame_index", frame},
          {"time_s", Rounded(frame / scene.fps(), 1e4)},
          {"width", scene.options().width},
          {"height", scene.options().height},
          {"touching", touching}};
}

bool AnyTouch(const FrameTruth& truth) {
  return std::any_of(truth.animals.begin(), truth.animals.end(), [](const AnimalTruth& animal) {
    return std::count(animal.behaviors.begin(), animal.behaviors.end(), "contact") > 0;
  });
}

// One a visible animal; ids from `next_id` on.
std::vector<nlohmann::json> AnnotationsOf(const FrameTruth& truth, const Scene& scene,
                                          int64_t& next_id) {
  std::vector<nlohmann::json> annotations;
  for (size_t i = 0; i < truth.animals.size(); ++i) {
    const AnimalTruth& animal = truth.animals[i];
    const cv::Rect box = TightBox(animal.visible);
    if (box.empty()) continue;
    nlohmann::json points = nlohmann::json::array();
    int known = 0;
    for (const SceneKeyPoint& point : animal.key_points) {
      points.push_back(point.visibility ? Rounded(point.position.x) : 0);
      points.push_back(point.visibility ? Rounded(point.position.y) : 0);
      points.push_back(point.visibility);
      known += point.visibility > 0;
    }
    annotations.push_back({{"id", next_id++},
                           {"image_id", truth.frame_index + 1},
                           {"category_id", CategoryOf(scene, i)},
                           {"track_id", i + 1},
                           {"iscrowd", 0},
                           {"segmentation", SegmentationOf(animal.visible, box)},
                           {"area", cv::countNonZero(animal.visible(box))},
                           {"bbox", {box.x, box.y, box.width, box.height}},
                           {"keypoints", points},
                           {"num_keypoints", known}});
  }
  return annotations;
}

// The frames that a person would label: evenly over the whole video, the first one included.
std::vector<int> FramesToLabel(const Scene& scene) {
  const int frames = scene.frame_count();
  int count = scene.options().labels;
  if (count == 0) count = frames >= 600 ? 100 : (frames + 5) / 6;
  count = std::min(count, frames);
  std::vector<int> chosen;
  for (int k = 0; k < count; ++k) {
    chosen.push_back(static_cast<int>(static_cast<int64_t>(k) * frames / count));
  }
  return chosen;
}

// instances.json and labels.json, written as the frames come: annotations first, for only they are
// many.
class CocoFiles {
 public:
  CocoFiles(const Scene& scene, const fs::path& dir)
      : scene_(scene),
        to_label_(FramesToLabel(scene)),
        labels_(CocoFrame(scene)),
        path_of_labels_(dir / "labels.json"),
        file_(dir / "instances.json") {
    file_.Write("{\"annotations\":[");
  }

  void Add(const FrameTruth& truth) {
    const bool touching = AnyTouch(truth);
    touching_.push_back(touching);
    const bool labeled = std::binary_search(to_label_.begin(), to_label_.end(), truth.frame_index);
    if (labeled) labels_["images"].push_back(ImageOf(scene_, truth.frame_index, touching));
    const int64_t first_id = next_id_;
    std::string text;
    for (nlohmann::json& annotation : AnnotationsOf(truth, scene_, next_id_)) {
      if (annotation["id"] != 1) text += ',';
      text += annotation.dump();
      // A person who names nobody numbers nobody either.
      if (scene_.options().unnamed) annotation.erase("track_id");
      if (labeled) labels_["annotations"].push_back(std::move(annotation));
    }
    if (next_id_ != first_id) file_.Write(text);
  }

  void Finish() {
    const nlohmann::json frame = CocoFrame(scene_);
    file_.Write("],\"categories\":" + frame["categories"].dump() + ",\"images\":[");
    for (size_t f = 0; f < touching_.size(); ++f) {
      const auto image = ImageOf(scene_, static_cast<int>(f), touching_[f]);
      file_.Write((f ? "," : "") + image.dump());
    }
    file_.Write("],\"info\":" + frame["info"].dump() +
                ",\"licenses\":[],\"videos\":" + frame["videos"].dump() + "}\n");
    WriteFileAtomically(path_of_labels_, labels_.dump() + "\n");
    file_.Commit();
  }

 private:
  const Scene& scene_;
  const std::vector<int> to_label_;
  nlohmann::json labels_;
  const fs::path path_of_labels_;
  AtomicFile file_;
  std::vector<bool> touching_;
  int64_t next_id_ = 1;
};

// Runs of frames in which a behavior holds; both ends count.
class BehaviorTable {
 public:
  explicit BehaviorTable(const Scene& scene)
      : scene_(scene), open_(scene.behaviors().size() * scene.AnimalNames().size(), kNone) {}

  void Add(const FrameTruth& truth) {
    const size_t animals = truth.animals.size();
    for (size_t k = 0; k < scene_.behaviors().size(); ++k) {
      for (size_t i = 0; i < animals; ++i) {
        const auto& holds = truth.animals[i].behaviors;
        const bool now = std::count(holds.begin(), holds.end(), scene_.behaviors()[k].name) > 0;
        size_t& open = open_[k * animals + i];
        if (now && open == kNone) {
          open = bouts_.size();
          bouts_.push_back({truth.frame_index, truth.frame_index, k, i});
        }
        if (now) bouts_[open].stop = truth.frame_index;
        if (!now) open = kNone;
      }
    }
  }

  std::string Text() {
    std::stable_sort(bouts_.begin(), bouts_.end(), [](const Bout& a, const Bout& b) {
      return std::tie(a.start, a.behavior, a.animal) < std::tie(b.start, b.behavior, b.animal);
    });
    const std::vector<std::string> names = scene_.AnimalNames();
    std::ostringstream out;
    out << "video,subject,behavior,start_frame,stop_frame\n";
    for (const Bout& bout : bouts_) {
      out << "video.mp4," << names[bout.animal] << ',' << scene_.behaviors()[bout.behavior].name
          << ',' << bout.start << ',' << bout.stop << '\n';
    }
    return out.str();
  }

 private:
  struct Bout {
    int start, stop;
    size_t behavior, animal;
  };
  static constexpr size_t kNone = static_cast<size_t>(-1);
  const Scene& scene_;
  std::vector<size_t> open_;  // [behaviors][animals]: place in bouts_
  std::vector<Bout> bouts_;
};

std::string DepthRows(const FrameTruth& truth) {
  std::ostringstream out;
  for (const AnimalTruth& animal : truth.animals) {
    out << truth.frame_index << ',' << animal.name << ',' << animal.z_order << ','
        << Rounded(animal.elevation_mm) << ',' << Rounded(animal.distance_mm) << '\n';
  }
  return out.str();
}

// Every animal, hidden ones too. Pixel centers are integers, so the upper left corner is at -0.5.
std::string PositionRows(const FrameTruth& truth) {
  std::ostringstream out;
  for (size_t i = 0; i < truth.animals.size(); ++i) {
    const AnimalTruth& animal = truth.animals[i];
    out << truth.frame_index << ',' << i + 1;
    for (const size_t point : {size_t{4}, size_t{0}, size_t{5}}) {  // center, nose, tail base
      const cv::Point2d at = animal.key_points[point].position - cv::Point2d(0.5, 0.5);
      out << ',' << Rounded(at.x) << ',' << Rounded(at.y);
    }
    out << ',' << cv::countNonZero(animal.amodal) << ',' << cv::countNonZero(animal.visible) << ','
        << (animal.where == Whereabouts::kOutside     ? "outside"
            : animal.where == Whereabouts::kSheltered ? "shelter"
                                                      : "open")
        << '\n';
  }
  return out.str();
}

}  // namespace

void WriteScene(const SceneOptions& options, const fs::path& dir, Job& job) {
  if (options.scene == kRoomScene) return WriteRoom(options, dir, job);
  const Scene scene(options);
  std::error_code failed;
  fs::create_directories(dir, failed);
  if (failed) {
    throw Error(dir.string(), "the folder cannot be made (" + failed.message() + ")",
                "choose a folder that you may write to");
  }
  // What an earlier run left would not fit the new video.
  for (const char* name :
       {"instances.json", "labels.json", "behaviors.csv", "depth.csv", "positions.csv"}) {
    fs::remove(dir / name, failed);
  }
  const int frames = scene.frame_count();
  CocoFiles coco(scene, dir);
  BehaviorTable behaviors(scene);
  AtomicFile depth(dir / "depth.csv"), positions(dir / "positions.csv");
  depth.Write("frame,animal,z_order,elevation_mm,distance_mm\n");
  positions.Write("frame,id,x,y,x_head,y_head,x_tail,y_tail,area,visible_area,where\n");
  {
    VideoWriter video(dir / "video.mp4", scene.options().width, scene.options().height,
                      scene.fps());
    for (int f = 0; f < frames; ++f) {
      job.Advance(f, frames, "rendering " + scene.options().scene);
      FrameTruth truth;
      video.Write(scene.Render(f, &truth));
      coco.Add(truth);
      behaviors.Add(truth);
      depth.Write(DepthRows(truth));
      positions.Write(PositionRows(truth));
    }
    video.Close();
  }
  std::vector<uchar> png;
  cv::imencode(".png", scene.BackgroundPicture(), png);
  WriteFileAtomically(dir / "background.png", std::string(png.begin(), png.end()));
  WriteFileAtomically(dir / "scene.json", scene.Description().dump(2) + "\n");
  WriteFileAtomically(dir / "behaviors.csv", behaviors.Text());
  depth.Commit();
  positions.Commit();
  coco.Finish();
  job.Advance(frames, frames, "rendered " + scene.options().scene);
}

}  // namespace datasets
