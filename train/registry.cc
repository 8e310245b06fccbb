#include "train/train_job.h"

namespace train {

std::vector<std::string> Architectures() { return {"idseg"}; }

}  // namespace train
