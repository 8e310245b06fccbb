// Masked crops as a network learns from them. No torch type here.
#pragma once

#include "train/idseg/input.h"
#include "train/learn/random.h"

namespace train {

// Writes side * side * channels floats: the animal turned, mirrored, shifted and lit at random, its
// mask damaged as predicted masks are.
void FillLearningView(const AnimalPatch& patch, const CropInput& input, Random& random, float* out);

}  // namespace train
