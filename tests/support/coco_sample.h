// A small COCO dataset and what tests of formats ask of it.
#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>

#include "datasets/base/error.h"
#include "datasets/formats/formats.h"
#include "tests/support/label_project.h"
#include "tests/support/temp_dir.h"

namespace tests {

using nlohmann::json;

inline json Square(double x, double y, double side) {
  return {{x, y, x + side, y, x + side, y + side, x, y + side}};
}

// Two frames of `clip`, two animals.
inline json Dataset() {
  return {{"videos", {{{"id", 1}, {"file_name", "clip.mp4"}}}},
          {"categories", {{{"id", 10}, {"name", "ann"}}, {{"id", 20}, {"name", "bob"}}}},
          {"images",
           {{{"id", 1},
             {"video_id", 1},
             {"frame_index", 3},
             {"width", 64},
             {"height", 48},
             {"split", "train"}},
            {{"id", 2}, {"video_id", 1}, {"frame_index", 7}, {"width", 64}, {"height", 48}}}},
          {"annotations",
           {{{"id", 1},
             {"image_id", 1},
             {"category_id", 10},
             {"track_id", 5},
             {"segmentation", Square(4, 4, 10)},
             {"mood", "calm"}},
            {{"id", 2},
             {"image_id", 1},
             {"category_id", 20},
             {"iscrowd", 0},
             {"segmentation", Square(30, 20, 12)}},
            {{"id", 3},
             {"image_id", 2},
             {"category_id", 10},
             {"track_id", 5},
             {"segmentation", Square(6, 5, 10)}}}}};
}

inline std::filesystem::path WriteText(const TempDir& folder, const std::string& text,
                                       const std::string& name = "labels.json") {
  std::ofstream(folder / name, std::ios::binary) << text;
  return folder / name;
}

inline datasets::ImportReport ImportText(datasets::Project& project, const TempDir& folder,
                                         const std::string& text,
                                         const datasets::ImportOptions& options = {}) {
  datasets::Job job;
  return Import(project, "coco", WriteText(folder, text), options, job);
}

inline std::string ErrorOf(const std::function<void()>& work) {
  try {
    work();
  } catch (const datasets::Error& error) {
    return error.what();
  }
  return "";
}

// The sentence that a broken dataset gives; checks that nothing of it was stored.
inline std::string Refusal(const json& dataset) {
  TempDir folder;
  auto project = LabelProject(folder.path());
  const std::string text = ErrorOf([&] { ImportText(*project, folder, dataset.dump()); });
  CHECK(project->Images().empty());
  CHECK(project->Categories().empty());
  CHECK(text.find('\n') == std::string::npos);
  return text;
}

inline bool Says(const std::string& text, std::initializer_list<const char*> parts) {
  for (const char* part : parts) {
    if (text.find(part) == std::string::npos) {
      MESSAGE("'" << text << "' does not say '" << std::string(part) << "'");
      return false;
    }
  }
  return true;
}

inline int CountLabels(const datasets::Project& project) {
  int count = 0;
  for (const auto& image : project.Images()) {
    count += static_cast<int>(project.AnnotationsOfImage(image.id).size());
  }
  return count;
}

}  // namespace tests
