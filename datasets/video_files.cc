#include "datasets/video_files.h"

#include <algorithm>
#include <map>
#include <set>

#include "datasets/base/encoding.h"
#include "datasets/base/error.h"
#include "datasets/project.h"
#include "datasets/store/frame_hash.h"
#include "datasets/store/names.h"
#include "datasets/store/part_rows.h"
#include "datasets/store/paths.h"
#include "datasets/store/reader.h"
#include "datasets/store/writer.h"
#include "datasets/video/fingerprint.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;

std::string Quoted(const fs::path& path) { return "'" + path.string() + "'"; }

std::vector<std::string> FingerprintsOf(const std::vector<fs::path>& files, Job& job) {
  std::vector<std::string> fingerprints;
  std::map<std::string, fs::path> seen;
  for (const fs::path& file : files) {
    job.ThrowIfCancelled();
    std::error_code ignored;
    if (fs::is_directory(file, ignored)) {
      throw Error("part " + Quoted(file), "this is a folder, not a video", "name video files");
    }
    fingerprints.push_back(FingerprintFile(file));
    const auto [other, is_new] = seen.emplace(fingerprints.back(), file);
    if (is_new) continue;
    throw Error("part " + Quoted(file),
                fs::equivalent(file, other->second, ignored)
                    ? "it stands there twice"
                    : "the same recording stands there as " + Quoted(other->second),
                "give each part once");
  }
  return fingerprints;
}

// The parts must be nobody's yet; the very same ones are the video that is there.
std::optional<Id> KnownAs(Connection& connection, const std::string& joined,
                          const std::vector<fs::path>& files,
                          const std::vector<std::string>& fingerprints, const std::string& name) {
  const Reader reader(connection);
  if (const auto video = reader.VideoByFingerprint(joined)) return video->id;
  for (size_t i = 0; i < files.size(); ++i) {
    if (const auto video = reader.VideoByFingerprint(fingerprints[i])) {
      throw Error("part " + Quoted(files[i]),
                  "it is in the project already, as the video '" + video->name + "'",
                  "remove that video first (in the window: Videos), or join the parts in another "
                  "project");
    }
    if (const Id id = VideoOfPart(connection, fingerprints[i])) {
      throw Error("part " + Quoted(files[i]),
                  "it is a part of the video '" + reader.VideoById(id).value_or(VideoRow()).name +
                      "' already",
                  "remove that video first (in the window: Videos), and join all parts anew");
    }
  }
  for (const VideoRow& video : reader.Videos()) {
    if (video.name != name) continue;
    throw Error("video '" + name + "'", "the project has one of this name already",
                "choose another name: --join NAME");
  }
  return std::nullopt;
}

}  // namespace

std::vector<VideoFile> FilesOf(const Project& project, const VideoRow& video) {
  if (video.parts.empty()) return {{project.VideoPath(video), video.fingerprint, "its file"}};
  std::vector<VideoFile> files;
  for (const VideoPart& part : video.parts) {
    const fs::path path(part.path);
    files.push_back(
        {path.is_absolute() ? path : (project.folder() / path).lexically_normal(), part.fingerprint,
         "part " + std::to_string(files.size() + 1) + " of " + std::to_string(video.parts.size())});
  }
  return files;
}

fs::path MovieFile(const Project& project, const VideoRow& video) {
  const fs::path first = project.VideoPath(video);
  if (video.parts.empty()) return first;
  std::set<fs::path> taken;
  for (const VideoFile& file : FilesOf(project, video)) taken.insert(file.path.filename());
  for (const VideoRow& other : project.Videos()) {
    if (!other.parts.empty()) continue;
    const fs::path path = project.VideoPath(other);
    if (path.parent_path() == first.parent_path()) taken.insert(path.filename());
  }
  std::string name = video.name;
  while (taken.count(name + ".mp4")) name += "_joined";
  return first.parent_path() / (name + ".mp4");
}

std::string ShownPath(const VideoRow& video) {
  if (video.parts.empty()) return video.path;
  return video.path + ", the first of " + std::to_string(video.parts.size()) + " parts";
}

FileState StateOf(const VideoFile& file, std::string* why) {
  std::error_code ignored;
  if (!fs::exists(file.path, ignored)) return FileState::kMissing;
  try {
    return HasFingerprint(file.path, file.fingerprint) ? FileState::kThere : FileState::kReplaced;
  } catch (const Error& error) {
    if (why) *why = error.what();
    return FileState::kReplaced;
  }
}

std::optional<LostFile> FirstLostFile(const Project& project, const VideoRow& video) {
  for (const VideoFile& file : FilesOf(project, video)) {
    LostFile lost{file, FileState::kThere, ""};
    lost.state = StateOf(file, &lost.why);
    if (lost.state != FileState::kThere) return lost;
  }
  return std::nullopt;
}

nlohmann::ordered_json PartsJson(const VideoRow& video) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const VideoPart& part : video.parts) {
    list.push_back({{"path", part.path},
                    {"fingerprint", part.fingerprint},
                    {"first_frame", part.first_frame},
                    {"frames", part.frame_count},
                    {"start_s", static_cast<double>(part.start_ms) / 1000}});
  }
  return list;
}

VideoRow JoinVideo(Project& project, const std::vector<fs::path>& files,
                   const std::string& wanted_name, Job& job, std::vector<std::string>* warnings) {
  const std::string name = TextOrWindows1252(wanted_name);
  if (name.empty() || name.find('/') != std::string::npos) {
    throw Error("the name '" + name + "'",
                name.empty() ? "it is empty" : "it holds a '/', and files are named after videos",
                "choose another name: --join NAME");
  }
  if (files.size() < 2) {
    throw Error("video '" + name + "'", "there is only one file to join",
                "give all parts of the recording, or add it without --join");
  }
  const std::vector<std::string> fingerprints = FingerprintsOf(files, job);
  std::vector<VideoPart> alone(files.size());
  for (size_t i = 0; i < files.size(); ++i) alone[i].fingerprint = fingerprints[i];
  const std::string joined = JoinedFingerprint(alone);
  const auto known = [&](Connection& connection) {
    return KnownAs(connection, joined, files, fingerprints, name);
  };
  std::optional<Id> stored;
  project.Read([&](Connection& connection) { stored = known(connection); });
  if (stored) {
    for (size_t i = 0; i < files.size(); ++i) {
      const VideoRow video = project.VideoById(*stored);
      if (StateOf(FilesOf(project, video)[i]) != FileState::kThere) {
        project.RelinkVideo(*stored, files[i]);
      }
    }
    return project.VideoById(*stored);
  }
  std::vector<std::string> paths;
  std::vector<VideoIndex> indices;
  for (const fs::path& file : files) {
    std::string warning;
    indices.push_back(IndexVideo(file, job, &warning));
    paths.push_back(fs::absolute(file).string());
    if (!warning.empty()) warnings->push_back(warning);
  }
  const VideoIndex index = JoinIndices(paths, indices);
  VideoReader reader(files.front(), index);
  const Background background = EstimateBackground(reader, kBackgroundSamples, job);
  const nlohmann::json hashes = HashFrames(reader, job);
  Id id = 0;
  project.Write([&](Writer& writer) {
    if (const auto meanwhile = known(writer.connection())) {
      id = *meanwhile;
      return;
    }
    VideoRow video = NewVideoRow(project.folder(), files.front(), index, {});
    video.name = name;
    video.static_camera = background.static_camera;
    video.parts = index.parts;
    for (size_t i = 0; i < files.size(); ++i) {
      video.parts[i].path = PathFrom(project.folder(), files[i]);
    }
    id = writer.InsertVideo(video, index, background);
    writer.SetFrameHashes(id, hashes);
  });
  return project.VideoById(id);
}

void RelinkParts(Project& project, const VideoRow& video, const fs::path& place) {
  std::error_code ignored;
  const bool is_folder = fs::is_directory(place, ignored);
  const std::string given = is_folder ? "" : FingerprintFile(place);
  const fs::path folder = is_folder ? place : place.parent_path();
  const std::vector<VideoFile> files = FilesOf(project, video);
  std::map<size_t, fs::path> found;
  bool is_part = false;
  for (size_t i = 0; i < files.size(); ++i) {
    if (files[i].fingerprint == given) {
      found[i] = place;
      is_part = true;
      continue;
    }
    if (!is_folder && StateOf(files[i]) == FileState::kThere) continue;
    const VideoFile beside{folder / files[i].path.filename(), files[i].fingerprint, ""};
    if (StateOf(beside) == FileState::kThere) found[i] = beside.path;
  }
  if (is_folder ? found.empty() : !is_part) {
    throw Error("video '" + video.name + "'",
                is_folder ? "none of its " + std::to_string(files.size()) +
                                " parts lies in the folder " + Quoted(place)
                          : "the file " + Quoted(place) + " is none of its " +
                                std::to_string(files.size()) + " parts",
                "give a file that was joined, or the folder that they lie in");
  }
  project.Write([&](Writer& writer) {
    for (const auto& [part, path] : found) {
      SetPartPath(writer.connection(), video.id, part, PathFrom(project.folder(), path));
    }
  });
}

}  // namespace datasets
