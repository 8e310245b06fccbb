#include "datasets/space/camera_file.h"

#include <algorithm>
#include <cmath>
#include <opencv2/calib3d.hpp>

#include "datasets/base/error.h"
#include "datasets/base/suggest.h"
#include "datasets/files/file_names.h"
#include "datasets/files/json_entries.h"

namespace datasets {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

constexpr std::array<const char*, 5> kMatrixNames = {"K", "camera_matrix", "Camera_Matrix",
                                                     "cameraMatrix", "matrix"};
constexpr std::array<const char*, 4> kRotationNames = {"R", "rotation", "rvec", "rotation_vector"};
constexpr std::array<const char*, 5> kTranslationNames = {"t", "T", "translation", "tvec",
                                                          "translation_vector"};
constexpr std::array<const char*, 6> kDistortionNames = {
    "dist", "distortion", "distortion_coefficients", "Distortion_Coefficients", "distCoeffs", "D"};

struct Parts {  // of one camera, whatever the file
  std::string name, unit;
  double width = 0, height = 0;
  std::vector<double> matrix, rotation, translation, distortion;
};

// Numbers of a list, or of a list of lists, row by row.
void Flatten(const Json& json, const std::string& what, std::vector<double>* numbers) {
  if (json.is_array()) {
    for (const Json& part : json) Flatten(part, what, numbers);
  } else if (json.is_number() && std::isfinite(json.get<double>())) {
    numbers->push_back(json);
  } else {
    throw Error(what, "its " + json.dump().substr(0, 40) + " is no number", "correct the file");
  }
}

template <size_t N>
std::vector<double> FromJson(const Json& json, const std::array<const char*, N>& names,
                             const std::string& what) {
  std::vector<double> numbers;
  for (const char* name : names) {
    if (!json.contains(name)) continue;
    Flatten(json[name], what + ", " + name, &numbers);
    break;
  }
  return numbers;
}

Parts PartsOf(const Json& json, const std::string& what) {
  if (!json.is_object()) throw Error(what, "it holds something that is no camera", "correct it");
  Parts parts;
  for (const char* key : {"name", "id"}) {
    if (json.contains(key) && json[key].is_string() && parts.name.empty()) parts.name = json[key];
  }
  if (json.contains("unit") && json["unit"].is_string()) parts.unit = json["unit"];
  for (const auto& [key, size] : {std::pair{"width", &parts.width}, {"height", &parts.height}}) {
    if (json.contains(key) && json[key].is_number()) *size = json[key];
  }
  parts.matrix = FromJson(json, kMatrixNames, what);
  parts.rotation = FromJson(json, kRotationNames, what);
  parts.translation = FromJson(json, kTranslationNames, what);
  parts.distortion = FromJson(json, kDistortionNames, what);
  return parts;
}

std::vector<Parts> FromJsonFile(const fs::path& path, const std::string& what) {
  const Json json = ReadJsonFile(path, what);
  const Json& list = json.is_object() && json.contains("cameras") ? json["cameras"] : json;
  std::vector<Parts> cameras;
  if (list.is_array()) {
    for (const Json& one : list) cameras.push_back(PartsOf(one, what));
  } else {
    cameras.push_back(PartsOf(list, what));
  }
  return cameras;
}

template <size_t N>
std::vector<double> FromNode(const cv::FileStorage& file, const std::array<const char*, N>& names) {
  for (const char* name : names) {
    const cv::FileNode node = file[name];
    if (node.empty()) continue;
    cv::Mat matrix;
    if (node.isMap()) {
      node >> matrix;
    } else {
      std::vector<double> list;
      node >> list;
      return list;
    }
    cv::Mat_<double> numbers;
    matrix.reshape(1, 1).convertTo(numbers, CV_64F);
    return {numbers.begin(), numbers.end()};
  }
  return {};
}

Parts FromStorage(const fs::path& path, const std::string& what) {
  Parts parts;
  try {
    const cv::FileStorage file(path.string(), cv::FileStorage::READ);
    if (!file.isOpened()) throw Error(what, "OpenCV cannot read it", "give JSON, YAML or XML");
    parts.matrix = FromNode(file, kMatrixNames);
    parts.rotation = FromNode(file, kRotationNames);
    parts.translation = FromNode(file, kTranslationNames);
    parts.distortion = FromNode(file, kDistortionNames);
    if (file["image_width"].isInt()) parts.width = static_cast<int>(file["image_width"]);
    if (file["image_height"].isInt()) parts.height = static_cast<int>(file["image_height"]);
    if (file["unit"].isString()) parts.unit = static_cast<std::string>(file["unit"]);
  } catch (const cv::Exception&) {
    throw Error(what, "it is not as OpenCV's FileStorage writes it", "give JSON, YAML or XML");
  }
  return parts;
}

Parts Chosen(std::vector<Parts> cameras, const std::string& camera, const std::string& what) {
  std::vector<std::string> names;
  for (const Parts& one : cameras) names.push_back(one.name.empty() ? "(no name)" : one.name);
  if (cameras.empty()) throw Error(what, "it holds no camera", "give one with K, R and t");
  if (camera.empty()) {
    if (cameras.size() == 1) return cameras[0];
    throw Error(what, "it holds the cameras " + QuotedNames(names),
                "say which one this video is from, with --camera-name");
  }
  for (const Parts& one : cameras) {
    if (one.name == camera) return one;
  }
  throw Error(what, "it has no camera '" + camera + "'", "it holds " + QuotedNames(names));
}

cv::Matx33d RotationOf(const std::vector<double>& numbers, const std::string& what) {
  if (numbers.size() == 9) return cv::Matx33d(numbers.data());
  if (numbers.size() != 3) {
    throw Error(what, "its R has " + std::to_string(numbers.size()) + " numbers",
                "it takes 9 of a matrix, or 3 of a rotation vector");
  }
  cv::Matx33d rotation;
  cv::Rodrigues(cv::Vec3d(numbers.data()), rotation);
  return rotation;
}

}  // namespace

CameraFile ReadCameraFile(const fs::path& path, const std::string& camera,
                          const std::string& unit) {
  const std::string what = "camera file '" + path.filename().string() + "'";
  std::error_code failure;
  if (!fs::is_regular_file(path, failure)) {
    throw Error(what, "there is no such file", "check the path " + path.string());
  }
  const std::string ending = LowerEnding(path);
  const bool storage = ending == ".yml" || ending == ".yaml" || ending == ".xml";
  const Parts parts =
      Chosen(storage ? std::vector<Parts>{FromStorage(path, what)} : FromJsonFile(path, what),
             camera, what);
  CameraFile file;
  file.name = parts.name;
  file.width = static_cast<int>(std::clamp(parts.width, 0.0, 1e6));
  file.height = static_cast<int>(std::clamp(parts.height, 0.0, 1e6));
  if (parts.matrix.size() != 9) {
    throw Error(what, "it has no camera matrix K of 3 x 3", "give K, R, t and dist");
  }
  file.lens.matrix = cv::Matx33d(parts.matrix.data());
  for (size_t i = 0; i < parts.distortion.size(); ++i) {
    if (i < 5) {
      file.lens.distortion[i] = parts.distortion[i];
    } else if (parts.distortion[i] != 0) {
      throw Error(what, "its distortion has more than k1 k2 p1 p2 k3",
                  "calibrate without the rational, thin prism and fish-eye models");
    }
  }
  if (parts.rotation.empty() && parts.translation.empty()) return file;
  if (parts.rotation.empty() || parts.translation.size() != 3) {
    throw Error(what, "it has R without t of 3 numbers, or t without R", "give both or none");
  }
  if (!unit.empty() && !parts.unit.empty() && unit != parts.unit) {
    throw Error(what, "it says that its unit is " + parts.unit + ", not " + unit,
                "leave --unit out");
  }
  const std::string known = parts.unit.empty() ? unit : parts.unit;
  if (known.empty()) {
    throw Error(what, "nothing says what unit its t is in", "say --unit mm, cm, m or in");
  }
  file.pose.emplace();
  file.pose->rotation = RotationOf(parts.rotation, what);
  file.pose->translation = cv::Vec3d(parts.translation.data()) * CmOfUnit(known, what);
  return file;
}

std::string CameraFileText(const std::string& name, const Lens& lens, const CameraPose& pose,
                           int width, int height) {
  const auto rows = [](const cv::Matx33d& m) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (int row = 0; row < 3; ++row) list.push_back({m(row, 0), m(row, 1), m(row, 2)});
    return list;
  };
  const nlohmann::ordered_json json = {
      {"name", name},
      {"width", width},
      {"height", height},
      {"unit", "cm"},
      {"K", rows(lens.matrix)},
      {"R", rows(pose.rotation)},
      {"t", {pose.translation[0], pose.translation[1], pose.translation[2]}},
      {"dist", lens.distortion}};
  return json.dump(1) + "\n";
}

}  // namespace datasets
