#include "train/siam/siam_tracker.h"

#include <algorithm>
#include <cmath>

namespace train {
namespace {

constexpr double kMostUnlike = 1.25;  // sizes within one region; trained scales vary by 1.18
constexpr double kMostWaste = 2;      // area of a region by that of its windows
constexpr int kPatches = 8, kPatchCandidates = 24;
// A template is renewed from what was surely seen, and not in every frame: neighbors say the same.
constexpr int kUpdateEvery = 5;
constexpr double kSure = 0.8;

// Network pixels that the members' windows cover together, for one origin and scale.
SiamRegion RegionOf(const std::vector<SiamTarget>& targets, const std::vector<size_t>& members) {
  SiamRegion region;
  region.members = members;
  double log_side = 0;
  for (size_t m : members) log_side += std::log(ContextSide(targets[m]));
  region.scale = kSiamTemplateSide / std::exp(log_side / static_cast<double>(members.size()));
  const double half = kSiamSearchSide / 2.0 / region.scale;
  double left = 1e18, top = 1e18;
  for (size_t m : members) {
    left = std::min(left, targets[m].x - half);
    top = std::min(top, targets[m].y - half);
  }
  region.origin = {left, top};
  int cols = 0, rows = 0;
  for (size_t m : members) {
    const auto Cell = [&](double offset) {
      return static_cast<int>(std::lround(offset * region.scale / kSiamStride));
    };
    region.cells.push_back({Cell(targets[m].x - half - left), Cell(targets[m].y - half - top)});
    cols = std::max(cols, region.cells.back().x);
    rows = std::max(rows, region.cells.back().y);
  }
  region.size = {kSiamSearchSide + kSiamStride * cols, kSiamSearchSide + kSiamStride * rows};
  return region;
}

double AreaOf(const SiamRegion& region) {
  return static_cast<double>(region.size.width) * region.size.height;
}

std::vector<float> Floats(const torch::Tensor& tensor) {
  const torch::Tensor flat = tensor.to(torch::kCPU, torch::kFloat32).contiguous();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

// Mean |2p - 1| of the probabilities along the border of what is taken for the animal.
double BorderCertainty(const cv::Mat& probability, double threshold) {
  double sum = 0;
  int count = 0;
  for (int y = 1; y + 1 < probability.rows; ++y) {
    for (int x = 1; x + 1 < probability.cols; ++x) {
      const auto In = [&](int v, int u) { return probability.at<float>(v, u) > threshold; };
      if (!In(y, x) || (In(y - 1, x) && In(y + 1, x) && In(y, x - 1) && In(y, x + 1))) continue;
      sum += std::abs(2 * probability.at<float>(y, x) - 1);
      ++count;
    }
  }
  return count > 0 ? sum / count : 0;
}

}  // namespace

torch::Tensor SiamInput(const cv::Mat& picture) {
  const cv::Mat whole = picture.isContinuous() ? picture : picture.clone();
  return torch::from_blob(whole.data, {whole.rows, whole.cols, 3}, torch::kUInt8)
      .permute({2, 0, 1})
      .unsqueeze(0)
      .to(torch::kFloat32)
      .contiguous();
}

std::vector<SiamRegion> PlanRegions(const std::vector<SiamTarget>& targets) {
  std::vector<SiamRegion> regions;
  for (size_t i = 0; i < targets.size(); ++i) regions.push_back(RegionOf(targets, {i}));
  for (bool changed = true; changed;) {
    changed = false;
    double best = kMostWaste;
    size_t first = 0, second = 0;
    SiamRegion joined;
    for (size_t i = 0; i < regions.size(); ++i) {
      for (size_t j = i + 1; j < regions.size(); ++j) {
        std::vector<size_t> members = regions[i].members;
        members.insert(members.end(), regions[j].members.begin(), regions[j].members.end());
        double low = 1e18, high = 0;
        for (size_t m : members) {
          low = std::min(low, ContextSide(targets[m]));
          high = std::max(high, ContextSide(targets[m]));
        }
        if (high > kMostUnlike * low) continue;
        SiamRegion both = RegionOf(targets, members);
        const double windows =
            static_cast<double>(members.size()) * kSiamSearchSide * kSiamSearchSide;
        const double waste = AreaOf(both) / windows;
        if (waste > best) continue;
        best = waste, first = i, second = j, changed = true;
        joined = std::move(both);
      }
    }
    if (!changed) break;
    regions[first] = std::move(joined);
    regions.erase(regions.begin() + static_cast<std::ptrdiff_t>(second));
  }
  return regions;
}

SiamTracker::SiamTracker(SiamNet net, SiamUpdate update, const SiamSettings& settings,
                         torch::Device device)
    : net_(std::move(net)), update_(std::move(update)), settings_(settings), device_(device) {}

torch::Tensor SiamTracker::InputOf(const cv::Mat& picture) const {
  return SiamInput(picture).to(device_);
}

torch::Tensor SiamTracker::TemplateOf(const cv::Mat& picture, const SiamTarget& target,
                                      const cv::Scalar& outside) {
  return net_->Template(InputOf(CutTemplate(picture, target, outside)));
}

void SiamTracker::UseBackground(const cv::Mat& background) { background_ = background; }

torch::Tensor SiamTracker::PatchesFor(const Followed& one) {
  if (background_.empty() || settings_.background_weight <= 0) return {};
  const int side = std::max(8, static_cast<int>(std::lround(ContextSide(one.target))));
  const auto Embedding = [](const torch::Tensor& map) { return Floats(map.mean({2, 3})[0]); };
  std::vector<torch::Tensor> maps;
  std::vector<std::vector<float>> embeddings;
  for (const cv::Rect& window : VariedWindows(background_, side, kPatchCandidates)) {
    maps.push_back(net_->Template(
        InputOf(CutWindow(background_, window.tl(), static_cast<double>(kSiamTemplateSide) / side,
                          {kSiamTemplateSide, kSiamTemplateSide}, cv::Scalar()))));
    embeddings.push_back(Embedding(maps.back()));
  }
  std::vector<torch::Tensor> chosen;
  for (int i : FarApart(embeddings, Embedding(one.first), kPatches)) {
    chosen.push_back(maps[static_cast<size_t>(i)]);
  }
  return chosen.empty() ? torch::Tensor() : torch::cat(chosen);
}

void SiamTracker::Begin(const cv::Mat& picture, const std::vector<SiamStart>& starts) {
  torch::NoGradGuard no_grad;
  const cv::Scalar outside = MeanColor(picture);
  for (const SiamStart& start : starts) {
    Followed one;
    one.target = TargetOf(start.region);
    one.first = one.used = TemplateOf(picture, one.target, outside);
    one.patches = PatchesFor(one);
    followed_[start.key] = one;
  }
}

void SiamTracker::Search(const cv::Mat& picture, const cv::Scalar& outside,
                         const SiamRegion& region, const std::vector<int>& keys,
                         std::map<int, SiamSeen>& seen) {
  const SiamMaps maps =
      net_->Search(InputOf(CutWindow(picture, region.origin, region.scale, region.size, outside)));
  ++passes_;
  const int64_t cells = net_->refines() ? 31 : 22;
  const int64_t kernel = net_->refines() ? 7 : 6;
  const int side = net_->answer_side(), edge = net_->edge_cells();
  for (size_t m = 0; m < region.members.size(); ++m) {
    Followed& one = followed_.at(keys[region.members[m]]);
    const cv::Point cell = region.cells[m];
    const auto Window = [&](const torch::Tensor& map, int64_t step, int64_t width) {
      return map.narrow(2, step * cell.y, width).narrow(3, step * cell.x, width);
    };
    const torch::Tensor map = Window(maps.map, 1, cells);
    const SiamNetImpl::Answer answer = net_->Match(one.used, map);
    torch::Tensor presence =
        (answer.cls.slice(1, kSiamAnchors) - answer.cls.slice(1, 0, kSiamAnchors)).sigmoid();
    if (one.patches.defined()) {
      const torch::Tensor scene = net_->Presence(one.patches, map).sigmoid().amax(0, true);
      presence = (presence - settings_.background_weight * scene).clamp_min(0);
    }
    SiamAnswers answers;
    answers.side = side;
    answers.presence = Floats(presence);
    answers.box = Floats(answer.box);
    const cv::Point2d corner = region.origin + cv::Point2d(cell) * (kSiamStride / region.scale);
    const cv::Point2d middle(corner.x + kSiamSearchSide / 2.0 / region.scale,
                             corner.y + kSiamSearchSide / 2.0 / region.scale);
    const SiamChoice choice =
        ChooseAnswer(answers, one.target, middle, region.scale, picture.size(), settings_);
    const std::vector<SiamPlace> places = {{0, choice.row, choice.col}};
    torch::Tensor logits;
    if (net_->refines()) {
      logits = net_->FineAt({Window(maps.skips[0], 4, 125), Window(maps.skips[1], 2, 63),
                             Window(maps.skips[2], 1, 31)},
                            answer.correlation, places);
    } else {
      logits = net_->CoarseAt(answer.correlation, places);
    }
    std::vector<float> values = Floats(logits.sigmoid());
    const int outline_side = static_cast<int>(logits.size(1));
    const cv::Mat probability(outline_side, outline_side, CV_32FC1, values.data());
    const double step = kSiamStride / region.scale;
    const double extent = kSiamTemplateSide / region.scale;
    SiamSeen& found = seen[keys[region.members[m]]];
    found.key = keys[region.members[m]];
    found.score = choice.score;
    found.target = choice.target;
    std::tie(found.region, found.mask) =
        PasteOutline(probability,
                     {corner.x + (choice.col - edge) * step, corner.y + (choice.row - edge) * step,
                      extent, extent},
                     picture.size(), settings_.outline);
    found.certainty = BorderCertainty(probability, settings_.outline);
    if (choice.score < kSure || ++one.frames % kUpdateEvery != 0) {
      one.target = choice.target;
      continue;
    }
    one.target = choice.target;
    // What was just seen is in the map already: the cells around the target's new center.
    const auto First = [&](double offset, int64_t size) {
      const double pixels = offset * region.scale - kSiamTemplateSide / 2.0;
      const int64_t at = std::lround(pixels / kSiamStride) + edge;
      return std::clamp<int64_t>(at, 0, size - kernel);
    };
    const torch::Tensor now =
        maps.map.narrow(2, First(one.target.y - region.origin.y, maps.map.size(2)), kernel)
            .narrow(3, First(one.target.x - region.origin.x, maps.map.size(3)), kernel);
    one.used = update_->forward(one.first, one.used, now);
  }
}

std::vector<SiamSeen> SiamTracker::Next(const cv::Mat& picture) {
  torch::NoGradGuard no_grad;
  std::vector<SiamTarget> targets;
  std::vector<int> keys;
  for (const auto& [key, one] : followed_) {
    targets.push_back(one.target);
    keys.push_back(key);
  }
  const cv::Scalar outside = MeanColor(picture);
  std::map<int, SiamSeen> seen;
  for (const SiamRegion& region : PlanRegions(targets)) {
    Search(picture, outside, region, keys, seen);
  }
  std::vector<SiamSeen> all;
  for (auto& [key, one] : seen) all.push_back(std::move(one));
  return all;
}

}  // namespace train
