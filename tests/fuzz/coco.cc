// COCO files.
#include "tests/fuzz/target.h"

FUZZ_TARGET(coco) {
  fuzz::ImportAndExport("coco", fuzz::FileOf("labels.json", bytes, size), size % 2 == 1);
  return 0;
}
