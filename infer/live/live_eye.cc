#include "infer/live/live_eye.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "datasets/base/error.h"
#include "infer/learning/moving_outlines.h"

namespace infer {
namespace {

constexpr size_t kFewestSamples = 8, kSearched = 38;
constexpr int kEverywhereEvery = 8;  // frames
constexpr int64_t kLearnUntilMs = 60000;
// Animals are first looked for in pictures of no more pixels, which takes a fraction of a second;
// where they would be dirt in those, in the pictures as they are.
constexpr double kPixelsToSearch = 100e3, kSmallAnimal = 400;
constexpr int kMostAttempts = 4;      // to see all of them apart
constexpr double kMostGhosts = 0.25;  // of what was outlined
constexpr int64_t kAimMs = 500;       // a hand clicks where it saw the animal so long ago at most

train::ModelInfo OneClass() {
  train::ModelInfo info;
  info.classes = {"animal"};
  info.max_instances = {1};
  return info;
}

cv::Mat Scaled(const cv::Mat& bgr, double scale) {
  cv::Mat small = bgr;
  if (scale < 1) cv::resize(bgr, small, {}, scale, scale, cv::INTER_AREA);
  return small;
}

// As FindClearFrames, in pictures made smaller; says also where it found the traces of animals that
// have only begun to move.
ClearFrames LookFor(const std::vector<GroundSample>& samples, const cv::Mat& ground, int animals,
                    double scale) {
  SceneToSearch scene;
  scene.picture = [&](int sample) {
    return Scaled(samples[static_cast<size_t>(sample)].bgr, scale);
  };
  scene.background = Scaled(ground, scale);
  scene.frame_count = static_cast<int>(samples.size());
  scene.animals = animals;
  datasets::Job job;
  ClearFrames found = FindClearFrames(scene, job);
  int ghosts = 0, outlines = 0;
  for (const ClearFrame& clear : found.frames) {
    const cv::Mat bgr = scene.picture(clear.frame);
    for (const datasets::Rle& outline : clear.outlines) {
      const cv::Mat mask = datasets::DecodeMask(outline);
      train::Detection thing;
      thing.region = datasets::BoundsOf(mask);
      thing.mask = mask(thing.region);
      ghosts += IsGhost(bgr, scene.background, thing);
      ++outlines;
    }
  }
  if (found.why_not.empty() && ghosts > kMostGhosts * outlines) {
    found.why_not = "they have only begun to move";
  }
  found.area /= scale * scale;
  return found;
}

}  // namespace

LiveEye::LiveEye(const EyeOptions& options, std::function<void(const std::string&)> say)
    : options_(options),
      say_(std::move(say)),
      names_(options.predictor ? options.info : OneClass()) {
  VOLE_CHECK(options.predictor || options.ground_seconds > 0);
  searched_.outlines = options.predictor != nullptr;
  searched_.animals = std::max(options.animals, static_cast<int>(options.points.size()));
  searched_.pointed = !options.points.empty();
  searched_.ground_seconds = options.ground_seconds;
  learn_ms_ = static_cast<int64_t>(1000 * options.ground_seconds);
}

std::vector<LookedFrame> LiveEye::Look(const LiveFrame& frame) {
  if (looked_++ == 0) {
    fps_ = frame.fps;
    first_ms_ = frame.milliseconds;
    next_learn_ms_ = first_ms_ + learn_ms_;
  }
  const int64_t since = frame.milliseconds - first_ms_;
  const int64_t learn_until = options_.ground_seconds > 0 ? kLearnUntilMs : 0;
  if (!ready_ || since < learn_until) {
    samples_.Add({frame.number, frame.milliseconds, frame.bgr});
    if (!learning_.valid() && frame.milliseconds >= next_learn_ms_) {
      StartLearning();
      next_learn_ms_ = frame.milliseconds + (ready_ ? std::max<int64_t>(since, 1) : learn_ms_);
    }
  } else if (!learning_.valid()) {
    samples_ = GroundSamples();
  }
  std::vector<LookedFrame> frames;
  const bool was_ready = ready_;
  if (learning_.valid() &&
      (options_.waits || options_.ground_seconds <= 0 ||
       learning_.wait_for(std::chrono::seconds(0)) == std::future_status::ready)) {
    frames = Use(learning_.get(), false);
  }
  if (ready_ && (frames.empty() || frames.back().number < frame.number)) {
    frames.push_back(Outline(frame.number, frame.milliseconds, frame.bgr, false));
  } else if (!was_ready && ready_ && options_.ground_seconds <= 0) {
    frames.back().late = false;
  }
  return frames;
}

std::vector<LookedFrame> LiveEye::Finish() {
  if (looked_ == 0 || ready_) return {};
  if (learning_.valid()) {
    std::vector<LookedFrame> frames = Use(learning_.get(), true);
    if (ready_) return frames;
  }
  StartLearning();
  return Use(learning_.get(), true);
}

void LiveEye::StartLearning() {
  ++searched_.attempt;
  learning_ =
      std::async(std::launch::async, &LiveEye::LearnFrom, samples_.Spread(kSearched), searched_);
}

LiveEye::Learned LiveEye::LearnFrom(const std::vector<GroundSample>& samples,
                                    const Searched& searched) {
  setpriority(PRIO_PROCESS, 0, 19);  // of this thread alone (Linux): pictures come first
  Learned learned;
  if (searched.ground_seconds <= 0) return learned;
  if (samples.size() < kFewestSamples) {
    learned.problem = fmt::format("{} picture{} came, too few to tell animals from a still ground",
                                  samples.size(), samples.size() == 1 ? "" : "s");
    return learned;
  }
  learned.ground = MedianOf(samples);
  if (searched.outlines) return learned;
  const double pixels = static_cast<double>(learned.ground.total());
  const double scale = std::min(1.0, std::sqrt(kPixelsToSearch / pixels));
  ClearFrames found = LookFor(samples, learned.ground, searched.animals, scale);
  if (!found.why_not.empty() && found.area < kSmallAnimal && scale < 1) {
    found = LookFor(samples, learned.ground, searched.animals, 1);
  }
  // Where animals are pointed at, or never come apart, only what stands out must be known.
  const bool enough = searched.pointed || searched.attempt >= kMostAttempts;
  if (!enough || found.area <= 0) learned.problem = found.why_not;
  learned.cut = found.cut;
  learned.area = found.area;
  learned.animals = searched.animals > 0 ? searched.animals : found.animals;
  return learned;
}

// The first time all that was kept is outlined; later what was learned is only used from now on.
std::vector<LookedFrame> LiveEye::Use(const Learned& learned, bool last) {
  if (!learned.problem.empty()) {
    if (ready_) return {};
    if (!last && problem_ != learned.problem) {
      say_("no animals yet: " + learned.problem + "; looking on");
    }
    problem_ = learned.problem;
    return {};
  }
  ground_.Set(learned.ground);
  new_ground_ = !learned.ground.empty();
  cut_ = learned.cut;
  area_ = options_.predictor ? options_.info.median_area : learned.area;
  if (ready_) {
    tracker_->SetMedianArea(area_);
    return {};
  }
  problem_.clear();
  animals_ = options_.predictor ? std::accumulate(options_.info.max_instances.begin(),
                                                  options_.info.max_instances.end(), 0)
                                : learned.animals;
  const std::vector<GroundSample> samples = samples_.all();
  tracker_ = std::make_unique<LiveTracker>(animals_, area_, samples.front().bgr.size(), fps_);
  if (!options_.points.empty()) BeginAtPoints(samples.front());
  std::vector<LookedFrame> frames;
  for (const GroundSample& sample : samples) {
    frames.push_back(Outline(sample.frame, sample.milliseconds, sample.bgr, true));
  }
  NumberAsClicked(frames);
  ready_ = true;
  return frames;
}

cv::Mat LiveEye::TakeNewGround() {
  if (!std::exchange(new_ground_, false)) return {};
  return ground_.picture().clone();
}

void LiveEye::BeginAtPoints(const GroundSample& first) {
  const cv::Size size = first.bgr.size();
  // Everything that stands out, however small, so that it can be said how small.
  const train::FrameDetections found = ground_.FindMoving(first.bgr, cut_, 0);
  std::vector<Blob> animals;
  for (const cv::Point2d& point : options_.points) {
    const std::string thing = fmt::format("--outline {:g},{:g}", point.x, point.y);
    const cv::Point pixel(cvFloor(point.x), cvFloor(point.y));
    if (!cv::Rect({0, 0}, size).contains(pixel)) {
      throw datasets::Error(thing,
                            fmt::format("the picture is {} x {} pixels", size.width, size.height),
                            "give a place within it");
    }
    const auto on = std::find_if(
        found.detections.begin(), found.detections.end(), [&](const train::Detection& thing_here) {
          return thing_here.region.contains(pixel) &&
                 thing_here.mask.at<uchar>(pixel - thing_here.region.tl()) != 0;
        });
    if (on == found.detections.end()) {
      const int pixels = ground_.PixelsAt(first.bgr, cut_, pixel);
      throw datasets::Error(
          thing,
          pixels == 0 ? "nothing stands out from the ground there in the first picture"
                      : fmt::format("what stands out there in the first picture is {} pixels; an "
                                    "animal has {:.0f} or more",
                                    pixels, kLeastMovingArea),
          "point at an animal, or leave it out: animals that move are found by themselves");
    }
    Blob blob = BlobOf(*on, first.frame, size);
    const bool twice = std::any_of(animals.begin(), animals.end(),
                                   [&](const Blob& other) { return other.region == blob.region; });
    if (twice) {
      throw datasets::Error(thing, "another point is on the same outline",
                            "begin where the animals are apart");
    }
    animals.push_back(std::move(blob));
  }
  tracker_->Begin(animals);
}

// An outline that was clicked in one frame has been followed from the first one on.
void LiveEye::NumberAsClicked(std::vector<LookedFrame>& frames) {
  const auto clicks = options_.clicks ? options_.clicks->All() : std::vector<LiveClicks::Click>();
  if (clicks.empty() || frames.empty()) return;
  std::vector<int> order;  // the tracker's numbers
  for (size_t i = 0; i < clicks.size(); ++i) {
    const LiveClicks::Click& click = clicks[i];
    const LookedFrame& clicked = *std::min_element(
        frames.begin(), frames.end(), [&](const LookedFrame& a, const LookedFrame& b) {
          return std::abs(a.number - click.frame) < std::abs(b.number - click.frame);
        });
    int best = -1;
    double least = 0;
    for (const LookedFrame& frame : frames) {
      const int64_t before = clicked.milliseconds - frame.milliseconds;
      if (before < 0 || before > kAimMs) continue;
      for (const LiveAnimal& animal : frame.animals) {
        const double length = std::max(animal.blob.region.width, animal.blob.region.height);
        const double away = cv::norm(animal.blob.centroid - click.point);
        if (away > length || (best >= 0 && away >= least)) continue;
        best = animal.blob.tracklet;
        least = away;
      }
    }
    const bool twice = std::find(order.begin(), order.end(), best) != order.end();
    if (best >= 0 && !twice) {
      order.push_back(best);
      continue;
    }
    say_(fmt::format("click {} is on {}; it counts for nothing", i + 1,
                     twice ? "an animal that was clicked before" : "no animal"));
  }
  const int all = std::max(animals_, tracker_->known());
  for (int number = 0; number < all; ++number) {
    if (std::find(order.begin(), order.end(), number) == order.end()) order.push_back(number);
  }
  shown_number_.assign(order.size(), 0);
  for (size_t i = 0; i < order.size(); ++i) {
    shown_number_[static_cast<size_t>(order[i])] = static_cast<int>(i);
  }
  for (LookedFrame& frame : frames) Number(frame);
}

void LiveEye::Number(LookedFrame& frame) const {
  for (LiveAnimal& animal : frame.animals) {
    const auto number = static_cast<size_t>(animal.blob.tracklet);
    if (number < shown_number_.size()) animal.blob.tracklet = shown_number_[number];
  }
}

LookedFrame LiveEye::Outline(int number, int64_t milliseconds, const cv::Mat& bgr, bool late) {
  // Who is lost or comes is looked for everywhere, now and then too.
  const bool everywhere = outlined_++ % kEverywhereEvery == 0;
  const train::FrameDetections found =
      options_.predictor ? std::move(options_.predictor->Predict({bgr}, ground_.picture()).at(0))
      : everywhere       ? ground_.FindMoving(bgr, cut_, area_)
                         : ground_.FindMoving(bgr, cut_, area_, tracker_->Places());
  const std::vector<Blob> blobs = tracker_->Add(number, found);
  const std::vector<size_t> classes = names_.Of(blobs);
  ground_.Follow(bgr, blobs);
  while (movement_.size() < static_cast<size_t>(tracker_->known())) {
    movement_.emplace_back(options_.movement);
  }
  LookedFrame looked;
  looked.number = number;
  looked.milliseconds = milliseconds;
  looked.late = late;
  std::vector<bool> seen(movement_.size(), false);
  for (size_t b = 0; b < blobs.size(); ++b) {
    const auto animal = static_cast<size_t>(blobs[b].tracklet);
    seen[animal] = true;
    looked.animals.push_back({blobs[b], classes[b], movement_[animal].Add(blobs[b])});
  }
  for (size_t i = 0; i < seen.size(); ++i) {
    if (!seen[i]) movement_[i].Lose();
  }
  Number(looked);
  return looked;
}

}  // namespace infer
