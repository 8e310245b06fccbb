// The files of a project's videos: one each, or the parts of a recording that a camera wrote in
// several.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "datasets/base/job.h"
#include "datasets/store/records.h"

namespace datasets {

class Project;

constexpr int kBackgroundSamples = 61;  // frames, of each video that is added

struct VideoFile {
  std::filesystem::path path;  // absolute
  std::string fingerprint;
  std::string name;  // for a person: "its file", or "part 2 of 3"
};
std::vector<VideoFile> FilesOf(const Project& project, const VideoRow& video);

// The file that a tool takes the video for which knows one file a video. Of a recording in several:
// NAME.mp4 beside the first, or NAME_joined.mp4 where a part, or another video there, is called so.
// It is there only where somebody has made it.
std::filesystem::path MovieFile(const Project& project, const VideoRow& video);

// "cage4.mp4", or "cage4_000.mp4, the first of 3 parts".
std::string ShownPath(const VideoRow& video);

enum class FileState { kThere, kMissing, kReplaced };
// kReplaced: another file lies there, or one that cannot be read (`why` then says so).
FileState StateOf(const VideoFile& file, std::string* why = nullptr);
// The first file of it that is not there or not the one that was added; null when all are.
struct LostFile {
  VideoFile file;
  FileState state = FileState::kThere;
  std::string why;
};
std::optional<LostFile> FirstLostFile(const Project& project, const VideoRow& video);

// [{path, fingerprint, first_frame, frames, start_s}] of a video in parts.
nlohmann::ordered_json PartsJson(const VideoRow& video);

// Makes the files, in this order, one video `name`: frame numbers and times run through all of them
// (JoinIndices), the pauses between them are not known. Idempotent by the parts' fingerprints.
// `warnings`: a sentence for each part that is damaged. Throws Error that names the file for one
// that cannot be read, stands there twice, does not fit to the first, or belongs to a video of the
// project already, and for a name that is taken; then nothing was written.
VideoRow JoinVideo(Project& project, const std::vector<std::filesystem::path>& files,
                   const std::string& name, Job& job, std::vector<std::string>* warnings);

// Project::RelinkVideo of a video in parts.
void RelinkParts(Project& project, const VideoRow& video, const std::filesystem::path& place);

}  // namespace datasets
