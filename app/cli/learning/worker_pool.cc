#include "app/cli/learning/worker_pool.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "datasets/base/error.h"

extern char** environ;

namespace app {
namespace {

namespace fs = std::filesystem;

constexpr char kPoolVariable[] = "VOLE_POOL";
constexpr int kMostRestarts = 3;
constexpr auto kLookEvery = std::chrono::milliseconds(50);
constexpr auto kPatience = std::chrono::seconds(10);

std::string LastLineOf(const fs::path& log) {
  std::ifstream in(log);
  std::string last;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

}  // namespace

WorkerPool::WorkerPool(const std::vector<WorkerCommand>& commands) {
  for (const WorkerCommand& command : commands) {
    std::error_code ignored;
    fs::remove(command.log, ignored);
    workers_.push_back({command, 0, 0, ""});
  }
  try {
    for (Worker& worker : workers_) Start(worker);
  } catch (...) {
    for (const Worker& worker : workers_) {
      if (worker.process > 0) kill(worker.process, SIGKILL);
    }
    throw;
  }
  watcher_ = std::thread([this] { Watch(); });
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  watcher_.join();
  const auto signal_all = [this](int signal) {
    for (const Worker& worker : workers_) {
      if (worker.process > 0) kill(worker.process, signal);
    }
  };
  const auto any = [this] {
    bool running = false;
    for (Worker& worker : workers_) {
      if (worker.process > 0 && waitpid(worker.process, nullptr, WNOHANG) != 0) worker.process = 0;
      running |= worker.process > 0;
    }
    return running;
  };
  signal_all(SIGINT);
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (any() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(kLookEvery);
  signal_all(SIGKILL);
  while (any()) std::this_thread::sleep_for(kLookEvery);
}

void WorkerPool::Start(Worker& worker) {
  std::vector<std::string> words = {"vole"};
  words.insert(words.end(), worker.command.arguments.begin(), worker.command.arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::vector<std::string> variables = {std::string(kPoolVariable) + "=" +
                                        std::to_string(getpid())};
  for (char** variable = environ; *variable; ++variable) {
    if (std::strncmp(*variable, kPoolVariable, sizeof kPoolVariable - 1) != 0) {
      variables.push_back(*variable);
    }
  }
  std::vector<char*> environment;
  for (std::string& variable : variables) environment.push_back(variable.data());
  environment.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, worker.command.log.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0666);
  const int code = posix_spawn(&worker.process, "/proc/self/exe", &files, nullptr, argv.data(),
                               environment.data());
  posix_spawn_file_actions_destroy(&files);
  if (code != 0) {
    worker.process = 0;
    throw datasets::Error("a worker", std::string("it could not be started: ") + strerror(code));
  }
}

void WorkerPool::Ended(Worker& worker, int status) {
  worker.process = 0;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  if (WIFEXITED(status) && WEXITSTATUS(status) < 128) {
    worker.failure = LastLineOf(worker.command.log);
    if (worker.failure.empty()) {
      worker.failure = "it ended with " + std::to_string(WEXITSTATUS(status));
    }
    return;
  }
  const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status) - 128;
  if (signal == SIGINT || worker.restarts == kMostRestarts) {
    worker.failure = "it was ended " +
                     (worker.restarts > 0 ? std::to_string(worker.restarts + 1) + " times " : "") +
                     "by a signal (" + strsignal(signal) + ")";
    return;
  }
  ++worker.restarts;
  try {
    Start(worker);
  } catch (const datasets::Error& error) {
    worker.failure = error.what();
  }
}

void WorkerPool::Watch() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_) {
    for (Worker& worker : workers_) {
      int status = 0;
      rusage used{};
      if (worker.process <= 0 || wait4(worker.process, &status, WNOHANG, &used) <= 0) continue;
      peak_kb_ = std::max(peak_kb_, used.ru_maxrss);
      Ended(worker, status);
    }
    stop_.wait_for(lock, kLookEvery);
  }
}

bool WorkerPool::IsRunning(size_t worker) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return workers_.at(worker).process > 0;
}

std::string WorkerPool::FailureOf(size_t worker) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return workers_.at(worker).failure;
}

int WorkerPool::CountRestarts() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  int restarts = 0;
  for (const Worker& worker : workers_) restarts += worker.restarts;
  return restarts;
}

double WorkerPool::PeakRssMb() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return static_cast<double>(peak_kb_) / 1024;
}

EndWithPool::EndWithPool(datasets::Job& job) {
  const char* pool = std::getenv(kPoolVariable);
  if (!pool) return;
  watcher_ = std::thread([this, &job, process = static_cast<pid_t>(std::atoi(pool))] {
    std::unique_lock<std::mutex> lock(mutex_);
    while (!stopping_ && getppid() == process) stop_.wait_for(lock, 4 * kLookEvery);
    if (!stopping_) job.Cancel();
  });
}

EndWithPool::~EndWithPool() {
  if (!watcher_.joinable()) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  watcher_.join();
}

}  // namespace app
