#pragma once

#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <optional>
#include <string>

#include "datasets/video/video.h"

namespace datasets {

// Hex SHA-256 over the size and the pixels of a picture, row by row.
std::string HashPixels(const cv::Mat& picture);

// Those of a few frames spread over the video, {"FRAME": hash}.
nlohmann::json HashFrames(VideoReader& reader, Job& job);

// The frame that a key of the stored hashes names; nothing when it names none.
std::optional<int> FrameNumber(const std::string& key);

}  // namespace datasets
