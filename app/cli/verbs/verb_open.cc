#include <CLI/CLI.hpp>

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/environment.h"
#include "app/cli/verb_list.h"

namespace app {

Verb OpenVerb() {
  return {"open",
          "Project",
          "open the workbench, the window to label and correct in",
          "Becomes vole-workbench, the program of the window.",
          "  vole open mice.vole\n  vole open            (start screen: new, open, recent)",
          [](CLI::App& command) -> RunVerb {
            auto project = std::make_shared<std::string>();
            AddProject(command, *project)->required(false);
            return [project](Console&) {
              std::string name = "vole-workbench", file;
              if (!project->empty()) {
                file = ProjectFile(*project).string();
                if (!std::filesystem::exists(file)) {
                  throw datasets::Error(file, "there is no such file", "make it: vole new " + file);
                }
              }
              char* arguments[] = {name.data(), file.empty() ? nullptr : file.data(), nullptr};
              PrepareEnvironment();
              BecomeProgram("vole-workbench", arguments);
              return 1;
            };
          }};
}

}  // namespace app
