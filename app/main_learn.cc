// `vole` with the verbs that need the networks; `vole` becomes this program when one is asked for.
#include "app/cli/environment.h"
#include "app/cli/learning/learning_verbs.h"
#include "app/cli/verbs.h"

int main(int argc, char** argv) {
  if (app::PrepareEnvironment()) {
    try {
      app::BecomeProgram("", argv);
    } catch (const std::exception&) {
      // Slower, not wrong: go on as we are.
    }
  }
  app::End(app::RunCli(argc, argv, app::LearningVerbs()));
}
