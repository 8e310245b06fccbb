#include "app/cli/verbs/truth_subset.h"

#include <fstream>
#include <set>

#include "datasets/base/error.h"

namespace app {
namespace {

using nlohmann::json;

json ReadObject(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) throw datasets::Error(file.string(), "cannot be read", "check the path");
  json document = json::parse(in, nullptr, false);
  if (document.is_discarded()) throw datasets::Error(file.string(), "it is not valid JSON");
  if (!document.is_object() || !document.contains("images") || !document["images"].is_array()) {
    throw datasets::Error(file.string(), "it is not a COCO file: there is no list of images");
  }
  return document;
}

// Frames with labels that a training may use (see GatherLabels).
std::set<int> TeachingFrames(const datasets::Project& project, const std::string& video_name) {
  std::set<int> frames;
  const datasets::VideoRow video = project.VideoByName(video_name);
  project.ForEachAnnotation(video.id, [&](const datasets::ImageRow& image,
                                          const std::vector<datasets::AnnotationRow>& labels) {
    const bool has_say = image.state == datasets::ImageState::kEmpty || !labels.empty();
    if (image.frame_index && has_say && image.split != "val" && image.split != "test") {
      frames.insert(*image.frame_index);
    }
  });
  return frames;
}

}  // namespace

json TakeSubset(const std::filesystem::path& truth, const TruthSubset& subset,
                const datasets::Project* project, const std::string& video) {
  json document = ReadObject(truth);
  std::set<int> excluded;
  if (subset.only_unlabeled) {
    VOLE_CHECK(project);
    excluded = TeachingFrames(*project, video);
  }
  json images = json::array();
  std::set<json> kept;
  for (json& image : document["images"]) {
    if (!image.is_object()) continue;
    if (!subset.split.empty() && image.value("split", json()) != json(subset.split)) continue;
    const json frame = image.value("frame_index", json());
    if (subset.only_unlabeled) {
      if (!frame.is_number_integer()) {
        throw datasets::Error(truth.string(), "an image has no frame_index",
                              "--only-unlabeled needs it to tell frames apart");
      }
      if (excluded.count(frame.get<int>())) continue;
    }
    kept.insert(image.value("id", json()));
    images.push_back(std::move(image));
  }
  if (images.empty()) {
    throw datasets::Error(truth.string(), subset.split.empty()
                                              ? "every frame of it is labeled in the project"
                                              : "no image is marked split: " + subset.split);
  }
  document["images"] = std::move(images);
  json annotations = json::array();
  for (json& annotation : document["annotations"]) {
    if (annotation.is_object() && kept.count(annotation.value("image_id", json()))) {
      annotations.push_back(std::move(annotation));
    }
  }
  document["annotations"] = std::move(annotations);
  return document;
}

}  // namespace app
