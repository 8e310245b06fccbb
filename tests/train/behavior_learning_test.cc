// Networks for behavior learn drawn scenes: a bar (the "animal") that points at a disc or not.
#include <cmath>
#include <fstream>
#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"
#include "datasets/base/random.h"
#include "tests/support/pretend_device.h"
#include "tests/support/temp_dir.h"
#include "tests/support/torch_doctest.h"
#include "train/behavior/tasks.h"
#include "train/behavior/train.h"
#include "train/nets/resnet.h"
#include "train/train_job.h"
#include "train/weights/safetensors.h"

namespace behavior_learning_test {

namespace {

using namespace train;

// Class 1 ("left"): a bright disc left of the middle; class 2 ("right"): right of it; "fast" is
// only in the motion features. Runs of 8 frames.
struct Drawn {
  BehaviorData data;
  std::vector<std::vector<cv::Mat>> pictures;
};

Drawn Draw(int rows, int frames, uint64_t seed = 1) {
  Drawn drawn;
  drawn.data.heads = {{"place", {"left", "right"}}, {"", {"fast"}}};
  drawn.data.input.view = "frame";
  drawn.data.input.side = 32;
  drawn.data.input.room = 4;
  for (int r = 0; r < rows; ++r) {
    BehaviorRow row;
    row.video = "v" + std::to_string(r);
    row.video_index = r;
    row.fps = 10;
    row.end_frame = frames;
    row.labels.assign(2, {});
    std::vector<cv::Mat> pictures;
    int place = 0, fast = 0;
    for (int f = 0; f < frames; ++f) {
      datasets::Random random({seed, static_cast<uint64_t>(r), static_cast<uint64_t>(f)});
      if (f % 8 == 0) {
        place = random.Below(3);
        fast = random.Below(2);
      }
      cv::Mat picture(40, 40, CV_8UC1, cv::Scalar(90 + random.Below(20)));
      if (place > 0) cv::circle(picture, {place == 1 ? 10 : 30, 16 + random.Below(8)}, 5, 220, -1);
      pictures.push_back(picture);
      row.labels[0].push_back(static_cast<uint8_t>(place));
      row.labels[1].push_back(static_cast<uint8_t>(fast));
      row.seen.push_back(1);
      std::vector<float> motion(kMotionFeatures, 0.0f);
      motion[0] = 1;
      motion[1] = static_cast<float>(fast * 3 + random.Uniform());
      row.motion.insert(row.motion.end(), motion.begin(), motion.end());
    }
    drawn.data.rows.push_back(row);
    drawn.pictures.push_back(pictures);
  }
  return drawn;
}

void Connect(Drawn& drawn) {
  drawn.data.picture = [&drawn](int row, int frame) {
    return drawn.pictures[static_cast<size_t>(row)][static_cast<size_t>(frame)];
  };
}

TrainOptions Short(const std::string& model, int steps) {
  TrainOptions options;
  options.model = model;
  options.steps = steps;
  options.threads = 1;
  options.device = "cpu";
  return options;
}

std::vector<std::vector<float>> Score(const std::string& file, const Drawn& drawn, size_t row,
                                      const std::string& device = "cpu") {
  BehaviorScorer scorer(file, 1, device);
  for (const cv::Mat& picture : drawn.pictures[row]) scorer.Add(picture);
  return scorer.Finish(drawn.data.rows[row].motion);
}

// Share of frames on which both heads are right at a probability of one half.
double Right(const std::vector<std::vector<float>>& found, const BehaviorRow& row, bool with_fast) {
  double right = 0;
  for (size_t f = 0; f < found.size(); ++f) {
    const int place = found[f][0] > 0.5 ? 1 : found[f][1] > 0.5 ? 2 : 0;
    const bool fast = found[f][2] > 0.5;
    right += place == row.labels[0][f] && (!with_fast || fast == (row.labels[1][f] == 1));
  }
  return right / static_cast<double>(found.size());
}

std::string MessageOf(const std::function<void()>& work) {
  try {
    work();
  } catch (const datasets::Error& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("A frame network learns what a picture shows, and scores frames it never saw") {
  Drawn drawn = Draw(2, 160), other = Draw(1, 80, 9);
  Connect(drawn);
  tests::TempDir folder;
  datasets::Job job;
  const std::string file = folder / "m.safetensors";
  const TrainResult result =
      TrainBehavior(drawn.data, WholeRows(drawn.data), Short("behavior-frame", 90), {}, file, job);
  CHECK(result.steps == 90);
  CHECK(result.validation["macro_f1"].get<double>() > 0.3);  // "fast" cannot be seen in a picture
  CHECK(Right(Score(file, other, 0), other.data.rows[0], false) > 0.9);
}

TEST_CASE("What is held back has no part in how inputs are brought to a common scale") {
  Drawn drawn = Draw(2, 160);
  Connect(drawn);
  BehaviorOptions options;
  options.frame_network = "small";
  options.window = 3;
  const auto described = [&] {
    tests::TempDir folder;
    datasets::Job job;
    const std::string file = folder / "m.safetensors";
    TrainBehavior(drawn.data, WholeRows(drawn.data), Short("behavior-seq", 2), options, file, job);
    return *ReadBehaviorDescription(file);
  };
  const BehaviorDescription before = described();
  const auto held = before.record.at("held_out");
  REQUIRE(held.size() > 0);
  for (const auto& span : held) {
    for (size_t r = 0; r < drawn.data.rows.size(); ++r) {
      if (drawn.data.rows[r].video != span.at("video")) continue;
      for (auto f = span.at("start_frame").get<size_t>(); f < span.at("end_frame"); ++f) {
        drawn.data.rows[r].motion[f * kMotionFeatures + 1] += 1000;
        drawn.pictures[r][f] = 255 - drawn.pictures[r][f];
      }
    }
  }
  const BehaviorDescription after = described();
  CHECK(after.record.at("held_out") == held);
  CHECK(after.motion_mean == before.motion_mean);
  CHECK(after.motion_deviation == before.motion_deviation);
  CHECK(after.input.mean == before.input.mean);
}

TEST_CASE("A sequence network also learns what only the motion tells") {
  Drawn drawn = Draw(2, 160), other = Draw(1, 80, 9);
  Connect(drawn);
  tests::TempDir folder;
  datasets::Job job;
  const std::string file = folder / "m.safetensors";
  BehaviorOptions options;
  options.frame_network = "small";
  options.window = 3;
  TrainBehavior(drawn.data, WholeRows(drawn.data), Short("behavior-seq", 90), options, file, job);
  const auto whole = Score(file, other, 0);
  CHECK(Right(whole, other.data.rows[0], true) > 0.85);
  for (const auto& frame : whole) {
    for (const float p : frame) CHECK((p >= 0 && p <= 1));
    CHECK(frame[0] + frame[1] <= doctest::Approx(1));  // one group: together with "none" they are 1
  }

  // Scored in two pieces with their context, every frame gets the same answer.
  BehaviorScorer scorer(file, 1, "cpu");
  const int context = scorer.context_frames(), cut = 40;
  const auto piece = [&](int from, int to) {
    for (int f = from; f < to; ++f) scorer.Add(other.pictures[0][static_cast<size_t>(f)]);
    const auto& motion = other.data.rows[0].motion;
    return scorer.Finish(
        {motion.begin() + from * kMotionFeatures, motion.begin() + to * kMotionFeatures});
  };
  const auto first = piece(0, cut + context), second = piece(cut - context, 80);
  for (int f = 0; f < 80; ++f) {
    const auto& part =
        f < cut ? first[static_cast<size_t>(f)] : second[static_cast<size_t>(f - cut + context)];
    for (size_t k = 0; k < 3; ++k) {
      CHECK(part[k] == doctest::Approx(whole[static_cast<size_t>(f)][k]).epsilon(1e-3));
    }
  }

  // Where the subject is not seen there is no answer, and its neighbors still have one.
  for (int f = 0; f < 80; ++f) {
    scorer.Add(f == 30 ? cv::Mat() : other.pictures[0][static_cast<size_t>(f)]);
  }
  const auto gap = scorer.Finish(other.data.rows[0].motion);
  CHECK(std::isnan(gap[30][0]));
  CHECK_FALSE(std::isnan(gap[29][0]));
}

// "fast" is said by how far out the left one of two points stands, and by nothing else.
void PutPoints(Drawn& drawn) {
  PointLayout& layout = drawn.data.points;
  layout.names = {"left", "right"};
  layout.pairs = {{0, 1}};
  layout.pose = {{0, -1}, {0, 1}};
  layout.rigidity = {1, 1};
  const auto count = static_cast<size_t>(layout.count());
  for (BehaviorRow& row : drawn.data.rows) {
    row.motion.assign(row.motion.size(), 0.0f);
    for (const uint8_t fast : row.labels[1]) {
      std::vector<float> numbers(2 * count, 0.0f);
      numbers[static_cast<size_t>(layout.y())] = fast == 1 ? -3.0f : -1.0f;
      numbers[count + static_cast<size_t>(layout.y())] = 1;
      row.points.insert(row.points.end(), numbers.begin(), numbers.end());
    }
  }
}

TEST_CASE("A sequence network learns what only key points tell, and keeps how to read them") {
  Drawn drawn = Draw(2, 160), other = Draw(1, 80, 9);
  Connect(drawn);
  PutPoints(drawn);
  PutPoints(other);
  tests::TempDir folder;
  datasets::Job job;
  const std::string file = folder / "m.safetensors";
  BehaviorOptions options;
  options.frame_network = "small";
  options.window = 3;
  drawn.data.flips.horizontal = true;  // chunks are mirrored too
  TrainBehavior(drawn.data, WholeRows(drawn.data), Short("behavior-seq", 250), options, file, job);
  {
    BehaviorScorer scorer(file, 1, "cpu");
    CHECK(scorer.description().points.names == drawn.data.points.names);
    CHECK(scorer.description().numbers() == kMotionFeatures + drawn.data.points.count());
    for (const cv::Mat& picture : other.pictures[0]) scorer.Add(picture);
    const auto& row = other.data.rows[0];
    double right = 0;
    const auto found = scorer.Finish(row.motion, row.points);
    for (size_t f = 0; f < found.size(); ++f)
      right += (found[f][2] > 0.5) == (row.labels[1][f] == 1);
    CHECK(right / static_cast<double>(found.size()) > 0.9);
  }
  // The same without them is a model as it was before there were points.
  options.points = false;
  options.prior = 0;  // how often each behavior was seen is left out of it, then
  TrainBehavior(drawn.data, WholeRows(drawn.data), Short("behavior-seq", 3), options, file, job);
  CHECK(ReadBehaviorDescription(file)->points.count() == 0);
  for (const double shift : ReadBehaviorDescription(file)->shift) CHECK(shift == 0);
  CHECK(ReadSafetensorsMetadata(file).at("input").find("points") == std::string::npos);
  CHECK(Score(file, other, 0).size() == 80);
}

TEST_CASE("Behavior learned and scored on another device is what the processor gives") {
  tests::PretendDevice();
  Drawn drawn = Draw(1, 64);
  Connect(drawn);
  for (const std::string model : {"behavior-seq", "c3d"}) {
    CAPTURE(model);
    BehaviorOptions options;
    if (model == "c3d") {
      options.clip_frames = 3;
      options.c3d_width = 4;
    } else {
      options.frame_network = "small";
      options.window = 3;
    }
    std::vector<std::vector<std::vector<float>>> answers;
    for (const std::string device : {"cpu", "pretend"}) {
      tests::TempDir folder;
      datasets::Job job;
      TrainOptions short_run = Short(model, 3);
      short_run.device = device;
      short_run.rate = 1e-5;  // so low that rounding is not magnified
      TrainBehavior(drawn.data, WholeRows(drawn.data), short_run, options, folder / "m", job);
      answers.push_back(Score(folder / "m", drawn, 0, device));
    }
    for (size_t f = 0; f < answers[0].size(); ++f) {
      CAPTURE(f);
      for (size_t k = 0; k < answers[0][f].size(); ++k) {
        CHECK(answers[1][f][k] == doctest::Approx(answers[0][f][k]).epsilon(1e-2));
      }
    }
  }
}

TEST_CASE("C3D overfits a few clips") {
  Drawn drawn = Draw(1, 64);
  Connect(drawn);
  drawn.data.heads = {{"place", {"left", "right"}}};
  drawn.data.rows[0].labels.resize(1);
  tests::TempDir folder;
  datasets::Job job;
  const std::string file = folder / "m.safetensors";
  BehaviorOptions options;
  options.clip_frames = 3;
  options.c3d_width = 4;
  TrainOptions short_run = Short("c3d", 60);
  short_run.validation_share = 0;
  TrainBehavior(drawn.data, WholeRows(drawn.data), short_run, options, file, job);
  const auto found = Score(file, drawn, 0);
  double right = 0;
  for (size_t f = 0; f < found.size(); ++f) {
    const int place = found[f][0] > 0.5 ? 1 : found[f][1] > 0.5 ? 2 : 0;
    right += place == drawn.data.rows[0].labels[0][f];
  }
  CHECK(right / static_cast<double>(found.size()) > 0.8);
}

TEST_CASE("The temporal network sees exactly its window, or only the past") {
  torch::manual_seed(1);
  torch::NoGradGuard no_grad;
  for (const bool causal : {false, true}) {
    for (const int window : {1, 4, 10}) {
      TemporalNet net(3, 2, window, causal);
      net->eval();
      torch::Tensor x = torch::randn({1, 3, 101});
      const torch::Tensor before = net->forward(x).clone();
      x.select(2, 50).add_(5);
      const torch::Tensor changed = (net->forward(x) - before).abs().amax({0, 1}).gt(1e-6);
      for (int t = 0; t < 101; ++t) {
        const bool may = causal ? t >= 50 && t <= 50 + 2 * window : std::abs(t - 50) <= window;
        if (!may) CHECK_FALSE(changed[t].item<bool>());
      }
      CHECK(changed[causal ? 50 + 2 * window : 50 + window].item<bool>());
      CHECK(changed[causal ? 50 : 50 - window].item<bool>());
    }
  }
}

TEST_CASE("The focal loss equals a hand-worked case, and unlabeled heads do not count") {
  const std::vector<BehaviorHead> heads = {{"a", {"x"}}, {"b", {"y", "z"}}};
  BehaviorLoss loss;
  loss.gamma = 3;
  loss.alpha = 0.5;
  loss.weights = torch::tensor({1.f, 2.f, 1.f, 1.f, 1.f});
  const torch::Tensor logits = torch::tensor({{0.f, 0.f, 3.f, 1.f, 0.f}});
  const torch::Tensor labels = torch::tensor({{1, -1}}, torch::kInt64);
  // p = 1/2, weight 2: 0.5 * 2 * (1/2)^3 * log 2.
  CHECK(LossOf(logits, labels, heads, loss).item<double>() ==
        doctest::Approx(0.125 * std::log(2.0)));
  loss.gamma = 0;
  CHECK(LossOf(logits, labels, heads, loss).item<double>() == doctest::Approx(2 * std::log(2.0)));
}

TEST_CASE(
    "A resumed training ends where an unbroken one does, and a cancelled one leaves a model") {
  Drawn drawn = Draw(2, 80);
  Connect(drawn);
  tests::TempDir folder;
  BehaviorOptions options;
  options.frame_network = "small";
  options.window = 2;
  const TrainOptions short_run = Short("behavior-seq", 30);
  datasets::Job job;
  TrainBehavior(drawn.data, WholeRows(drawn.data), short_run, options, folder / "whole", job);
  datasets::Job* current = nullptr;
  datasets::Job broken([&](const datasets::Job::Progress& progress) {
    if (progress.text.find("over time: step 12") != std::string::npos) current->Cancel();
  });
  current = &broken;
  CHECK_THROWS_AS(TrainBehavior(drawn.data, WholeRows(drawn.data), short_run, options,
                                folder / "parts", broken),
                  datasets::Cancelled);
  CHECK_NOTHROW(BehaviorScorer(folder / "parts", 1, "cpu"));
  TrainOptions again = short_run;
  again.resume = true;
  TrainBehavior(drawn.data, WholeRows(drawn.data), again, options, folder / "parts", job);
  const auto whole = ReadSafetensors(folder / "whole"), parts = ReadSafetensors(folder / "parts");
  for (const auto& [name, tensor] : whole.tensors) {
    CHECK_MESSAGE(parts.tensors.at(name).bytes == tensor.bytes, name);
  }
  options.gamma = 1;
  CHECK(MessageOf([&] {
          TrainBehavior(drawn.data, WholeRows(drawn.data), again, options, folder / "parts", job);
        }).find("other options") != std::string::npos);
}

TEST_CASE("A training is not resumed once key points say something else") {
  Drawn drawn = Draw(2, 80);
  Connect(drawn);
  PutPoints(drawn);
  tests::TempDir folder;
  BehaviorOptions options;
  options.frame_network = "small";
  options.window = 2;
  TrainOptions short_run = Short("behavior-seq", 3);
  datasets::Job job;
  const auto train = [&] {
    return MessageOf([&] {
      TrainBehavior(drawn.data, WholeRows(drawn.data), short_run, options, folder / "m", job);
    });
  };
  CHECK(train() == "");
  short_run.resume = true;
  CHECK(train() == "");
  SUBCASE("of the usual pose") { drawn.data.points.pose = {{0.1, -1}, {0.1, 1}}; }
  SUBCASE("of a frame") {
    drawn.data.rows[0].points[static_cast<size_t>(drawn.data.points.y())] += 5;
  }
  CHECK(train().find("other options") != std::string::npos);
}

TEST_CASE("Every frame network takes our channels, and published weights go to the part they fit") {
  torch::NoGradGuard no_grad;
  for (const std::string& name : FrameNetworkNames()) {
    for (const int channels : {1, 2, 3, 5}) {
      if (name == "alexnet" && channels != 2) continue;  // large
      const auto network = MakeFrameNetwork(name, channels);
      network->eval();
      const torch::Tensor found = network->Features(torch::randn({2, channels, 64, 64}));
      CHECK(found.sizes() == torch::IntArrayRef({2, network->features}));
    }
  }
  CHECK(MessageOf([] { MakeFrameNetwork("vgg", 1); }).find("small, xception") != std::string::npos);

  tests::TempDir folder;
  torch::manual_seed(3);
  ResNet published(18, NormOptions(), 2);  // a classifier of two things
  WeightsFile weights;
  StoreTensors(NamedValues(*published), "", weights);
  WriteSafetensors(folder / "resnet18.safetensors", weights);
  Drawn drawn = Draw(1, 40);
  Connect(drawn);
  BehaviorOptions options;
  options.frame_network = "resnet18";
  TrainOptions one_step = Short("behavior-frame", 1);
  one_step.init = folder / "resnet18.safetensors";
  datasets::Job job;
  torch::AutoGradMode with_gradients(true);
  TrainBehavior(drawn.data, WholeRows(drawn.data), one_step, options, folder / "m", job);
  const auto values = [&](const std::string& name) {
    return LoadFloats(ReadSafetensors(folder / "m").tensors.at("picture.frame.net." + name), name);
  };
  const auto taken = values("layer4.1.conv2.weight");
  const auto given = LoadFloats(weights.tensors.at("layer4.1.conv2.weight"), "given");
  REQUIRE(taken.size() == given.size());
  double most = 0;
  for (size_t i = 0; i < taken.size(); ++i) {
    most = std::max(most, std::abs(static_cast<double>(taken[i]) - given[i]));
  }
  CHECK(most < 1e-3);            // one step with a small rate
  one_step.init = folder / "m";  // a model of its own continues from all of it
  TrainBehavior(drawn.data, WholeRows(drawn.data), one_step, options, folder / "n", job);
}

TEST_CASE("A damaged or foreign behavior model is refused in one line") {
  Drawn drawn = Draw(1, 40);
  Connect(drawn);
  tests::TempDir folder;
  datasets::Job job;
  const std::string file = folder / "m";
  TrainOptions options = Short("behavior-frame", 2);
  TrainBehavior(drawn.data, WholeRows(drawn.data), options, {}, file, job);
  const auto Damaged = [&](const std::function<void(WeightsFile&)>& damage) {
    WeightsFile weights = ReadSafetensors(file);
    damage(weights);
    WriteSafetensors(folder / "bad", weights);
    const std::string message = MessageOf([&] { BehaviorScorer(folder / "bad", 1, "cpu"); });
    CHECK_FALSE(message.empty());
    CHECK(message.find('\n') == std::string::npos);
  };
  Damaged([](WeightsFile& w) { w.metadata.erase("heads"); });
  Damaged([](WeightsFile& w) { w.metadata["heads"] = "[]"; });
  Damaged([](WeightsFile& w) { w.metadata["heads"] = "[{\"group\": 3}]"; });
  Damaged([](WeightsFile& w) { w.metadata["architecture"] = "idseg"; });
  Damaged([](WeightsFile& w) { w.metadata["input"] = "{\"version\": 99}"; });
  Damaged([](WeightsFile& w) { w.tensors.erase(w.tensors.begin()); });
  Damaged([](WeightsFile& w) {
    auto& values = w.tensors["picture.head.bias"].bytes;
    std::fill(values.begin(), values.end(), uint8_t{0xff});  // NaN
  });
  options.model = "idseg";
  CHECK(MessageOf([&] {
          TrainBehavior(drawn.data, WholeRows(drawn.data), options, {}, file, job);
        }).find("not a network for behavior") != std::string::npos);
}

}  // namespace

}  // namespace behavior_learning_test
