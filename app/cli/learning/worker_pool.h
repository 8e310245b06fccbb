// Several processes of this program that work side by side. One that dies is started again.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "datasets/base/job.h"

namespace app {

struct WorkerCommand {
  std::vector<std::string> arguments;  // after the program's name
  std::filesystem::path log;           // its standard error; standard output goes nowhere
};

class WorkerPool {
 public:
  // A worker that is killed is started again, up to three times; one that says that it failed (exit
  // code 1) is not. Throws Error when none can be started.
  explicit WorkerPool(const std::vector<WorkerCommand>& commands);
  // Interrupts those that run, as Ctrl-C would; those that have not ended after ten seconds are
  // killed. Workers end by themselves when this process is killed.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;

  bool IsRunning(size_t worker) const;
  // Of one that has ended: what it said last, or what killed it; "" when it did its work.
  std::string FailureOf(size_t worker) const;
  int CountRestarts() const;
  double PeakRssMb() const;  // of the largest worker that has ended, MiB

 private:
  struct Worker {
    WorkerCommand command;
    pid_t process = 0;  // 0: it has ended
    int restarts = 0;
    std::string failure;
  };
  void Start(Worker& worker);
  void Watch();
  void Ended(Worker& worker, int status);

  mutable std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::vector<Worker> workers_;
  long peak_kb_ = 0;
  std::thread watcher_;
};

// In a worker: cancels `job` once the pool's process is gone, whatever ended it. Does nothing in
// other processes.
class EndWithPool {
 public:
  explicit EndWithPool(datasets::Job& job);
  ~EndWithPool();

 private:
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::thread watcher_;
};

}  // namespace app
