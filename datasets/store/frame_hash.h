#pragma once

#include <opencv2/core.hpp>
#include <string>

namespace datasets {

// Hex SHA-256 over the size and the pixels of a picture, row by row.
std::string HashPixels(const cv::Mat& picture);

}  // namespace datasets
