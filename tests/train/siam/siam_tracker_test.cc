#include "train/siam/siam_tracker.h"

#include <opencv2/imgproc.hpp>

#include "tests/support/torch_doctest.h"

namespace siam_tracker_test {

namespace {

using namespace train;

cv::Mat Textured(const cv::Size& size, uint64_t seed) {
  cv::Mat picture(size, CV_8UC3);
  cv::RNG random(seed);
  random.fill(picture, cv::RNG::UNIFORM, 0, 255);
  cv::GaussianBlur(picture, picture, {0, 0}, 3);
  return picture;
}

SiamTracker Untrained(SiamForm form, const SiamSettings& settings = {}) {
  torch::manual_seed(7);
  SiamNet net(form);
  net->eval();
  SiamUpdate update;
  update->eval();
  return SiamTracker(net, update, settings, torch::kCPU);
}

SiamStart StartAt(int key, const cv::Rect& region) {
  return {key, region, cv::Mat(region.size(), CV_8UC1, cv::Scalar(255))};
}

}  // namespace

TEST_CASE("animals of about one size share a region, other sizes and distant ones have their own") {
  std::vector<SiamTarget> targets;
  for (int i = 0; i < 9; ++i) {
    targets.push_back({100.0 + 60 * (i % 3), 100.0 + 50 * (i / 3), 40.0 + i % 2, 38});
  }
  const auto together = PlanRegions(targets);
  REQUIRE(together.size() == 1);
  CHECK(together[0].members.size() == 9);
  CHECK((together[0].size.width - 255) % 8 == 0);
  for (size_t m = 0; m < 9; ++m) {  // each window lies where its animal is, to half a cell
    const SiamTarget& target = targets[together[0].members[m]];
    const double x = (target.x - together[0].origin.x) * together[0].scale;
    const double y = (target.y - together[0].origin.y) * together[0].scale;
    CHECK(std::abs(8 * together[0].cells[m].x + 127.5 - x) <= 4.01);
    CHECK(std::abs(8 * together[0].cells[m].y + 127.5 - y) <= 4.01);
    CHECK(8 * together[0].cells[m].x + 255 <= together[0].size.width);
  }
  targets.push_back({150, 150, 90, 90});
  CHECK(PlanRegions(targets).size() == 2);
  CHECK(PlanRegions({{100, 100, 20, 20}, {1800, 900, 20, 20}}).size() == 2);
  CHECK(PlanRegions({}).empty());
}

TEST_CASE("nine animals cost one pass of the backbone a frame") {
  SiamTracker tracker = Untrained(SiamForm::kAlexNet);
  const cv::Mat picture = Textured({320, 240}, 1);
  std::vector<SiamStart> starts;
  for (int i = 0; i < 9; ++i) {
    starts.push_back(StartAt(i + 1, {60 + 70 * (i % 3), 40 + 60 * (i / 3), 40, 36}));
  }
  tracker.Begin(picture, starts);
  CHECK(tracker.passes() == 0);
  const std::vector<SiamSeen> seen = tracker.Next(picture);
  CHECK(tracker.passes() == 1);
  REQUIRE(seen.size() == 9);
  for (size_t i = 0; i < 9; ++i) CHECK(seen[i].key == static_cast<int>(i) + 1);
}

TEST_CASE("an animal's window in a shared map is what its own window alone shows") {
  torch::manual_seed(8);
  torch::NoGradGuard no_grad;
  SiamNet net(SiamForm::kAlexNet);
  net->eval();
  const cv::Mat picture = Textured({600, 500}, 2);
  const SiamMaps all = net->Search(SiamInput(picture(cv::Rect(0, 0, 255 + 80, 255 + 48))));
  const SiamMaps own = net->Search(SiamInput(picture(cv::Rect(40, 24, 255, 255))));
  const torch::Tensor part = all.map.narrow(2, 3, 22).narrow(3, 5, 22);
  CHECK((part - own.map).abs().max().item<double>() < 1e-3 * own.map.abs().max().item<double>());
}

TEST_CASE("with ResNet-50 the windows in a shared map agree inside of the padded edge") {
  torch::manual_seed(9);
  torch::NoGradGuard no_grad;
  SiamNet net(SiamForm::kResNet50);
  net->eval();
  const cv::Mat picture = Textured({600, 500}, 3);
  const SiamMaps all = net->Search(SiamInput(picture(cv::Rect(0, 0, 255 + 80, 255 + 48))));
  const SiamMaps own = net->Search(SiamInput(picture(cv::Rect(40, 24, 255, 255))));
  const int64_t steps[] = {4, 2, 1}, sides[] = {125, 63, 31}, edges[] = {0, 6, 6};
  for (size_t level = 0; level < 3; ++level) {
    const int64_t inner = sides[level] - 2 * edges[level];
    const torch::Tensor part = all.skips[level]
                                   .narrow(2, steps[level] * 3 + edges[level], inner)
                                   .narrow(3, steps[level] * 5 + edges[level], inner);
    const torch::Tensor alone =
        own.skips[level].narrow(2, edges[level], inner).narrow(3, edges[level], inner);
    CHECK((part - alone).abs().max().item<double>() < 1e-3 * alone.abs().max().item<double>());
  }
  CHECK(own.map.size(2) == 31);
  CHECK(all.map.size(2) == 37);
}

TEST_CASE("patches of the empty scene lower the scores of what looks like it") {
  const cv::Mat picture = Textured({320, 240}, 4);
  const auto Score = [&](double weight, bool with_background) {
    SiamSettings settings;
    settings.background_weight = weight;
    SiamTracker tracker = Untrained(SiamForm::kAlexNet, settings);
    if (with_background) tracker.UseBackground(picture);
    tracker.Begin(picture, {StartAt(1, {140, 100, 40, 36})});
    return tracker.Next(picture).at(0).score;
  };
  const double plain = Score(0, true);
  CHECK(Score(0.5, false) == plain);
  CHECK(Score(0.5, true) < plain);
}

TEST_CASE("an animal that is begun again keeps its key, and its windows leave the picture safely") {
  SiamTracker tracker = Untrained(SiamForm::kAlexNet);
  const cv::Mat picture = Textured({120, 90}, 5);
  CHECK(tracker.Next(picture).empty());
  tracker.Begin(picture, {StartAt(3, {0, 0, 30, 20}), StartAt(5, {90, 70, 30, 20})});
  for (int i = 0; i < 7; ++i) {
    for (const SiamSeen& seen : tracker.Next(picture)) {
      CHECK((seen.region & cv::Rect(0, 0, 120, 90)) == seen.region);
      CHECK(seen.mask.size() == seen.region.size());
      CHECK(seen.score >= 0);
      CHECK(seen.score <= 1);
    }
  }
  tracker.Begin(picture, {StartAt(3, {50, 40, 30, 20})});
  CHECK(tracker.Next(picture).size() == 2);
  tracker.Forget();
  CHECK(tracker.Next(picture).empty());
}

}  // namespace siam_tracker_test
