#include "datasets/space/calibration.h"

#include <fmt/format.h>

#include <cmath>

#include "datasets/base/error.h"
#include "datasets/files/csv.h"

namespace datasets {
namespace {

using Json = nlohmann::json;

constexpr char kAgain[] = "give it again with vole calibrate";
// Nearer than this to a line through two others, in shares of the longest side, a corner says
// nothing about the floor that a hand's tremble would not change.
constexpr double kFlattest = 0.02;

std::string PointText(const cv::Point2d& point) {
  return CsvNumber(point.x, 1) + "," + CsvNumber(point.y, 1);
}

void CheckInside(const cv::Point2d& point, const std::string& thing, int width, int height) {
  if (!(point.x >= 0 && point.x <= width && point.y >= 0 && point.y <= height)) {
    throw Error(thing, fmt::format("the point {} is outside of the picture", PointText(point)),
                fmt::format("give pixels from 0,0 to {},{}", width, height));
  }
}

void CheckLength(double cm, const std::string& thing) {
  if (!(cm > 0) || !std::isfinite(cm) || cm > 1e6) {
    throw Error(thing, "a length of " + CsvNumber(cm, 3) + " cm measures nothing",
                "give its length as it is, as in 30cm");
  }
}

double Cross(const cv::Point2d& a, const cv::Point2d& b, const cv::Point2d& c) {
  return (b - a).cross(c - a);
}

void CheckCorners(const std::array<cv::Point2d, 4>& corners) {
  double longest = 0;
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < i; ++j) longest = std::max(longest, cv::norm(corners[i] - corners[j]));
  }
  if (!(longest > 1)) throw Error("floor", "its corners are one point", "click four corners");
  for (int i = 0; i < 4; ++i) {
    const cv::Point2d &a = corners[i], &b = corners[(i + 1) % 4], &c = corners[(i + 2) % 4];
    const double side = std::max({cv::norm(b - a), cv::norm(c - b), cv::norm(c - a)});
    if (std::abs(Cross(a, b, c)) < kFlattest * longest * side) {
      throw Error("floor",
                  fmt::format("its corners {}, {} and {} lie in a line", PointText(a), PointText(b),
                              PointText(c)),
                  "click the four corners of a rectangle");
    }
  }
  int turns = 0;
  for (int i = 0; i < 4; ++i) {
    turns += Cross(corners[i], corners[(i + 1) % 4], corners[(i + 2) % 4]) > 0 ? 1 : -1;
  }
  if (turns == 0) {  // two turns to the left, two to the right
    throw Error("floor", "its sides cross each other", "give the corners in order around it");
  }
  if (std::abs(turns) != 4) {
    throw Error("floor", "one of its corners lies inside of the other three",
                "click the four corners of a rectangle");
  }
}

void CheckLens(const Lens& lens, int width, int height) {
  const auto& k = lens.matrix;
  if (!(k(0, 0) > 0 && k(1, 1) > 0) || !std::isfinite(k(0, 0)) || !std::isfinite(k(1, 1)) ||
      k(1, 0) != 0 || k(2, 0) != 0 || k(2, 1) != 0 || k(2, 2) != 1) {
    throw Error("camera",
                "its matrix K is none: it needs focal lengths above 0 and the last row 0 0 1",
                "check the file; a transposed matrix (MATLAB's) must be turned around");
  }
  if (!(k(0, 2) > 0 && k(0, 2) < width && k(1, 2) > 0 && k(1, 2) < height)) {
    throw Error("camera",
                fmt::format("its middle {},{} is outside of the picture of {} x {}",
                            CsvNumber(k(0, 2), 1), CsvNumber(k(1, 2), 1), width, height),
                "the camera belongs to a video of another size: scale it first");
  }
  for (const double one : lens.distortion) {
    if (!std::isfinite(one)) throw Error("camera", "its distortion is no number", kAgain);
  }
  // Where an animal can be clicked, the lens must say where that is: at least well into the
  // picture.
  for (const double x : {0.2, 0.8}) {
    for (const double y : {0.2, 0.8}) {
      if (!lens.Normalized({x * width, y * height})) {
        throw Error("camera", "its distortion folds the picture over itself",
                    "check the distortion (k1 k2 p1 p2 k3), and that K is in pixels");
      }
    }
  }
}

void CheckPose(const CameraPose& pose) {
  const cv::Matx33d& r = pose.rotation;
  const cv::Matx33d off = r * r.t() - cv::Matx33d::eye();
  if (!(cv::norm(off) < 1e-2) || !(cv::determinant(r) > 0)) {
    throw Error("camera", "its rotation R is none: its rows are no right-handed unit vectors",
                "check the file");
  }
  const cv::Vec3d center = -(r.t() * pose.translation);
  if (!std::isfinite(cv::norm(pose.translation)) || !(std::abs(center[2]) > 1e-6)) {
    throw Error("camera", "it stands in the plane of the floor (z = 0 of its space)",
                "check t and its unit; the floor is where z is 0");
  }
}

Json PointsToJson(const cv::Point2d* points, size_t count) {
  Json list = Json::array();
  for (size_t i = 0; i < count; ++i) {
    list.push_back(points[i].x);
    list.push_back(points[i].y);
  }
  return list;
}

std::vector<double> NumbersOf(const Json& json, const std::string& key, size_t count) {
  const Json list = json.value(key, Json());
  std::vector<double> numbers;
  if (list.is_array()) {
    for (const Json& value : list) {
      if (value.is_number() && std::isfinite(value.get<double>())) numbers.push_back(value);
    }
  }
  if (numbers.size() != count || list.size() != count) {
    throw Error("calibration", fmt::format("its '{}' does not hold {} numbers", key, count),
                kAgain);
  }
  return numbers;
}

template <size_t N>
void PointsFromJson(const Json& json, const std::string& key, std::array<cv::Point2d, N>* points) {
  const auto numbers = NumbersOf(json, key, 2 * N);
  for (size_t i = 0; i < N; ++i) (*points)[i] = {numbers[2 * i], numbers[2 * i + 1]};
}

Json MatrixToJson(const cv::Matx33d& matrix) {
  return Json(std::vector<double>(matrix.val, matrix.val + 9));
}

cv::Matx33d MatrixFromJson(const Json& json, const std::string& key) {
  return cv::Matx33d(NumbersOf(json, key, 9).data());
}

}  // namespace

std::string KindName(Calibration::Kind kind) {
  return kind == Calibration::Kind::kRuler   ? "ruler"
         : kind == Calibration::Kind::kFloor ? "floor"
                                             : "camera";
}

std::string CalibrationText(const Calibration& calibration) {
  if (calibration.kind == Calibration::Kind::kRuler) {
    const double pixels = cv::norm(calibration.ruler[1] - calibration.ruler[0]);
    return fmt::format("ruler: {} px are {} cm, {} px a cm everywhere", CsvNumber(pixels, 1),
                       CsvNumber(calibration.length_cm),
                       CsvNumber(pixels / calibration.length_cm, 3));
  }
  const std::string lens = calibration.lens && !calibration.note.empty()
                               ? "; lens from " + calibration.note
                               : std::string();
  if (calibration.kind == Calibration::Kind::kFloor) {
    return fmt::format("floor of {} x {} cm from its four corners{}",
                       CsvNumber(calibration.width_cm), CsvNumber(calibration.depth_cm), lens);
  }
  const cv::Vec3d center = -(calibration.pose->rotation.t() * calibration.pose->translation);
  return fmt::format("camera {} cm from the floor{}", CsvNumber(std::abs(center[2]), 1), lens);
}

void CheckCalibration(const Calibration& calibration, int width, int height) {
  if (calibration.kind == Calibration::Kind::kRuler) {
    for (const cv::Point2d& point : calibration.ruler) CheckInside(point, "ruler", width, height);
    CheckLength(calibration.length_cm, "ruler");
    if (!(cv::norm(calibration.ruler[1] - calibration.ruler[0]) >= 1)) {
      throw Error("ruler", "its two points are one", "click both of its ends");
    }
    return;
  }
  if (calibration.lens) CheckLens(*calibration.lens, width, height);
  if (calibration.kind == Calibration::Kind::kFloor) {
    for (const cv::Point2d& point : calibration.corners) CheckInside(point, "floor", width, height);
    CheckLength(calibration.width_cm, "floor");
    CheckLength(calibration.depth_cm, "floor");
    std::array<cv::Point2d, 4> straight = calibration.corners;
    for (cv::Point2d& point : straight) {
      if (!calibration.lens) break;
      const auto place = calibration.lens->Normalized(point);
      if (!place) {
        throw Error("floor", "the lens cannot see the corner " + PointText(point),
                    "check the distortion");
      }
      // In pixels of a picture without distortion.
      point = {place->x * calibration.lens->matrix(0, 0),
               place->y * calibration.lens->matrix(1, 1)};
    }
    CheckCorners(straight);
    return;
  }
  if (!calibration.lens || !calibration.pose) {
    throw Error("camera", "it lacks K, R or t", "give a file that has all of them");
  }
  CheckPose(*calibration.pose);
}

Json CalibrationToJson(const Calibration& calibration) {
  Json json = {{"kind", KindName(calibration.kind)}};
  if (calibration.kind == Calibration::Kind::kRuler) {
    json["points"] = PointsToJson(calibration.ruler.data(), 2);
    json["length_cm"] = calibration.length_cm;
  } else if (calibration.kind == Calibration::Kind::kFloor) {
    json["corners"] = PointsToJson(calibration.corners.data(), 4);
    json["size_cm"] = {calibration.width_cm, calibration.depth_cm};
  }
  if (calibration.lens) {
    json["matrix"] = MatrixToJson(calibration.lens->matrix);
    json["distortion"] = calibration.lens->distortion;
    json["focal_length_known"] = calibration.lens_in_pixels;
  }
  if (calibration.pose) {
    json["rotation"] = MatrixToJson(calibration.pose->rotation);
    json["translation_cm"] = {calibration.pose->translation[0], calibration.pose->translation[1],
                              calibration.pose->translation[2]};
  }
  if (!calibration.note.empty()) json["note"] = calibration.note;
  return json;
}

Calibration CalibrationFromJson(const Json& json) {
  if (!json.is_object()) throw Error("calibration", "it is no JSON object", kAgain);
  Calibration calibration;
  const Json kind = json.value("kind", Json());
  if (kind == "ruler") {
    PointsFromJson(json, "points", &calibration.ruler);
    const Json length = json.value("length_cm", Json());
    if (!length.is_number()) throw Error("calibration", "it has no length", kAgain);
    calibration.length_cm = length;
  } else if (kind == "floor") {
    calibration.kind = Calibration::Kind::kFloor;
    PointsFromJson(json, "corners", &calibration.corners);
    const auto size = NumbersOf(json, "size_cm", 2);
    calibration.width_cm = size[0];
    calibration.depth_cm = size[1];
  } else if (kind == "camera") {
    calibration.kind = Calibration::Kind::kCamera;
  } else {
    throw Error("calibration", "its kind " + kind.dump() + " is not known", kAgain);
  }
  if (json.contains("matrix")) {
    calibration.lens.emplace();
    calibration.lens->matrix = MatrixFromJson(json, "matrix");
    const auto distortion = NumbersOf(json, "distortion", 5);
    std::copy(distortion.begin(), distortion.end(), calibration.lens->distortion.begin());
    calibration.lens_in_pixels = json.value("focal_length_known", Json()) == Json(true);
  }
  if (json.contains("rotation")) {
    calibration.pose.emplace();
    calibration.pose->rotation = MatrixFromJson(json, "rotation");
    const auto t = NumbersOf(json, "translation_cm", 3);
    calibration.pose->translation = {t[0], t[1], t[2]};
  }
  if (json.contains("note") && json["note"].is_string()) calibration.note = json["note"];
  return calibration;
}

double CmOfUnit(const std::string& unit, const std::string& what) {
  if (unit == "mm") return 0.1;
  if (unit == "cm") return 1;
  if (unit == "m") return 100;
  if (unit == "in") return 2.54;
  throw Error(what, unit.empty() ? "it has no unit" : "the unit '" + unit + "' is not known",
              "give mm, cm, m or in, as in 30cm");
}

double ParseLength(const std::string& text, const std::string& what) {
  size_t end = text.size();
  while (end > 0 && std::isalpha(static_cast<unsigned char>(text[end - 1]))) --end;
  const double unit = CmOfUnit(text.substr(end), what + " '" + text + "'");
  const auto number = ParseNumber(text.substr(0, end));
  if (!number) throw Error(what + " '" + text + "'", "it is no length", "give one as in 30cm");
  return *number * unit;
}

std::array<double, 2> ParseSize(const std::string& text, const std::string& what) {
  const size_t by = text.find('x');
  size_t end = text.size();
  while (end > 0 && std::isalpha(static_cast<unsigned char>(text[end - 1]))) --end;
  const std::string unit = text.substr(end);
  if (by == std::string::npos || by >= end) {
    throw Error(what + " '" + text + "'", "it is no size of two sides", "give it as in 60x40cm");
  }
  return {ParseLength(text.substr(0, by) + unit, what),
          ParseLength(text.substr(by + 1, end - by - 1) + unit, what)};
}

}  // namespace datasets
