#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "app/cli/learning/learning_verbs.h"
#include "app/cli/pages/completions.h"
#include "app/cli/pages/man_page.h"
#include "tests/support/journey.h"

namespace manual_test {

namespace {

using app::OptionFacts;
using app::VerbFacts;

std::vector<VerbFacts> Facts() { return app::FactsOf(app::AllVerbs(app::LearningVerbs())); }

std::string Text(const std::filesystem::path& file) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

// "--out" and the like, as `pattern` finds them.
std::set<std::string> Found(const std::string& text, const std::string& pattern) {
  std::set<std::string> found;
  const std::regex expression(pattern);
  for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at) {
    found.insert((*at)[1]);
  }
  return found;
}

// What `man` shows, on lines of any length: one line an item.
std::string Shown(const std::string& page, tests::TempDir& folder) {
  const std::string file = (folder / "page.1").string();
  std::ofstream(file) << page;
  const tests::Outcome outcome =
      tests::RunProgram({"groff", "-ww", "-man", "-rLL=5000n", "-Tutf8", "-P-cbou", file});
  INFO(outcome.err);
  CHECK(outcome.code == 0);
  CHECK(outcome.err == "");  // -ww: every warning that groff has
  return outcome.out;
}

bool Have(const std::string& program) {
  if (tests::RunProgram({"sh", "-c", "command -v " + program}).code == 0) return true;
  MESSAGE(program << " is not installed, so what it says of the pages is not checked");
  return false;
}

// What bash offers at the end of a command line.
std::set<std::string> Offered(const std::string& script, const std::vector<std::string>& words,
                              const std::filesystem::path& folder) {
  std::string line = "cd '" + folder.string() + "'; source '" + script + "'; COMP_WORDS=(";
  for (const std::string& word : words) line += "'" + word + "' ";
  line += "); COMP_CWORD=" + std::to_string(words.size() - 1) +
          "; _vole; printf '%s\\n' "
          "\"${COMPREPLY[@]}\"";
  const tests::Outcome outcome = tests::RunProgram({"bash", "-c", line});
  CHECK(outcome.err == "");
  std::set<std::string> offered;
  std::stringstream lines(outcome.out);
  for (std::string one; std::getline(lines, one);) {
    if (!one.empty()) offered.insert(one);
  }
  return offered;
}

}  // namespace

TEST_CASE("Every verb has a man page that says what the table says, and no more options") {
  tests::TempDir folder;
  const std::vector<VerbFacts> verbs = Facts();
  CHECK(verbs.size() == app::VerbTable().size());
  for (const VerbFacts& verb : verbs) {
    CAPTURE(verb.name);
    const std::string shown = Shown(app::VerbManPage(verb, "1.2.3"), folder);
    CHECK(shown.find("vole-" + verb.name + " - " + verb.summary) != std::string::npos);
    CHECK(shown.find("vole " + verb.name) != std::string::npos);
    std::set<std::string> names;
    for (const OptionFacts& option : verb.options) {
      CAPTURE(option.names[0]);
      CHECK(shown.find(option.description) != std::string::npos);
      if (!option.argument) names.insert(option.names.begin(), option.names.end());
    }
    const std::string options = shown.substr(shown.find("\nOPTIONS"));
    std::set<std::string> listed;
    std::stringstream lines(options.substr(0, options.find("\nEXIT STATUS")));
    for (std::string line; std::getline(lines, line);) {
      if (line.rfind("       -", 0) != 0) continue;  // the line that names an option
      for (const std::string& name : Found(line, "(?:^ +|, )(--?[A-Za-z][-a-z0-9]*)")) {
        listed.insert(name);
      }
    }
    CHECK(listed == names);
    std::stringstream examples(verb.examples);
    for (std::string line; std::getline(examples, line);) {
      CHECK(shown.find(line) != std::string::npos);
    }
  }
}

TEST_CASE("The page of vole itself lists every verb with its summary") {
  tests::TempDir folder;
  const std::vector<VerbFacts> verbs = Facts();
  const std::string shown = Shown(app::OverviewManPage(verbs, "1.2.3"), folder);
  for (const VerbFacts& verb : verbs) {
    CHECK(shown.find("vole " + verb.name) != std::string::npos);
    CHECK(shown.find(verb.summary) != std::string::npos);
    CHECK(shown.find("vole-" + verb.name + "(1)") != std::string::npos);
  }
  CHECK(shown.find("vole 1.2.3") != std::string::npos);
}

TEST_CASE(
    "Text that groff would take for a request, and text of other scripts, is shown as it is") {
  tests::TempDir folder;
  VerbFacts verb{
      "odd", "Group", "a \\fBsummary\\fR", ".TH is no request\n'nor this", "  vole 'x' -- ~^`", {}};
  verb.options.push_back({{"--sharp"}, "N", ".5", "µm of 'mouse', \\n", false, false, false});
  const std::string page = app::VerbManPage(verb, "1.2.3");
  const std::string shown = Shown(page, folder);
  for (const char* text : {"a \\fBsummary\\fR", ".TH is no request", "'nor this", "vole 'x' -- ~^`",
                           "µm of 'mouse', \\n (default: .5)"}) {
    CHECK(shown.find(text) != std::string::npos);
  }
  CHECK(page.find("\\[u00B5]m") != std::string::npos);
}

TEST_CASE("bash offers the verbs, the options of a verb, and files of the kind that is asked for") {
  tests::TempDir folder;
  const std::vector<VerbFacts> verbs = Facts();
  const std::string script = (folder / "vole.bash").string();
  std::ofstream(script) << app::BashCompletion(verbs);
  const auto place = folder / "here";
  std::filesystem::create_directories(place / "folder");
  std::ofstream(place / "my mice.vole");
  std::ofstream(place / "labels.json");

  std::set<std::string> names = {"--help", "--version"};
  for (const VerbFacts& verb : verbs) names.insert(verb.name);
  CHECK(Offered(script, {"vole", ""}, place) == names);
  for (const VerbFacts& verb : verbs) {
    CAPTURE(verb.name);
    std::set<std::string> options;
    for (const OptionFacts& option : verb.options) {
      if (!option.argument) options.insert(option.names.begin(), option.names.end());
    }
    CHECK(Offered(script, {"vole", verb.name, "-"}, place) == options);
  }
  using Words = std::set<std::string>;
  CHECK(Offered(script, {"vole", "train", "--resu"}, place) == Words{"--resume"});
  CHECK(Offered(script, {"vole", "train", ""}, place) == Words{"folder", "my mice.vole"});
  CHECK(Offered(script, {"vole", "train", "--seed", "3", ""}, place) ==
        Words{"folder", "my mice.vole"});
  CHECK(Offered(script, {"vole", "train", "my mice.vole", ""}, place) == Words{});
  CHECK(Offered(script, {"vole", "train", "my mice.vole", "--curve", "l"}, place) ==
        Words{"labels.json"});
  CHECK(Offered(script, {"vole", "train", "--seed", ""}, place) == Words{});
  CHECK(Offered(script, {"vole", "add-video", "my mice.vole", "a.mp4", "l"}, place) ==
        Words{"labels.json"});
  CHECK(Offered(script, {"vole", "draw", "my mice.vole", "--out", ""}, place) == Words{"folder"});
  CHECK(Offered(script, {"vole", "weights", ""}, place) ==
        Words{"convert", "get", "inspect", "list"});
  CHECK(Offered(script, {"vole", "help", "tra"}, place) == Words{"track", "train"});
}

TEST_CASE("zsh and fish take their completions, and know every option") {
  tests::TempDir folder;
  const std::vector<VerbFacts> verbs = Facts();
  const std::string zsh = (folder / "_vole").string(), fish = (folder / "vole.fish").string();
  std::ofstream(zsh) << app::ZshCompletion(verbs);
  std::ofstream(fish) << app::FishCompletion(verbs);
  if (Have("zsh")) {
    const tests::Outcome read = tests::RunProgram({"zsh", "-n", zsh});
    CHECK(tests::Show(read) == "exit 0\nstdout: \nstderr: ");
    // Its own functions, instead of those of zsh, show what zsh would be told.
    for (const VerbFacts& verb : verbs) {
      CAPTURE(verb.name);
      const tests::Outcome told =
          tests::RunProgram({"zsh", "-f", "-c",
                             "_arguments() { print -l -- \"$@\" }; words=(vole " + verb.name +
                                 " ''); CURRENT=3; source " + zsh});
      CHECK(told.err == "");
      std::set<std::string> names;
      for (const OptionFacts& option : verb.options) {
        if (!option.argument) names.insert(option.names.begin(), option.names.end());
      }
      CHECK(Found(told.out, "[)*](--?[A-Za-z][-a-z0-9]*)\\[") == names);
    }
  }
  if (Have("fish")) {
    const tests::Outcome read = tests::RunProgram({"fish", "--no-config", "--no-execute", fish});
    CHECK(tests::Show(read) == "exit 0\nstdout: \nstderr: ");
    for (const VerbFacts& verb : verbs) {
      CAPTURE(verb.name);
      const tests::Outcome told =
          tests::RunProgram({"fish", "--no-config", "-c",
                             "source " + fish + "; complete -C 'vole " + verb.name + " --'"},
                            [&] { setenv("HOME", folder.path().c_str(), 1); });
      CHECK(told.err == "");
      std::set<std::string> names;
      for (const OptionFacts& option : verb.options) {
        for (const std::string& name : option.names) {
          if (!option.argument && name[1] == '-') names.insert(name);
        }
      }
      CHECK(Found(told.out, "(?:^|\n)(--[-a-z0-9]+)") == names);
    }
  }
}

TEST_CASE("vole manual writes pages and completions beneath a folder, and says where it cannot") {
  tests::TempDir folder;
  const std::string share = (folder / "share").string();
  const nlohmann::json written = tests::VoleJson({"manual", share});
  CHECK(written["files"].size() == app::VerbTable().size() + 4);
  for (const std::string file : written["files"]) CHECK(std::filesystem::file_size(file) > 100);
  CHECK(Text(share + "/man/man1/vole-train.1").find("vole\\-train") != std::string::npos);
  const std::string file = (folder / "file").string();
  std::ofstream(file) << "no folder";
  tests::CheckFails({"manual", file + "/share"}, 1, {file});
}

TEST_CASE("vole says its version and the commit that it was built from") {
  const tests::Outcome said = tests::Vole({"--version"});
  CHECK(std::regex_match(
      said.out, std::regex("vole \\d+\\.\\d+\\.\\d+ \\(commit ([0-9a-f]{12}\\+?|unknown)\\)\n")));
  const nlohmann::json version = tests::VoleJson({"version"});
  CHECK(said.out == "vole " + version["version"].get<std::string>() + " (commit " +
                        version["commit"].get<std::string>() + ")\n");
}

}  // namespace manual_test
