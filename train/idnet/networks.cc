#include "train/base/architecture.h"
#include "train/idnet/description.h"
#include "train/idnet/idnet.h"

namespace train {

std::vector<Architecture> IdnetNetworks() {
  const auto read = [](const Architecture::Metadata& metadata, const std::string& name) {
    return IdnetFromMetadata(metadata, name).info;
  };
  return {{kIdnet,
           "names outlined animals by their crops, a second opinion beside idseg",
           Task::kNames,
           {},
           TrainIdnet,
           nullptr,
           nullptr,
           read},
          {kIdnetDense,
           "the same with DenseNet-121, which takes over public weights",
           Task::kNames,
           {},
           TrainIdnet,
           nullptr,
           nullptr,
           read}};
}

}  // namespace train
