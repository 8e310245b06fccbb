#include <cstdio>
#include <cstring>
#include <exception>
#include <string>

#include "app/cli/environment.h"
#include "app/ui/ending_signals.h"
#include "app/ui/shell/shell.h"
#include "app/ui/window.h"
#include "datasets/base/error.h"

namespace {

constexpr const char* kUsage =
    "usage: vole-workbench [PROJECT.vole] [--size WIDTHxHEIGHT]\n"
    "Opens the workbench; without a project, the start screen.\n";

}  // namespace

int main(int argc, char** argv) {
  std::string project;
  int width = 1440, height = 900;
  bool size_given = false;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--help" || argument == "-h") {
      std::fputs(kUsage, stdout);
      return 0;
    }
    if (argument == "--size" && i + 1 < argc) {
      if (std::sscanf(argv[++i], "%dx%d", &width, &height) != 2 || width < 320 || height < 240) {
        std::fprintf(stderr, "vole-workbench: --size %s: not a size; give for example 1280x720\n",
                     argv[i]);
        return 2;
      }
      size_given = true;
    } else if (argument[0] == '-' || !project.empty()) {
      std::fprintf(stderr, "vole-workbench: unknown argument '%s'\n%s", argument.c_str(), kUsage);
      return 2;
    } else {
      project = argument;
    }
  }
  // `vole open` has done so already.
  if (app::PrepareEnvironment()) {
    try {
      app::BecomeProgram("", argv);
    } catch (const std::exception&) {
      // Slower, not wrong: go on as we are.
    }
  }
  try {
    app::Window window("Vole", width, height);
    app::Shell shell(window, project, !size_given);
    const app::EndingSignals signals([&shell] { shell.EndNow(); });
    shell.Run();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "vole-workbench: %s\n", error.what());
    return 1;
  }
}
