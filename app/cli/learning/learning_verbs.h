// The verbs that need the networks, and the one that tells of all verbs.
#pragma once

#include <vector>

#include "app/cli/verbs.h"

namespace app {

Verb TrainVerb();
Verb PredictVerb();
Verb TrackVerb();
Verb LiveVerb();
Verb ModelsVerb();
Verb AblateVerb();
Verb ManualVerb();

std::vector<Verb> LearningVerbs();

}  // namespace app
