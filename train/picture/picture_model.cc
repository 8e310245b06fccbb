#include "train/picture/picture_model.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <random>

#include "datasets/base/error.h"

namespace train {
namespace {

constexpr int kMostFrames = 30, kFewestFrames = 4, kMostPixels = 10000;
constexpr double kRidge = 10, kLeastArea = 16;
constexpr float kMostDeviations = 4, kLeastDeviation = 1e-3f;

int TermsOf(int features) { return features * (features + 1) / 2 + features + 1; }

struct Sample {
  cv::Mat features;  // CV_32FC1 [pixels, n]
  std::vector<uchar> is_animal;
};

float Standardized(float value, float mean, float deviation) {
  return std::clamp((value - mean) / deviation, -kMostDeviations, kMostDeviations);
}

// Sets means and deviations of the model.
void Standardize(const Sample& sample, PictureModel& model) {
  const int features = sample.features.cols;
  model.means = cv::Mat(features, 1, CV_32F);
  model.deviations = cv::Mat(features, 1, CV_32F);
  for (int a = 0; a < features; ++a) {
    cv::Scalar mean, deviation;
    cv::meanStdDev(sample.features.col(a), mean, deviation);
    model.means.at<float>(a) = static_cast<float>(mean[0]);
    model.deviations.at<float>(a) = std::max(kLeastDeviation, static_cast<float>(deviation[0]));
  }
}

// CV_32FC1 [pixels, TermsOf(n)]: products, then features, then 1.
cv::Mat Terms(const Sample& sample, const PictureModel& model) {
  const int features = sample.features.cols;
  cv::Mat terms(sample.features.rows, TermsOf(features), CV_32F);
  std::vector<float> x(static_cast<size_t>(features));
  for (int i = 0; i < terms.rows; ++i) {
    for (int a = 0; a < features; ++a) {
      x[static_cast<size_t>(a)] = Standardized(
          sample.features.at<float>(i, a), model.means.at<float>(a), model.deviations.at<float>(a));
    }
    float* term = terms.ptr<float>(i);
    for (size_t a = 0; a < x.size(); ++a) {
      for (size_t b = a; b < x.size(); ++b) *term++ = x[a] * x[b];
    }
    term = std::copy(x.begin(), x.end(), term);
    *term = 1;
  }
  return terms;
}

void Unpack(const cv::Mat& weights, PictureModel& model) {
  const int features = model.means.rows;
  model.squares = cv::Mat(features, features, CV_32F, cv::Scalar(0));
  model.slopes = cv::Mat(features, 1, CV_32F);
  int next = 0;
  for (int a = 0; a < features; ++a) {
    for (int b = a; b < features; ++b) {
      model.squares.at<float>(a, b) = static_cast<float>(weights.at<double>(next++));
    }
  }
  for (int a = 0; a < features; ++a) {
    model.slopes.at<float>(a) = static_cast<float>(weights.at<double>(next++));
  }
  model.bias = static_cast<float>(weights.at<double>(next));
}

PictureModel Fit(const Sample& sample, const datasets::Job& job) {
  if (sample.features.empty()) return {};
  PictureModel model;
  Standardize(sample, model);
  const cv::Mat terms = Terms(sample, model);
  cv::Mat weights(terms.cols, 1, CV_64F, cv::Scalar(0));
  cv::Mat error(terms.rows, 1, CV_32F), weighted(terms.size(), CV_32F);
  for (int round = 0; round < 12; ++round) {
    job.ThrowIfCancelled();
    cv::Mat z, single;
    weights.convertTo(single, CV_32F);
    cv::gemm(terms, single, 1, cv::noArray(), 0, z);
    for (int i = 0; i < terms.rows; ++i) {
      const double p = 1 / (1 + std::exp(-std::clamp(double(z.at<float>(i)), -30.0, 30.0)));
      error.at<float>(i) =
          static_cast<float>((sample.is_animal[static_cast<size_t>(i)] ? 1 : 0) - p);
      weighted.row(i) = terms.row(i) * (p * (1 - p) + 1e-6);
    }
    cv::Mat gradient, curvature;
    cv::gemm(terms, error, 1, single, -kRidge, gradient, cv::GEMM_1_T);
    cv::gemm(terms, weighted, 1, cv::noArray(), 0, curvature, cv::GEMM_1_T);
    gradient.convertTo(gradient, CV_64F);
    curvature.convertTo(curvature, CV_64F);
    curvature += kRidge * cv::Mat::eye(terms.cols, terms.cols, CV_64F);
    cv::Mat step;
    if (!cv::solve(curvature, gradient, step, cv::DECOMP_CHOLESKY)) return {};
    weights += step;
    if (cv::norm(step, cv::NORM_INF) < 1e-2) break;
  }
  if (!cv::checkRange(weights)) return {};
  Unpack(weights, model);
  return model;
}

cv::Rect ViewOf(const LabeledObject& object) {
  const datasets::Box box = datasets::RleBox(object.mask);
  const cv::Rect rect(cvFloor(box.x), cvFloor(box.y), cvCeil(box.width), cvCeil(box.height));
  return ViewAround(rect, datasets::RleArea(object.mask), {object.mask.width, object.mask.height});
}

// The median of what each animal needs.
double ScaleOf(const TrainingData& data, const std::vector<int>& frames) {
  std::vector<double> scales;
  for (const int frame : frames) {
    for (const LabeledObject& object : data.frames[static_cast<size_t>(frame)].objects) {
      if (datasets::RleArea(object.mask) >= kLeastArea)
        scales.push_back(UsualScale(ViewOf(object)));
    }
  }
  if (scales.empty()) return 1;
  const auto middle = scales.begin() + static_cast<ptrdiff_t>(scales.size() / 2);
  std::nth_element(scales.begin(), middle, scales.end());
  return *middle;
}

// One labeled animal with its surroundings.
struct Scene {
  int frame = 0;
  Surroundings around;
  cv::Mat animals;  // CV_8UC1 [size]: share that any animal covers
};

std::vector<Scene> ScenesOf(const TrainingData& data, int frame, double scale) {
  const LabeledFrame& labels = data.frames[static_cast<size_t>(frame)];
  std::vector<Scene> scenes;
  const bool crowded = std::any_of(labels.objects.begin(), labels.objects.end(),
                                   [](const auto& object) { return object.ignore; });
  if (crowded) return scenes;
  cv::Mat picture, animals;
  for (const LabeledObject& object : labels.objects) {
    if (datasets::RleArea(object.mask) < kLeastArea) continue;
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
    const cv::Rect view = ViewOf(object);
    const cv::Mat& empty_scene = data.backgrounds[static_cast<size_t>(labels.video)];
    Scene scene;
    scene.frame = frame;
    scene.around = LookAround(picture, empty_scene, view, scale);
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
    for (int i = 0; i < scenes[s].around.features.cols; ++i) {
      const bool drawn = random() < share * 4294967296.0;
      const bool clear = coverage[i] < 64 || coverage[i] > 191;  // not on the line itself
      if (!drawn || !clear) continue;
      sample.features.push_back(cv::Mat(scenes[s].around.features.col(i).t()));
      sample.is_animal.push_back(coverage[i] > 127);
    }
  }
  return sample;
}

}  // namespace

// Plain loops over some pixels at a time: products of matrices this small would only wake the
// threads of the linear algebra library, which cost more than the work.
cv::Mat PictureModel::LogOdds(const Surroundings& around) const {
  constexpr int kTogether = 128;
  const int features = means.rows;
  cv::Mat odds(around.size, CV_32FC1);
  VOLE_CHECK(around.features.rows == features && odds.isContinuous());
  std::vector<float> standard(static_cast<size_t>(features) * kTogether);
  const auto row = [&](int a) { return standard.data() + static_cast<size_t>(a) * kTogether; };
  const int pixels = around.features.cols;
  for (int first = 0; first < pixels; first += kTogether) {
    const int count = std::min(kTogether, pixels - first);
    for (int a = 0; a < features; ++a) {
      const float* from = around.features.ptr<float>(a) + first;
      float* to = row(a);
      for (int i = 0; i < count; ++i) {
        to[i] = Standardized(from[i], means.at<float>(a), deviations.at<float>(a));
      }
    }
    float sum[kTogether], bent[kTogether];
    std::fill_n(sum, kTogether, bias);
    for (int a = 0; a < features; ++a) {
      std::fill_n(bent, kTogether, slopes.at<float>(a));
      for (int b = a; b < features; ++b) {
        const float weight = squares.at<float>(a, b);
        const float* x = row(b);
        for (int i = 0; i < kTogether; ++i) bent[i] += weight * x[i];
      }
      const float* x = row(a);
      for (int i = 0; i < kTogether; ++i) sum[i] += bent[i] * x[i];
    }
    std::copy_n(sum, count, odds.ptr<float>() + first);
  }
  return odds;
}

cv::Mat PictureModel::AnimalPixels(const Surroundings& around) const { return LogOdds(around) > 0; }

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
  std::vector<int> looked_at;
  for (size_t i = 0; i < looks; ++i) looked_at.push_back(order[i * order.size() / looks]);
  const double scale = ScaleOf(data, looked_at);
  std::vector<Scene> scenes;
  int frames = 0;
  for (size_t i = 0; i < looks; ++i) {
    job.Advance(static_cast<double>(i), static_cast<double>(looks), "learning the animals' colors");
    std::vector<Scene> more = ScenesOf(data, looked_at[i], scale);
    frames += !more.empty();
    std::move(more.begin(), more.end(), std::back_inserter(scenes));
  }
  if (frames < kFewestFrames) return {};
  // How far it can be trusted: learned from every other frame, tried on the rest.
  std::vector<bool> first, all(scenes.size(), true);
  for (size_t s = 0; s < scenes.size(); ++s) {
    const bool next = s > 0 && scenes[s].frame != scenes[s - 1].frame;
    first.push_back(s == 0 || first[s - 1] != next);
  }
  const PictureModel half = Fit(SampleOf(scenes, first), job);
  PictureModel model = Fit(SampleOf(scenes, all), job);
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
  model.scale = scale;
  return model;
}

nlohmann::json ToJson(const PictureModel& model) {
  if (model.empty()) return nullptr;
  const auto numbers = [](const cv::Mat& matrix) {
    return std::vector<float>(matrix.begin<float>(), matrix.end<float>());
  };
  return {{"means", numbers(model.means)},
          {"deviations", numbers(model.deviations)},
          {"squares", numbers(model.squares)},
          {"slopes", numbers(model.slopes)},
          {"bias", model.bias},
          {"scale", model.scale},
          {"overlap", model.overlap},
          {"uses_background", model.uses_background}};
}

PictureModel PictureModelFrom(const nlohmann::json& json) {
  try {
    if (!json.is_object()) return {};
    PictureModel model;
    model.uses_background = json.at("uses_background").get<bool>();
    const int features = SurroundingFeatures(model.uses_background);
    const auto numbers = [&](const char* name, int columns) {
      const auto values = json.at(name).get<std::vector<float>>();
      if (values.size() != static_cast<size_t>(features) * static_cast<size_t>(columns)) {
        return cv::Mat();
      }
      const cv::Mat matrix = cv::Mat(values, true).reshape(1, features);
      return cv::checkRange(matrix) ? matrix : cv::Mat();
    };
    model.means = numbers("means", 1);
    model.deviations = numbers("deviations", 1);
    model.slopes = numbers("slopes", 1);
    model.squares = numbers("squares", features);
    model.bias = json.at("bias").get<float>();
    model.overlap = json.at("overlap").get<double>();
    model.scale = json.at("scale").get<double>();
    const bool sound = !model.means.empty() && !model.deviations.empty() && !model.slopes.empty() &&
                       !model.squares.empty() &&
                       cv::checkRange(model.deviations, true, nullptr, kLeastDeviation / 2, 1e6) &&
                       std::isfinite(model.bias) && model.scale > 0 && model.scale <= 1 &&
                       model.overlap >= 0 && model.overlap <= 1;
    return sound ? model : PictureModel();
  } catch (const nlohmann::json::exception&) {
    return {};
  }
}

}  // namespace train
