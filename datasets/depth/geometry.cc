#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"
#include "datasets/base/random.h"
#include "datasets/depth/folds.h"
#include "datasets/depth/linear.h"
#include "datasets/depth/methods.h"

namespace datasets {
namespace {

constexpr int kMostPlaces = 20'000;  // that stand for the density of animals
constexpr int kPlacesToDecide = 5'000;
constexpr int kPlacesALabel = 300;
constexpr double kRidge = 0.01;  // of the size on height and shape: there are few of them
constexpr double kTooFar = 12;   // minus the log of a chance so small that no place is likely
constexpr int kInnerFolds = 5;
constexpr double kLabelNoise = 0.06;  // of a label, in standard deviations of the places

struct Prior {
  double around;     // share of the density that is turned around the middle of the room
  double bandwidth;  // of the density, in standard deviations of the places
};
const std::vector<Prior> kPriors = {{0, 0.15},  {0.5, 0.15}, {1, 0.15},  {0, 0.4},
                                    {0.5, 0.4}, {0, 0.05},   {0.5, 0.05}};

struct Seen {  // a mask, rid of the lens: on the plane at distance 1
  cv::Point2d at;
  double width = 0;  // square root of its area there
};

std::optional<Seen> SeenBy(const SpaceCamera& camera, const MaskShape& shape) {
  const cv::Point2d pixel(shape.x, shape.y);
  const auto at = camera.lens.Normalized(pixel);
  const auto right = camera.lens.Normalized(pixel + cv::Point2d(1, 0));
  const auto below = camera.lens.Normalized(pixel + cv::Point2d(0, 1));
  if (!at || !right || !below) return {};
  const double share = std::abs((*right - *at).cross(*below - *at));
  if (!(share > 0)) return {};
  return Seen{*at, std::sqrt(shape.area * share)};
}

Row ShapeColumns(const SpaceSample& one, double height, int animals) {
  const MaskShape& shape = one.shape;
  const double long_one = shape.HasAxes() ? std::log(shape.length / shape.width) : 0;
  Row row = {height, height * height, long_one, long_one * std::cos(2 * shape.angle),
             long_one * std::sin(2 * shape.angle)};
  for (int animal = 1; animal < animals; ++animal) row.push_back(one.animal == animal);
  return row;
}

class Geometry {
 public:
  Geometry(const std::vector<SpaceSample>& samples, const SpaceCamera& camera, const Prior& prior,
           int most_places, bool in_time)
      : camera_(camera) {
    for (const SpaceSample& sample : samples) {
      animals_ = std::max(animals_, sample.animal + 1);
      mean_ += sample.position * (1.0 / static_cast<double>(samples.size()));
    }
    for (const SpaceSample& sample : samples) {
      for (int k = 0; k < 3; ++k) {
        variance_[k] +=
            std::pow(sample.position[k] - mean_[k], 2) / static_cast<double>(samples.size());
      }
    }
    LearnSize(samples);
    SpreadPlaces(samples, prior, most_places);
    if (in_time) LearnMotion(samples);
  }

  cv::Vec3d operator()(const SpaceSample& one) const {
    const auto seen = SeenBy(camera_, one.shape);
    if (!seen) return mean_;
    const double reach = 6 * off_sd_[0] / nearest_;
    auto from = std::lower_bound(places_.begin(), places_.end(), seen->at.x - reach,
                                 [](const Place& place, double x) { return place.at.x < x; });
    const cv::Vec3d level = size_(ShapeColumns(one, 0, animals_));
    const std::vector<Pull> pulls = PullsOf(one);
    std::vector<std::pair<double, const cv::Vec3d*>> chances;
    double best = -std::numeric_limits<double>::infinity(), likely = best;
    for (; from != places_.end() && from->at.x <= seen->at.x + reach; ++from) {
      const cv::Vec3d model = level + from->height;
      const double off[] = {(std::log(seen->width * from->depth) - model[0]) / size_sd_,
                            ((seen->at.x - from->at.x) * from->depth - model[1]) / off_sd_[0],
                            ((seen->at.y - from->at.y) * from->depth - model[2]) / off_sd_[1]};
      double chance = -(off[0] * off[0] + off[1] * off[1] + off[2] * off[2]) / 2;
      likely = std::max(likely, chance);
      for (const Pull& pull : pulls) chance += pull.Log(from->place, mean_, variance_);
      chances.emplace_back(chance, &from->place);
      best = std::max(best, chance);
    }
    if (!(likely > -kTooFar)) return OnRay(one, *seen);
    return MedianOf(chances, best);
  }

 private:
  struct Place {
    cv::Vec3d place;
    cv::Point2d at;
    double depth;
    cv::Vec3d height;  // what its height adds to the size model
  };
  // Towards a label of the animal near in time: the chance of a place given it, by that without it.
  struct Pull {
    cv::Vec3d toward, variance;
    double Log(const cv::Vec3d& place, const cv::Vec3d& mean, const cv::Vec3d& all) const {
      double log = 0;
      for (int k = 0; k < 3; ++k) {
        log += std::pow(place[k] - mean[k], 2) / all[k] / 2 -
               std::pow(place[k] - toward[k], 2) / variance[k] / 2;
      }
      return log;
    }
  };

  Pull PullOf(const SpaceSample& label, int frame, double reach) const {
    const double stays = std::exp(-std::abs(label.frame - frame) / reach);
    Pull pull;
    pull.toward = mean_ + (label.position - mean_) * stays;
    for (int k = 0; k < 3; ++k) {
      pull.variance[k] = variance_[k] * (1 - stays * stays + kLabelNoise * kLabelNoise);
    }
    return pull;
  }

  std::vector<Pull> PullsOf(const SpaceSample& one) const {
    std::vector<Pull> pulls;
    const auto own = labels_.find(one.animal);
    if (own == labels_.end()) return pulls;
    const auto after = std::lower_bound(own->second.begin(), own->second.end(), one.frame,
                                        [](const auto& label, int at) { return label.frame < at; });
    if (after != own->second.end()) pulls.push_back(PullOf(*after, one.frame, reach_));
    if (after != own->second.begin()) pulls.push_back(PullOf(*std::prev(after), one.frame, reach_));
    return pulls;
  }

  // How soon animals leave where they were: the likeliest reach of labels that follow each other.
  void LearnMotion(const std::vector<SpaceSample>& samples) {
    for (const SpaceSample& sample : samples) labels_[sample.animal].push_back(sample);
    double best = -std::numeric_limits<double>::infinity();
    for (auto& [animal, labels] : labels_) {
      std::stable_sort(labels.begin(), labels.end(),
                       [](const auto& a, const auto& b) { return a.frame < b.frame; });
    }
    for (const double reach : {3, 10, 30, 100, 200, 400, 800, 1600, 5000}) {
      double likelihood = 0;
      for (const auto& [animal, labels] : labels_) {
        for (size_t i = 1; i < labels.size(); ++i) {
          const Pull pull = PullOf(labels[i - 1], labels[i].frame, reach);
          for (int k = 0; k < 3; ++k) {
            likelihood -=
                std::pow(labels[i].position[k] - pull.toward[k], 2) / pull.variance[k] / 2 +
                std::log(pull.variance[k]) / 2;
          }
        }
      }
      if (likelihood > best) {
        best = likelihood;
        reach_ = reach;
      }
    }
  }

  // Log of the width, and how far off its place the mask's middle is, on height and shape.
  void LearnSize(const std::vector<SpaceSample>& samples) {
    std::vector<Row> rows;
    std::vector<cv::Vec3d> targets;
    for (const SpaceSample& sample : samples) {
      const auto seen = SeenBy(camera_, sample.shape);
      const cv::Vec3d place = camera_.pose.rotation * sample.position + camera_.pose.translation;
      if (!seen || !(place[2] > 0)) continue;
      rows.push_back(ShapeColumns(sample, sample.position[2], animals_));
      targets.emplace_back(std::log(seen->width * place[2]), seen->at.x * place[2] - place[0],
                           seen->at.y * place[2] - place[1]);
    }
    if (rows.size() < 6) {
      throw Error("camera", "it sees the labeled places behind itself or out of its lens",
                  "check the camera's file, and that positions are in its space");
    }
    size_ = LinearFit(rows, targets, kRidge);
    cv::Vec3d variance;
    for (const auto& fold : FoldsOf(rows.size(), kInnerFolds, FoldKind::kBlocks, 0)) {
      std::vector<bool> out(rows.size());
      for (const size_t i : fold) out[i] = true;
      std::vector<Row> rest;
      std::vector<cv::Vec3d> rest_targets;
      for (size_t i = 0; i < rows.size(); ++i) {
        if (out[i]) continue;
        rest.push_back(rows[i]);
        rest_targets.push_back(targets[i]);
      }
      const LinearFit fit(rest, rest_targets, kRidge);
      for (const size_t i : fold) {
        const cv::Vec3d off = fit(rows[i]) - targets[i];
        for (int k = 0; k < 3; ++k)
          variance[k] += off[k] * off[k] / static_cast<double>(rows.size());
      }
    }
    size_sd_ = std::max(1e-3, std::sqrt(variance[0]));
    const double least = 1e-4 * cv::norm(mean_ - camera_.Center());
    off_sd_ = {std::max(least, std::sqrt(variance[1])), std::max(least, std::sqrt(variance[2]))};
  }

  void SpreadPlaces(const std::vector<SpaceSample>& samples, const Prior& prior, int most_places) {
    std::vector<cv::Point2f> ground;
    for (const SpaceSample& sample : samples) {
      ground.emplace_back(static_cast<float>(sample.position[0]),
                          static_cast<float>(sample.position[1]));
    }
    cv::Point2f middle;
    float radius = 0;
    cv::minEnclosingCircle(ground, middle, radius);
    const double flat = std::sqrt((variance_[0] + variance_[1]) / 2) * prior.bandwidth;
    const double high = std::sqrt(variance_[2]) * prior.bandwidth;
    const int each = std::clamp(most_places / static_cast<int>(samples.size()), 8, kPlacesALabel);
    const cv::Vec3d flat_size = size_(ShapeColumns(samples[0], 0, animals_));
    Random random(1);
    for (const SpaceSample& sample : samples) {
      for (int i = 0; i < each; ++i) {
        cv::Point2d at(sample.position[0], sample.position[1]);
        if (i < prior.around * each) {
          const double angle = 2 * CV_PI * random.Uniform();
          const cv::Point2d from = at - cv::Point2d(middle);
          at = cv::Point2d(middle) +
               cv::Point2d(from.x * std::cos(angle) - from.y * std::sin(angle),
                           from.x * std::sin(angle) + from.y * std::cos(angle));
        }
        const cv::Vec3d place(at.x + flat * random.Normal(), at.y + flat * random.Normal(),
                              sample.position[2] + high * random.Normal());
        const cv::Vec3d seen = camera_.pose.rotation * place + camera_.pose.translation;
        if (!(seen[2] > 0)) continue;
        places_.push_back({place,
                           {seen[0] / seen[2], seen[1] / seen[2]},
                           seen[2],
                           size_(ShapeColumns(samples[0], place[2], animals_)) - flat_size});
      }
    }
    std::sort(places_.begin(), places_.end(),
              [](const Place& a, const Place& b) { return a.at.x < b.at.x; });
    std::vector<double> depths;
    for (const Place& place : places_) depths.push_back(place.depth);
    std::sort(depths.begin(), depths.end());
    nearest_ = depths.empty() ? 1 : depths[depths.size() / 20];
  }

  // Where no animal was wont to be: as far along the ray as its size says.
  cv::Vec3d OnRay(const SpaceSample& one, const Seen& seen) const {
    cv::Vec3d place = mean_;
    for (int round = 0; round < 5; ++round) {
      const cv::Vec3d model = size_(ShapeColumns(one, place[2], animals_));
      const double depth = std::exp(model[0]) / seen.width;
      const cv::Vec3d in_camera(seen.at.x * depth - model[1], seen.at.y * depth - model[2], depth);
      place = camera_.pose.rotation.inv() * (in_camera - camera_.pose.translation);
      place[2] = std::clamp(place[2], mean_[2] - cv::norm(mean_ - camera_.Center()),
                            mean_[2] + cv::norm(mean_ - camera_.Center()));
    }
    return place;
  }

  // Weiszfeld's steps (1937).
  static cv::Vec3d MedianOf(std::vector<std::pair<double, const cv::Vec3d*>>& chances,
                            double best) {
    double sum = 0;
    cv::Vec3d at;
    for (auto& [chance, place] : chances) {
      chance = chance < best - 14 ? 0 : std::exp(chance - best);
      sum += chance;
      at += *place * chance;
    }
    at *= 1 / sum;
    double spread = 0;
    for (const auto& [chance, place] : chances) spread += chance * cv::norm(*place - at) / sum;
    for (int round = 0; round < 10; ++round) {
      cv::Vec3d next;
      double weights = 0;
      for (const auto& [chance, place] : chances) {
        if (chance == 0) continue;
        const double weight = chance / (cv::norm(*place - at) + 0.02 * spread + 1e-12);
        next += *place * weight;
        weights += weight;
      }
      at = next * (1 / weights);
    }
    return at;
  }

  SpaceCamera camera_;
  int animals_ = 1;
  cv::Vec3d mean_, variance_;  // of the labels' places
  LinearFit size_;
  double size_sd_ = 1, nearest_ = 1;
  std::array<double, 2> off_sd_{1, 1};
  std::vector<Place> places_;                       // by at.x
  std::map<int, std::vector<SpaceSample>> labels_;  // by animal, by frame; only in time
  double reach_ = 1;
};

}  // namespace

PlaceMethod GeometryMethod(const SpaceView& view, bool in_time) {
  VOLE_CHECK(view.camera);
  const SpaceCamera camera = *view.camera;
  const auto fit_with = [camera, in_time](const Prior& prior, int most_places) -> PlaceFit {
    return [=](const std::vector<SpaceSample>& samples) -> PlacePredictor {
      const auto geometry =
          std::make_shared<Geometry>(samples, camera, prior, most_places, in_time);
      return [geometry](const SpaceSample& one) { return (*geometry)(one); };
    };
  };
  return {in_time ? "geometry-time" : "geometry",
          in_time ? "the same, and the way from labels near in time"
                  : "the camera's ray, the size along it, and where animals are wont to be",
          [fit_with](const std::vector<SpaceSample>& samples) {
            // Frames between labels and frames far from any are meant in equal shares.
            double best = std::numeric_limits<double>::infinity();
            Prior chosen = kPriors.front();
            for (const Prior& prior : kPriors) {
              double error = 0;
              for (const FoldKind kind : {FoldKind::kBlocks, FoldKind::kRandom}) {
                const auto folds = FoldsOf(samples.size(), kInnerFolds, kind, 7);
                error += ErrorOf(HeldOutPlaces(fit_with(prior, kPlacesToDecide), samples, folds),
                                 samples)
                             .mean;
              }
              if (error < best) {
                best = error;
                chosen = prior;
              }
            }
            return fit_with(chosen, kMostPlaces);
          }};
}

}  // namespace datasets
