#include "datasets/base/process_memory.h"

#include <sys/resource.h>

#include <climits>
#include <mutex>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace datasets {
namespace {

std::mutex mutex;
int holders = 0;
bool keeps = false;

#ifdef __GLIBC__
constexpr int kMiB = 1 << 20;

void Keep() {
  mallopt(M_MMAP_MAX, 65536);              // glibc's default
  mallopt(M_MMAP_THRESHOLD, 32 * kMiB);    // the largest that glibc takes
  mallopt(M_TRIM_THRESHOLD, 1024 * kMiB);  // more than the pictures and maps of a frame at 4K
  mallopt(M_TOP_PAD, 128 << 10);           // glibc's default
}
#endif

}  // namespace

void KeepFreedMemory() {
  const std::lock_guard<std::mutex> lock(mutex);
  if (keeps) return;
  keeps = true;
#ifdef __GLIBC__
  if (holders == 0) Keep();
#endif
}

HeldMemory::HeldMemory() {
  const std::lock_guard<std::mutex> lock(mutex);
  if (holders++ > 0) return;
#ifdef __GLIBC__
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
  mallopt(M_TOP_PAD, 64 * kMiB);
#endif
}

HeldMemory::~HeldMemory() {
  const std::lock_guard<std::mutex> lock(mutex);
  if (--holders > 0) return;
  keeps = true;
#ifdef __GLIBC__
  Keep();
  malloc_trim(0);
#endif
}

double PeakRssMb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

}  // namespace datasets
