// Trajectories: tables of idtracker.ai, tables and archives of TRex; which by the first byte.
#include "tests/fuzz/target.h"

FUZZ_TARGET(trajectories) {
  if (size == 0) return 0;
  struct {
    const char *format, *name;
  } const kinds[] = {{"idtracker", "trajectories.csv"},
                     {"trex", "clip_fish0.npz"},
                     {"trex", "clip_fish1.csv"},
                     {"idtracker", "trajectories.npy"}};
  const auto& kind = kinds[bytes[0] % 4];
  fuzz::ImportAndExport(kind.format, fuzz::FileOf(kind.name, bytes + 1, size - 1), size % 2 == 1);
  return 0;
}
