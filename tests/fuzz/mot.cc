// MOTChallenge text files.
#include "tests/fuzz/target.h"

FUZZ_TARGET(mot) {
  fuzz::ImportAndExport("mot", fuzz::FileOf("clip.txt", bytes, size), size % 2 == 1);
  return 0;
}
