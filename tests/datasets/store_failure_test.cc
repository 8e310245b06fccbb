// Bad days: killed while writing, a full disk, two programs at once, files that are no projects.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "datasets/base/error.h"
#include "datasets/project.h"
#include "datasets/store/connection.h"
#include "datasets/store/owner.h"
#include "datasets/store/schema/schema.h"
#include "datasets/store/writer.h"
#include "tests/support/other_process.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace store_failure_test {

namespace {

using datasets::Id;
using datasets::Project;
using datasets::Writer;
using tests::Fork;
using tests::MessageOf;
using tests::StatusOf;
namespace fs = std::filesystem;

bool IsOneLineWith(const std::string& message, const std::string& part) {
  return message.find(part) != std::string::npos && message.find('\n') == std::string::npos;
}

std::string Bytes(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string IntegrityOf(const Project& project) {
  std::string result;
  project.Read([&](datasets::Connection& connection) {
    auto row = connection.Query("PRAGMA integrity_check");
    row.Step();
    result = row.Text(0);
  });
  return result;
}

TEST_CASE("killed in the middle of a write, a project opens with the last committed state") {
  tests::TempDir folder;
  const fs::path file = folder / "a.vole";
  Project::Create(file);
  for (int round = 0; round < 3; ++round) {
    int pipe_ends[2];
    REQUIRE(pipe(pipe_ends) == 0);
    const pid_t child = Fork([&] {
      auto project = Project::Open(file);
      project->Write([&](Writer& writer) {
        writer.FindOrInsertCategory("committed " + std::to_string(round));
      });
      project->Write([&](Writer& writer) {
        const Id image = writer.FindOrInsertPicture("p" + std::to_string(round), 64, 48);
        const Id category = writer.FindOrInsertCategory("half");
        // More than fits the cache, so that part of it is in the log already.
        for (int i = 0; i < 60000; ++i) {
          writer.InsertAnnotation(tests::Square(image, category, i, 1, 5));
        }
        if (write(pipe_ends[1], "x", 1) != 1) _exit(3);
        for (;;) pause();
      });
      return 0;
    });
    char signal_byte = 0;
    REQUIRE(read(pipe_ends[0], &signal_byte, 1) == 1);
    kill(child, SIGKILL);
    CHECK(StatusOf(child) == 1000 + SIGKILL);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    auto project = Project::Open(file);
    CHECK(project->Categories().size() == static_cast<size_t>(round) + 1);
    CHECK(project->Images().empty());
    CHECK(IntegrityOf(*project) == "ok");
  }
}

TEST_CASE("a full disk gives one line and leaves the project as it was, and later writes work") {
  tests::TempDir folder;
  const fs::path file = folder / "a.vole";
  Project::Create(file)->Write([](Writer& writer) { writer.FindOrInsertCategory("before"); });
  const pid_t child = Fork([&] {
    signal(SIGXFSZ, SIG_IGN);
    auto project = Project::Open(file);
    const rlimit limit{1 << 20, RLIM_INFINITY};  // no file grows beyond 1 MiB
    setrlimit(RLIMIT_FSIZE, &limit);
    const auto fill = [&](int annotations) {
      return MessageOf([&] {
        project->Write([&](Writer& writer) {
          const Id image = writer.FindOrInsertPicture("p", 64, 48);
          const Id category = writer.FindOrInsertCategory("half");
          for (int i = 0; i < annotations; ++i) {
            writer.InsertAnnotation(tests::Square(image, category, i, 1, 5));
          }
        });
      });
    };
    if (!IsOneLineWith(fill(100000), "the disk is full")) return 1;
    if (project->Categories().size() != 1 || !project->Images().empty()) return 2;
    const rlimit freed{RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &freed);
    if (fill(10) != "") return 3;
    return project->Categories().size() == 2 ? 0 : 4;
  });
  CHECK(StatusOf(child) == 0);
  auto project = Project::Open(file);
  CHECK(project->Categories().size() == 2);
  CHECK(IntegrityOf(*project) == "ok");
}

TEST_CASE("a project that cannot be made on a full disk leaves nothing behind") {
  tests::TempDir folder;
  const pid_t child = Fork([&] {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{8192, RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &limit);
    const std::string message = MessageOf([&] { Project::Create(folder / "a.vole"); });
    return IsOneLineWith(message, "the disk is full") ? 0 : 1;
  });
  CHECK(StatusOf(child) == 0);
  CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("two programs that write at the same time both succeed") {
  tests::TempDir folder;
  const fs::path file = folder / "a.vole";
  Project::Create(file);
  const auto write_many = [&](const std::string& prefix) {
    auto project = Project::Open(file);
    for (int i = 0; i < 60; ++i) {
      project->Write([&](Writer& writer) {
        writer.FindOrInsertCategory(prefix + std::to_string(i));
        datasets::BehaviorRow behavior;
        behavior.name = prefix + std::to_string(i);
        writer.FindOrInsertBehavior(behavior);
      });
    }
    return 0;
  };
  const pid_t first = Fork([&] { return write_many("a"); });
  const pid_t second = Fork([&] { return write_many("b"); });
  CHECK(StatusOf(first) == 0);
  CHECK(StatusOf(second) == 0);
  auto project = Project::Open(file);
  CHECK(project->Categories().size() == 120);
  CHECK(project->Behaviors().size() == 120);
  CHECK(IntegrityOf(*project) == "ok");
}

TEST_CASE("jobs of a program that has died are interrupted when the project is opened") {
  tests::TempDir folder;
  const fs::path file = folder / "a.vole";
  Project::Create(file);
  const pid_t child = Fork([&] {
    auto project = Project::Open(file);
    project->Write([](Writer& writer) {
      writer.InsertJob(tests::PredictJob());
      writer.FinishJob(writer.InsertJob(tests::PredictJob()), "cancelled");
    });
    raise(SIGKILL);
    return 0;
  });
  CHECK(StatusOf(child) == 1000 + SIGKILL);
  auto project = Project::Open(file);
  project->Write([](Writer& writer) { writer.InsertJob(tests::PredictJob()); });
  auto again = Project::Open(file);
  const auto jobs = again->Jobs();
  REQUIRE(jobs.size() == 3);
  CHECK(jobs[0].state == "interrupted");
  CHECK(jobs[0].finished_at);
  CHECK(jobs[1].state == "cancelled");
  CHECK(jobs[2].state == "running");  // ours, and we live
  CHECK(datasets::MayBeAlive(datasets::ThisProcess()));
  CHECK_FALSE(datasets::MayBeAlive(""));
}

TEST_CASE("files that are no projects are refused in one line and not touched") {
  tests::TempDir folder;
  const fs::path file = folder / "a.vole";
  CHECK(IsOneLineWith(MessageOf([&] { Project::Open(file); }), "no such file"));
  CHECK(IsOneLineWith(MessageOf([&] { Project::Open(folder.path()); }), "not a file"));
  const auto refused = [&](const std::string& content, const std::string& part) {
    std::ofstream(file, std::ios::binary) << content;
    for (const auto access : {Project::Access::kReadWrite, Project::Access::kReadOnly}) {
      CAPTURE(part);
      const std::string message = MessageOf([&] { Project::Open(file, access); });
      CAPTURE(message);
      CHECK(IsOneLineWith(message, part));
    }
    CHECK(Bytes(file) == content);
    fs::remove(file);
  };
  refused("", "not a Vole project");
  refused("Dear diary", "not a Vole project");
  refused(std::string(100000, 'x'), "not a Vole project");
  { datasets::Connection(file, datasets::Connection::Mode::kCreate, 0).Run("CREATE TABLE t (x)"); }
  const std::string foreign = Bytes(file);
  refused(foreign, "not a Vole project");
}

TEST_CASE("a truncated or damaged project is refused in one line") {
  tests::TempDir folder;
  const fs::path file = folder / "a.vole";
  {
    auto project = Project::Create(file);
    project->Write([](Writer& writer) {
      const Id image = writer.FindOrInsertPicture("p", 64, 48);
      const Id category = writer.FindOrInsertCategory("a");
      for (int i = 0; i < 2000; ++i) {
        writer.InsertAnnotation(tests::Square(image, category, i, 1, 5));
      }
    });
  }
  const std::string whole = Bytes(file);
  for (const double part : {0.001, 0.1, 0.5, 0.99}) {
    const auto size = static_cast<size_t>(part * static_cast<double>(whole.size()));
    std::ofstream(file, std::ios::binary | std::ios::trunc) << whole.substr(0, size);
    CAPTURE(part);
    const std::string message = MessageOf([&] { Project::Open(file); });
    CHECK(message.find('\n') == std::string::npos);
    CHECK((IsOneLineWith(message, "damaged") || IsOneLineWith(message, "not a Vole project")));
  }
  std::string scribbled = whole;
  std::fill(scribbled.begin() + 110, scribbled.begin() + 3000, 'x');  // the list of tables
  std::ofstream(file, std::ios::binary | std::ios::trunc) << scribbled;
  CHECK(IsOneLineWith(MessageOf([&] { Project::Open(file); }), "damaged"));
}

TEST_CASE("a folder that cannot be written gives one line, and reading still works") {
  tests::TempDir folder;
  const fs::path file = folder / "a.vole";
  Project::Create(file)->Write([](Writer& writer) { writer.FindOrInsertCategory("a"); });
  fs::permissions(file, static_cast<fs::perms>(0444));
  fs::permissions(folder.path(), static_cast<fs::perms>(0555));
  const pid_t child = Fork([&] {
    if (geteuid() == 0 && setuid(65534) != 0) return 1;  // root may write anywhere
    if (!IsOneLineWith(MessageOf([&] { Project::Open(file); }), "cannot be written")) return 2;
    if (!IsOneLineWith(MessageOf([&] { Project::Create(folder / "b.vole"); }),
                       "cannot be written")) {
      return 3;
    }
    auto project = Project::Open(file, Project::Access::kReadOnly);
    if (project->Categories().size() != 1) return 4;
    const std::string message = MessageOf([&] { project->Write([](Writer&) {}); });
    return IsOneLineWith(message, "reading only") ? 0 : 5;
  });
  CHECK(StatusOf(child) == 0);
  fs::permissions(folder.path(), fs::perms::owner_all);
}

TEST_CASE("opening for reading only changes no byte and follows what others write") {
  tests::TempDir folder;
  const fs::path file = folder / "a.vole";
  Project::Create(file)->Write([](Writer& writer) { writer.FindOrInsertCategory("a"); });
  const std::string before = Bytes(file);
  {
    auto project = Project::Open(file, Project::Access::kReadOnly);
    CHECK(project->Categories().size() == 1);
  }
  CHECK(Bytes(file) == before);
  auto reading = Project::Open(file, Project::Access::kReadOnly);
  Project::Open(file)->Write([](Writer& writer) { writer.FindOrInsertCategory("b"); });
  CHECK(reading->Categories().size() == 2);
}

TEST_CASE("a write waits for another program that is writing") {
  tests::TempDir folder;
  const fs::path file = folder / "a.vole";
  auto project = Project::Create(file);
  int holds[2], go_on[2];
  REQUIRE((pipe(holds) == 0 && pipe(go_on) == 0));
  const pid_t child = Fork([&] {
    auto other = Project::Open(file);
    other->Write([&](Writer& writer) {
      writer.FindOrInsertCategory("theirs");
      char byte = 'x';
      if (write(holds[1], &byte, 1) != 1 || read(go_on[0], &byte, 1) != 1) _exit(3);
    });
    return 0;
  });
  char byte = 0;
  REQUIRE(read(holds[0], &byte, 1) == 1);
  std::thread ours(
      [&] { project->Write([](Writer& writer) { writer.FindOrInsertCategory("ours"); }); });
  REQUIRE(write(go_on[1], &byte, 1) == 1);
  ours.join();
  CHECK(StatusOf(child) == 0);
  REQUIRE(project->Categories().size() == 2);
  CHECK(project->Categories()[0].name == "theirs");
  for (const int end : {holds[0], holds[1], go_on[0], go_on[1]}) close(end);
}

}  // namespace

}  // namespace store_failure_test
