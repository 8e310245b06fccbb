// Verbs without loading a program for each: a process that was forked before the first test, has
// the libraries of `vole-learn` and one thread, and forks itself for each verb that a test asks
// for. What such a verb does is what the program does, but for main(), which Program and the tests
// of packages and of the window start.
#pragma once

#include <sys/prctl.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstring>
#include <mutex>
#include <optional>

#include "tests/support/program.h"

extern char** environ;

namespace tests {

class VerbServer {
 public:
  using Main = int (*)(int argc, char** argv);
  // While this process has one thread.
  explicit VerbServer(Main run) : loaded_(LoadTime()) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return;
    const pid_t pid = fork();
    if (pid < 0) return;
    if (pid == 0) {
      close(ends[0]);
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      Serve(ends[1], run);
    }
    close(ends[1]);
    socket_ = ends[0];
  }
  // `vole ARGUMENTS...`; nothing where a program has to be started instead: when a variable has
  // changed that is looked at while libraries are loaded.
  std::optional<Outcome> Run(const std::vector<std::string>& arguments) {
    if (socket_ < 0 || LoadTime() != loaded_) return {};
    const std::lock_guard<std::mutex> lock(mutex_);
    Outcome outcome;
    const TempText out, err;
    std::vector<std::string> message = {std::filesystem::current_path().string(), out.path,
                                        err.path, std::to_string(arguments.size())};
    message.insert(message.end(), arguments.begin(), arguments.end());
    for (char** variable = environ; *variable; ++variable) message.push_back(*variable);
    int status = 0;
    if (!Send(socket_, message) || read(socket_, &status, sizeof(status)) != sizeof(status)) {
      throw std::runtime_error("the process that runs verbs is gone");
    }
    outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    outcome.out = out.Text();
    outcome.err = err.Text();
    return outcome;
  }

 private:
  static std::vector<std::string> LoadTime() {
    std::vector<std::string> found;
    for (char** variable = environ; *variable; ++variable) {
      for (const char* prefix : {"LD_", "OMP_", "OPENBLAS", "MALLOC_", "GOMP_", "GLIBC"}) {
        if (std::strncmp(*variable, prefix, std::strlen(prefix)) == 0) found.push_back(*variable);
      }
    }
    return found;
  }
  static bool Whole(int socket, void* bytes, size_t size, bool write_it) {
    for (size_t done = 0; done < size;) {
      char* at = static_cast<char*>(bytes) + done;
      const ssize_t n = write_it ? write(socket, at, size - done) : read(socket, at, size - done);
      if (n <= 0) return false;
      done += static_cast<size_t>(n);
    }
    return true;
  }
  static bool Send(int socket, const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& text : texts) all += text + '\0';
    uint64_t size = all.size();
    return Whole(socket, &size, sizeof(size), true) && Whole(socket, all.data(), size, true);
  }
  static std::optional<std::vector<std::string>> Receive(int socket) {
    uint64_t size = 0;
    if (!Whole(socket, &size, sizeof(size), false)) return {};
    std::string all(size, '\0');
    if (!Whole(socket, all.data(), size, false)) return {};
    std::vector<std::string> texts;
    for (size_t at = 0; at < all.size(); at += texts.back().size() + 1) {
      texts.emplace_back(all.c_str() + at);
    }
    return texts;
  }
  [[noreturn]] static void Serve(int socket, Main run) {
    while (const auto message = Receive(socket)) {
      const pid_t pid = fork();
      if (pid == 0) Become(*message, run);
      int status = 127 << 8;
      if (pid > 0) waitpid(pid, &status, 0);
      if (!Whole(socket, &status, sizeof(status), true)) break;
    }
    _exit(0);
  }
  [[noreturn]] static void Become(const std::vector<std::string>& message, Main run) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const size_t count = std::stoul(message[3]);
    clearenv();
    for (size_t i = 4 + count; i < message.size(); ++i) {
      const size_t equals = message[i].find('=');
      setenv(message[i].substr(0, equals).c_str(), message[i].c_str() + equals + 1, 1);
    }
    if (chdir(message[0].c_str()) != 0) _exit(127);
    dup2(open("/dev/null", O_RDONLY), 0);
    dup2(open(message[1].c_str(), O_WRONLY), 1);
    dup2(open(message[2].c_str(), O_WRONLY), 2);
    std::vector<std::string> arguments(message.begin() + 4, message.begin() + 4 + count);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    const int code = run(static_cast<int>(count), argv.data());
    std::fflush(nullptr);
    _exit(code);  // as app/main_learn.cc
  }

  std::vector<std::string> loaded_;
  std::mutex mutex_;
  int socket_ = -1;
};

}  // namespace tests
