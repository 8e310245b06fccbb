#include "datasets/synthetic/scene.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "datasets/base/random.h"
#include "datasets/synthetic/body.h"
#include "datasets/synthetic/course.h"
#include "datasets/synthetic/rules.h"
#include "datasets/synthetic/world.h"

namespace datasets {
namespace {

using synthetic::Body;
using synthetic::Layer;

constexpr double kCameraHeightMm = 1000;
constexpr int kNoiseMargin = 64;

cv::Mat Place(const Layer& layer, cv::Size view) {
  cv::Mat mask = cv::Mat::zeros(view, CV_8U);
  const cv::Rect seen = layer.box & cv::Rect({0, 0}, view);
  if (seen.empty()) return mask;
  cv::Mat inside = mask(seen);
  cv::threshold(layer.alpha(seen - layer.box.tl()), inside, 127, 255, cv::THRESH_BINARY);
  return mask;
}

// A soft shadow under the animal, then the animal.
void Composite(const Layer& layer, double unit, bool casts_shadow, cv::Mat& picture) {
  const int reach = std::max(1, static_cast<int>(std::lround(5 * unit)));
  const cv::Rect wide(layer.box.x - 2 * reach, layer.box.y - 2 * reach, layer.box.width + 5 * reach,
                      layer.box.height + 5 * reach);
  cv::Mat shadow = cv::Mat::zeros(wide.size(), CV_8U);
  layer.alpha.copyTo(shadow(cv::Rect({3 * reach - reach / 3, 3 * reach}, layer.box.size())));
  cv::blur(shadow, shadow, {2 * reach + 1, 2 * reach + 1});
  cv::blur(shadow, shadow, {reach | 1, reach | 1});
  const cv::Rect all({0, 0}, picture.size());
  const cv::Rect dark = casts_shadow ? wide & all : cv::Rect();
  for (int y = dark.y; y < dark.y + dark.height; ++y) {
    const uchar* shade = shadow.ptr<uchar>(y - wide.y) - wide.x;
    uchar* row = picture.ptr<uchar>(y);
    for (int x = dark.x; x < dark.x + dark.width; ++x) {
      const int keep = 256 - ((shade[x] * 105) >> 8);
      for (int c = 0; c < 3; ++c) row[3 * x + c] = static_cast<uchar>((row[3 * x + c] * keep) >> 8);
    }
  }
  const cv::Rect seen = layer.box & all;
  for (int y = seen.y; y < seen.y + seen.height; ++y) {
    const uchar* alpha = layer.alpha.ptr<uchar>(y - layer.box.y) - layer.box.x;
    const uchar* paint = layer.bgr.ptr<uchar>(y - layer.box.y) - 3 * layer.box.x;
    uchar* row = picture.ptr<uchar>(y);
    for (int x = seen.x; x < seen.x + seen.width; ++x) {
      const int a = alpha[x];
      if (a == 0) continue;
      for (int c = 3 * x; c < 3 * x + 3; ++c) {
        row[c] = static_cast<uchar>((row[c] * (255 - a) + paint[c] * a + 127) / 255);
      }
    }
  }
}

}  // namespace

struct Scene::Impl {
  SceneOptions options;
  synthetic::World world;
  synthetic::Motion motion;                           // of scenes that are no group
  std::unique_ptr<synthetic::PieceByPiece> of_group;  // of groups
  std::vector<synthetic::Coat> coats;
  cv::Mat background;
  cv::Mat roofs;  // CV_8U, 255 where a shelter hides what is under it; or empty
  cv::Mat noise;  // CV_8S, larger than the view; each frame takes another window of it

  std::vector<synthetic::Pose> PosesAt(int frame) const {
    return of_group ? of_group->At(frame) : motion.poses[frame];
  }
  cv::Point2d CameraAt(int frame) const {
    return of_group ? cv::Point2d() : motion.camera_offset[frame];
  }

  Body BodyAt(int frame, const synthetic::Pose& pose, size_t animal) const {
    Body body = BuildBody(world.animals[animal], pose);
    const cv::Point2d by = -CameraAt(frame);
    const auto shift = [&](synthetic::Disc& disc) { disc.center += by; };
    std::for_each(body.spine.begin(), body.spine.end(), shift);
    std::for_each(body.tail.begin(), body.tail.end(), shift);
    std::for_each(body.ears.begin(), body.ears.end(), shift);
    std::for_each(body.eyes.begin(), body.eyes.end(), shift);
    std::for_each(body.feet.begin(), body.feet.end(), shift);
    return body;
  }

  // Lowest first.
  static std::vector<size_t> BottomUp(const std::vector<synthetic::Pose>& poses) {
    std::vector<size_t> order(poses.size());
    for (size_t i = 0; i < order.size(); ++i) order[poses[i].z_order] = i;
    return order;
  }

  std::vector<Layer> Layers(int frame, const std::vector<synthetic::Pose>& poses,
                            bool color) const {
    std::vector<Layer> layers;
    for (size_t i = 0; i < world.animals.size(); ++i) {
      layers.push_back(DrawBody(world.animals[i], coats[i], BodyAt(frame, poses[i], i), color));
    }
    return layers;
  }

  Whereabouts WhereIs(const cv::Point2d& center) const {
    if (!cv::Rect2d({0, 0}, cv::Size2d(world.view)).contains(center)) return Whereabouts::kOutside;
    const bool roofed = std::any_of(
        world.objects.begin(), world.objects.end(),
        [&](const SceneObject& object) { return object.covers && object.Distance(center) < 0; });
    return roofed ? Whereabouts::kSheltered : Whereabouts::kOpen;
  }

  FrameTruth Facts(int frame, const std::vector<synthetic::Pose>& poses) const {
    FrameTruth truth;
    truth.frame_index = frame;
    truth.camera_offset = CameraAt(frame);
    for (size_t i = 0; i < world.animals.size(); ++i) {
      const synthetic::Pose& pose = poses[i];
      const Body body = BodyAt(frame, pose, i);
      AnimalTruth animal;
      animal.name = world.animals[i].name;
      for (const cv::Point2d& point : {body.nose(), body.ears[0].center, body.ears[1].center,
                                       body.neck(), body.middle(), body.tail_base()}) {
        animal.key_points.push_back({point, 2});
      }
      animal.where = WhereIs(body.middle());
      animal.z_order = pose.z_order;
      animal.elevation_mm = pose.elevation * world.mm_per_pixel;
      const double back = 1.5 * body.spine[16].radius * world.mm_per_pixel * (1 + 0.5 * pose.rear);
      animal.distance_mm = kCameraHeightMm - animal.elevation_mm - back;
      for (size_t k = 0; k < world.behaviors.size(); ++k) {
        if (pose.behaviors >> k & 1) animal.behaviors.push_back(world.behaviors[k].name);
      }
      truth.animals.push_back(std::move(animal));
    }
    return truth;
  }

  void FillMasks(const std::vector<synthetic::Pose>& poses, const std::vector<Layer>& layers,
                 FrameTruth& truth) const {
    cv::Mat taken = roofs.empty() ? cv::Mat::zeros(world.view, CV_8U) : roofs.clone();
    const std::vector<size_t> order = BottomUp(poses);
    for (auto it = order.rbegin(); it != order.rend(); ++it) {
      AnimalTruth& animal = truth.animals[*it];
      animal.amodal = Place(layers[*it], world.view);
      animal.visible = animal.amodal & ~taken;
      for (SceneKeyPoint& point : animal.key_points) {
        const int x = static_cast<int>(std::floor(point.position.x));
        const int y = static_cast<int>(std::floor(point.position.y));
        const bool inside = cv::Rect({0, 0}, world.view).contains({x, y});
        point.visibility = !inside ? 0 : taken.at<uchar>(y, x) ? 1 : 2;
      }
      taken |= animal.amodal;
    }
  }

  cv::Mat Window(int frame) const {
    if (!world.camera_follows) return background.clone();
    const cv::Point2d at = CameraAt(frame);
    cv::Mat window;
    const cv::Matx23d shift(1, 0, at.x, 0, 1, at.y);
    cv::warpAffine(background, window, shift, world.view, cv::INTER_LINEAR | cv::WARP_INVERSE_MAP,
                   cv::BORDER_REPLICATE);
    return window;
  }

  // Light that drifts, two soft shadows that wander over the scene, and the sensor's noise.
  void Expose(int frame, cv::Mat& picture) const {
    const double t = frame / world.info.fps;
    const double phase = static_cast<double>(options.seed % 1000) * 0.37;
    const double drift = 1 + 0.025 * std::sin(t * 0.11 + phase) + 0.008 * std::sin(t * 0.93);
    const int coarse_w = world.view.width / 16 + 2, coarse_h = world.view.height / 16 + 2;
    cv::Mat gain(coarse_h, coarse_w, CV_32F);
    for (int y = 0; y < coarse_h; ++y) {
      for (int x = 0; x < coarse_w; ++x) {
        double value = drift;
        for (int k = 0; k < 2; ++k) {
          const double sx = 0.5 + 0.6 * std::sin(t * (0.13 + 0.05 * k) + phase + 2.1 * k);
          const double sy = 0.5 + 0.6 * std::cos(t * (0.09 + 0.07 * k) + 1.3 * phase + k);
          const double dx = x / (coarse_w - 1.0) - sx, dy = y / (coarse_h - 1.0) - sy;
          value *= 1 - 0.13 * std::exp(-(dx * dx + dy * dy) / 0.05);
        }
        gain.at<float>(y, x) = static_cast<float>(value * 256);
      }
    }
    cv::Mat smooth;
    cv::resize(gain, smooth, world.view, 0, 0, cv::INTER_LINEAR);
    Random random(SplitMix(options.seed) + static_cast<uint64_t>(frame));
    const int off_x = random.Below(kNoiseMargin), off_y = random.Below(kNoiseMargin);
    const int sign = random.Chance(0.5) ? 1 : -1;
    for (int y = 0; y < picture.rows; ++y) {
      uchar* row = picture.ptr<uchar>(y);
      const float* light = smooth.ptr<float>(y);
      const schar* grain = noise.ptr<schar>(y + off_y) + off_x;
      for (int x = 0; x < picture.cols; ++x) {
        const int add = sign * grain[x];
        for (int c = 0; c < 3; ++c) {
          const int factor = static_cast<int>(light[x] * world.light[c]);
          const int value = ((row[3 * x + c] * factor) >> 8) + add;
          row[3 * x + c] = static_cast<uchar>(std::min(255, std::max(0, value)));
        }
      }
    }
  }
};

Scene::Scene(SceneOptions options) : impl_(std::make_unique<Impl>()) {
  impl_->world = synthetic::MakeWorld(options);
  impl_->options = options;
  const uint64_t seed = static_cast<uint64_t>(options.seed);
  const synthetic::World& world = impl_->world;
  if (world.group) {
    impl_->of_group = std::make_unique<synthetic::PieceByPiece>(world, options.frames);
  } else {
    impl_->motion = Simulate(world, options.frames, seed);
  }
  impl_->background = PaintWorld(world, world.motion_seed);
  for (const SceneObject& object : world.objects) {
    if (!object.covers) continue;
    if (impl_->roofs.empty()) impl_->roofs = cv::Mat::zeros(world.view, CV_8U);
    const cv::Point2d half(object.half_size.width, object.half_size.height);
    cv::rectangle(impl_->roofs, cv::Rect(object.center - half, object.center + half), 255,
                  cv::FILLED);
  }
  for (const auto& animal : impl_->world.animals) impl_->coats.push_back(MakeCoat(animal));
  Random random(seed + 99);
  impl_->noise.create(options.height + kNoiseMargin, options.width + kNoiseMargin, CV_8S);
  for (int y = 0; y < impl_->noise.rows; ++y) {
    for (int x = 0; x < impl_->noise.cols; ++x) {
      impl_->noise.at<schar>(y, x) = cv::saturate_cast<schar>(2.4 * random.Normal());
    }
  }
}

Scene::~Scene() = default;
Scene::Scene(Scene&&) noexcept = default;

const SceneOptions& Scene::options() const { return impl_->options; }
int Scene::frame_count() const { return impl_->options.frames; }
double Scene::fps() const { return impl_->world.info.fps; }
double Scene::mm_per_pixel() const { return impl_->world.mm_per_pixel; }
double Scene::contact_mm() const { return synthetic::kContactMm; }
const std::vector<SceneBehavior>& Scene::behaviors() const { return impl_->world.behaviors; }
const std::vector<SceneObject>& Scene::objects() const { return impl_->world.objects; }
const std::vector<Scene::Region>& Scene::regions() const { return impl_->world.regions; }
cv::Mat Scene::BackgroundPicture() const { return impl_->background.clone(); }

std::vector<std::string> Scene::AnimalNames() const {
  std::vector<std::string> names;
  for (const auto& animal : impl_->world.animals) names.push_back(animal.name);
  return names;
}

FrameTruth Scene::TruthWithoutMasks(int frame) const {
  VOLE_CHECK(frame >= 0 && frame < frame_count());
  return impl_->Facts(frame, impl_->PosesAt(frame));
}

FrameTruth Scene::Truth(int frame) const {
  VOLE_CHECK(frame >= 0 && frame < frame_count());
  const std::vector<synthetic::Pose> poses = impl_->PosesAt(frame);
  FrameTruth truth = impl_->Facts(frame, poses);
  impl_->FillMasks(poses, impl_->Layers(frame, poses, false), truth);
  return truth;
}

cv::Mat Scene::Render(int frame) const { return Render(frame, nullptr); }

cv::Mat Scene::Render(int frame, FrameTruth* truth) const {
  VOLE_CHECK(frame >= 0 && frame < frame_count());
  const std::vector<synthetic::Pose> poses = impl_->PosesAt(frame);
  const std::vector<Layer> layers = impl_->Layers(frame, poses, true);
  cv::Mat picture = impl_->Window(frame);
  for (size_t i : impl_->BottomUp(poses)) {
    const synthetic::AnimalSpec& animal = impl_->world.animals[i];
    Composite(layers[i], animal.length / 90, !animal.larva, picture);
  }
  if (!impl_->roofs.empty()) impl_->background.copyTo(picture, impl_->roofs);
  impl_->Expose(frame, picture);
  if (truth) {
    *truth = impl_->Facts(frame, poses);
    impl_->FillMasks(poses, layers, *truth);
  }
  return picture;
}

const std::vector<std::string>& KeyPointNames() {
  static const std::vector<std::string> names = {"nose", "left_ear", "right_ear",
                                                 "neck", "center",   "tail_base"};
  return names;
}

double SceneObject::Distance(const cv::Point2d& point) const {
  const cv::Point2d d = point - center;
  if (round) return std::hypot(d.x, d.y) - half_size.width;
  const double c = std::cos(angle), s = std::sin(angle);
  const double x = std::abs(c * d.x + s * d.y) - half_size.width;
  const double y = std::abs(c * d.y - s * d.x) - half_size.height;
  return std::hypot(std::max(x, 0.0), std::max(y, 0.0)) + std::min(std::max(x, y), 0.0);
}

bool ExploresObject(const SceneObject& object, const cv::Point2d& nose, const cv::Point2d& neck,
                    const cv::Point2d& body_center, double mm_per_pixel) {
  const double gap = object.Distance(nose) * mm_per_pixel;
  if (gap < 0 || gap > 10 || object.Distance(body_center) < 0) return false;
  const cv::Point2d head = nose - neck, way = object.center - nose;
  const double norms = std::hypot(head.x, head.y) * std::hypot(way.x, way.y);
  return norms > 0 && head.dot(way) >= norms * 0.70710678118654752;
}

nlohmann::json Scene::Description() const {
  const synthetic::World& world = impl_->world;
  nlohmann::json json;
  json["options"] = OptionsToJson(impl_->options);
  json["description"] = world.info.description;
  json["fps"] = world.info.fps;
  json["mm_per_pixel"] = world.mm_per_pixel;
  json["contact_mm"] = synthetic::kContactMm;
  json["camera_height_mm"] = kCameraHeightMm;
  json["static_camera"] = !world.camera_follows;
  json["background"] = "background.png";
  json["animals"] = AnimalNames();
  json["behaviors"] = nlohmann::json::array();
  for (const auto& behavior : world.behaviors) {
    json["behaviors"].push_back({{"name", behavior.name}, {"group", behavior.group}});
  }
  json["regions"] = nlohmann::json::array();
  for (const Region& r : world.regions) {
    json["regions"].push_back(
        {{"name", r.name}, {"box", {r.box.x, r.box.y, r.box.width, r.box.height}}});
  }
  json["objects"] = nlohmann::json::array();
  for (const SceneObject& o : world.objects) {
    json["objects"].push_back({{"name", o.name},
                               {"region", o.region},
                               {"center", {o.center.x, o.center.y}},
                               {"round", o.round},
                               {"half_size", {o.half_size.width, o.half_size.height}},
                               {"angle", o.angle},
                               {"explorable", o.explorable}});
    if (o.covers) json["objects"].back()["covers"] = true;
  }
  if (!world.objects_to_explore) return json;
  json["exploration"] = nlohmann::json::array();
  for (size_t i = 0; i < world.animals.size(); ++i) {
    int left = 0, right = 0;
    for (int f = 0; f < frame_count(); ++f) {
      const unsigned bits = impl_->motion.poses[f][i].behaviors;
      for (size_t k = 0; k < world.behaviors.size(); ++k) {
        if (!(bits >> k & 1)) continue;
        left += world.behaviors[k].name == "explore_left";
        right += world.behaviors[k].name == "explore_right";
      }
    }
    nlohmann::json row = {{"subject", world.animals[i].name},
                          {"t1_left_seconds", left / fps()},
                          {"t2_right_seconds", right / fps()}};
    row["di"] = left + right > 0 ? nlohmann::json((right - left) / double(left + right)) : nullptr;
    json["exploration"].push_back(row);
  }
  return json;
}

}  // namespace datasets
