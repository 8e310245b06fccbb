#include "app/cli/learning/learning_verbs.h"

namespace app {

std::vector<Verb> LearningVerbs() {
  return {TrainVerb(), PredictVerb(), AblateVerb(), ModelsVerb()};
}

}  // namespace app
