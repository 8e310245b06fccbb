#pragma once

#include <opencv2/core.hpp>
#include <optional>
#include <string>

namespace datasets {

// Hex SHA-256 over the size and the pixels of a picture, row by row.
std::string HashPixels(const cv::Mat& picture);

// The frame that a key of the stored hashes names; nothing when it names none.
std::optional<int> FrameNumber(const std::string& key);

}  // namespace datasets
