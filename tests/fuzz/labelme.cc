// Files of labelme and AnyLabeling.
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  fuzz::ImportAndExport("labelme", fuzz::FileOf("frame_000003.json", bytes, size), size % 2 == 1);
  return 0;
}
