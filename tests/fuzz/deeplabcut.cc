// Tables of DeepLabCut.
#include "tests/fuzz/target.h"

FUZZ_TARGET(deeplabcut) {
  fuzz::ImportAndExport("deeplabcut", fuzz::FileOf("CollectedData_anna.csv", bytes, size),
                        size % 2 == 1);
  return 0;
}
