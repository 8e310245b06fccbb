// Names under which older files keep tensors that are named otherwise today. No torch type here.
#pragma once

#include <string>
#include <vector>

namespace train {

// Names that `stored` may have today, likeliest first, without `stored` itself. Sources:
// torchvision's _load_from_state_dict of FeaturePyramidNetwork, RPNHead and MaskRCNNHeads (names
// before 0.14), its densenet.py (names with dots), and yolact's backbone, which counts a ResNet's
// layers from 0 in a list.
std::vector<std::string> NewerNames(const std::string& stored);

// True for what a file may hold or lack without harm: counters of batches, and the parts that
// YOLACT's published files repeat or no longer use.
bool MayBeIgnored(const std::string& stored);

}  // namespace train
