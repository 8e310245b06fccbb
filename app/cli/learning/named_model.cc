#include "app/cli/learning/named_model.h"

#include "app/cli/arguments.h"
#include "datasets/base/error.h"
#include "datasets/model_files.h"

namespace app {

namespace fs = std::filesystem;

fs::path NamedModel(const datasets::Project& project, const std::string& given) {
  const auto models = project.Models();
  for (auto model = models.rbegin(); model != models.rend(); ++model) {
    if (model->name == given) return datasets::ModelFile(project, *model);
  }
  if (fs::exists(given)) return given;
  if (fs::exists(given + ".safetensors")) return given + ".safetensors";
  std::vector<std::string> names;
  for (const auto& model : models) names.push_back(model.name);
  throw datasets::Error("model '" + given + "'",
                        "the project has no model of that name" + DidYouMean(given, names) +
                            (names.empty() ? "" : " (it has: " + Join(names) + ")") +
                            ", and there is no such file");
}

}  // namespace app
