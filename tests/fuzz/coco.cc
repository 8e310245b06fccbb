// COCO files.
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  fuzz::ImportAndExport("coco", fuzz::FileOf("labels.json", bytes, size), size % 2 == 1);
  return 0;
}
