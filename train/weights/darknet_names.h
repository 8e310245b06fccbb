// Names for the numbers of a darknet `.weights` file, and back: what `vole weights convert` does.
// No torch type here.
#pragma once

#include <string>

#include "train/weights/darknet.h"
#include "train/weights/safetensors.h"

namespace train {

// The tensors of yolov3 or yolov3-tiny ("layers.0.weight", as trained models name them), told apart
// by how many numbers there are; a file that ends after some convolution of yolov3 or yolov3-tiny
// (darknet53.conv.74) gives those before it. The metadata keep what the file says about itself.
// Throws Error, naming `file`, when the numbers fit neither network.
WeightsFile NameDarknetTensors(const DarknetWeights& numbers, const std::string& file);

// The other way. Throws Error, naming `file`, when a tensor is missing, unknown, of another shape
// or type, or not finite: darknet's files hold whole networks, or their first convolutions, and
// nothing else.
DarknetWeights NumberDarknetTensors(const WeightsFile& tensors, const std::string& file);

}  // namespace train
