// Tables of DeepLabCut.
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  fuzz::ImportAndExport("deeplabcut", fuzz::FileOf("CollectedData_anna.csv", bytes, size),
                        size % 2 == 1);
  return 0;
}
