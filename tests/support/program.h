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

// A started program. Its streams go to files, so that nothing blocks.
class Program {
 public:
  Program(std::vector<std::string> arguments, const std::function<void()>& in_child = {}) {
    out_ = TempFile();
    err_ = TempFile();
    pid_ = fork();
    if (pid_ < 0) throw std::runtime_error("fork failed");
    if (pid_ == 0) {
      dup2(open("/dev/null", O_RDONLY), 0);
      dup2(open(out_.c_str(), O_WRONLY), 1);
      dup2(open(err_.c_str(), O_WRONLY), 2);
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
    std::error_code ignored;
    std::filesystem::remove(out_, ignored);
    std::filesystem::remove(err_, ignored);
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
    outcome.out = Text(out_);
    outcome.err = Text(err_);
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
  static std::string TempFile() {
    std::string pattern = (std::filesystem::temp_directory_path() / "vole-out-XXXXXX").string();
    const int file = mkstemp(pattern.data());
    if (file < 0) throw std::runtime_error("cannot make a temporary file");
    fchmod(file, 0666);
    close(file);
    return pattern;
  }
  static std::string Text(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }

  std::string out_, err_;
  pid_t pid_ = 0;
  int status_ = 0;
};

inline Outcome RunProgram(std::vector<std::string> arguments,
                          const std::function<void()>& in_child = {}) {
  return Program(std::move(arguments), in_child).Wait();
}

// `vole ARGUMENTS...` of this build.
inline Outcome Vole(std::vector<std::string> arguments,
                    const std::function<void()>& in_child = {}) {
  arguments.insert(arguments.begin(), VOLE_BINARY);
  return RunProgram(std::move(arguments), in_child);
}

}  // namespace tests
