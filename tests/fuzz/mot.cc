// MOTChallenge text files.
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  fuzz::ImportAndExport("mot", fuzz::FileOf("clip.txt", bytes, size), size % 2 == 1);
  return 0;
}
