#include "app/cli/learning/learning_verbs.h"

namespace app {

std::vector<Verb> LearningVerbs() {
  return {TrainVerb(),  PredictVerb(), TrackVerb(), LiveVerb(),
          AblateVerb(), ModelsVerb(),  ManualVerb()};
}

}  // namespace app
