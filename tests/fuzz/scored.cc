// Behavior labels of JABS and of Bento; which by the first byte.
#include "tests/fuzz/target.h"

FUZZ_TARGET(scored) {
  if (size == 0) return 0;
  const bool jabs = bytes[0] % 2 == 0;
  fuzz::ImportAndExport(jabs ? "jabs-behavior" : "bento",
                        fuzz::FileOf(jabs ? "clip.json" : "clip.annot", bytes + 1, size - 1),
                        size % 2 == 1);
  return 0;
}
