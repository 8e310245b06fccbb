#include "datasets/formats/frame_match.h"

#include <algorithm>
#include <cctype>

#include "datasets/base/error.h"

namespace datasets {

namespace fs = std::filesystem;

std::optional<std::pair<std::string, int>> SplitFrameName(const std::string& file_name) {
  std::string text = file_name;
  const size_t mark = text.rfind('#');
  const bool marked = mark != std::string::npos;
  if (!marked) {
    const fs::path path(text);
    text = (path.parent_path() / path.stem()).string();
  }
  size_t digits = text.size();
  while (digits > 0 && std::isdigit(static_cast<unsigned char>(text[digits - 1]))) --digits;
  if (digits == text.size() || text.size() - digits > 9) return std::nullopt;
  if (marked && digits != mark + 1) return std::nullopt;
  const int number = std::stoi(text.substr(digits));
  std::string name = text.substr(0, marked ? mark : digits);
  if (!marked) {
    for (const std::string ending : {"_frame", "-frame", "_f", "frame", "_", "-", "."}) {
      if (name.size() >= ending.size() &&
          name.compare(name.size() - ending.size(), ending.size(), ending) == 0) {
        name.resize(name.size() - ending.size());
        break;
      }
    }
    while (!name.empty() && (name.back() == '_' || name.back() == '-')) name.pop_back();
  }
  return std::make_pair(name, number);
}

VideoMatcher::VideoMatcher(const Project& project, const fs::path& file,
                           const std::string& forced_video)
    : project_(project), videos_(project.Videos()) {
  std::error_code ignored;
  folder_ = fs::is_directory(file, ignored) ? file : file.parent_path();
  if (forced_video.empty()) return;
  const Id id = project.VideoByName(forced_video).id;
  for (const VideoRow& video : videos_) {
    if (video.id == id) forced_ = &video;
  }
}

const VideoRow* VideoMatcher::Find(const std::string& name) const {
  if (name.empty()) return nullptr;
  const fs::path wanted(name);
  std::error_code ignored;
  const fs::path beside = fs::weakly_canonical(folder_ / wanted, ignored);
  std::vector<const VideoRow*> same_name, same_path, same_file, same_stem;
  for (const VideoRow& video : videos_) {
    const fs::path file = project_.VideoPath(video);
    if (!ignored && fs::weakly_canonical(file, ignored) == beside) return &video;
    if (video.name == name) same_name.push_back(&video);
    if (wanted.has_parent_path() && video.path.size() >= name.size() &&
        video.path.compare(video.path.size() - name.size(), name.size(), name) == 0) {
      same_path.push_back(&video);
    }
    if (file.filename() == wanted.filename()) same_file.push_back(&video);
    if (file.stem() == wanted.stem() || video.name == wanted.stem()) same_stem.push_back(&video);
  }
  for (const auto& candidates : {same_name, same_path, same_file, same_stem}) {
    if (candidates.size() == 1) return candidates.front();
    if (candidates.size() > 1) {
      throw Error("video '" + name + "' of the imported file",
                  "the project has " + std::to_string(candidates.size()) +
                      " videos of that name: " + candidates[0]->name + ", " + candidates[1]->name,
                  "say which with --video");
    }
  }
  return nullptr;
}

const VideoRow& VideoMatcher::Require(const std::string& name, const std::string& what) const {
  if (forced_) return *forced_;
  if (const VideoRow* video = Find(name)) return *video;
  if (name.empty() && only()) return *only();
  if (videos_.empty()) {
    throw Error(what, "the project has no video yet", "add it first with `vole add-video`");
  }
  throw Error(
      what,
      name.empty() ? "it does not say which video it is about"
                   : "the project has no video called '" + name + "'",
      "say which with --video (there is: " + Names() + "), or add it with `vole add-video`");
}

std::string VideoMatcher::Names() const {
  std::string names;
  for (const VideoRow& video : videos_) names += (names.empty() ? "" : ", ") + video.name;
  return names;
}

void CheckFrame(const VideoRow& video, int frame_index, int width, int height,
                const std::string& what) {
  if (frame_index < 0 || frame_index >= video.frame_count) {
    throw Error(what,
                "frame " + std::to_string(frame_index) + " is outside the video '" + video.name +
                    "', which has frames 0 to " + std::to_string(video.frame_count - 1),
                "check which video the labels belong to (--video)");
  }
  if ((width != 0 && width != video.width) || (height != 0 && height != video.height)) {
    throw Error(what,
                "it is " + std::to_string(width) + " x " + std::to_string(height) +
                    " pixels, but the video '" + video.name + "' is " +
                    std::to_string(video.width) + " x " + std::to_string(video.height),
                "check which video the labels belong to (--video)");
  }
}

}  // namespace datasets
