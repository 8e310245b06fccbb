// Files of SLEAP (.slp, analysis), JABS and NWB: HDF5, and which of them by the first byte. They
// are read in a process of their own, which may die: the library is not ours.
#include "tests/fuzz/target.h"

FUZZ_TARGET(hdf5) {
  if (size == 0) return 0;
  struct {
    const char *format, *name;
  } const kinds[] = {{"sleap", "clip.slp"},
                     {"sleap-analysis", "clip.analysis.h5"},
                     {"jabs", "clip_pose_est_v5.h5"},
                     {"nwb", "clip.nwb"}};
  const auto& kind = kinds[bytes[0] % 4];
  fuzz::ImportAndExport(kind.format, fuzz::FileOf(kind.name, bytes + 1, size - 1), size % 2 == 1);
  return 0;
}
