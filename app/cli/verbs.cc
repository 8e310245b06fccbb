#include "app/cli/verbs.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <opencv2/core/utils/logger.hpp>
#include <sstream>

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/environment.h"
#include "app/cli/verb_list.h"
#include "datasets/base/error.h"
#include "datasets/project.h"
#include "datasets/store/schema/schema.h"

namespace app {
namespace {

constexpr int kDone = 0, kFailed = 1, kUsage = 2, kCancelled = 130;

std::atomic<datasets::Job*> g_job{nullptr};
static_assert(std::atomic<datasets::Job*>::is_always_lock_free);

// The first request ends the work in good order, the second at once.
void OnInterrupt(int) {
  static std::atomic<bool> asked{false};
  datasets::Job* job = g_job.load();
  if (!job || asked.exchange(true)) _exit(kCancelled);
  job->Cancel();
}

void CatchSignals(datasets::Job* job) {
  g_job.store(job);
  struct sigaction action {};
  action.sa_handler = OnInterrupt;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // The terminal, or the line to it, was closed; under nohup that is not meant to end anything.
  struct sigaction before {};
  sigaction(SIGHUP, nullptr, &before);
  if (before.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);
  std::signal(SIGXFSZ, SIG_IGN);  // a file-size limit then reads as a full disk
}

void QuietLibraries() {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("vole"));
  spdlog::set_level(spdlog::level::warn);
  spdlog::set_pattern("%v");
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
}

const Verb* Find(const std::vector<Verb>& verbs, const std::string& name) {
  for (const Verb& verb : verbs) {
    if (verb.name == name) return &verb;
  }
  return nullptr;
}

int PrintOverview(const std::vector<Verb>& verbs) {
  std::string text =
      "Vole: label animals on video, train on the labels, predict every frame, check the doubtful "
      "ones.\n\nusage: vole VERB PROJECT ...\n";
  std::string group;
  for (const Verb& verb : verbs) {
    if (verb.group != group) text += "\n" + verb.group + "\n";
    group = verb.group;
    text += fmt::format("  {:<12}{}\n", verb.name, verb.summary);
  }
  text +=
      "\nvole VERB --help says what a verb takes, with examples. Every verb knows --json (one JSON "
      "value on\nstandard output) and --quiet (no progress). `vole demo DIR` shows the whole "
      "loop.\n";
  std::fputs(text.c_str(), stdout);
  return kDone;
}

// Breaks lines that are longer than a screen is wide; lines that begin with a space stay.
std::string Wrapped(const std::string& text) {
  constexpr size_t kColumns = 96;
  std::string wrapped;
  std::stringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    while (line.size() > kColumns && line[0] != ' ') {
      const size_t at = line.rfind(' ', kColumns);
      if (at == std::string::npos) break;
      wrapped += line.substr(0, at) + "\n";
      line.erase(0, at + 1);
    }
    wrapped += line + "\n";
  }
  return wrapped;
}

void AddExamples(CLI::App& command, const std::string& examples) {
  if (!examples.empty()) command.footer("\nExamples:\n" + examples);
}

int Usage(const std::string& verb, const std::string& text) {
  const std::string where = verb.empty() ? "vole help" : "vole " + verb + " --help";
  std::fputs(
      fmt::format("vole{}: {} (see: {})\n", verb.empty() ? "" : " " + verb, text, where).c_str(),
      stderr);
  return kUsage;
}

std::vector<std::string> OptionNames(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

// CLI11's words for a command line that it cannot take, made one line in our words.
std::string ParseErrorText(const CLI::App& command, const CLI::ParseError& error) {
  if (dynamic_cast<const CLI::ExtrasError*>(&error)) {
    for (const std::string& word : command.remaining()) {
      if (word.size() > 1 && word[0] == '-') {
        const std::string name = word.substr(0, word.find('='));
        return "unknown option " + name + DidYouMean(name, OptionNames(command));
      }
    }
    const auto words = command.remaining();
    return "unexpected argument '" + (words.empty() ? std::string() : words.front()) + "'";
  }
  std::string text = error.what();
  if (dynamic_cast<const CLI::RequiredError*>(&error)) {
    const size_t end = text.find(" is required");
    if (end != std::string::npos) text = text.substr(0, end) + " is missing";
    if (text == "project is missing") text = "the project file is missing";
  }
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  return text;
}

// Opening an older project brings it up to date, whatever the verb; a person should know.
void BringUpToDate(const std::filesystem::path& file, Console& console) {
  const int version = datasets::OlderVersion(file);
  if (version == 0) return;
  try {
    datasets::Project::Open(file, datasets::Project::Access::kReadOnly);
  } catch (const std::exception&) {
    return;  // the verb says it
  }
  const std::string name = file.filename().string();
  console.Note(
      fmt::format("{}: written by an older Vole and now brought up to date; as it was, it is kept "
                  "in {}.v{}.bak",
                  name, name, version));
}

void BringUpToDate(CLI::App& command, Console& console) {
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) continue;
    for (const std::string& given : option->results()) BringUpToDate(ProjectFile(given), console);
  }
}

int RunVerbNamed(const Verb& verb, int argc, char** argv) {
  const DeclaredVerb declared(verb);
  CLI::App& command = *declared.command;
  try {
    command.parse(argc - 1, argv + 1);
  } catch (const CLI::CallForHelp&) {
    std::fputs(command.help().c_str(), stdout);
    return kDone;
  } catch (const CLI::ParseError& error) {
    return Usage(verb.name, ParseErrorText(command, error));
  }

  Console console(declared.json, declared.quiet);
  CatchSignals(&console.job());
  int code = kFailed;
  try {
    BringUpToDate(command, console);
    code = declared.run(console);
    console.EndProgress();
    if (!console.Flush()) {
      console.Fail("standard output: " + std::string(std::strerror(errno)));
      code = kFailed;
    }
  } catch (const UsageError& error) {
    console.EndProgress();
    code = Usage(verb.name, error.what());
  } catch (const datasets::Cancelled&) {
    console.Fail("vole " + verb.name + ": cancelled");
    code = kCancelled;
  } catch (const datasets::Error& error) {
    console.Fail(error.what());
  } catch (const std::bad_alloc&) {
    console.Fail("vole " + verb.name +
                 ": out of memory; close other programs or give it less data");
  } catch (const std::exception& error) {
    console.Fail("vole " + verb.name + ": " + std::string(error.what()).substr(0, 400));
  }
  g_job.store(nullptr);
  return code;
}

}  // namespace

std::vector<Verb> AllVerbs(const std::vector<Verb>& learning) {
  std::vector<Verb> verbs = VerbTable();
  for (Verb& verb : verbs) {
    if (const Verb* full = Find(learning, verb.name)) verb = *full;
  }
  return verbs;
}

DeclaredVerb::DeclaredVerb(const Verb& verb)
    : command(std::make_unique<CLI::App>(
          Wrapped(verb.description.empty() ? verb.summary : verb.description),
          "vole " + verb.name)) {
  command->get_formatter()->column_width(34);
  command->set_help_flag("-h,--help", "this text");
  run = verb.declare(*command);
  command->add_flag("--json", json,
                    "print the result as JSON, and nothing else, on standard output");
  command->add_flag("--quiet,-q", quiet, "no progress on standard error");
  AddExamples(*command, verb.examples);
}

DeclaredVerb::~DeclaredVerb() = default;

int RunCli(int argc, char** argv, const std::vector<Verb>& learning) {
  std::signal(SIGPIPE, SIG_IGN);
  QuietLibraries();
  const std::vector<Verb> verbs = AllVerbs(learning);
  std::string name = argc > 1 ? argv[1] : "help";
  if (name == "--help" || name == "-h") name = "help";
  if (name == "--version" || name == "-V") name = "version";

  bool wants_help = false;
  if (name == "help") {
    if (argc < 3 || argv[2][0] == '-') return PrintOverview(verbs);
    name = argv[2];
    wants_help = true;
  }
  const Verb* verb = Find(verbs, name);
  if (!verb) {
    if (!name.empty() && name[0] == '-') {
      return Usage("", "options come after the verb, as in: vole info P " + name);
    }
    std::vector<std::string> names;
    for (const Verb& known : verbs) names.push_back(known.name);
    return Usage("", "unknown verb '" + name + "'" + DidYouMean(name, names));
  }
  if (!verb->declare) {
    VOLE_CHECK(learning.empty());  // vole-learn must hold what `vole` hands to it
    try {
      PrepareEnvironment();
      BecomeProgram("vole-learn", argv);
    } catch (const std::exception& error) {
      std::fputs((std::string(error.what()) + "\n").c_str(), stderr);
      return kFailed;
    }
  }
  if (wants_help) {
    std::string flag = "--help";
    char* arguments[] = {argv[0], argv[2], flag.data(), nullptr};
    return RunVerbNamed(*verb, 3, arguments);
  }
  return RunVerbNamed(*verb, argc, argv);
}

}  // namespace app
