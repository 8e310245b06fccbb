// A project for tests of labels: videos that exist as rows only, no pictures are decoded.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "datasets/project.h"
#include "datasets/store/writer.h"

namespace tests {

inline datasets::Id AddVideoRow(datasets::Project& project, const std::string& name, int frames,
                                int width, int height, double fps = 25,
                                const std::string& path = "") {
  datasets::VideoRow row;
  row.name = name;
  row.path = path.empty() ? name + ".mp4" : path;
  row.fingerprint = "fingerprint of " + row.path;
  row.width = width;
  row.height = height;
  row.frame_count = frames;
  row.fps = fps;
  datasets::VideoIndex index;
  index.width = width;
  index.height = height;
  index.fps = fps;
  index.fingerprint = row.fingerprint;
  for (int i = 0; i < frames; ++i) index.pts.push_back(i);
  index.key_frames = {0};
  datasets::Id id = 0;
  project.Write([&](datasets::Writer& writer) {
    id = writer.InsertVideo(row, index, datasets::Background{});
  });
  return id;
}

inline std::unique_ptr<datasets::Project> LabelProject(const std::filesystem::path& folder,
                                                       int frames = 100, int width = 64,
                                                       int height = 48) {
  auto project = datasets::Project::Create(folder / "test.vole");
  AddVideoRow(*project, "clip", frames, width, height);
  return project;
}

}  // namespace tests
