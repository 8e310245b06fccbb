// Masked crops as a network learns from them. No torch type here.
#pragma once

#include "datasets/base/random.h"
#include "train/idseg/input.h"

namespace train {

// Writes side * side * channels floats: the animal turned, mirrored, shifted and lit at random, its
// mask damaged as predicted masks are.
void FillLearningView(const AnimalPatch& patch, const CropInput& input, datasets::Random& random,
                      float* out);

}  // namespace train
