// Runs programs of the build as a user would: arguments in, exit code and both streams out.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace tests {

struct Outcome {
  int code = -1;  // exit code; 128 + signal when killed
  std::string out, err;
  nlohmann::json Json() const { return nlohmann::json::parse(out); }
  int ErrLines() const {
    int lines = 0;
    for (const char c : err) lines += c == '\n';
    return lines;
  }
};

// A temporary file that a program writes.
struct TempText {
  TempText() : path((std::filesystem::temp_directory_path() / "vole-out-XXXXXX").string()) {
    const int file = mkstemp(path.data());
    if (file < 0) throw std::runtime_error("cannot make a temporary file");
    fchmod(file, 0666);
    close(file);
  }
  ~TempText() {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }
  TempText(const TempText&) = delete;
  std::string Text() const {
    std::ifstream in(path, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }
  std::string path;
};

// A started program. Its streams go to files, so that nothing blocks.
class Program {
 public:
  Program(std::vector<std::string> arguments, const std::function<void()>& in_child = {}) {
    pid_ = fork();
    if (pid_ < 0) throw std::runtime_error("fork failed");
    if (pid_ == 0) {
      dup2(open("/dev/null", O_RDONLY), 0);
      dup2(open(out_.path.c_str(), O_WRONLY), 1);
      dup2(open(err_.path.c_str(), O_WRONLY), 2);
      if (in_child) in_child();
      std::vector<char*> argv;
      for (std::string& argument : arguments) argv.push_back(argument.data());
      argv.push_back(nullptr);
      execvp(argv[0], argv.data());
      _exit(127);
    }
  }
  ~Program() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      Wait();
    }
  }
  Program(const Program&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int signal) { kill(pid_, signal); }
  bool Running() {
    if (pid_ <= 0) return false;
    if (waitpid(pid_, &status_, WNOHANG) == 0) return true;
    pid_ = 0;
    return false;
  }
  Outcome Wait() {
    if (pid_ > 0) waitpid(pid_, &status_, 0);
    pid_ = 0;
    Outcome outcome;
    outcome.code = WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
    outcome.out = out_.Text();
    outcome.err = err_.Text();
    return outcome;
  }
  // Looks every few milliseconds until `happened` or the program ends or the limit is over.
  bool WaitUntil(const std::function<bool()>& happened, double limit_seconds = 120) {
    const auto end =
        std::chrono::steady_clock::now() + std::chrono::duration<double>(limit_seconds);
    while (std::chrono::steady_clock::now() < end) {
      if (happened()) return true;
      if (!Running()) return happened();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }

 private:
  TempText out_, err_;
  pid_t pid_ = 0;
  int status_ = 0;
};

inline Outcome RunProgram(std::vector<std::string> arguments,
                          const std::function<void()>& in_child = {}) {
  return Program(std::move(arguments), in_child).Wait();
}

// Runs a verb without starting a program, where that serves: tests/support/verb_server.h.
inline std::function<std::optional<Outcome>(const std::vector<std::string>&)> run_verb;

// `vole ARGUMENTS...` of this build.
inline Outcome Vole(std::vector<std::string> arguments,
                    const std::function<void()>& in_child = {}) {
  arguments.insert(arguments.begin(), VOLE_BINARY);
  if (run_verb && !in_child) {
    if (auto outcome = run_verb(arguments)) return *outcome;
  }
  return RunProgram(std::move(arguments), in_child);
}

}  // namespace tests
