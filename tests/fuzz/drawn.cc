// Labels of drawing tools: Pascal VOC, CVAT, Label Studio, VIA; which of them by the first byte.
#include "tests/fuzz/target.h"

FUZZ_TARGET(drawn) {
  if (size == 0) return 0;
  struct {
    const char *format, *name;
  } const kinds[] = {{"voc", "clip_000003.xml"},
                     {"cvat", "annotations.xml"},
                     {"label-studio", "project.json"},
                     {"via", "via.json"}};
  const auto& kind = kinds[bytes[0] % 4];
  fuzz::ImportAndExport(kind.format, fuzz::FileOf(kind.name, bytes + 1, size - 1), size % 2 == 1);
  return 0;
}
