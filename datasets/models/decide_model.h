// What people decide about a model.
#pragma once

#include "datasets/project.h"

namespace datasets {

// The model of a cancelled training is good enough to be taken by itself.
void KeepModel(Project& project, Id model_id);
bool IsKept(const ModelRow& model);
// Takes a model and its files away, a checkpoint too; files that another model has as well stay.
// Throws Error when there is no such model, or when predictions rest on it.
void DiscardModel(Project& project, Id model_id);

}  // namespace datasets
