// One maker a verb; VerbTable() in verb_list.cc puts them in order.
#pragma once

#include "app/cli/verbs.h"

namespace app {

Verb HelpVerb();
Verb VersionVerb();

}  // namespace app
