// Files of labelme and AnyLabeling.
#include "tests/fuzz/target.h"

FUZZ_TARGET(labelme) {
  fuzz::ImportAndExport("labelme", fuzz::FileOf("frame_000003.json", bytes, size), size % 2 == 1);
  return 0;
}
