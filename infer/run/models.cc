#include "infer/run/models.h"

#include <algorithm>

namespace infer {

const datasets::ModelRow* NewestModel(const std::vector<datasets::ModelRow>& models,
                                      train::Task task) {
  const auto found = std::find_if(models.rbegin(), models.rend(), [&](const auto& model) {
    return train::IsFor(task, model.architecture);
  });
  return found == models.rend() ? nullptr : &*found;
}

}  // namespace infer
