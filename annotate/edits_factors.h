// Builders of edits of factors; see edits.h.
#pragma once

#include <string>
#include <vector>

#include "annotate/edit.h"

namespace annotate {

struct FactorSetting {
  datasets::Id video_id = 0;
  std::string factor;
  std::string value;  // empty: the video has none any more
};

// All of them as one step. A factor that the project does not have is made; one that no video has a
// value of any more goes. Refused for a factor without a name.
Edit SetFactors(std::vector<FactorSetting> settings);

}  // namespace annotate
