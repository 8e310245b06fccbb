// Tables of behavior, frame by frame or bout by bout.
#include "tests/fuzz/target.h"

FUZZ_TARGET(behaviors) {
  fuzz::ImportAndExport("behaviors", fuzz::FileOf("clip.csv", bytes, size), size % 2 == 1);
  return 0;
}
