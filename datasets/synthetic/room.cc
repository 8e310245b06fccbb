#include "datasets/synthetic/room.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"
#include "datasets/base/random.h"

namespace datasets {
namespace {

// Centimetres. The camera hangs over the corner behind (0, 0); what can be climbed stands at the
// walls opposite, so that nothing hides who is behind it.
constexpr double kRoomX = 370, kRoomY = 270;  // where the walls opposite stand
constexpr double kMarkX = 330, kMarkY = 210;  // a rectangle marked on the floor, from (0, 0) on
constexpr int kLegFrames = 45;                // from one place to the next
constexpr double kFastest = 0.55;             // share of a leg spent on the way

struct Box3 {  // a solid box
  cv::Vec3d low, high;
};
const std::vector<Box3>& Boxes() {
  static const std::vector<Box3> boxes = {{{60, 220, 0}, {140, 270, 70}},
                                          {{160, 215, 0}, {240, 270, 130}},
                                          {{335, 30, 0}, {370, 100, 50}}};
  return boxes;
}

struct Stop {
  cv::Vec3d place;  // of the feet
  double rear = 0;  // how far upright it gets there, 0..1
};

double Smooth(double share) {
  const double t = std::clamp(share, 0.0, 1.0);
  return t * t * (3 - 2 * t);
}

Stop StopOf(uint64_t seed, int animal, int leg) {
  Random random({seed, static_cast<uint64_t>(animal), static_cast<uint64_t>(leg), 17});
  Stop stop;
  if (random.Chance(0.35)) {
    const Box3& box = Boxes()[static_cast<size_t>(random.Below(static_cast<int>(Boxes().size())))];
    stop.place = {random.Uniform(box.low[0] + 15, box.high[0] - 15),
                  random.Uniform(box.low[1] + 15, box.high[1] - 15), box.high[2]};
  } else {
    stop.place = {random.Uniform(20, 310), random.Uniform(20, 190), 0};
  }
  stop.rear = random.Chance(0.4) ? random.Uniform(0.5, 1) : 0;
  return stop;
}

struct Ball {
  cv::Vec3d center;
  double radius;
};

// Tail end first. On all fours the trunk lies above the feet, upright it stands over the hind ones.
std::vector<Ball> BodyOf(uint64_t seed, int animal, int frame, cv::Vec3d* middle) {
  const int leg = frame / kLegFrames;
  const double in_leg = frame % kLegFrames / static_cast<double>(kLegFrames);
  const Stop from = StopOf(seed, animal, leg), to = StopOf(seed, animal, leg + 1);
  const double share = Smooth(in_leg / kFastest);
  cv::Vec3d feet = from.place + (to.place - from.place) * share;
  // Up first and then over, down the other way around: nobody walks through a box.
  const double up = to.place[2] > from.place[2] ? Smooth(2 * in_leg / kFastest)
                                                : Smooth(2 * in_leg / kFastest - 1);
  feet[2] = from.place[2] + (to.place[2] - from.place[2]) * up;
  const double dwell = (in_leg - kFastest) / (1 - kFastest);
  const double rear = dwell > 0 ? to.rear * std::pow(std::sin(CV_PI * dwell), 2) : 0;
  const cv::Vec3d way = to.place - from.place;
  const double heading = std::atan2(way[1], way[0]) + (dwell > 0 ? 0.8 * std::sin(3 * dwell) : 0);
  Random own({seed, static_cast<uint64_t>(animal), 99});
  const double size = own.Uniform(0.85, 1.2);
  const double pitch = 0.08 + 1.25 * rear;
  const cv::Vec3d along(std::cos(heading) * std::cos(pitch), std::sin(heading) * std::cos(pitch),
                        std::sin(pitch));
  const cv::Vec3d hips = feet + cv::Vec3d(0, 0, 14 * size) - along * 16 * size * (1 - rear);
  std::vector<Ball> balls;
  const double radii[] = {10.5, 12, 11.5, 10.5, 9.5};
  for (int i = 0; i < 5; ++i) balls.push_back({hips + along * (8.5 * size * i), radii[i] * size});
  balls.push_back(
      {balls.back().center + along * 12 * size + cv::Vec3d(0, 0, 4 * size), 8.5 * size});
  double weight = 0;
  *middle = {};
  for (const Ball& ball : balls) {
    const double volume = std::pow(ball.radius, 3);
    *middle += ball.center * volume;
    weight += volume;
  }
  *middle *= 1 / weight;
  return balls;
}

SpaceCamera RoomCamera(int width, int height) {
  SpaceCamera camera;
  const double focal = 0.70 * width;
  camera.lens.matrix =
      cv::Matx33d(focal, 0, width / 2.0 - 0.5, 0, focal, height / 2.0 - 0.5, 0, 0, 1);
  camera.lens.distortion = {-0.24, 0.055, 0, 0, 0};
  const cv::Vec3d center(-90, -100, 270), target(160, 120, 20);
  const cv::Vec3d forward = cv::normalize(target - center);
  const cv::Vec3d right = cv::normalize(forward.cross(cv::Vec3d(0, 0, 1)));
  const cv::Vec3d down = forward.cross(right);
  for (int k = 0; k < 3; ++k) {
    camera.pose.rotation(0, k) = right[k];
    camera.pose.rotation(1, k) = down[k];
    camera.pose.rotation(2, k) = forward[k];
  }
  camera.pose.translation = -(camera.pose.rotation * center);
  return camera;
}

// Pixels of the outline of a ball: the circle in which rays from the camera touch it.
void AddOutline(const SpaceCamera& camera, const Ball& ball, std::vector<cv::Point2f>* pixels) {
  const cv::Vec3d off = ball.center - camera.Center();
  const double distance = cv::norm(off), sine = ball.radius / distance;
  const cv::Vec3d ray = off * (1 / distance);
  const cv::Vec3d middle = camera.Center() + off * (1 - sine * sine);
  const double radius = ball.radius * std::sqrt(1 - sine * sine);
  const cv::Vec3d a = cv::normalize(ray.cross(cv::Vec3d(0, 0, 1))), b = ray.cross(a);
  for (int i = 0; i < 32; ++i) {
    const double angle = 2 * CV_PI * i / 32;
    const auto pixel = camera.Pixel(middle + (a * std::cos(angle) + b * std::sin(angle)) * radius);
    if (pixel) pixels->emplace_back(static_cast<float>(pixel->x), static_cast<float>(pixel->y));
  }
}

// cv's pixel centers are at integers.
void FillHull(const std::vector<cv::Point2f>& pixels, const cv::Scalar& color, cv::Mat* picture) {
  if (pixels.size() < 3) return;
  std::vector<cv::Point2f> hull;
  cv::convexHull(pixels, hull);
  std::vector<cv::Point> points;
  for (const cv::Point2f& p : hull) {
    points.emplace_back(cvRound((p.x - 0.5) * 16), cvRound((p.y - 0.5) * 16));
  }
  cv::fillConvexPoly(*picture, points, color, cv::LINE_8, 4);
}

double Hit(const Box3& box, const cv::Vec3d& from, const cv::Vec3d& ray, int* axis) {
  double enter = 0, leave = std::numeric_limits<double>::infinity();
  for (int k = 0; k < 3; ++k) {
    if (std::abs(ray[k]) < 1e-12) {
      if (from[k] < box.low[k] || from[k] > box.high[k]) return -1;
      continue;
    }
    double a = (box.low[k] - from[k]) / ray[k], b = (box.high[k] - from[k]) / ray[k];
    if (a > b) std::swap(a, b);
    if (a > enter) {
      enter = a;
      *axis = k;
    }
    leave = std::min(leave, b);
  }
  return enter > 0 && enter < leave ? enter : -1;
}

cv::Vec3b ColorAt(const SpaceCamera& camera, const cv::Point2d& pixel) {
  const auto ray = camera.Ray(pixel);
  if (!ray) return {20, 20, 20};
  const cv::Vec3d from = camera.Center();
  double best = std::numeric_limits<double>::infinity();
  cv::Vec3d color(60, 60, 60);
  const auto offer = [&](double at, const cv::Vec3d& own) {
    if (at > 0 && at < best) {
      best = at;
      color = own;
    }
  };
  const double to_floor = -from[2] / (*ray)[2];
  const cv::Vec3d floor = from + *ray * to_floor;
  if (to_floor > 0 && floor[0] < kRoomX && floor[1] < kRoomY) {
    const bool dark = (static_cast<int>(std::floor(floor[0] / 30)) +
                       static_cast<int>(std::floor(floor[1] / 30))) %
                          2 !=
                      0;
    cv::Vec3d own = dark ? cv::Vec3d(128, 140, 150) : cv::Vec3d(142, 155, 165);
    const double x = floor[0], y = floor[1];
    const bool in_x = x > -2 && x<kMarkX + 2, in_y = y> - 2 && y < kMarkY + 2;
    if ((in_y && (std::abs(x) < 2 || std::abs(x - kMarkX) < 2)) ||
        (in_x && (std::abs(y) < 2 || std::abs(y - kMarkY) < 2))) {
      own = {230, 230, 235};
    }
    offer(to_floor, own);
  }
  offer((kRoomX - from[0]) / (*ray)[0], {175, 180, 176});
  offer((kRoomY - from[1]) / (*ray)[1], {190, 196, 192});
  for (const Box3& box : Boxes()) {
    int axis = 0;
    const double at = Hit(box, from, *ray, &axis);
    const double light = axis == 2 ? 1 : axis == 1 ? 0.75 : 0.6;
    offer(at, cv::Vec3d(70, 110, 150) * light);
  }
  return {cv::saturate_cast<uchar>(color[0]), cv::saturate_cast<uchar>(color[1]),
          cv::saturate_cast<uchar>(color[2])};
}

const std::vector<cv::Vec3d>& Coats() {
  static const std::vector<cv::Vec3d> coats = {
      {40, 52, 66}, {98, 116, 178}, {52, 92, 44}, {120, 60, 96}};
  return coats;
}

}  // namespace

struct RoomScene::Impl {
  SceneOptions options;
  SpaceCamera camera;
  cv::Mat background;
};

RoomScene::RoomScene(SceneOptions options) : impl_(std::make_unique<Impl>()) {
  const SceneInfo info = RoomSceneInfo();
  const SceneOptions plain;
  if (options.alike != plain.alike || options.shelters != 0 || options.huddles || options.leaving ||
      options.day != plain.day || options.unnamed) {
    throw Error("scene 'room'",
                "--alike, --shelters, --huddles, --leaving, --day and --unnamed are not for it",
                "leave them out");
  }
  if (options.width == 0) options.width = info.width;
  if (options.height == 0) options.height = info.height;
  if (options.frames == 0) options.frames = info.frames;
  if (options.animals == 0) options.animals = 2;
  if (options.animals > static_cast<int>(Coats().size())) {
    throw Error("scene 'room'",
                "it has no coats for " + std::to_string(options.animals) + " animals",
                "give --animals 1 to 4");
  }
  if (options.width % 2 || options.height % 2 || options.height < 96 || options.width < 128) {
    throw Error("scene 'room'",
                "a picture of " + std::to_string(options.width) + " x " +
                    std::to_string(options.height) + " pixels cannot be rendered",
                "give an even width and height, at least 128 x 96");
  }
  impl_->options = options;
  impl_->camera = RoomCamera(options.width, options.height);
  impl_->background.create(options.height, options.width, CV_8UC3);
  Random random(static_cast<uint64_t>(options.seed) ^ 0x7001);
  for (int y = 0; y < options.height; ++y) {
    for (int x = 0; x < options.width; ++x) {
      cv::Vec3b color = ColorAt(impl_->camera, {x + 0.5, y + 0.5});
      const int grain = random.Below(7) - 3;
      for (int k = 0; k < 3; ++k) color[k] = cv::saturate_cast<uchar>(color[k] + grain);
      impl_->background.at<cv::Vec3b>(y, x) = color;
    }
  }
}

RoomScene::~RoomScene() = default;
const SceneOptions& RoomScene::options() const { return impl_->options; }
double RoomScene::fps() const { return RoomSceneInfo().fps; }
const SpaceCamera& RoomScene::camera() const { return impl_->camera; }
cv::Size2d RoomScene::floor_cm() const { return {kMarkX, kMarkY}; }

std::vector<std::string> RoomScene::AnimalNames() const {
  std::vector<std::string> names;
  for (int i = 0; i < impl_->options.animals; ++i)
    names.push_back("animal_" + std::to_string(i + 1));
  return names;
}

cv::Mat RoomScene::Render(int frame, RoomTruth* truth) const {
  const SceneOptions& options = impl_->options;
  const auto seed = static_cast<uint64_t>(options.seed);
  cv::Mat picture = impl_->background.clone();
  std::vector<std::vector<Ball>> bodies;
  std::vector<std::pair<double, int>> far_first;
  truth->places.assign(static_cast<size_t>(options.animals), {});
  truth->visible.clear();
  for (int animal = 0; animal < options.animals; ++animal) {
    cv::Vec3d& middle = truth->places[static_cast<size_t>(animal)];
    bodies.push_back(BodyOf(seed, animal, frame, &middle));
    far_first.emplace_back(-cv::norm(middle - impl_->camera.Center()), animal);
    truth->visible.push_back(cv::Mat::zeros(options.height, options.width, CV_8UC1));
  }
  std::sort(far_first.begin(), far_first.end());
  for (const auto& [distance, animal] : far_first) {
    const std::vector<Ball>& body = bodies[static_cast<size_t>(animal)];
    cv::Mat mask = cv::Mat::zeros(options.height, options.width, CV_8UC1);
    for (size_t i = 0; i + 1 < body.size(); ++i) {
      std::vector<cv::Point2f> pixels;
      AddOutline(impl_->camera, body[i], &pixels);
      AddOutline(impl_->camera, body[i + 1], &pixels);
      FillHull(pixels, 255, &mask);
      const cv::Vec3d coat =
          Coats()[static_cast<size_t>(animal)] * (0.85 + 0.3 * static_cast<double>(i % 2));
      FillHull(pixels, cv::Scalar(coat[0], coat[1], coat[2]), &picture);
    }
    for (cv::Mat& other : truth->visible) other.setTo(0, mask);
    truth->visible[static_cast<size_t>(animal)] = mask;
  }
  return picture;
}

SceneInfo RoomSceneInfo() {
  return {kRoomScene,
          "animals walk, climb and rear in a room of 4 x 3 m, seen in perspective; --animals",
          640,
          480,
          1500,
          25};
}

std::vector<SceneInfo> RenderedScenes() {
  std::vector<SceneInfo> scenes = Scenes();
  scenes.push_back(RoomSceneInfo());
  return scenes;
}

}  // namespace datasets
