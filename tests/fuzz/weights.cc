// Files of weights: safetensors, PyTorch (zip and older), darknet; which by the first byte.
#include "tests/fuzz/target.h"
#include "train/weights/safetensors.h"
#include "train/weights/weights_file.h"

FUZZ_TARGET(weights) {
  if (size == 0) return 0;
  const char* const names[] = {"odd.safetensors", "odd.pth", "odd.weights"};
  const auto file = fuzz::FileOf(names[bytes[0] % 3], bytes + 1, size - 1);
  fuzz::Answer([&] {
    for (const auto& [name, tensor] : train::ReadNamedWeights(file).tensors) {
      train::CountNotFinite(tensor);
    }
  });
  fuzz::Answer([&] { train::ReadSafetensorsMetadata(file); });
  return 0;
}
