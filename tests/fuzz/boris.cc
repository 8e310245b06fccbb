// Projects of BORIS, and its tables as they are exported (tab or comma).
#include "tests/fuzz/target.h"

FUZZ_TARGET(boris) {
  const bool is_project = size > 0 && bytes[0] == '{';
  fuzz::ImportAndExport("boris", fuzz::FileOf(is_project ? "clip.boris" : "clip.tsv", bytes, size),
                        size % 2 == 1);
  return 0;
}
