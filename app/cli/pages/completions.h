// Completion of the command line by bash, zsh and fish.
#pragma once

#include <string>
#include <vector>

#include "app/cli/pages/verb_facts.h"

namespace app {

// Each is the whole file that the shell reads: verbs, the options of each, and files of the kind
// that an option or argument takes.
std::string BashCompletion(const std::vector<VerbFacts>& verbs);
std::string ZshCompletion(const std::vector<VerbFacts>& verbs);
std::string FishCompletion(const std::vector<VerbFacts>& verbs);

}  // namespace app
