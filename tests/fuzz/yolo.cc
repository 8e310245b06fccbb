// Folders of YOLO: data.yaml up to a line "---", then the lines of one picture's labels.
#include <filesystem>
#include <string>

#include "tests/fuzz/target.h"

FUZZ_TARGET(yolo) {
  const std::string text(reinterpret_cast<const char*>(bytes), size), line = "---\n";
  const size_t at = text.find(line);
  const size_t labels = at == std::string::npos ? 0 : at + line.size();
  std::filesystem::remove_all(fuzz::Folder() / "yolo");
  fuzz::FileOf("yolo/labels/train/clip_000003.txt", bytes + labels, size - labels);
  if (at != std::string::npos) fuzz::FileOf("yolo/data.yaml", bytes, at);
  const bool points = text.find("kpt_shape") < at;
  fuzz::ImportAndExport(points ? "yolo-pose" : "yolo", fuzz::Folder() / "yolo", size % 2 == 1);
  return 0;
}
