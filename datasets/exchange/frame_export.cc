#include "datasets/exchange/frame_export.h"

#include <algorithm>
#include <opencv2/imgcodecs.hpp>

#include "datasets/base/encoding.h"
#include "datasets/base/error.h"
#include "datasets/exchange/frame_match.h"
#include "datasets/files/atomic_file.h"
#include "datasets/files/file_names.h"
#include "datasets/files/json_entries.h"
#include "datasets/video_files.h"

namespace datasets {

namespace fs = std::filesystem;

namespace {

fs::path Canonical(const fs::path& path) {
  std::error_code error;
  const fs::path canonical = fs::weakly_canonical(path, error);
  return error ? path.lexically_normal() : canonical;
}

// The last `count` parts of a path without its ending.
std::string LastParts(fs::path path, int count) {
  std::string text = NameWithoutEnding(path);
  while (--count > 0) {
    path = path.parent_path();
    text = path.filename().string() + "/" + text;
  }
  return text;
}

// Files that an import may find a video by; the first is the one that exports name.
struct KnownFiles {
  Id video_id = 0;
  bool joined = false;
  std::vector<fs::path> paths;
};

std::vector<KnownFiles> AllFiles(const Project& project, const std::vector<VideoRow>& videos) {
  std::vector<KnownFiles> all;
  for (const VideoRow& video : videos) {
    all.push_back({video.id, !video.parts.empty(), {Canonical(MovieFile(project, video))}});
    if (!all.back().joined) continue;
    for (const VideoFile& file : FilesOf(project, video)) {
      all.back().paths.push_back(Canonical(file.path));
    }
  }
  return all;
}

// The shortest name by which an import finds this video and no other.
std::string NameOf(const VideoRow& video, const std::vector<KnownFiles>& all) {
  const auto own = std::find_if(
      all.begin(), all.end(), [&](const KnownFiles& files) { return files.video_id == video.id; });
  const fs::path& path = own->paths.front();
  int by_stem = 0, by_file = 0;
  bool is_taken = false;  // the name is that of a file of another video
  for (const KnownFiles& other : all) {
    if (other.video_id == video.id) continue;
    for (const fs::path& compared : other.paths) {
      by_stem = std::max(by_stem, AgreeingParts(path, compared, true));
      by_file = std::max(by_file, AgreeingParts(path, compared, false));
      is_taken = is_taken || NameWithoutEnding(compared) == video.name;
    }
  }
  if (by_stem == 0 && !is_taken) return video.name;
  if (by_stem == 0 && own->joined) return NameWithoutEnding(path);
  if (by_file == 0 && !own->joined) return path.filename().string();
  const auto parts = std::distance(path.begin(), path.end());
  return by_stem + 1 < parts ? LastParts(path, by_stem + 1) : video.name;
}

// Without roots and ways up, so that it stays below the folder that it is put in.
std::string Inside(const fs::path& path) {
  std::string text;
  for (const fs::path& part : path) {
    const std::string name = part.string();
    if (name.empty() || name == "." || name == ".." || part == path.root_path() ||
        name == path.root_name() || name == path.root_directory()) {
      continue;
    }
    text += (text.empty() ? "" : "/") + FileNameFor(name);
  }
  return text;
}

}  // namespace

ExportNames::ExportNames(const Project& project) : root_(project.folder()) {
  const std::vector<VideoRow> videos = project.Videos();
  const std::vector<KnownFiles> files = AllFiles(project, videos);
  for (const VideoRow& video : videos) videos_[video.id] = Inside(NameOf(video, files));
  bool first = true;
  for (const ImageRow& image : project.Images()) {
    if (image.video_id || !image.path) continue;
    const fs::path folder = (root_ / *image.path).lexically_normal().parent_path();
    if (first) {
      shared_ = folder;
    } else {
      const auto [end, ignored] =
          std::mismatch(shared_.begin(), shared_.end(), folder.begin(), folder.end());
      fs::path common;
      for (auto part = shared_.begin(); part != end; ++part) common /= *part;
      shared_ = common;
    }
    first = false;
  }
}

std::string ExportNames::Of(const SelectedFrame& frame) {
  std::string name;
  if (frame.video) {
    std::string number = std::to_string(frame.frame_index);
    if (number.size() < 6) number.insert(0, 6 - number.size(), '0');
    name = videos_[frame.video->id] + "_" + number;
  } else {
    const fs::path picture = (root_ / frame.picture).lexically_normal();
    fs::path below = picture.lexically_relative(shared_);
    if (below.empty()) below = picture;
    name = Inside(below.replace_extension());
  }
  const std::string wanted = name;
  for (int number = 2; !taken_.insert(name).second; ++number) {
    name = wanted + "-" + std::to_string(number);
  }
  numbered_ += name == wanted ? 0 : 1;
  return name;
}

fs::path PictureFileOf(const Project& project, const SelectedFrame& frame) {
  return (project.folder() / frame.picture).lexically_normal();
}

void NoteParts(const Project& project, const std::vector<VideoRow>& videos,
               std::vector<std::string>* warnings) {
  for (const VideoRow& video : videos) {
    if (video.parts.empty()) continue;
    warnings->push_back("the format knows one file a video, and '" + video.name + "' lies in " +
                        std::to_string(video.parts.size()) + ": it is called " +
                        MovieFile(project, video).filename().string() +
                        " there, which 'ffmpeg -f concat' makes of the parts");
  }
}

void MakeFolderOf(const fs::path& file) {
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (error) {
    throw Error("folder '" + file.parent_path().string() + "'",
                "cannot be made: " + error.message(), "choose another place");
  }
}

fs::path PictureWriter::Write(const SelectedFrame& frame, const fs::path& place) {
  fs::path out = place;
  if (!frame.video) {
    const fs::path picture = PictureFileOf(project_, frame);
    out += picture.extension();
    std::error_code ignored;
    if (fs::equivalent(picture, out, ignored)) return out;
    MakeFolderOf(out);
    WriteFileAtomically(out, ReadFileBytes(picture, "picture '" + picture.string() + "'"));
    return out;
  }
  if (!reader_ || reads_ != frame.video->id) {
    reader_ = std::make_unique<VideoReader>(project_.OpenVideo(*frame.video));
    reads_ = frame.video->id;
  }
  out += ".png";
  std::vector<uchar> png;
  cv::imencode(".png", reader_->Read(frame.frame_index), png, {cv::IMWRITE_PNG_COMPRESSION, 1});
  MakeFolderOf(out);
  WriteFileAtomically(out, std::string(png.begin(), png.end()));
  return out;
}

}  // namespace datasets
