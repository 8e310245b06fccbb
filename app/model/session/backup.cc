#include "app/model/session/backup.h"

#include "datasets/base/error.h"
#include "datasets/store/copy.h"

namespace app {

namespace fs = std::filesystem;

fs::path BackUp(const datasets::Project& project) {
  const auto beside = [&](const char* ending) {
    fs::path path = project.file();
    path += ending;
    return path;
  };
  const fs::path newest = beside(".bak"), older = beside(".bak2");
  try {
    project.Read(
        [&](datasets::Connection& connection) { datasets::CopyTo(connection, newest, older); });
  } catch (const std::exception& error) {
    throw datasets::Error("the copy '" + newest.string() + "'", error.what(),
                          "make room or allow writing beside the project; the project is whole");
  }
  return newest;
}

PeriodicBackup::PeriodicBackup(const datasets::Project& project, std::chrono::milliseconds interval,
                               std::function<void(const std::string&)> failed)
    : project_(project),
      interval_(interval),
      failed_(std::move(failed)),
      copied_revision_(project.Revision()),
      thread_([this] { Run(); }) {}

PeriodicBackup::~PeriodicBackup() {
  {
    std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void PeriodicBackup::Run() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      if (wake_.wait_for(lock, interval_, [this] { return stopping_; })) return;
    }
    try {
      const int64_t revision = project_.Revision();
      if (revision == copied_revision_) continue;
      BackUp(project_);
      copied_revision_ = revision;
    } catch (const std::exception& error) {
      failed_(error.what());
    }
  }
}

}  // namespace app
