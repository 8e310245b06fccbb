// A video that is written while it happens and can be read up to the last Flush, whatever becomes
// of the program that writes it.
#pragma once

#include <filesystem>
#include <memory>
#include <opencv2/core.hpp>

#include "datasets/video/video.h"

namespace datasets {

// Matroska, H.264 where FFmpeg has libx264; the time stamps are milliseconds. Belongs to one thread
// at a time.
class Recorder {
 public:
  // A new file; throws Error where one of that name is there, for a folder that is missing or
  // cannot be written, and for a size of nothing. `fps` is what is expected to come.
  Recorder(const std::filesystem::path& path, int width, int height, double fps);
  // Ends the file as it is, readable, without its table of contents.
  ~Recorder();
  Recorder(const Recorder&) = delete;

  // CV_8UC3 of the size. Times that are not after the one before are moved to the next millisecond.
  // Throws Error when the disk is full.
  void Write(const cv::Mat& bgr, int64_t milliseconds);
  // All frames so far are in the file, on the disk.
  void Flush();
  // Flushes, and writes the table of contents that makes seeking quick.
  void Close();

  // What IndexVideo finds in the file after the last Flush or Close (its fingerprint names the
  // bytes that count until Close, see fingerprint.h).
  const VideoIndex& index() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace datasets
