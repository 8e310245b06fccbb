#include "datasets/base/process_memory.h"

#include <doctest/doctest.h>

#include <fstream>
#include <memory>
#include <vector>

namespace process_memory_test {

namespace {

double ResidentMb() {
  std::ifstream file("/proc/self/statm");
  double pages = 0;
  file >> pages >> pages;
  return pages * 4096 / (1 << 20);
}

void UseAndFree(size_t megabytes) {
  const std::vector<char> memory(megabytes << 20, 1);
  CHECK(memory.back() == 1);
}

}  // namespace

TEST_CASE("memory that a training frees stays for its next step and goes back at its end") {
  UseAndFree(200);
  const double before = ResidentMb();
  {
    const datasets::HeldMemory outer;
    {
      const datasets::HeldMemory inner;
      UseAndFree(200);
    }
    CHECK(ResidentMb() > before + 150);
  }
  CHECK(ResidentMb() < before + 50);
}

}  // namespace process_memory_test
