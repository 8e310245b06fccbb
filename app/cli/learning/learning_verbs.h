// The verbs that need the networks.
#pragma once

#include <vector>

#include "app/cli/verbs.h"

namespace app {

Verb TrainVerb();
Verb PredictVerb();
Verb TrackVerb();
Verb ModelsVerb();
Verb AblateVerb();

std::vector<Verb> LearningVerbs();

}  // namespace app
