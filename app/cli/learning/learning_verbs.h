// The verbs that need the networks.
#pragma once

#include <vector>

#include "app/cli/verbs.h"

namespace app {

std::vector<Verb> LearningVerbs();

}  // namespace app
