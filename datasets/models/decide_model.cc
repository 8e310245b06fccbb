#include "datasets/models/decide_model.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "datasets/base/error.h"
#include "datasets/model_files.h"
#include "datasets/recorded_job.h"
#include "datasets/store/removal/removal.h"

namespace datasets {

namespace fs = std::filesystem;

void KeepModel(Project& project, Id model_id) {
  project.Write([&](Writer& writer) { MarkModelKept(writer, model_id); });
}

bool IsKept(const ModelRow& model) {
  const auto config = nlohmann::json::parse(model.config_json, nullptr, false);
  return config.is_object() && config.value("kept", nlohmann::json(false)) == true;
}

void DiscardModel(Project& project, Id model_id) {
  const std::vector<ModelRow> models = project.Models();
  const auto model = std::find_if(models.begin(), models.end(),
                                  [&](const ModelRow& one) { return one.id == model_id; });
  if (model == models.end()) {
    throw Error("model " + std::to_string(model_id), "it is not in the project");
  }
  for (const JobRow& job : project.Jobs()) {
    if (job.model_id == model_id && job.kind != JobKindName(JobKind::kTrain)) {
      throw Error("model '" + model->name + "'",
                  "predictions of the project were made with it, and say so",
                  "leave it: a better one is taken before it");
    }
  }
  const fs::path file = ModelFile(project, *model);
  const bool shared = std::any_of(models.begin(), models.end(), [&](const ModelRow& other) {
    return other.id != model_id && ModelFile(project, other) == file;
  });
  project.Write([&](Writer& writer) { DeleteModel(writer, model_id); });
  if (shared) return;
  std::error_code ignored;
  fs::remove(file, ignored);
  fs::remove(CheckpointOf(file), ignored);
}

}  // namespace datasets
