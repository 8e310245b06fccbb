#include <CLI/CLI.hpp>

#include "app/cli/console.h"
#include "app/cli/verb_list.h"

#ifndef VOLE_VERSION
#define VOLE_VERSION "unknown"
#endif

namespace app {

// Printed by RunCli itself, which holds the table; here for the table's sake.
Verb HelpVerb() {
  return {"help", "Other", "this list, or `vole help VERB`",
          "",     "",      [](CLI::App&) -> RunVerb { return [](Console&) { return 0; }; }};
}

Verb VersionVerb() {
  return {"version",
          "Other",
          "version of this program",
          "",
          "  vole version\n  vole --version",
          [](CLI::App&) -> RunVerb {
            return [](Console& console) {
              console.Print("vole " VOLE_VERSION);
              console.PrintJson({{"version", VOLE_VERSION}});
              return 0;
            };
          }};
}

}  // namespace app
