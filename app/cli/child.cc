#include "app/cli/child.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "datasets/base/error.h"

namespace app {
namespace {

std::string Quoted(const std::string& word) {
  if (!word.empty() && word.find_first_of(" \t'\"\\$&|;<>()*?#~") == std::string::npos) return word;
  return "'" + word + "'";
}

// Reads to the end of the pipe; passes a cancel on to the child, once.
std::string ReadAll(int pipe, pid_t child, const datasets::Job& job) {
  std::string text;
  bool told = false;
  while (true) {
    if (job.cancelled() && !told) {
      kill(child, SIGINT);
      told = true;
    }
    pollfd waiting{pipe, POLLIN, 0};
    const int ready = poll(&waiting, 1, 200);
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    char buffer[4096];
    const ssize_t count = read(pipe, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(buffer, static_cast<size_t>(count));
  }
}

}  // namespace

nlohmann::json RunVole(const std::vector<std::string>& arguments, Console& console) {
  console.job().ThrowIfCancelled();
  std::string shown = "$ vole";
  for (const std::string& argument : arguments) shown += " " + Quoted(argument);
  console.Note(shown);

  std::vector<std::string> words = {"vole"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  words.push_back("--json");
  if (console.quiet()) words.push_back("--quiet");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  int ends[2];
  if (pipe(ends) != 0) throw datasets::Error("vole " + arguments[0], "no pipe could be made");
  const pid_t child = fork();
  if (child < 0) throw datasets::Error("vole " + arguments[0], "it could not be started");
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    execv("/proc/self/exe", argv.data());
    _exit(127);
  }
  close(ends[1]);
  const std::string text = ReadAll(ends[0], child, console.job());
  close(ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (code == 130) throw datasets::Cancelled();
  if (code != 0) {
    throw datasets::Error("vole " + arguments[0], "it ended with " + std::to_string(code),
                          "see its message above");
  }
  return nlohmann::json::parse(text);
}

}  // namespace app
