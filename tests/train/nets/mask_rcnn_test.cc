#include "train/nets/rcnn/mask_rcnn.h"

#include "tests/support/python_reference.h"

namespace mask_rcnn_test {

namespace {

using namespace train;

// Random weights as lively as trained ones: by default every score and box would be the same.
void Enliven(MaskRcnn& net) {
  torch::NoGradGuard no_grad;
  for (const auto& part : net->modules(false)) {
    if (auto* norm = part->as<Norm2dImpl>()) {
      norm->weight.uniform_(0.4, 0.7);
      norm->bias.uniform_(-0.1, 0.1);
      norm->running_mean.uniform_(-0.1, 0.1);
      norm->running_var.uniform_(0.7, 1.3);
    }
  }
  for (auto& item : net->named_parameters()) {
    const std::string& name = item.key();
    const bool weight = name.find(".weight") != std::string::npos;
    if (name.find("cls_logits") != std::string::npos && weight) item.value().normal_(0, 0.1);
    if (name.find("rpn.head.bbox_pred") != std::string::npos && weight) {
      item.value().normal_(0, 0.02);
    }
    if (name.find("cls_score") != std::string::npos && weight) item.value().normal_(0, 0.2);
    if (name.find("box_predictor.bbox_pred") != std::string::npos && weight) {
      item.value().normal_(0, 0.1);
    }
  }
}

struct Case {
  std::string name;
  MaskRcnn net{nullptr};
  std::vector<DetectSample> samples;
  bool train = false;
};

constexpr int kClasses = 4;

Case MakeCase(const std::string& name, int depth, bool frozen, bool train, WeightsFile& given) {
  MaskRcnnOptions options;
  options.depth = depth;
  options.norm.kind = frozen ? NormKind::kFrozen : NormKind::kBatch;
  options.short_side = 128;
  options.most_long_side = 200;
  options.rpn_training.per_level = 200;
  options.rpn_training.proposals = 100;
  options.rpn_training.sampled = options.roi.sampled = 1000000;
  options.rpn.per_level = options.rpn.proposals = 100;
  options.roi.detections = 20;
  Case result;
  result.name = name;
  result.train = train;
  result.net = MaskRcnn(kClasses, options);
  Enliven(result.net);
  const std::string prefix = name + ".";
  StoreTensors(NamedValues(*result.net), prefix + "net.", given);
  const auto Number = [&](const char* what, double value) {
    tests::Give(given, prefix + what, torch::full({1}, value));
  };
  Number("depth", depth);
  Number("classes", kClasses);
  Number("short_side", options.short_side);
  Number("most_long_side", options.most_long_side);
  Number("frozen", frozen);
  Number("train", train);
  for (int i = 0; i < 2; ++i) {
    DetectSample sample;
    const int64_t height = i == 0 ? 120 : 150, width = i == 0 ? 200 : 140;
    sample.image = torch::rand({3, height / 10, width / 10})
                       .repeat_interleave(10, 1)
                       .repeat_interleave(10, 2)
                       .contiguous();
    sample.boxes = torch::tensor({10.f, 15.f, 70.f, 90.f, 60.f, 30.f, 130.f, 110.f}).view({2, 4});
    sample.labels = torch::tensor({1 + i, 3}, torch::kInt64);
    sample.masks = torch::zeros({2, height, width}, torch::kUInt8);
    sample.masks[0].slice(0, 20, 85).slice(1, 10, 65).fill_(1);
    sample.masks[1].slice(0, 30, 110).slice(1, 70, 130).fill_(1);
    const std::string index = std::to_string(i);
    tests::Give(given, prefix + "image" + index, sample.image);
    tests::Give(given, prefix + "boxes_of" + index, sample.boxes);
    tests::Give(given, prefix + "labels_of" + index, sample.labels);
    WeightsFile masks;
    StoredTensor bytes;
    bytes.dtype = "U8";
    bytes.shape = sample.masks.sizes().vec();
    bytes.bytes.assign(sample.masks.data_ptr<uint8_t>(),
                       sample.masks.data_ptr<uint8_t>() + sample.masks.numel());
    given.tensors[prefix + "masks_of" + index] = bytes;
    result.samples.push_back(sample);
  }
  return result;
}

void CheckDetections(const Case& one, const WeightsFile& expected, const char* how) {
  CAPTURE(one.name);
  CAPTURE(how);
  MaskRcnn net = one.net;
  net->eval();
  const auto found = net->Infer({one.samples[0].image, one.samples[1].image});
  int seen = 0;
  for (size_t i = 0; i < 2; ++i) {
    const std::string index = std::to_string(i);
    const torch::Tensor boxes = tests::Take(expected, one.name + ".boxes" + index);
    const torch::Tensor scores = tests::Take(expected, one.name + ".scores" + index);
    const torch::Tensor labels = tests::Take(expected, one.name + ".labels" + index);
    const torch::Tensor masks = tests::Take(expected, one.name + ".masks" + index);
    REQUIRE(static_cast<int64_t>(found[i].size()) == boxes.size(0));
    for (int64_t d = 0; d < boxes.size(0); ++d) {
      const Found& own = found[i][static_cast<size_t>(d)];
      for (int64_t c = 0; c < 4; ++c) {
        CHECK(std::abs(own.box[c] - boxes[d][c].item<double>()) < 1e-2);
      }
      CHECK(std::abs(own.score - scores[d].item<double>()) < 1e-4);
      CHECK(own.label == labels[d].item<int64_t>());
      CHECK(own.class_scores.size() == kClasses - 1);
      cv::Mat whole(static_cast<int>(masks.size(2)), static_cast<int>(masks.size(3)), CV_32FC1,
                    masks[d][0].data_ptr<float>());
      cv::Mat own_whole = cv::Mat::zeros(whole.size(), CV_8UC1);
      if (!own.region.empty()) own.mask.copyTo(own_whole(own.region));
      cv::Mat difference;
      cv::bitwise_xor(whole > 0.5, own_whole, difference);
      CHECK(cv::countNonZero(difference) < 1e-3 * static_cast<double>(whole.total()));
      ++seen;
    }
  }
  CHECK(seen >= 10);  // else nothing was compared
}

}  // namespace

TEST_CASE("Mask R-CNN detects and learns as torchvision's with the same weights") {
  if (!tests::HasTorchvision()) return;
  torch::manual_seed(6);
  WeightsFile given;
  std::vector<Case> cases;
  cases.push_back(MakeCase("a", 50, /*frozen=*/true, /*train=*/true, given));
  cases.push_back(MakeCase("b", 18, /*frozen=*/false, /*train=*/true, given));
  cases.push_back(MakeCase("c", 101, /*frozen=*/true, /*train=*/false, given));
  const WeightsFile expected = tests::RunReference("mask_rcnn.py", given);
  for (Case& one : cases) {
    CAPTURE(one.name);
    CheckDetections(one, expected, "as trained");
    if (one.train) {
      one.net->train();
      torch::Tensor sum;
      int compared = 0;
      for (const auto& [name, value] : one.net->Losses(one.samples)) {
        const auto& shown = name;
        CAPTURE(shown);
        const double want = tests::Take(expected, one.name + "." + name).item<double>();
        CHECK(std::abs(value.item<double>() - want) < 1e-4 * std::abs(want));
        CHECK(want > 0);
        sum = sum.defined() ? sum + value : value;
        ++compared;
      }
      CHECK(compared == 5);
      sum.backward();
      const std::string start = one.name + ".gradient.";
      int gradients = 0;
      for (const auto& [name, stored] : expected.tensors) {
        if (name.compare(0, start.size(), start) != 0) continue;
        const torch::Tensor want = tests::Take(expected, name);
        const torch::Tensor own = one.net->named_parameters()[name.substr(start.size())].grad();
        const auto& shown = name;
        CAPTURE(shown);
        CHECK((want - own).norm().item<double>() < 2e-3 * want.norm().item<double>());
        ++gradients;
      }
      CHECK(gradients == 7);
    }
  }
  MaskRcnn& first = cases[0].net;
  first->Fold(torch::kFloat32);
  CheckDetections(cases[0], expected, "folded");
}

TEST_CASE("the state of Mask R-CNN has the published size") {
  MaskRcnnOptions frozen;
  const MaskRcnn net(91, frozen);
  int64_t count = 0;
  for (const torch::Tensor& parameter : net->parameters()) count += parameter.numel();
  CHECK(count == 44401393);
  MaskRcnnOptions batch;
  batch.norm.kind = NormKind::kBatch;
  const MaskRcnn with_norms(91, batch);
  count = 0;
  for (const torch::Tensor& parameter : with_norms->parameters()) count += parameter.numel();
  CHECK(count == 44454513);
  CHECK(NamedValues(*with_norms).size() == 360);
}

TEST_CASE("pictures without an animal teach the background alone") {
  torch::manual_seed(7);
  MaskRcnnOptions options;
  options.depth = 18;
  options.norm.kind = NormKind::kGroup;
  options.short_side = options.most_long_side = 64;
  options.rpn_training.per_level = options.rpn_training.proposals = 50;
  MaskRcnn net(3, options);
  DetectSample sample;
  sample.image = torch::rand({3, 64, 64});
  sample.boxes = torch::zeros({0, 4});
  sample.labels = torch::zeros({0}, torch::kInt64);
  sample.masks = torch::zeros({0, 64, 64}, torch::kUInt8);
  torch::Tensor sum = torch::zeros({});
  for (const auto& [name, value] : net->Losses({sample})) {
    const auto& shown = name;
    CAPTURE(shown);
    const bool learns = name == "loss_objectness" || name == "loss_classifier";
    CHECK((value.item<double>() > 0) == learns);
    sum = sum + value;
  }
  sum.backward();
  net->eval();
  CHECK(net->Infer({sample.image}).size() == 1);
}

}  // namespace mask_rcnn_test
