// What an idseg model file says about itself beside its weights. No torch type.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "train/base/predictor.h"

namespace train {

// How pictures become the segmentation network's input.
struct SegInput {
  double scale = 1;                // network pixels per image pixel; above 1 for tiny animals
  double mean_bgr[3] = {0, 0, 0};  // grey levels 0..255 over the labeled frames
  double deviation = 64;           // one for all channels, grey levels
  double reference_level = 128;    // median grey level of the labeled frames, for the gain
};

// How a masked animal becomes the crop classifier's input.
struct CropInput {
  int side_in_image = 0;  // image pixels that a crop covers; 0: the model has no crop classifier
  int side = 80;          // network pixels of that crop
  int channels = 2;       // 2: grey times mask, mask; 4: also the two color differences
  double mean = 128;      // grey levels inside the animals
  double deviation = 64;
};

struct IdsegDescription {
  ModelInfo info;
  SegInput seg;
  CropInput crop;
  bool centers = true;           // pixels say where their animal's center is
  double threshold = 0.5;        // of the animal probability
  double smallest_area = 0;      // of labeled animals, image pixels
  double pixel_temperature = 1;  // evidence is divided by these (Guo et al. 2017)
  double crop_temperature = 1;
};

// The metadata of a weights file and back. `model_file` is only named in errors; throws Error for
// metadata of another architecture, or values out of range.
std::map<std::string, std::string> ToMetadata(const IdsegDescription& description);
IdsegDescription FromMetadata(const std::map<std::string, std::string>& metadata,
                              const std::string& model_file);

}  // namespace train
