// A scene as files: the video, its truth in COCO and in tables.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <sstream>

#include "datasets/files/atomic_file.h"
#include "datasets/shape/mask.h"
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
  const std::vector<std::string> names = scene.AnimalNames();
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

void AddFrame(const FrameTruth& truth, const Scene& scene, nlohmann::json& coco) {
  char file_name[40];
  std::snprintf(file_name, sizeof file_name, "video.mp4#%06d", truth.frame_index);
  const int image_id = truth.frame_index + 1;
  bool touching = false;
  for (const AnimalTruth& animal : truth.animals) {
    touching |= std::count(animal.behaviors.begin(), animal.behaviors.end(), "contact") > 0;
  }
  coco["images"].push_back({{"id", image_id},
                            {"video_id", 1},
                            {"file_name", file_name},
                            {"frame_index", truth.frame_index},
                            {"time_s", Rounded(truth.frame_index / scene.fps(), 1e4)},
                            {"width", scene.options().width},
                            {"height", scene.options().height},
                            {"touching", touching}});
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
    coco["annotations"].push_back({{"id", coco["annotations"].size() + 1},
                                   {"image_id", image_id},
                                   {"category_id", i + 1},
                                   {"track_id", i + 1},
                                   {"iscrowd", 0},
                                   {"segmentation", SegmentationOf(animal.visible, box)},
                                   {"area", cv::countNonZero(animal.visible(box))},
                                   {"bbox", {box.x, box.y, box.width, box.height}},
                                   {"keypoints", points},
                                   {"num_keypoints", known}});
  }
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

nlohmann::json OnlyFrames(const nlohmann::json& coco, const std::vector<int>& frames) {
  nlohmann::json subset = coco;
  subset["images"] = nlohmann::json::array();
  subset["annotations"] = nlohmann::json::array();
  const auto wanted = [&](int frame) {
    return std::binary_search(frames.begin(), frames.end(), frame);
  };
  for (const auto& image : coco["images"]) {
    if (wanted(image["frame_index"].get<int>())) subset["images"].push_back(image);
  }
  for (const auto& annotation : coco["annotations"]) {
    if (wanted(annotation["image_id"].get<int>() - 1)) subset["annotations"].push_back(annotation);
  }
  return subset;
}

std::string BehaviorTable(const Scene& scene, const std::vector<FrameTruth>& truths) {
  struct Bout {
    int start, stop;
    size_t animal;
    std::string behavior;
  };
  std::vector<Bout> bouts;
  for (const SceneBehavior& behavior : scene.behaviors()) {
    for (size_t i = 0; i < scene.AnimalNames().size(); ++i) {
      for (int f = 0; f < scene.frame_count(); ++f) {
        const std::vector<std::string>& holds = truths[f].animals[i].behaviors;
        if (!std::count(holds.begin(), holds.end(), behavior.name)) continue;
        const bool goes_on = !bouts.empty() && bouts.back().stop == f - 1 &&
                             bouts.back().animal == i && bouts.back().behavior == behavior.name;
        if (goes_on) {
          bouts.back().stop = f;
        } else {
          bouts.push_back({f, f, i, behavior.name});
        }
      }
    }
  }
  std::stable_sort(bouts.begin(), bouts.end(),
                   [](const Bout& a, const Bout& b) { return a.start < b.start; });
  std::ostringstream out;
  out << "video,subject,behavior,start_frame,stop_frame\n";
  for (const Bout& bout : bouts) {
    out << "video.mp4," << scene.AnimalNames()[bout.animal] << ',' << bout.behavior << ','
        << bout.start << ',' << bout.stop << '\n';
  }
  return out.str();
}

std::string DepthTable(const std::vector<FrameTruth>& truths) {
  std::ostringstream out;
  out << "frame,animal,z_order,elevation_mm,distance_mm\n";
  for (const FrameTruth& truth : truths) {
    for (const AnimalTruth& animal : truth.animals) {
      out << truth.frame_index << ',' << animal.name << ',' << animal.z_order << ','
          << Rounded(animal.elevation_mm) << ',' << Rounded(animal.distance_mm) << '\n';
    }
  }
  return out.str();
}

}  // namespace

void WriteScene(const SceneOptions& options, const fs::path& dir, Job& job) {
  const Scene scene(options);
  std::error_code failed;
  fs::create_directories(dir, failed);
  if (failed) {
    throw Error(dir.string(), "the folder cannot be made (" + failed.message() + ")",
                "choose a folder that you may write to");
  }
  // What an earlier run left would not fit the new video.
  for (const char* name : {"instances.json", "labels.json", "behaviors.csv", "depth.csv"}) {
    fs::remove(dir / name, failed);
  }
  const int frames = scene.frame_count();
  nlohmann::json coco = CocoFrame(scene);
  std::vector<FrameTruth> truths(frames);
  {
    VideoWriter video(dir / "video.mp4", scene.options().width, scene.options().height,
                      scene.fps());
    for (int f = 0; f < frames; ++f) {
      job.Advance(f, frames, "rendering " + scene.options().scene);
      FrameTruth& truth = truths[f];
      video.Write(scene.Render(f, &truth));
      AddFrame(truth, scene, coco);
      for (AnimalTruth& animal : truth.animals) {  // masks of a long video would fill the memory
        animal.visible.release();
        animal.amodal.release();
      }
    }
    video.Close();
  }
  std::vector<uchar> png;
  cv::imencode(".png", scene.BackgroundPicture(), png);
  WriteFileAtomically(dir / "background.png", std::string(png.begin(), png.end()));
  WriteFileAtomically(dir / "scene.json", scene.Description().dump(2) + "\n");
  WriteFileAtomically(dir / "behaviors.csv", BehaviorTable(scene, truths));
  WriteFileAtomically(dir / "depth.csv", DepthTable(truths));
  WriteFileAtomically(dir / "labels.json", OnlyFrames(coco, FramesToLabel(scene)).dump() + "\n");
  WriteFileAtomically(dir / "instances.json", coco.dump() + "\n");
  job.Advance(frames, frames, "rendered " + scene.options().scene);
}

}  // namespace datasets
