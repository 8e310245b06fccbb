#include <CLI/CLI.hpp>

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/verb_list.h"
#include "datasets/project.h"

namespace app {

Verb NewVerb() {
  return {"new",
          "Project",
          "make an empty project",
          "Makes an empty project: one file, NAME.vole. Videos stay where they are; the project "
          "remembers their paths relative to itself.",
          "  vole new mice.vole\n  vole new study/cage4        (makes study/cage4.vole)",
          [](CLI::App& command) -> RunVerb {
            auto name = std::make_shared<std::string>();
            AddProject(command, *name);
            return [name](Console& console) {
              std::filesystem::path file = *name;
              if (file.extension() != ".vole") file += ".vole";
              const auto project = datasets::Project::Create(file);
              console.Print("Made " + project->file().string() + ". Next: vole add-video " +
                            file.string() + " VIDEO...");
              console.PrintJson({{"project", project->file().string()}});
              return 0;
            };
          }};
}

}  // namespace app
