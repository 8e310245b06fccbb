#include "train/idnet/description.h"

#include "datasets/base/error.h"
#include "train/idnet/idnet.h"

namespace train {

// The crop half of an idseg description says all that is needed; of its two temperatures the
// pixels' is the window's here.
std::map<std::string, std::string> ToMetadata(const IdnetDescription& description) {
  IdsegDescription d;
  d.info = description.info;
  d.crop = description.crop;
  d.crop_temperature = description.frame_temperature;
  d.pixel_temperature = description.window_temperature;
  std::map<std::string, std::string> metadata = ToMetadata(d);
  metadata["architecture"] = description.dense ? kIdnetDense : kIdnet;
  return metadata;
}

IdnetDescription IdnetFromMetadata(const std::map<std::string, std::string>& metadata,
                                   const std::string& model_file) {
  const auto found = metadata.find("architecture");
  if (found == metadata.end() || (found->second != kIdnet && found->second != kIdnetDense)) {
    throw datasets::Error("model " + model_file, "it does not name animals from their crops",
                          "train one: vole train --model idnet");
  }
  std::map<std::string, std::string> as_idseg = metadata;
  as_idseg["architecture"] = "idseg";
  const IdsegDescription d = FromMetadata(as_idseg, model_file);
  IdnetDescription description;
  description.info = d.info;
  description.info.architecture = found->second;
  description.crop = d.crop;
  description.dense = found->second == kIdnetDense;
  description.frame_temperature = d.crop_temperature;
  description.window_temperature = d.pixel_temperature;
  if (description.crop.side_in_image <= 0) {
    throw datasets::Error("model " + model_file, "its description has no crop size",
                          "choose a model file made by `vole train`");
  }
  return description;
}

}  // namespace train
