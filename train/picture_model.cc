#include "train/picture_model.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <random>

namespace train {
namespace {

constexpr int kMostSide = 64;    // of the longer side, after reduction
constexpr double kMargin = 0.6;  // of the square root of the area, around the animal
constexpr int kFeatures = 12;
constexpr int kTerms = kFeatures * (kFeatures + 1) / 2 + kFeatures + 1;
constexpr float kUnit = 64;                     // grey levels
constexpr double kSharp = 0.8, kBlurred = 2.5;  // reduced pixels
constexpr int kMostFrames = 30, kFewestFrames = 4, kMostPixels = 16000;
constexpr double kRidge = 1;

struct Sample {
  cv::Mat features;  // CV_32FC1 [n, 12]
  std::vector<uchar> is_animal;
};

// The terms of one pixel: products, then features, then 1.
void FillTerms(const float* x, double* terms) {
  for (int a = 0; a < kFeatures; ++a) {
    for (int b = a; b < kFeatures; ++b) *terms++ = double(x[a]) * x[b];
  }
  for (int a = 0; a < kFeatures; ++a) *terms++ = x[a];
  *terms = 1;
}

PictureModel Unpack(const cv::Mat& weights) {
  PictureModel model;
  model.squares = cv::Mat(kFeatures, kFeatures, CV_32F, cv::Scalar(0));
  model.slopes = cv::Mat(kFeatures, 1, CV_32F);
  int next = 0;
  for (int a = 0; a < kFeatures; ++a) {
    for (int b = a; b < kFeatures; ++b) {
      model.squares.at<float>(a, b) = static_cast<float>(weights.at<double>(next++));
    }
  }
  for (int a = 0; a < kFeatures; ++a) {
    model.slopes.at<float>(a) = static_cast<float>(weights.at<double>(next++));
  }
  model.bias = static_cast<float>(weights.at<double>(next));
  return model;
}

PictureModel Fit(const Sample& sample) {
  const int n = sample.features.rows;
  cv::Mat terms(n, kTerms, CV_64F);
  for (int i = 0; i < n; ++i) FillTerms(sample.features.ptr<float>(i), terms.ptr<double>(i));
  cv::Mat weights(kTerms, 1, CV_64F, cv::Scalar(0));
  cv::Mat error(n, 1, CV_64F), weighted(n, kTerms, CV_64F);
  for (int round = 0; round < 10; ++round) {
    const cv::Mat z = terms * weights;
    for (int i = 0; i < n; ++i) {
      const double p = 1 / (1 + std::exp(-std::clamp(z.at<double>(i), -30.0, 30.0)));
      error.at<double>(i) = (sample.is_animal[static_cast<size_t>(i)] ? 1 : 0) - p;
      weighted.row(i) = terms.row(i) * (p * (1 - p) + 1e-6);
    }
    cv::Mat gradient, curvature;
    cv::gemm(terms, error, 1, weights, -kRidge, gradient, cv::GEMM_1_T);
    cv::gemm(terms, weighted, 1, cv::noArray(), 0, curvature, cv::GEMM_1_T);
    curvature += kRidge * cv::Mat::eye(kTerms, kTerms, CV_64F);
    cv::Mat step;
    if (!cv::solve(curvature, gradient, step, cv::DECOMP_CHOLESKY)) return {};
    weights += step;
    if (cv::norm(step, cv::NORM_INF) < 1e-3) break;
  }
  if (!cv::checkRange(weights)) return {};
  return Unpack(weights);
}

// One labelled animal with its surroundings.
struct Scene {
  int frame = 0;
  Surroundings around;
  cv::Mat animals;  // CV_8UC1 [size]: share that any animal covers
};

std::vector<Scene> ScenesOf(const TrainingData& data, int frame) {
  const LabeledFrame& labels = data.frames[static_cast<size_t>(frame)];
  std::vector<Scene> scenes;
  const bool crowded = std::any_of(labels.objects.begin(), labels.objects.end(),
                                   [](const auto& object) { return object.ignore; });
  if (crowded) return scenes;
  cv::Mat picture, animals;
  for (const LabeledObject& object : labels.objects) {
    const double area = datasets::RleArea(object.mask);
    if (area < 16) continue;
    if (picture.empty()) {
      picture = data.picture(frame);
      if (picture.empty() || picture.type() != CV_8UC3 || picture.cols != object.mask.width ||
          picture.rows != object.mask.height) {
        return {};
      }
      animals = cv::Mat(picture.size(), CV_8UC1, cv::Scalar(0));
      for (const LabeledObject& any : labels.objects) {
        animals.setTo(cv::Scalar(255), datasets::DecodeMask(any.mask));
      }
    }
    const datasets::Box box = datasets::RleBox(object.mask);
    const cv::Rect rect(cvFloor(box.x), cvFloor(box.y), cvCeil(box.width), cvCeil(box.height));
    const cv::Rect view = ViewAround(rect, area, picture.size());
    const cv::Mat& empty_scene = data.backgrounds[static_cast<size_t>(labels.video)];
    Scene scene;
    scene.frame = frame;
    scene.around = LookAround(picture, empty_scene, view);
    scene.animals = ReducedMask(animals, {{0, 0}, picture.size()}, view, scene.around.size);
    scenes.push_back(std::move(scene));
  }
  return scenes;
}

Sample SampleOf(const std::vector<Scene>& scenes, const std::vector<bool>& used) {
  size_t pixels = 0;
  for (size_t s = 0; s < scenes.size(); ++s) pixels += used[s] ? scenes[s].animals.total() : 0;
  const double share = std::min(1.0, kMostPixels / std::max(1.0, double(pixels)));
  std::mt19937 random(1);
  Sample sample;
  for (size_t s = 0; s < scenes.size(); ++s) {
    if (!used[s]) continue;
    const uchar* coverage = scenes[s].animals.ptr();
    for (int i = 0; i < scenes[s].around.features.rows; ++i) {
      const bool drawn = random() < share * 4294967296.0;
      const bool clear = coverage[i] < 64 || coverage[i] > 191;  // not on the line itself
      if (!drawn || !clear) continue;
      sample.features.push_back(scenes[s].around.features.row(i));
      sample.is_animal.push_back(coverage[i] > 127);
    }
  }
  return sample;
}

}  // namespace

cv::Rect ViewAround(const cv::Rect& box, double area, const cv::Size& frame) {
  const int margin = std::max(2, cvRound(kMargin * std::sqrt(area)));
  return cv::Rect(box.x - margin, box.y - margin, box.width + 2 * margin, box.height + 2 * margin) &
         cv::Rect({0, 0}, frame);
}

cv::Mat ReducedMask(const cv::Mat& mask, const cv::Rect& region, const cv::Rect& view,
                    const cv::Size& size) {
  cv::Mat seen(view.size(), CV_8UC1, cv::Scalar(0));
  const cv::Rect common = region & view;
  if (!common.empty()) mask(common - region.tl()).copyTo(seen(common - view.tl()));
  cv::Mat reduced;
  cv::resize(seen, reduced, size, 0, 0, cv::INTER_AREA);
  return reduced;
}

Surroundings LookAround(const cv::Mat& bgr, const cv::Mat& background, const cv::Rect& view) {
  const double scale = std::min(1.0, kMostSide / double(std::max(view.width, view.height)));
  Surroundings around;
  around.size = {std::max(1, cvRound(view.width * scale)),
                 std::max(1, cvRound(view.height * scale))};
  cv::Mat colors, distances(around.size, CV_32FC3, cv::Scalar::all(0));
  cv::resize(bgr(view), colors, around.size, 0, 0, cv::INTER_AREA);
  colors.convertTo(colors, CV_32FC3, 1 / kUnit);
  if (!background.empty()) {
    cv::Mat empty_scene;
    cv::resize(background(view), empty_scene, around.size, 0, 0, cv::INTER_AREA);
    empty_scene.convertTo(empty_scene, CV_32FC3, 1 / kUnit);
    cv::absdiff(colors, empty_scene, distances);
  }
  cv::Mat planes[4];
  cv::GaussianBlur(colors, planes[0], {0, 0}, kSharp);
  cv::GaussianBlur(distances, planes[1], {0, 0}, kSharp);
  cv::GaussianBlur(colors, planes[2], {0, 0}, kBlurred);
  cv::GaussianBlur(distances, planes[3], {0, 0}, kBlurred);
  cv::Mat rows[4];
  for (int p = 0; p < 4; ++p) rows[p] = planes[p].reshape(1, static_cast<int>(planes[p].total()));
  cv::hconcat(rows, 4, around.features);
  return around;
}

// Plain loops: a product of matrices this small would only wake the threads of the linear algebra
// library, which cost more than the work.
cv::Mat PictureModel::AnimalPixels(const Surroundings& around) const {
  cv::Mat mask(around.size, CV_8UC1);
  const float* square = squares.ptr<float>();  // upper triangle
  const float* slope = slopes.ptr<float>();
  for (int i = 0; i < around.features.rows; ++i) {
    const float* x = around.features.ptr<float>(i);
    float bent[kFeatures];
    std::copy(slope, slope + kFeatures, bent);
    for (int a = 0; a < kFeatures; ++a) {
      for (int b = 0; b < kFeatures; ++b) bent[b] += x[a] * square[a * kFeatures + b];
    }
    float z = bias;
    for (int a = 0; a < kFeatures; ++a) z += x[a] * bent[a];
    mask.ptr()[i] = z > 0 ? 255 : 0;
  }
  return mask;
}

PictureModel LearnPictureModel(const TrainingData& data, datasets::Job& job) {
  const bool any_background = std::any_of(data.backgrounds.begin(), data.backgrounds.end(),
                                          [](const cv::Mat& scene) { return !scene.empty(); });
  std::vector<int> order;
  for (size_t f = 0; f < data.frames.size(); ++f) {
    const LabeledFrame& frame = data.frames[f];
    const bool has_background = !data.backgrounds[static_cast<size_t>(frame.video)].empty();
    if (!frame.objects.empty() && has_background == any_background) {
      order.push_back(static_cast<int>(f));
    }
  }
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    const LabeledFrame &left = data.frames[static_cast<size_t>(a)],
                       &right = data.frames[static_cast<size_t>(b)];
    return std::pair(left.video, left.frame_index) < std::pair(right.video, right.frame_index);
  });
  const size_t looks = std::min<size_t>(kMostFrames, order.size());
  std::vector<Scene> scenes;
  int frames = 0;
  for (size_t i = 0; i < looks; ++i) {
    job.Advance(static_cast<double>(i), static_cast<double>(looks), "learning the animals' colors");
    std::vector<Scene> more = ScenesOf(data, order[i * order.size() / looks]);
    frames += !more.empty();
    std::move(more.begin(), more.end(), std::back_inserter(scenes));
  }
  if (frames < kFewestFrames) return {};
  // How far it can be trusted: learned from one half of the time, tried on the other.
  std::vector<bool> first, all(scenes.size(), true);
  for (size_t s = 0; s < scenes.size(); ++s) first.push_back(2 * s < scenes.size());
  const PictureModel half = Fit(SampleOf(scenes, first));
  PictureModel model = Fit(SampleOf(scenes, all));
  if (half.empty() || model.empty()) return {};
  double sum = 0, count = 0;
  for (size_t s = 0; s < scenes.size(); ++s) {
    if (first[s]) continue;
    const cv::Mat found = half.AnimalPixels(scenes[s].around), label = scenes[s].animals > 127;
    const int either = cv::countNonZero(found | label);
    if (either == 0) continue;
    sum += double(cv::countNonZero(found & label)) / either;
    count += 1;
  }
  model.overlap = count > 0 ? sum / count : 0;
  model.uses_background = any_background;
  return model;
}

nlohmann::json ToJson(const PictureModel& model) {
  if (model.empty()) return nullptr;
  return {{"squares", std::vector<float>(model.squares.begin<float>(), model.squares.end<float>())},
          {"slopes", std::vector<float>(model.slopes.begin<float>(), model.slopes.end<float>())},
          {"bias", model.bias},
          {"overlap", model.overlap},
          {"uses_background", model.uses_background}};
}

PictureModel PictureModelFrom(const nlohmann::json& json) {
  try {
    if (!json.is_object()) return {};
    const auto squares = json.at("squares").get<std::vector<float>>();
    const auto slopes = json.at("slopes").get<std::vector<float>>();
    if (squares.size() != kFeatures * kFeatures || slopes.size() != kFeatures) return {};
    PictureModel model;
    model.squares = cv::Mat(squares, true).reshape(1, kFeatures);
    model.slopes = cv::Mat(slopes, true);
    model.bias = json.at("bias").get<float>();
    model.overlap = json.at("overlap").get<double>();
    model.uses_background = json.at("uses_background").get<bool>();
    const bool sound = cv::checkRange(model.squares) && cv::checkRange(model.slopes) &&
                       std::isfinite(model.bias) && model.overlap >= 0 && model.overlap <= 1;
    return sound ? model : PictureModel();
  } catch (const nlohmann::json::exception&) {
    return {};
  }
}

}  // namespace train
