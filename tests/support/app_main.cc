// The tests of app/: verbs run in this program, see verb_server.h.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "app/cli/environment.h"
#include "app/cli/learning/learning_verbs.h"
#include "app/cli/verbs.h"
#include "tests/support/verb_server.h"

int main(int argc, char** argv) {
  if (app::PrepareEnvironment()) app::BecomeProgram("", argv);  // as vole-learn does
  // A verb that runs in this program starts its helpers as /proc/self/exe.
  if (argc > 1 && argv[1][0] != '-') app::End(app::RunCli(argc, argv, app::LearningVerbs()));
  tests::VerbServer server([](int count, char** arguments) {
    return app::RunCli(count, arguments, app::LearningVerbs());
  });
  tests::run_verb = [&](const std::vector<std::string>& arguments) {
    return server.Run(arguments);
  };
  return doctest::Context(argc, argv).run();
}
