// What exports that write one file a frame share: names that no two frames have, and the pictures.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "datasets/exchange/selection.h"
#include "datasets/video/video.h"

namespace datasets {

class ExportNames {
 public:
  explicit ExportNames(const Project& project);

  // The name of the frame's files without ending, perhaps with folders ("val/img0001"), never
  // leading out of the folder it is put in: VIDEO_000012 for a frame, where VIDEO is a name by
  // which an import finds the video again; the picture's own place below the folder that all
  // pictures of the project share. A name that is taken gets a number. One call a frame.
  std::string Of(const SelectedFrame& frame);
  // How many names had to get a number.
  int64_t numbered() const { return numbered_; }

 private:
  std::map<Id, std::string> videos_;
  std::filesystem::path root_;  // of the project
  std::filesystem::path shared_;
  std::set<std::string> taken_;
  int64_t numbered_ = 0;
};

// Where the picture lies that the project calls `frame.picture`.
std::filesystem::path PictureFileOf(const Project& project, const SelectedFrame& frame);

// Says of each recording in several files that the format knows one, MovieFile.
void NoteParts(const Project& project, const std::vector<VideoRow>& videos,
               std::vector<std::string>* warnings);

class PictureWriter {
 public:
  explicit PictureWriter(const Project& project) : project_(project) {}

  // Writes the frame as PNG, or copies the picture file with its ending; makes the folder. Returns
  // the file: `place` with an ending. Throws Error where video or picture cannot be read.
  std::filesystem::path Write(const SelectedFrame& frame, const std::filesystem::path& place);

 private:
  const Project& project_;
  std::unique_ptr<VideoReader> reader_;
  Id reads_ = 0;
};

// Makes the folder of `file`. Throws Error.
void MakeFolderOf(const std::filesystem::path& file);

}  // namespace datasets
