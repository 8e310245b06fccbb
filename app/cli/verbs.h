// The table of verbs behind `vole VERB ...`; one verb a file.
//
// Two programs share it: `vole` holds the verbs that read and write projects and starts in
// milliseconds; verbs that need the networks live in `vole-learn`, beside it, and `vole` becomes
// that program when one of them is asked for.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace app {

class Console;

// Does the work after the command line was understood; returns the exit code.
using RunVerb = std::function<int(Console&)>;

struct Verb {
  std::string name;
  std::string group;        // heading in `vole help`
  std::string summary;      // one line, no full stop
  std::string description;  // what --help says above the options
  std::string examples;     // command lines, one each
  // Adds the verb's options to `command`. Empty: the verb lives in vole-learn.
  std::function<RunVerb(CLI::App& command)> declare;
};

// All verbs in the order of `vole help`; those of vole-learn without `declare`.
std::vector<Verb> VerbTable();

// The table with the verbs of `learning` in the places that vole-learn's have in it.
std::vector<Verb> AllVerbs(const std::vector<Verb>& learning);

// A verb's command line as it is parsed and shown by --help: its own options and those of every
// verb.
struct DeclaredVerb {
  explicit DeclaredVerb(const Verb& verb);
  ~DeclaredVerb();
  DeclaredVerb(const DeclaredVerb&) = delete;
  std::unique_ptr<CLI::App> command;
  RunVerb run;
  bool json = false, quiet = false;
};

// Exit code: 0 done, 1 failed (one line on stderr), 2 usage, 130 cancelled.
// `learning` are the verbs that this program adds to the table (vole-learn).
int RunCli(int argc, char** argv, const std::vector<Verb>& learning = {});

}  // namespace app
