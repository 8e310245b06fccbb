// Tables of behavior, frame by frame or bout by bout.
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  fuzz::ImportAndExport("behaviors", fuzz::FileOf("clip.csv", bytes, size), size % 2 == 1);
  return 0;
}
