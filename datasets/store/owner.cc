#include "datasets/store/owner.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <sstream>
#include <vector>

namespace datasets {
namespace {

std::string FirstLine(const std::string& file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  return line;
}

std::string HostName() {
  char name[256] = "";
  gethostname(name, sizeof(name) - 1);
  return name;
}

std::string BootId() { return FirstLine("/proc/sys/kernel/random/boot_id"); }

// Field 22 of /proc/PID/stat: ticks from boot to the start; the name in field 2 may hold spaces.
std::string StartTicks(int64_t pid) {
  const std::string stat = FirstLine("/proc/" + std::to_string(pid) + "/stat");
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return "";
  std::istringstream fields(stat.substr(name_end + 1));
  std::string field;
  for (int number = 3; number <= 22; ++number) fields >> field;
  return field;
}

}  // namespace

std::string ThisProcess() {
  const int64_t pid = getpid();
  return HostName() + "|" + BootId() + "|" + std::to_string(pid) + "|" + StartTicks(pid);
}

bool MayBeAlive(const std::string& owner) {
  std::vector<std::string> parts;
  std::istringstream stream(owner);
  for (std::string part; std::getline(stream, part, '|');) parts.push_back(part);
  parts.resize(4);
  if (parts[0] != HostName()) return !owner.empty();
  if (parts[1] != BootId()) return false;
  const int64_t pid = std::strtoll(parts[2].c_str(), nullptr, 10);
  if (pid <= 0) return false;
  if (kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH) return false;
  return StartTicks(pid) == parts[3];
}

int64_t NowMs() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace datasets
