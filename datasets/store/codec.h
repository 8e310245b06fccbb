// How shapes, pictures and frame indices are written into the project file.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "datasets/shape/polygon.h"

namespace datasets {

// Exact: JSON as in COCO, [[x, y, x, y, ...], ...], shortest digits that read back to the same
// doubles. Throws Error for NaN or infinite coordinates (writing) and malformed text (reading).
std::string PolygonsToJson(const Polygons& polygons);
Polygons PolygonsFromJson(const std::string& json);

// Compact, for outlines that are only drawn: differences of coordinates rounded to 1/16 pixel as
// variable-length integers (about 3 bytes a point). Throws Error for malformed bytes.
std::string PackPolygons(const Polygons& polygons);
Polygons UnpackPolygons(const std::string& bytes);

// Lossless; small when steps repeat (time stamps, key frames): differences of differences as
// variable-length integers. Throws Error for malformed bytes.
std::string PackIntegers(const std::vector<int64_t>& values);
std::vector<int64_t> UnpackIntegers(const std::string& bytes);

// The bytes of a PNG file; CV_8UC3, BGR.
std::string PackPicture(const cv::Mat& bgr);

}  // namespace datasets
