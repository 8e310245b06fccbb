#include "tests/support/python_reference.h"
#include "train/nets/rcnn/boxes.h"

namespace detect_boxes_test {

namespace {

using namespace train;

torch::Tensor RandomBoxes(int64_t count, double extent) {
  const torch::Tensor corner = torch::rand({count, 2}) * extent;
  return torch::cat({corner, corner + 1 + torch::rand({count, 2}) * extent / 3}, 1);
}

}  // namespace

TEST_CASE("box operations equal torchvision's") {
  if (!tests::HasTorchvision()) return;
  torch::manual_seed(1);
  WeightsFile given;
  const std::vector<int64_t> counts = {60, 900, 1500};  // the last goes group by group
  for (size_t i = 0; i < counts.size(); ++i) {
    const std::string name = "case" + std::to_string(i) + ".";
    torch::Tensor boxes = RandomBoxes(counts[i], 80);
    torch::Tensor scores = torch::rand({counts[i]});
    boxes[7] = boxes[3];     // a duplicate
    scores[11] = scores[5];  // a tie
    tests::Give(given, name + "boxes", boxes);
    tests::Give(given, name + "scores", scores);
    tests::Give(given, name + "groups", torch::randint(0, 5, {counts[i]}, torch::kInt64));
    tests::Give(given, name + "other", RandomBoxes(40, 80));
    tests::Give(given, name + "deltas", torch::randn({counts[i], 8}) * 4);
  }
  const WeightsFile expected = tests::RunReference("boxes.py", given);
  for (size_t i = 0; i < counts.size(); ++i) {
    const std::string name = "case" + std::to_string(i) + ".";
    CAPTURE(name);
    const auto In = [&](const char* what) { return tests::Take(given, name + what); };
    const auto Out = [&](const char* what) { return tests::Take(expected, name + what); };
    const torch::Tensor boxes = In("boxes"), scores = In("scores"), other = In("other");
    CHECK(tests::Difference(Out("iou"), BoxIou(boxes.slice(0, 0, 50), other)) < 1e-6);
    CHECK(torch::equal(Out("clip"), ClipBoxes(boxes, 60, 70)));
    CHECK(torch::equal(Out("nms"), Nms(boxes, scores, 0.5)));
    CHECK(torch::equal(Out("batched"), GroupedNms(boxes, scores, In("groups"), 0.7)));
    const BoxCoder coder({10, 10, 5, 5});
    CHECK(tests::Difference(Out("encode"), coder.Encode(other, boxes.slice(0, 0, 40))) < 1e-6);
    CHECK(tests::Difference(Out("decode"), coder.Decode(In("deltas"), boxes)) < 1e-6);
    const torch::Tensor iou = BoxIou(other, boxes);
    CHECK(torch::equal(Out("match0"), MatchByIou(iou, 0.5, 0.3, false)));
    CHECK(torch::equal(Out("match1"), MatchByIou(iou, 0.5, 0.3, true)));
  }
}

TEST_CASE("decoding gives back what was encoded") {
  torch::manual_seed(2);
  const torch::Tensor boxes = RandomBoxes(100, 200), references = RandomBoxes(100, 200);
  const BoxCoder coder({10, 10, 5, 5});
  const torch::Tensor again = coder.Decode(coder.Encode(boxes, references), references);
  CHECK(tests::Difference(boxes, again.squeeze(1)) < 1e-5);
  CHECK(tests::Difference(boxes, CornersOf(CenteredOf(boxes))) < 1e-6);
}

TEST_CASE("suppression keeps the best of each heap, and nothing of nothing") {
  const torch::Tensor boxes =
      torch::tensor({0.f, 0.f, 10.f, 10.f, 1.f, 0.f, 11.f, 10.f, 50.f, 50.f, 60.f, 60.f})
          .view({3, 4});
  const torch::Tensor scores = torch::tensor({0.5f, 0.9f, 0.1f});
  CHECK(torch::equal(Nms(boxes, scores, 0.5), torch::tensor({1, 2}, torch::kInt64)));
  CHECK(torch::equal(Nms(boxes, scores, 0.9), torch::tensor({1, 0, 2}, torch::kInt64)));
  const torch::Tensor groups = torch::tensor({0, 1, 0}, torch::kInt64);
  CHECK(GroupedNms(boxes, scores, groups, 0.5).size(0) == 3);
  CHECK(Nms(torch::zeros({0, 4}), torch::zeros({0}), 0.5).size(0) == 0);
  CHECK(GroupedNms(torch::zeros({0, 4}), torch::zeros({0}), torch::zeros({0}, torch::kInt64), 0.5)
            .size(0) == 0);
}

TEST_CASE("boxes of a resized picture move with it, and slivers are told from boxes") {
  const torch::Tensor boxes = torch::tensor({10.f, 20.f, 30.f, 40.f}).view({1, 4});
  const torch::Tensor scaled = ScaleBoxes(boxes, 100, 50, 200, 25);
  CHECK(torch::equal(scaled, torch::tensor({5.f, 40.f, 15.f, 80.f}).view({1, 4})));
  const torch::Tensor two = torch::tensor({0.f, 0.f, 5.f, 0.5f, 0.f, 0.f, 5.f, 5.f}).view({2, 4});
  CHECK(torch::equal(LargeEnough(two, 1), torch::tensor({1}, torch::kInt64)));
}

TEST_CASE("a balanced sample never exceeds its shares and depends on the seed alone") {
  torch::Tensor states = torch::zeros({1000});
  states.slice(0, 0, 300).fill_(2);
  states.slice(0, 300, 400).fill_(-1);
  torch::manual_seed(5);
  const Sampled first = SampleBalanced(states, 256, 0.25);
  CHECK(first.positive.size(0) == 64);
  CHECK(first.negative.size(0) == 192);
  CHECK(first.positive.max().item<int64_t>() < 300);
  CHECK(first.negative.min().item<int64_t>() >= 400);
  torch::manual_seed(5);
  const Sampled again = SampleBalanced(states, 256, 0.25);
  CHECK(torch::equal(first.positive, again.positive));
  CHECK(torch::equal(first.negative, again.negative));
  const Sampled few = SampleBalanced(states.slice(0, 298, 402), 256, 0.25);
  CHECK(few.positive.size(0) == 2);
  CHECK(few.negative.size(0) == 2);
}

}  // namespace detect_boxes_test
