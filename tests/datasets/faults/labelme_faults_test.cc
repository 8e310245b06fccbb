// Labelme files that promise more than a picture can hold.
#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>

#include "datasets/base/error.h"
#include "datasets/files/base64.h"
#include "datasets/formats/labelme/labelme.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace labelme_faults_test {

namespace {

TEST_CASE("a labelme mask that promises more than the picture is refused before it is decoded") {
  tests::TempDir folder;
  const auto read = [&](const cv::Mat& mask, int width, int count) {
    std::vector<uchar> png;
    cv::imencode(".png", mask, png, {cv::IMWRITE_PNG_BILEVEL, 1});
    const nlohmann::json shape = {{"label", "a"},
                                  {"shape_type", "mask"},
                                  {"points", {{0, 0}, {1, 1}}},
                                  {"mask", datasets::EncodeBase64(png)}};
    nlohmann::json tree = {{"imagePath", "a.png"}, {"imageWidth", width}, {"imageHeight", width}};
    for (int i = 0; i < count; ++i) tree["shapes"].push_back(shape);
    std::ofstream(folder / "a.json") << tree;
    return tests::MessageOf([&] { datasets::ReadLabelme(folder / "a.json"); });
  };
  CHECK(read(cv::Mat(64, 64, CV_8UC1, cv::Scalar(1)), 64, 3) == "");
  CHECK(read(cv::Mat(65, 64, CV_8UC1, cv::Scalar(1)), 64, 1).find("larger than the picture") !=
        std::string::npos);
  const cv::Mat large(12000, 12000, CV_8UC1, cv::Scalar(1));
  for (const int width : {0, 1 << 20}) {  // what the file says of its picture cannot be trusted
    CHECK(read(large, width, 1).find("larger than the picture") != std::string::npos);
  }
}

TEST_CASE("reading a labelme file can be cancelled between its shapes") {
  tests::TempDir folder;
  std::ofstream(folder / "a.json")
      << R"({"imagePath": "a.png", "shapes": [{"label": "a", "points": [[0,0],[1,0],[1,1]]}]})";
  datasets::Job job;
  CHECK(datasets::ReadLabelme(folder / "a.json", nullptr, &job).shapes.size() == 1);
  job.Cancel();
  CHECK_THROWS_AS(datasets::ReadLabelme(folder / "a.json", nullptr, &job), datasets::Cancelled);
}

}  // namespace

}  // namespace labelme_faults_test
