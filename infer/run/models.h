// Which of a project's models is meant where none is named.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "datasets/store/machine_records.h"
#include "train/architectures.h"

namespace infer {

// How good a model was on labels that it did not learn from.
struct HeldBack {
  double score = 0;   // 0..1; of outlines: overlap times right names; of behavior: mean F1
  double count = 0;   // of animals or frames that it was measured on
  std::string words;  // "outlines overlap 91 %, 97 % of names right"
};
// Nothing where no labels were held back.
std::optional<HeldBack> HeldBackOf(const datasets::ModelRow& model);

// Whether the training that made it was cancelled and nobody has said since that it is good enough.
bool IsUndecided(const datasets::ModelRow& model, const std::vector<datasets::JobRow>& jobs);

struct DefaultModel {
  const datasets::ModelRow* model = nullptr;  // of `models`; null when there is none
  std::string why;                            // or why not: "", or that all were cancelled
};
// Of the `models` (in the order of their ids) that do this and are not undecided: the best by
// held-back labels. Among those that differ from it by no more than chance, the newest. Models
// without held-back labels only where no other has some.
DefaultModel ChooseModel(const std::vector<datasets::ModelRow>& models,
                         const std::vector<datasets::JobRow>& jobs, train::Task task);

}  // namespace infer
