// Man pages, as man(7) describes them.
#pragma once

#include <string>
#include <vector>

#include "app/cli/pages/verb_facts.h"

namespace app {

// vole-VERB(1). `version` stands in the footer; there is no date, so that equal tables give equal
// pages.
std::string VerbManPage(const VerbFacts& verb, const std::string& version);

// vole(1): every verb with its summary, under the headings of `vole help`.
std::string OverviewManPage(const std::vector<VerbFacts>& verbs, const std::string& version);

}  // namespace app
