#include "datasets/verify.h"

#include <fmt/format.h>

#include <map>

#include "datasets/base/encoding.h"
#include "datasets/base/error.h"
#include "datasets/files/file_hash.h"
#include "datasets/model_files.h"
#include "datasets/store/connection.h"
#include "datasets/store/frame_hash.h"
#include "datasets/store/reader.h"
#include "datasets/store/verify/verify_rows.h"
#include "datasets/video_files.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;

// Runs `look`; what it throws becomes a finding.
template <class Look>
void Guarded(const std::string& code, const std::string& table, Id id, Findings* findings,
             Look look) {
  try {
    look();
  } catch (const Cancelled&) {
    throw;
  } catch (const std::exception& error) {
    findings->Add(code, fmt::format("row {} of {}: {}", id, table, ShownText(error.what())), table,
                  id);
  }
}

void CheckVideo(const Project& project, const VideoRow& video, Job& job, Findings* findings) {
  const auto add = [&](const std::string& code, const std::string& text) {
    findings->Add(code, "video '" + ShownText(video.name) + "': " + text, "videos", video.id);
  };
  bool all = true;
  for (const VideoFile& file : FilesOf(project, video)) {
    const std::string shown = ShownText(file.path.string());
    const std::string part = video.parts.empty() ? "" : file.name + ": ";
    std::string why;
    const FileState state = StateOf(file, &why);
    all = all && state == FileState::kThere;
    if (state == FileState::kMissing) {
      add("video_missing", part + "its file '" + shown + "' is not there");
    } else if (state == FileState::kReplaced) {
      add("video_changed", why.empty()
                               ? part + "the file '" + shown + "' is not the one that was added"
                               : part + ShownText(why));
    }
  }
  if (!all) return;
  nlohmann::json hashes;
  project.Read([&](Connection& connection) { hashes = Reader(connection).FrameHashes(video.id); });
  VideoReader reader = project.OpenVideo(video);
  for (const auto& [frame, hash] : hashes.items()) {
    job.ThrowIfCancelled();
    const auto number = FrameNumber(frame);
    if (!number) continue;  // a damaged row, which VerifyRows names
    bool same = *number < reader.index().frame_count();
    try {
      same = same && HashPixels(reader.Read(*number)) == hash;
    } catch (const Error&) {
      same = false;
    }
    if (!same) {
      add("frame_changed", "frame " + frame + " is not the same picture as when it was added");
    }
  }
}

void CheckModels(const Project& project, Job& job, Findings* findings) {
  // Training again into the same file replaces it: only the newest model of a file is there.
  std::map<std::string, ModelRow> newest;
  for (const ModelRow& model : project.Models()) newest[model.weights_path] = model;
  for (const auto& [path, model] : newest) {
    Guarded("model_changed", "models", model.id, findings, [&, &model = model] {
      job.Advance(0, 0, "checking the model " + ShownText(model.name));
      const fs::path file = ModelFile(project, model);
      const auto add = [&](const std::string& code, const std::string& what) {
        findings->Add(code,
                      fmt::format("model {}: its file {} {}", ShownText(model.name),
                                  ShownText(file.string()), what),
                      "models", model.id);
      };
      std::error_code ignored;
      if (!fs::exists(file, ignored)) {
        add("model_missing", "is not there");
      } else if (HashFile(file, &job) != model.weights_sha256) {
        add("model_changed", "was changed since");
      }
    });
  }
}

}  // namespace

std::vector<Finding> Verify(const Project& project, Job& job) {
  Findings findings;
  std::vector<Id> videos;
  project.Read([&](Connection& connection) {
    VerifyRows(connection, job, &findings);
    try {
      videos = Reader(connection).VideoIds();
    } catch (const Error&) {  // VerifyRows has said so
    }
  });
  for (const Id id : videos) {
    std::optional<VideoRow> video;
    try {
      video = project.VideoById(id);
    } catch (const Error&) {  // VerifyRows has said so
      continue;
    }
    job.Advance(0, 0, "checking the video " + ShownText(video->name));
    Guarded("video_changed", "videos", id, &findings,
            [&] { CheckVideo(project, *video, job, &findings); });
  }
  Guarded("database", "models", 0, &findings, [&] { CheckModels(project, job, &findings); });
  return findings.Take();
}

}  // namespace datasets
