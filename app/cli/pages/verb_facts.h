// What the table of verbs says, as plain data: the one source of man pages and completions.
#pragma once

#include <string>
#include <vector>

#include "app/cli/verbs.h"

namespace app {

struct OptionFacts {
  std::vector<std::string> names;  // "--out", "-o"; of an argument its one name, "project"
  std::string type;                // what it takes, "FILE"; "" where it takes nothing
  std::string initial;             // the value where none is given; "" where that is not a value
  std::string description;
  bool argument = false;  // given by its place, not by its name
  bool required = false;
  bool repeated = false;  // takes several values
};

struct VerbFacts {
  std::string name, group, summary, description, examples;
  std::vector<OptionFacts> options;  // in the order of --help
};

// Every verb of `verbs` that can be declared, with all its options, also those that `vole train
// --help` shows only together with --model.
std::vector<VerbFacts> FactsOf(const std::vector<Verb>& verbs);

}  // namespace app
