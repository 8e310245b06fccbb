#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "app/cli/console.h"
#include "app/cli/verb_list.h"
#include "app/cli/version.h"

namespace app {

// Printed by RunCli itself, which holds the table; here for the table's sake.
Verb HelpVerb() {
  return {"help",
          "Other",
          "the list of verbs, or what one of them takes",
          "Without VERB, lists all verbs. `vole help VERB` is `vole VERB --help`.",
          "  vole help\n  vole help train",
          [](CLI::App& command) -> RunVerb {
            auto verb = std::make_shared<std::string>();
            command.add_option("verb", *verb, "the verb to explain")->type_name("VERB");
            return [verb](Console&) { return 0; };
          }};
}

Verb VersionVerb() {
  return {"version",
          "Other",
          "version of this program, and the commit that it was built from",
          "",
          "  vole version\n  vole --version",
          [](CLI::App&) -> RunVerb {
            return [](Console& console) {
              console.Print(fmt::format("vole {} (commit {})", Version(), Commit()));
              console.PrintJson({{"version", Version()}, {"commit", Commit()}});
              return 0;
            };
          }};
}

}  // namespace app
