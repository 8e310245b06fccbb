// Files of cameras as other tools write them: JSON and OpenCV's FileStorage (YAML, XML).
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "datasets/space/calibration.h"

namespace datasets {

struct CameraFile {
  std::string name;           // "" where the file has none
  int width = 0, height = 0;  // of its pictures; 0 where the file does not say
  Lens lens;
  std::optional<CameraPose> pose;  // none where the file has no R and t
};

// JSON: an object, or a list (or {"cameras": [...]}) of objects with "name"; K (3 x 3, or a list of
// 9) or camera_matrix, R (3 x 3, or a rotation vector of 3) or rotation or rvec, t or translation
// or tvec, dist or distortion or distortion_coefficients (k1 k2 p1 p2 [k3], missing: none).
// "width" and "height" of the picture are read where they stand there.
// YAML and XML of OpenCV's FileStorage: the same names, and M1/D1 of stereo files are not read.
// OpenCV's convention: place in camera = R * place in space + t, the first pixel's center is (0,
// 0).
//
// `camera`: which one, where there are several. `unit` of t: "mm", "cm", "m", "in", or "" where the
// file says it itself ("unit": "mm"). Throws Error for what is missing or malformed, for several
// cameras of which none is chosen (naming them), and for a pose without unit.
CameraFile ReadCameraFile(const std::filesystem::path& path, const std::string& camera,
                          const std::string& unit);

// As ReadCameraFile takes it: JSON with the unit "cm". `width`, `height` of the picture.
std::string CameraFileText(const std::string& name, const Lens& lens, const CameraPose& pose,
                           int width, int height);

}  // namespace datasets
