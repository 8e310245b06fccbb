#include "datasets/hdf5/apart.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "datasets/base/error.h"
#include "datasets/hdf5/h5_handle.h"

namespace datasets {

namespace {

constexpr char kReadMark = 'r', kErrorMark = 'e';
constexpr int kLookForCancelMs = 100;

bool WriteAll(int file, const std::string& bytes) {
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t wrote = write(file, bytes.data() + done, bytes.size() - done);
    if (wrote < 0 && errno != EINTR) return false;
    if (wrote > 0) done += static_cast<size_t>(wrote);
  }
  return true;
}

// What the copy does; never returns.
[[noreturn]] void Answer(int file, int seconds, const std::function<std::string()>& read) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // nobody waits for an answer then
  const auto limit = static_cast<rlim_t>(seconds);
  const rlimit processor{limit, limit}, core{0, 0};
  setrlimit(RLIMIT_CPU, &processor);
  setrlimit(RLIMIT_CORE, &core);
  for (const int signal : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGINT, SIGTERM}) {
    std::signal(signal, SIG_DFL);
  }
  RenewHdf5Lock();
  std::string answer;
  try {
    answer = kReadMark + read();
  } catch (const std::exception& error) {
    answer = kErrorMark + std::string(error.what());
  }
  WriteAll(file, answer);
  _exit(0);
}

// The copy, killed and buried when this ends.
class Copy {
 public:
  explicit Copy(pid_t process) : process_(process) {}
  ~Copy() {
    if (process_ <= 0) return;
    kill(process_, SIGKILL);
    Wait();
  }
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;
  int Wait() {
    int status = 0;
    while (waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
    process_ = 0;
    return status;
  }

 private:
  pid_t process_;
};

std::string ReadAll(int file, Job& job) {
  std::string bytes;
  char part[65536];
  for (;;) {
    job.ThrowIfCancelled();
    pollfd waiting{file, POLLIN, 0};
    if (poll(&waiting, 1, kLookForCancelMs) <= 0) continue;
    const ssize_t got = read(file, part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return bytes;
    bytes.append(part, static_cast<size_t>(got));
  }
}

class Descriptor {
 public:
  explicit Descriptor(int file) : file_(file) {}
  ~Descriptor() { Close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return file_; }
  void Close() {
    if (file_ >= 0) close(file_);
    file_ = -1;
  }

 private:
  int file_;
};

}  // namespace

std::string ReadApart(const std::string& what, int seconds, Job& job,
                      const std::function<std::string()>& read) {
  int ends[2];
  if (pipe(ends) != 0) throw Error(what, std::string("it cannot be read: ") + std::strerror(errno));
  Descriptor from(ends[0]), to(ends[1]);
  pid_t process = -1;
  {
    const auto lock = LockHdf5();  // no other thread stands in the library when it is copied
    process = fork();
    if (process == 0) Answer(to.get(), seconds, read);
  }
  if (process < 0) throw Error(what, std::string("it cannot be read: ") + std::strerror(errno));
  Copy copy(process);
  to.Close();
  const std::string answer = ReadAll(from.get(), job);
  const int status = copy.Wait();
  const bool ended = WIFEXITED(status) && WEXITSTATUS(status) == 0 && !answer.empty();
  if (ended && answer[0] == kReadMark) return answer.substr(1);
  job.ThrowIfCancelled();
  if (ended && answer[0] == kErrorMark) {
    const size_t colon = answer.find(": ");  // "THING: CAUSE; REMEDY"
    if (colon == std::string::npos) throw Error(what, answer.substr(1));
    throw Error(answer.substr(1, colon - 1), answer.substr(colon + 2));
  }
  throw Error(what, "it is damaged: the HDF5 library broke down on it",
              "write the file again with the program that it comes from");
}

int SecondsToRead(const std::filesystem::path& file, int least) {
  constexpr uintmax_t kBytesASecond = 1'000'000, kMostSeconds = 100'000;
  std::error_code failed;
  const uintmax_t bytes = std::filesystem::file_size(file, failed);
  return least + (failed ? 0 : static_cast<int>(std::min(kMostSeconds, bytes / kBytesASecond)));
}

}  // namespace datasets
