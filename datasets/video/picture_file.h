#pragma once

#include <filesystem>
#include <opencv2/core.hpp>
#include <string_view>

namespace datasets {

// Writes a picture in the format that the ending names; the file appears whole or not at all.
// Throws Error for an unknown ending, a folder that is missing or cannot be written, a full disk.
void WritePicture(const std::filesystem::path& path, const cv::Mat& picture);

// What the header of a PNG promises, without decoding it; empty when it is no PNG. A few hundred
// bytes can promise gigabytes: ask before decoding what a stranger wrote.
cv::Size PngSize(std::string_view bytes);

}  // namespace datasets
