// Files that are measured against each other: COCO, MOT and tables of behavior, by the first byte;
// the same bytes are truth and prediction.
#include "datasets/evaluate/evaluation_files.h"
#include "tests/fuzz/target.h"

FUZZ_TARGET(evaluation) {
  if (size == 0) return 0;
  struct {
    const char *metrics, *name;
  } const kinds[] = {{"coco-segm", "odd.json"}, {"coco-bbox", "odd.json"},
                     {"points", "odd.json"},    {"mot", "odd.txt"},
                     {"voc", "odd.json"},       {"behaviors", "odd.csv"}};
  const auto& kind = kinds[bytes[0] % 6];
  const auto file = fuzz::FileOf(kind.name, bytes + 1, size - 1);
  datasets::EvaluationOptions options;
  options.metrics = kind.metrics;
  options.fps = 25;
  datasets::Job job;
  fuzz::Answer([&] { datasets::EvaluateFiles(file, file, options, job); });
  return 0;
}
