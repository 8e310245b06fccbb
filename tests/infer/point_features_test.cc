// Key points as numbers for the temporal network, against cases worked by hand.
#include "infer/behavior/point_features.h"

#include <doctest/doctest.h>

#include <cmath>

#include "datasets/base/random.h"
#include "tests/support/pose_project.h"

namespace point_features_test {

namespace {

using Complex = std::complex<double>;
using infer::Pose;
using infer::PosesOfFrame;
using train::PointLayout;

constexpr double kFps = 10;

// nose, left ear, right ear, tail of an animal that looks along x (y points down: left is up).
const std::vector<Complex> kShape = {{30, 0}, {20, -10}, {20, 10}, {-40, 0}};

Pose At(Complex place, double angle, double zoom = 1) {
  Pose pose;
  for (const Complex& z : kShape) pose.push_back({place + zoom * std::polar(1.0, angle) * z, 1});
  return pose;
}

PointLayout Layout() {
  PointLayout layout = infer::LayoutOf(
      {datasets::MakeSkeleton("mouse", {"nose", "left", "right", "tail"},
                              {{"nose", "left"}, {"nose", "tail"}}, {{"left", "right"}})});
  std::vector<Pose> samples;
  for (int i = 0; i < 20; ++i)
    samples.push_back(At({5.0 * i, 3.0 * i}, 0.7 * i, 1 + 0.1 * (i % 3)));
  infer::MeasurePoses(samples, layout);
  return layout;
}

std::vector<float> Features(const std::vector<PosesOfFrame>& frames, bool causal = false) {
  return infer::PointFeatures(frames, Layout(), 10, kFps, causal);
}

float Value(const std::vector<float>& features, int frame, int column) {
  const int count = Layout().count();
  return features[static_cast<size_t>(frame * 2 * count + column)];
}
float Weight(const std::vector<float>& features, int frame, int column) {
  return Value(features, frame, Layout().count() + column);
}

TEST_CASE("The usual pose is found whichever way the animals of the samples look") {
  const PointLayout layout = Layout();
  REQUIRE(layout.pose.size() == 4);
  CHECK(layout.pose[0].first > 0.5);  // the nose ahead
  CHECK(layout.pose[0].second == doctest::Approx(0).epsilon(1e-6));
  CHECK(layout.pose[1].second == doctest::Approx(-layout.pose[2].second));
  CHECK(layout.pose[3].first < -1);
  const auto distance = [&](size_t a, size_t b) {
    return std::hypot(layout.pose[a].first - layout.pose[b].first,
                      layout.pose[a].second - layout.pose[b].second);
  };
  CHECK(distance(0, 3) / distance(1, 2) == doctest::Approx(70 / 20.0));
  CHECK(layout.joints.size() == 1);  // left ear, nose, tail
  PointLayout nobody = infer::LayoutOf({datasets::MakeSkeleton("mouse", {"nose"}, {}, {})});
  infer::MeasurePoses({}, nobody);
  CHECK(nobody.count() == 0);
}

TEST_CASE("A point that moves by itself counts less in the frame of the animal") {
  std::vector<Pose> samples;
  datasets::Random random({7});
  for (int i = 0; i < 50; ++i) {
    samples.push_back(At({3.0 * i, 0}, 0.3 * i));
    samples.back()[3].at += Complex(random.Uniform(-30, 30), random.Uniform(-30, 30));
  }
  PointLayout layout = Layout();
  infer::MeasurePoses(samples, layout);
  CHECK(layout.rigidity[3] < 0.3 * layout.rigidity[0]);
  CHECK(layout.rigidity[1] == doctest::Approx(layout.rigidity[2]));
}

TEST_CASE("Places within the animal do not depend on where it is and which way it looks") {
  const PointLayout layout = Layout();
  std::vector<PosesOfFrame> here, there;
  for (int f = 0; f < 30; ++f) {
    here.push_back({At({100, 100}, 0), {}});
    there.push_back({At({300, 50}, 2.1), {}});
  }
  const auto a = Features(here), b = Features(there);
  for (int i = 0; i < layout.count(); ++i) {
    CHECK(Value(a, 15, i) == doctest::Approx(Value(b, 15, i)).epsilon(1e-4));
  }
  CHECK(Value(a, 15, layout.x()) - Value(a, 15, layout.x() + 3) == doctest::Approx(7));  // of 10 px
  CHECK(Value(a, 15, layout.pair_distance()) == doctest::Approx(2));
  CHECK(Value(a, 15, layout.pair_outermost()) == doctest::Approx(1));
  CHECK(Value(a, 15, layout.angle()) == doctest::Approx(CV_PI / 4));
  CHECK(Value(a, 15, layout.sureness()) == doctest::Approx(1));
  CHECK(Value(a, 15, layout.own_motion()) == doctest::Approx(0));
  CHECK(Weight(a, 15, layout.other()) == 0);  // alone
  CHECK(Weight(a, 15, layout.nearness()) == 0);
}

TEST_CASE("Speeds are sizes a second, of the animal and of a point within it") {
  const PointLayout layout = Layout();
  std::vector<PosesOfFrame> frames;
  for (int f = 0; f < 40; ++f) frames.push_back({At({100 + 2.0 * f, 100}, 0), {}});
  const auto steady = Features(frames);
  for (int k = 0; k < 3; ++k) {  // 20 px a second, a size is 10 px
    CHECK(Value(steady, 20, layout.own_motion() + k) == doctest::Approx(std::asinh(2 / 0.3)));
  }
  CHECK(Value(steady, 20, layout.own_motion() + 3) == doctest::Approx(std::asinh(2 / 0.3)));
  CHECK(Value(steady, 20, layout.own_motion() + 4) == doctest::Approx(0).epsilon(1e-6));
  CHECK(Value(steady, 20, layout.speed()) == doctest::Approx(0).epsilon(1e-6));
  const auto past = Features(frames, true);
  CHECK(Value(past, 20, layout.own_motion() + 3) == doctest::Approx(std::asinh(2 / 0.3)));
  frames.resize(21);  // what comes later changes nothing
  const auto cut = Features(frames, true);
  for (int i = 0; i < layout.count(); ++i) CHECK(Value(cut, 20, i) == Value(past, 20, i));

  // One ear moves out, by half a pixel a frame, and hardly takes the animal along.
  for (size_t f = 0; f < frames.size(); ++f) {
    frames[f].own = At({100, 100}, 0);
    frames[f].own[1].at -= Complex(0, 0.5 * static_cast<double>(f));
  }
  const auto waving = Features(frames);
  const auto speed = [&](int column) { return 0.3 * std::sinh(Value(waving, 10, column)); };
  CHECK(speed(layout.speed() + 1) > 0.25);  // of 0.5 sizes a second; the frame follows a little
  CHECK(speed(layout.speed() + 1) < 0.5);
  for (const int k : {0, 2, 3}) CHECK(speed(layout.speed() + k) < 0.25);
  CHECK(speed(layout.own_motion()) < 0.2);
}

TEST_CASE("A point that is missing or doubtful weighs nothing or little, and gaps are bridged") {
  const PointLayout layout = Layout();
  std::vector<PosesOfFrame> frames(30, {At({100, 100}, 1), {}});
  for (PosesOfFrame& frame : frames) frame.own[1].sure = 0.25;
  for (size_t f = 10; f < 20; ++f) frames[f].own[2].sure = 0;
  frames[25].own = Pose(4);  // the animal is not seen
  const auto features = Features(frames);
  CHECK(Weight(features, 5, layout.x() + 1) == doctest::Approx(0.25));
  CHECK(Weight(features, 15, layout.x() + 2) == 0);
  CHECK(Weight(features, 15, layout.pair_distance()) == 0);
  CHECK(Value(features, 15, layout.sureness() + 2) == 0);
  CHECK(Weight(features, 15, layout.x()) == doctest::Approx(1));
  CHECK(Weight(features, 25, layout.x()) > 0.3);
  CHECK(Weight(features, 25, layout.x()) < 0.8);
  CHECK(Value(features, 25, layout.x()) ==
        doctest::Approx(Value(features, 5, layout.x())).epsilon(1e-3));
  for (const float value : features) CHECK(std::isfinite(value));
  const auto nothing = Features(std::vector<PosesOfFrame>(5, {Pose(4), {}}));
  for (const float value : nothing) CHECK(value == 0);
}

TEST_CASE("The nearest other animal is seen from the animal: where it is, how near, its look") {
  const PointLayout layout = Layout();
  std::vector<PosesOfFrame> frames(5, {At({100, 100}, CV_PI / 2), {}});
  for (PosesOfFrame& frame : frames) {
    frame.others = {At({100, 700}, 0), At({100, 200}, CV_PI)};  // the second, straight ahead
  }
  const auto features = Features(frames);
  const int at = layout.other();
  CHECK(Value(features, 2, at) == doctest::Approx(std::asinh(10.0)).epsilon(0.05));
  CHECK(std::abs(Value(features, 2, at + 1)) < 0.5);
  CHECK(Value(features, 2, at + 2) == doctest::Approx(0).epsilon(1e-6));
  CHECK(Value(features, 2, at + 3) == doctest::Approx(1));
  double least = 1e9;  // of the nose at (100, 130)
  for (const auto& point : frames[0].others[1]) {
    least = std::min(least, std::abs(point.at - Complex(100, 130)));
  }
  CHECK(Value(features, 2, layout.nearness()) == doctest::Approx(std::asinh(least / 10)));
}

Pose MirrorImage(const Pose& pose) {
  const size_t partner[] = {0, 2, 1, 3};
  Pose mirror(4);
  for (size_t k = 0; k < 4; ++k) {
    mirror[k] = pose[partner[k]];
    mirror[k].at = std::conj(mirror[k].at);
  }
  return mirror;
}

void CheckMirror(const PointLayout& layout) {
  std::vector<PosesOfFrame> frames, mirrored;
  datasets::Random random({3});
  for (int f = 0; f < 30; ++f) {
    PosesOfFrame frame{At({100 + 3.0 * f, 100 + std::sin(0.5 * f)}, 0.05 * f), {}};
    frame.others.push_back(At({150, 130}, 0.1 * f));
    for (auto& point : frame.own) {
      point.at += Complex(random.Uniform(-2, 2), random.Uniform(-2, 2));
      point.sure = random.Uniform(0.2, 1);
    }
    mirrored.push_back({MirrorImage(frame.own), {MirrorImage(frame.others[0])}});
    frames.push_back(std::move(frame));
  }
  const auto a = infer::PointFeatures(frames, layout, 10, kFps, false);
  const auto b = infer::PointFeatures(mirrored, layout, 10, kFps, false);
  const train::PointMirror mirror = train::MirrorOf(layout);
  for (int i = 0; i < layout.count(); ++i) {
    const bool alone = i >= layout.angle() && i < layout.own_motion();  // the other ear has no edge
    if (alone) continue;
    CAPTURE(i);
    const int from = mirror.from[static_cast<size_t>(i)];
    const float sign = mirror.sign[static_cast<size_t>(i)];
    CHECK(Value(b, 15, i) == doctest::Approx(sign * Value(a, 15, from)).epsilon(1e-3));
    CHECK(Weight(b, 15, i) == doctest::Approx(Weight(a, 15, from)).epsilon(1e-3));
  }
}

TEST_CASE("The mirror of the numbers is the numbers of the mirror") { CheckMirror(Layout()); }

TEST_CASE("Samples that are broader on one side give a pose with two sides alike all the same") {
  std::vector<Pose> samples;
  for (int i = 0; i < 20; ++i) {
    samples.push_back(At({5.0 * i, 3.0 * i}, 0));
    samples.back()[0].at += Complex(0, 6);  // it looks aside, and one ear is seen from above
    samples.back()[1].at += Complex(4, -8);
  }
  PointLayout layout = Layout();
  infer::MeasurePoses(samples, layout);
  CHECK(train::HasMirror(layout));
  CheckMirror(layout);
  double squares = 0, sum = 0;
  for (const auto& [x, y] : layout.pose) {
    squares += (x * x + y * y) / 4;
    sum += x;
  }
  CHECK(squares == doctest::Approx(1));
  CHECK(sum == doctest::Approx(0).epsilon(1e-6));
}

TEST_CASE("Where nothing is paired, only a pose in a line is taken for its own mirror image") {
  const auto measured = [](double aside) {
    PointLayout layout =
        infer::LayoutOf({datasets::MakeSkeleton("mouse", {"nose", "neck", "hip", "tail"}, {}, {})});
    std::vector<Pose> samples(5);
    for (Pose& pose : samples) {
      for (const Complex& z :
           {Complex(30, 0), Complex(10, aside), Complex(-10, 0), Complex(-30, 0)}) {
        pose.push_back({z, 1});
      }
    }
    infer::MeasurePoses(samples, layout);
    return layout;
  };
  CHECK(train::HasMirror(measured(3)));
  const PointLayout bent = measured(30);
  CHECK_FALSE(train::HasMirror(bent));
  CHECK(std::abs(bent.pose[1].second - bent.pose[2].second) > 0.5);
}

TEST_CASE("The points of a video's animals are read, of a whole frame those of its only animal") {
  tests::PoseProject scene;
  const auto video = scene.project->Videos()[0];
  PointLayout layout = infer::LayoutOf(scene.project->Skeletons());
  CHECK(layout.names.size() == 4);
  CHECK(layout.pairs == std::vector<std::pair<int, int>>{{1, 2}});
  CHECK(layout.joints.size() == 3);
  const infer::SubjectPoints points(*scene.project, video, {"bob", "nobody"}, "animal",
                                    layout.names);
  REQUIRE_FALSE(points.empty());
  infer::MeasurePoses(points.Samples(1000), layout);
  REQUIRE(layout.count() > 0);
  datasets::Job job;
  const auto found = points.Run(layout, 2, 9, false, job);
  REQUIRE(found.size() == 2);
  const auto width = static_cast<size_t>(2 * layout.count());
  REQUIRE(found[0].size() == 7 * width);
  const auto sure = [&](size_t subject, int frame, int k) {
    return found[subject][static_cast<size_t>(frame - 2) * width +
                          static_cast<size_t>(layout.sureness() + k)];
  };
  CHECK(sure(0, 3, 0) > 0.3);
  CHECK(sure(0, 3, 3) > 0.3);  // hidden, and yet its place is known
  for (const float value : found[1]) CHECK(value == 0);
  // Two animals have points: which one the whole frame would mean is not guessed.
  const infer::SubjectPoints whole(*scene.project, video, {""}, "frame", layout.names);
  CHECK(whole.Samples(1000).empty());
}

TEST_CASE("A subject that is no animal has the points of the only one, in the view of the frame") {
  tests::PoseProject scene;
  const auto video = scene.project->Videos()[0];
  const auto bob = scene.project->Categories()[1].id;
  scene.project->Write([&](datasets::Writer& writer) {
    writer.connection().Run(
        "DELETE FROM annotation_points WHERE annotation_id IN"
        " (SELECT id FROM annotations WHERE category_id = ?)",
        bob);
    writer.connection().Run(
        "DELETE FROM prediction_points WHERE prediction_id IN"
        " (SELECT id FROM predictions WHERE category_id = ?)",
        bob);
  });
  const auto names = infer::LayoutOf(scene.project->Skeletons()).names;
  const auto samples = [&](const std::string& view, const std::string& subject) {
    return infer::SubjectPoints(*scene.project, video, {subject}, view, names).Samples(1000).size();
  };
  CHECK(samples("frame", "") == 4);
  CHECK(samples("frame", "the cage") == 4);  // however the observer called it
  CHECK(samples("frame", "ann") == 4);
  CHECK(samples("frame", "bob") == 0);  // another animal's points are not his
  CHECK(samples("animal", "") == 0);
  CHECK(samples("region", "nest") == 0);
  CHECK(samples("pair", "ann") == 4);
}

TEST_CASE("Where it is not said which animal the subject is, none of them is the other one") {
  tests::PoseProject scene;
  const auto video = scene.project->Videos()[0];
  scene.project->Write([&](datasets::Writer& writer) {  // on frame 3 ann is alone
    writer.connection().Run(
        "DELETE FROM annotation_points WHERE annotation_id IN (SELECT annotations.id"
        " FROM annotations JOIN images ON images.id = image_id"
        " WHERE frame_index = 3 AND category_id = ?)",
        scene.project->Categories()[1].id);
  });
  PointLayout layout = infer::LayoutOf(scene.project->Skeletons());
  const infer::SubjectPoints points(*scene.project, video, {""}, "frame", layout.names);
  infer::MeasurePoses(points.Samples(1000), layout);
  REQUIRE(layout.count() > 0);
  datasets::Job job;
  const auto found = points.Run(layout, 4, 5, false, job);
  const auto weight = [&](int column) {
    return found[0][static_cast<size_t>(layout.count() + column)];
  };
  CHECK(weight(layout.x()) > 0.1);  // bridged from frame 3
  CHECK(weight(layout.other()) == 0);
}

TEST_CASE("A network without points does not read any") {
  tests::PoseProject scene;
  const auto video = scene.project->Videos()[0];
  const infer::SubjectPoints points(*scene.project, video, {"ann", "bob"}, "animal", {});
  int said = 0;
  datasets::Job job([&](const datasets::Job::Progress&) { ++said; });
  const auto found = points.Run({}, 0, 50, false, job);
  REQUIRE(found.size() == 2);
  CHECK(found[0].empty());
  CHECK(said == 0);
}

}  // namespace

}  // namespace point_features_test
