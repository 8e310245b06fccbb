// Our figures against those of pycocotools, TrackEval and py-motmetrics on the same files.
#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "datasets/metrics/summary.h"
#include "datasets/metrics/tracking.h"
#include "tests/support/shared_data.h"

namespace metrics_example_test {

using namespace datasets;
using nlohmann::json;

namespace {

Box BoxFrom(const json& box) { return {box[0], box[1], box[2], box[3]}; }

std::vector<EvalObject> ReadTruth(const json& file) {
  std::map<int64_t, json> images;
  for (const auto& image : file["images"]) images[image["id"]] = image;
  std::vector<EvalObject> objects;
  for (const auto& item : file["annotations"]) {
    EvalObject object;
    object.image_id = item["image_id"];
    const auto& image = images.at(object.image_id);
    object.frame = image["frame_index"];
    object.category = item["category_id"];
    object.track = item.value("track_id", -1);
    object.box = BoxFrom(item["bbox"]);
    object.area = item["area"];
    Polygons polygons;
    for (const auto& flat : item["segmentation"]) {
      Ring ring;
      for (size_t i = 0; i + 1 < flat.size(); i += 2) ring.emplace_back(flat[i], flat[i + 1]);
      polygons.push_back(ring);
    }
    object.mask = RlePolygons(polygons, image["height"], image["width"]);
    objects.push_back(std::move(object));
  }
  return objects;
}

std::vector<EvalObject> ReadPredictions(const json& file) {
  std::vector<EvalObject> objects;
  for (const auto& item : file) {
    EvalObject object;
    object.image_id = item["image_id"];
    object.frame = item["frame_index"];
    object.category = item["category_id"];
    object.track = item["track_id"];
    object.score = item["score"];
    object.box = BoxFrom(item["bbox"]);
    // pycocotools takes the area of a result from its box where it has one, for masks too.
    object.area = object.box.width * object.box.height;
    const auto& segmentation = item["segmentation"];
    object.mask =
        ParseRle(segmentation["counts"], segmentation["size"][0], segmentation["size"][1]);
    objects.push_back(std::move(object));
  }
  return objects;
}

std::vector<EvalObject> ReadMot(const std::filesystem::path& path) {
  std::vector<EvalObject> objects;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::vector<double> values;
    for (std::string field; std::getline(fields, field, ',');) values.push_back(std::stod(field));
    EvalObject object;
    object.frame = static_cast<int>(values[0]);
    object.track = static_cast<int64_t>(values[1]);
    object.box = {values[2], values[3], values[4], values[5]};
    objects.push_back(object);
  }
  return objects;
}

void CheckCoco(const CocoFigures& ours, const json& expected) {
  const auto same = [&](double value, const char* key) {
    INFO(key);
    CHECK(value == doctest::Approx(expected[key].get<double>()).epsilon(1e-9));
  };
  same(ours.ap, "AP");
  same(ours.ap50, "AP50");
  same(ours.ap75, "AP75");
  same(ours.ap_small, "AP_small");
  same(ours.ap_medium, "AP_medium");
  same(ours.ap_large, "AP_large");
  same(ours.ar1, "AR_1");
  same(ours.ar10, "AR_10");
  same(ours.ar100, "AR_100");
  same(ours.ar_small, "AR_small");
  same(ours.ar_medium, "AR_medium");
  same(ours.ar_large, "AR_large");
}

}  // namespace

TEST_CASE("Detection figures on the example predictions equal those of pycocotools") {
  const auto data = tests::SharedData("predictions_example");
  const auto flies = tests::SharedData("flies_pair");
  if (!data || !flies) return;
  const json expected = json::parse(std::ifstream(*data / "expected.json"));
  const auto truth = ReadTruth(json::parse(std::ifstream(*flies / "instances_every_frame.json")));
  const auto predicted = ReadPredictions(json::parse(std::ifstream(*data / "predictions.json")));
  CheckCoco(EvaluateCoco(truth, predicted), expected["segm"]);
  CheckCoco(EvaluateCoco(truth, predicted, {Overlap::kMask, true}),
            expected["segm_class_agnostic"]);
  CheckCoco(EvaluateCoco(truth, predicted, {Overlap::kBox, false}), expected["bbox"]);
  CheckCoco(EvaluateCoco(truth, predicted, {Overlap::kBox, true}), expected["bbox_class_agnostic"]);
}

TEST_CASE("Tracking figures on the example equal those of TrackEval and py-motmetrics") {
  const auto data = tests::SharedData("predictions_example");
  if (!data) return;
  const json expected = json::parse(std::ifstream(*data / "expected.json"))["tracking_on_boxes"];
  const auto frames =
      TrackFrames(ReadMot(*data / "gt.txt"), ReadMot(*data / "predictions.txt"), Overlap::kBox);
  const auto same = [](double value, const json& reference) {
    CHECK(value == doctest::Approx(reference.get<double>()).epsilon(1e-9));
  };
  const json& eval = expected["trackeval"];
  const ClearFigures clear = ClearTrackEval(frames);
  same(clear.mota, eval["MOTA"]);
  same(clear.motp, eval["MOTP"]);
  same(clear.idsw, eval["IDSW"]);
  same(clear.fp, eval["CLR_FP"]);
  same(clear.fn, eval["CLR_FN"]);
  const IdentityFigures identity = EvaluateIdentity(frames);
  same(identity.idf1, eval["IDF1"]);
  same(identity.idp, eval["IDP"]);
  same(identity.idr, eval["IDR"]);
  const HotaFigures hota = EvaluateHota(frames);
  same(hota.hota, eval["HOTA"]);
  same(hota.deta, eval["DetA"]);
  same(hota.assa, eval["AssA"]);
  same(hota.loca, eval["LocA"]);
  const json& mot = expected["motmetrics"];
  const ClearFigures py = ClearPyMotmetrics(frames);
  same(py.mota, mot["mota"]);
  same(py.motp, mot["motp"]);
  same(py.idsw, mot["num_switches"]);
  same(py.fp, mot["num_false_positives"]);
  same(py.fn, mot["num_misses"]);
  same(py.mt, mot["mostly_tracked"]);
  same(py.pt, mot["partially_tracked"]);
  same(py.ml, mot["mostly_lost"]);
  same(py.fragmentations, mot["num_fragmentations"]);
}

TEST_CASE("The summary of the example has every promised key and agrees with its parts") {
  const auto data = tests::SharedData("predictions_example");
  const auto flies = tests::SharedData("flies_pair");
  if (!data || !flies) return;
  const auto truth = ReadTruth(json::parse(std::ifstream(*flies / "instances_every_frame.json")));
  const auto predicted = ReadPredictions(json::parse(std::ifstream(*data / "predictions.json")));
  const json summary = Summarize(truth, predicted).ToJson();
  for (const char* key : {"frames",
                          "ap",
                          "ap50",
                          "ap75",
                          "ar1",
                          "ar10",
                          "ar100",
                          "mota",
                          "motp",
                          "idf1",
                          "hota",
                          "deta",
                          "assa",
                          "idsw",
                          "mt",
                          "ml",
                          "fp",
                          "fn",
                          "identity_accuracy",
                          "mean_iou"})
    CHECK_MESSAGE(summary.contains(key), key);
  CHECK(summary["ap"].get<double>() == doctest::Approx(0.67172106377).epsilon(1e-9));
  CHECK(summary["identity_accuracy"].get<double>() < 1);
  CHECK(summary["identity_accuracy"].get<double>() > 0.5);
  CHECK(summary["mean_iou"].get<double>() > 0.85);
}

}  // namespace metrics_example_test
