#include "app/cli/verb_list.h"

namespace app {
namespace {

// A verb of vole-learn: its name and summary for `vole help`, nothing else.
Verb Learning(const char* name, const char* summary) {
  Verb verb;
  verb.name = name;
  verb.group = "Networks";
  verb.summary = summary;
  return verb;
}

}  // namespace

std::vector<Verb> VerbTable() {
  return {
      Learning("train", "learn from the project's labels"),
      Learning("predict", "outline and name every animal on every frame"),
      HelpVerb(),
      VersionVerb(),
  };
}

}  // namespace app
