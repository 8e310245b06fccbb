// A second copy of the project file, in case that the first is damaged or deleted.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "datasets/project.h"

namespace app {

// NAME.vole.bak beside the project; the copy before it is kept as NAME.vole.bak2. A whole file at
// any moment, also when the program is killed meanwhile. Throws datasets::Error when the copy
// cannot be written.
std::filesystem::path BackUp(const datasets::Project& project);

// Backs up every `interval` in which something was changed. `failed` is called from its thread.
class PeriodicBackup {
 public:
  PeriodicBackup(const datasets::Project& project, std::chrono::milliseconds interval,
                 std::function<void(const std::string&)> failed);
  ~PeriodicBackup();

 private:
  void Run();

  const datasets::Project& project_;
  const std::chrono::milliseconds interval_;
  const std::function<void(const std::string&)> failed_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  int64_t copied_revision_ = 0;
  std::thread thread_;
};

}  // namespace app
