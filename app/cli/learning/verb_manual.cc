#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/learning/learning_verbs.h"
#include "app/cli/pages/completions.h"
#include "app/cli/pages/man_page.h"
#include "app/cli/version.h"
#include "datasets/files/atomic_file.h"

namespace app {
namespace manual_verb {
namespace {

namespace fs = std::filesystem;

int Run(const std::string& folder, Console& console) {
  std::vector<std::string> written;
  const auto write = [&](const fs::path& name, const std::string& text) {
    const fs::path file = fs::path(folder) / name;
    std::error_code failed;
    fs::create_directories(file.parent_path(), failed);
    if (failed) {
      throw datasets::Error("folder '" + file.parent_path().string() + "'", failed.message(),
                            "give a folder that you may write to");
    }
    datasets::WriteFileAtomically(file, text);
    written.push_back(file.string());
  };
  const std::vector<VerbFacts> verbs = FactsOf(AllVerbs(LearningVerbs()));
  write("man/man1/vole.1", OverviewManPage(verbs, Version()));
  for (const VerbFacts& verb : verbs) {
    write("man/man1/vole-" + verb.name + ".1", VerbManPage(verb, Version()));
  }
  write("bash-completion/completions/vole", BashCompletion(verbs));
  write("zsh/site-functions/_vole", ZshCompletion(verbs));
  write("fish/vendor_completions.d/vole.fish", FishCompletion(verbs));
  console.Print(fmt::format("Wrote {} man pages and the completions of three shells into {}.",
                            verbs.size() + 1, folder));
  console.PrintJson({{"files", written}});
  return 0;
}

}  // namespace
}  // namespace manual_verb

Verb ManualVerb() {
  using namespace manual_verb;
  return {"manual",
          "Other",
          "write man pages, and completions for bash, zsh and fish",
          "Writes a man page for every verb and completions for three shells, from the same table "
          "that --help reads. A package of Vole brings them along; for a Vole that was built by "
          "hand, or for one in your own folder, this puts them where man, bash and fish look. For "
          "zsh, add DIR/zsh/site-functions to fpath.",
          "  vole manual ~/.local/share",
          [](CLI::App& command) -> RunVerb {
            auto folder = std::make_shared<std::string>();
            command.add_option("folder", *folder, "the share folder to write beneath")
                ->required()
                ->type_name("DIR");
            return [folder](Console& console) { return Run(*folder, console); };
          }};
}

}  // namespace app
