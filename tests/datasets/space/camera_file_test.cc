// Cameras from files of other tools, and lenses from pictures of a checkerboard.
#include "datasets/space/camera_file.h"

#include <doctest/doctest.h>

#include <fstream>
#include <opencv2/calib3d.hpp>
#include <opencv2/imgcodecs.hpp>

#include "datasets/base/error.h"
#include "datasets/space/lens_fit.h"
#include "tests/support/says.h"
#include "tests/support/shared_data.h"
#include "tests/support/space_camera.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace camera_file_test {

namespace {

using datasets::ReadCameraFile;
using tests::MessageOf;
using tests::Says;
namespace fs = std::filesystem;

struct Files {
  tests::TempDir folder;
  fs::path Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder / name) << text;
    return folder / name;
  }
  std::string Refused(const std::string& name, const std::string& text,
                      const std::string& camera = "", const std::string& unit = "cm") const {
    const fs::path file = Write(name, text);
    return MessageOf([&] { ReadCameraFile(file, camera, unit); });
  }
};

constexpr char kMatrices[] =
    R"("K": [[500, 0, 320], [0, 510, 240], [0, 0, 1]], "R": [[1, 0, 0], [0, 1, 0], [0, 0, 1]])";

std::string Camera(const std::string& more) { return std::string("{") + kMatrices + more + "}"; }

// A board of squares as the camera sees it, held by `turn` and `way`.
cv::Mat Board(const datasets::Lens& lens, int columns, int rows, const cv::Vec3d& turn,
              const cv::Vec3d& way, int width, int height) {
  cv::Matx33d rotation;
  cv::Rodrigues(turn, rotation);
  const cv::Vec3d normal(rotation(0, 2), rotation(1, 2), rotation(2, 2));
  cv::Mat picture(height, width, CV_8UC1, cv::Scalar(120));
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      double sum = 0;
      for (int part = 0; part < 4; ++part) {
        const auto at = lens.Normalized({x + 0.25 + 0.5 * (part % 2), y + 0.25 + 0.5 * (part / 2)});
        double light = 120;
        if (at) {
          const cv::Vec3d ray(at->x, at->y, 1);
          const cv::Vec3d place = ray * (way.dot(normal) / ray.dot(normal));
          const cv::Vec3d on_board = rotation.t() * (place - way);
          const double u = on_board[0] + columns / 2.0, v = on_board[1] + rows / 2.0;
          if (u > -1 && v > -1 && u < columns + 1 && v < rows + 1) light = 240;
          if (u > 0 && v > 0 && u < columns && v < rows) {
            light = (static_cast<int>(u) + static_cast<int>(v)) % 2 ? 235 : 20;
          }
        }
        sum += light / 4;
      }
      picture.at<uchar>(y, x) = cv::saturate_cast<uchar>(sum);
    }
  }
  return picture;
}

}  // namespace

TEST_CASE("a camera of a JSON file has its numbers, in centimetres") {
  const Files files;
  const auto file = files.Write("one.json", Camera(R"(, "t": [10, 20, 300], "dist": [-0.1, 0.2],
      "unit": "mm", "width": 640, "height": 480, "name": "left")"));
  const auto camera = ReadCameraFile(file, "", "");
  CHECK(camera.name == "left");
  CHECK(camera.width == 640);
  CHECK(camera.lens.matrix(1, 1) == 510);
  CHECK(camera.lens.distortion[1] == 0.2);
  CHECK(camera.lens.distortion[4] == 0);
  CHECK(camera.pose->translation[2] == doctest::Approx(30));
  const auto turned =
      files.Write("two.json", R"([{"id": "a", "camera_matrix": [500,0,320, 0,500,240, 0,0,1],
      "rvec": [[0], [0], [1.5707963267948966]], "tvec": [[1], [2], [3]]}, {"id": "b"}])");
  const auto second = ReadCameraFile(turned, "a", "m");
  CHECK(second.pose->rotation(1, 0) == doctest::Approx(1));
  CHECK(second.pose->translation[0] == doctest::Approx(100));
  const auto known = tests::SlantedCamera(640, 480, -0.2, 0.05);
  const auto back = ReadCameraFile(
      files.Write("own.json", datasets::CameraFileText("c", known.lens, known.pose, 640, 480)), "",
      "");
  CHECK(back.lens.matrix == known.lens.matrix);
  CHECK(back.lens.distortion == known.lens.distortion);
  CHECK(cv::norm(back.pose->rotation - known.pose.rotation) < 1e-12);
  CHECK(cv::norm(back.pose->translation - known.pose.translation) < 1e-12);
}

TEST_CASE("OpenCV's own files are read, with and without a pose") {
  const Files files;
  const fs::path file = files.folder / "camera.yml";
  {
    cv::FileStorage out(file.string(), cv::FileStorage::WRITE);
    out << "image_width" << 640 << "image_height" << 480;
    out << "camera_matrix" << cv::Mat(cv::Matx33d(500, 0, 320, 0, 505, 240, 0, 0, 1));
    out << "distortion_coefficients" << cv::Mat(cv::Matx<double, 5, 1>(-0.1, 0.02, 0, 0, 0.003));
  }
  const auto camera = ReadCameraFile(file, "", "");
  CHECK(camera.width == 640);
  CHECK(camera.lens.matrix(1, 1) == 505);
  CHECK(camera.lens.distortion[4] == 0.003);
  CHECK_FALSE(camera.pose);
  {
    cv::FileStorage out(file.string(), cv::FileStorage::APPEND);
    out << "R" << cv::Mat(cv::Matx33d::eye()) << "T" << cv::Mat(cv::Matx31d(1, 2, 3));
  }
  CHECK(Says(MessageOf([&] { ReadCameraFile(file, "", ""); }), "unit"));
  CHECK(ReadCameraFile(file, "", "mm").pose->translation[2] == doctest::Approx(0.3));
}

TEST_CASE("a camera file that lacks something, or holds several, is refused with what to do") {
  const Files files;
  CHECK(Says(files.Refused("a.json", "[" + Camera(R"(, "name": "l", "t": [1,2,3])") + "," +
                                         Camera(R"(, "name": "r", "t": [1,2,3])") + "]"),
             "--camera-name"));
  CHECK(Says(files.Refused("a.json", Camera(R"(, "name": "l", "t": [1,2,3])"), "x"),
             "no camera 'x'"));
  CHECK(Says(files.Refused("a.json", Camera(R"(, "t": [1,2,3])"), "", ""), "--unit"));
  CHECK(Says(files.Refused("a.json", Camera(R"(, "t": [1,2,3], "unit": "mm")"), "", "m"),
             "leave --unit out"));
  CHECK(Says(files.Refused("a.json", Camera(R"(, "t": [1,2])")), "R without t"));
  CHECK(Says(files.Refused("a.json", Camera(R"(, "t": [1,2,"x"])")), "no number"));
  CHECK(Says(files.Refused("a.json", Camera(R"(, "t": [1,2,3], "dist": [0,0,0,0,0,0.4])")),
             "k1 k2 p1 p2 k3"));
  CHECK(Says(files.Refused("a.json", R"({"K": [1, 2]})"), "3 x 3"));
  CHECK(Says(files.Refused("a.json", "[]"), "no camera"));
  CHECK(Says(files.Refused("a.json", "[4]"), "no camera"));
  CHECK(files.Refused("a.json", "{") != "");
  CHECK(files.Refused("a.yml", "no yaml: [") != "");
  CHECK(files.Refused("a.yml", "") != "");
  CHECK(Says(MessageOf([&] { ReadCameraFile(files.folder / "none.json", "", ""); }), "no such"));
}

TEST_CASE("the cameras of a published data set project its true places to where the animal is") {
  const auto data = tests::SharedData("mouse3d");
  if (!data) return;
  const auto camera = ReadCameraFile(*data / "mouse1_cameras.json", "Camera1", "mm");
  const datasets::SpaceCamera space{camera.lens, *camera.pose};
  // The first labeled frame: hull's middle at 803.07, 626.91; the center of mass is near.
  const auto pixel = space.Pixel(cv::Vec3d(93.68, 21.304, 40.218) * 0.1);
  REQUIRE(pixel);
  CHECK(cv::norm(*pixel - cv::Point2d(803.57, 627.41)) < 40);
}

TEST_CASE("pictures of a checkerboard give the lens, and too few are said") {
  const Files files;
  const int width = 320, height = 240;
  const auto lens = tests::SlantedCamera(width, height, -0.25, 0.06).lens;
  const fs::path folder = files.folder / "board";
  fs::create_directories(folder);
  const std::vector<std::pair<cv::Vec3d, cv::Vec3d>> views = {
      {{0.4, 0, 0}, {0, 0, 11}},      {{-0.4, 0.1, 0}, {1, 0.5, 11}},
      {{0, 0.5, 0.1}, {-1, 0, 11}},   {{0.1, -0.5, 0}, {0, -1, 12}},
      {{0.3, 0.3, 0.2}, {1, -1, 12}}, {{-0.3, -0.3, 0}, {-1, 1, 12}}};
  datasets::Job job;
  const auto fit = [&](int columns, int rows) {
    return datasets::FitLensToCheckerboard(folder, columns, rows, 2.5, width, height, job);
  };
  for (size_t i = 0; i < views.size(); ++i) {
    const cv::Mat picture = Board(lens, 9, 6, views[i].first, views[i].second, width, height);
    cv::imwrite((folder / (std::to_string(i) + ".png")).string(), picture);
    if (i == 3) CHECK(Says(MessageOf([&] { fit(9, 6); }), "in 4 of 4 pictures, 5 are needed"));
  }
  const auto fitted = fit(9, 6);
  CHECK(fitted.used == 6);
  CHECK(fitted.error_px < 0.3);
  CHECK(fitted.lens.matrix(0, 0) == doctest::Approx(lens.matrix(0, 0)).epsilon(0.03));
  double worst = 0;
  for (const double x : {40, 160, 280}) {
    for (const double y : {30, 120, 210}) {
      const auto own = fitted.lens.Normalized({x, y}), truth = lens.Normalized({x, y});
      worst = std::max(worst, cv::norm(*own - *truth));
    }
  }
  CHECK(worst < 0.02);
  CHECK(Says(MessageOf([&] { fit(8, 5); }), "--squares 9x6"));  // inner corners were counted
  CHECK(Says(MessageOf([&] { fit(2, 6); }), "holds no lens"));
  CHECK(Says(MessageOf([&] { datasets::FitLensToCheckerboard(folder, 9, 6, 2.5, 640, 480, job); }),
             "is of 320 x 240"));
  CHECK(Says(MessageOf([&] {
               datasets::FitLensToCheckerboard(files.folder / "none", 9, 6, 2.5, 64, 48, job);
             }),
             "no such"));
  job.Cancel();
  CHECK_THROWS_AS(fit(9, 6), datasets::Cancelled);
}

}  // namespace camera_file_test
