#include "app/cli/environment.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "datasets/base/error.h"

namespace app {
namespace {

namespace fs = std::filesystem;

bool SetIfUnset(const char* name, const char* value) {
  return !std::getenv(name) && setenv(name, value, 0) == 0;
}

bool HasSkylakeInstructions() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512cd");
#else
  return false;
#endif
}

}  // namespace

bool PrepareEnvironment() {
  bool changed = SetIfUnset("OMP_WAIT_POLICY", "PASSIVE");
  changed |= SetIfUnset("GLOG_minloglevel", "3");
  changed |= SetIfUnset("TORCH_CPP_LOG_LEVEL", "ERROR");
  changed |= SetIfUnset("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1");
  if (HasSkylakeInstructions()) changed |= SetIfUnset("OPENBLAS_CORETYPE", "SKYLAKEX");
  return changed;
}

fs::path ProgramFile(const std::string& name) {
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const fs::path& program : {folder / name, folder.parent_path() / "libexec/vole" / name}) {
    if (fs::exists(program, error)) return program;
  }
  return folder / name;
}

void BecomeProgram(const char* name, char** argv) {
  if (!name || !*name) {
    execv("/proc/self/exe", argv);
    throw datasets::Error("/proc/self/exe", std::strerror(errno));
  }
  const fs::path program = ProgramFile(name);
  execv(program.c_str(), argv);
  throw datasets::Error(
      program.string(), std::strerror(errno),
      "build it with: ninja -C build " + std::string(name) + ", or install all of Vole");
}

void End(int code) {
  std::fflush(nullptr);
  _exit(code);
}

}  // namespace app
