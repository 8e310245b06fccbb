#include "train/learn/held_memory.h"

#include <climits>
#include <cstdlib>
#include <mutex>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace train {
namespace {

std::mutex mutex;
int holders = 0;

}  // namespace

HeldMemory::HeldMemory() {
  const std::lock_guard<std::mutex> lock(mutex);
  if (holders++ > 0) return;
#ifdef __GLIBC__
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
  mallopt(M_TOP_PAD, 64 << 20);
#endif
}

HeldMemory::~HeldMemory() {
  const std::lock_guard<std::mutex> lock(mutex);
  if (--holders > 0) return;
#ifdef __GLIBC__
  // As glibc sets itself after a large piece was freed once.
  mallopt(M_MMAP_MAX, 65536);
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  mallopt(M_TOP_PAD, 128 << 10);
  malloc_trim(0);
#endif
}

}  // namespace train
