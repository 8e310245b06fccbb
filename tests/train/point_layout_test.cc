// Numbers of key points as behavior networks take them.
#include "train/behavior/point_layout.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

namespace point_layout_test {

namespace {

using train::PointLayout;

// nose, left and right ear, tail; the ears at the nose, and the back.
PointLayout Mouse() {
  PointLayout layout;
  layout.names = {"nose", "left", "right", "tail"};
  layout.pairs = {{1, 2}};
  layout.joints = {{1, 0, 3}, {2, 0, 3}, {1, 0, 2}};
  layout.pose = {{1, 0}, {0.5, -0.5}, {0.5, 0.5}, {-2, 0}};
  layout.rigidity = {1, 1, 1, 1};
  layout.mean.assign(static_cast<size_t>(layout.count()), 0);
  layout.deviation.assign(static_cast<size_t>(layout.count()), 1);
  return layout;
}

TEST_CASE("A layout counts what its points, pairs and joints give, and none give nothing") {
  CHECK(Mouse().count() == 5 * 4 + 2 + 3 + 6 + 4);
  CHECK(PointLayout().count() == 0);
  CHECK(train::MirrorOf(PointLayout()).from.empty());
}

TEST_CASE("A mirror exchanges partners, turns what is sideways, and twice it is what it was") {
  const PointLayout layout = Mouse();
  const train::PointMirror mirror = train::MirrorOf(layout);
  const auto at = [&](int i) { return mirror.from[static_cast<size_t>(i)]; };
  const auto sign = [&](int i) { return mirror.sign[static_cast<size_t>(i)]; };
  CHECK(at(layout.x() + 1) == layout.x() + 2);
  CHECK(sign(layout.x() + 1) == 1);
  CHECK(at(layout.y() + 2) == layout.y() + 1);
  CHECK(sign(layout.y() + 2) == -1);
  CHECK(sign(layout.y()) == -1);
  CHECK(at(layout.angle()) == layout.angle() + 1);  // left ear, nose, tail
  CHECK(at(layout.angle() + 2) == layout.angle() + 2);
  CHECK(sign(layout.own_motion() + 3) == 1);   // ahead
  CHECK(sign(layout.own_motion() + 4) == -1);  // sideways
  CHECK(sign(layout.other() + 1) == -1);
  for (int i = 0; i < layout.count(); ++i) {
    CHECK(at(at(i)) == i);
    CHECK(sign(i) == sign(at(i)));
  }
}

TEST_CASE("Only an animal that is as broad on both sides has a mirror image among poses") {
  PointLayout layout = Mouse();
  CHECK(train::HasMirror(layout));
  layout.pose[1] = {0.5, -0.6};
  CHECK_FALSE(train::HasMirror(layout));
  layout.pose[1] = {0.4, -0.5};
  CHECK_FALSE(train::HasMirror(layout));
  layout = Mouse();
  layout.pose[3] = {-2, 0.1};  // no partner, and beside the middle
  CHECK_FALSE(train::HasMirror(layout));
}

TEST_CASE("What is missing is the usual after normalizing, and what is doubtful weighs less") {
  PointLayout layout = Mouse();
  const auto count = static_cast<size_t>(layout.count());
  std::vector<std::vector<float>> frames;
  for (const float value : {1.0f, 3.0f}) {
    std::vector<float> raw(2 * count, 0.0f);
    std::fill(raw.begin(), raw.begin() + static_cast<std::ptrdiff_t>(count), value);
    std::fill(raw.begin() + static_cast<std::ptrdiff_t>(count), raw.end(), 1.0f);
    raw[count] = value == 1 ? 1.0f : 0.0f;  // the nose is seen in the first frame alone
    frames.push_back(raw);
  }
  train::MeasurePoints({frames[0].data(), frames[1].data()}, layout);
  CHECK(layout.mean[0] == doctest::Approx(1));
  CHECK(layout.mean[1] == doctest::Approx(2));
  CHECK(layout.deviation[1] == doctest::Approx(1));
  CHECK(layout.mean[static_cast<size_t>(layout.y())] == doctest::Approx(0));  // the mirror's too
  std::vector<float> out(count);
  train::NormalizePoints(layout, frames[1].data(), out.data());
  CHECK(out[0] == 0);
  CHECK(out[1] == doctest::Approx(1));
  CHECK(out[static_cast<size_t>(layout.sureness())] == 3);  // as it is
  frames[1][count + 1] = 0.25f;
  train::NormalizePoints(layout, frames[1].data(), out.data());
  CHECK(out[1] == doctest::Approx(0.25));
}

TEST_CASE("A layout is kept in a model's description, and what cannot be one is refused") {
  const PointLayout layout = Mouse();
  const nlohmann::json json = train::ToJson(layout);
  const PointLayout again = train::PointLayoutFrom(json);
  CHECK(train::ToJson(again) == json);
  CHECK(again.count() == layout.count());
  CHECK(train::PointLayoutFrom(train::ToJson(PointLayout())).names.empty());
  const auto refused = [&](const char* key, const nlohmann::json& value) {
    nlohmann::json bad = json;
    bad[key] = value;
    CHECK_THROWS_AS(train::PointLayoutFrom(bad), std::exception);
  };
  refused("names", nlohmann::json::array());
  refused("names", {"nose"});
  refused("pairs", {{0, 9}});
  refused("joints", {{0, 1, -1}});
  refused("pose", {{0, 0}});
  refused("mean", {1});
  refused("rigidity", {1, 1, 1, -1});
  refused("deviation", nlohmann::json(std::vector<double>(layout.deviation.size(), 0)));
  refused("pairs", "left");
}

}  // namespace

}  // namespace point_layout_test
