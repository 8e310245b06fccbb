// Project files with damaged bytes: opened for reading and for writing, looked through, exported,
// saved. Every five bytes are a place in a sound project, little endian, and what stands there
// instead; what is left over, a length at which the file ends.
#include <filesystem>
#include <fstream>
#include <iterator>

#include "datasets/formats/formats.h"
#include "datasets/store/file/restore.h"
#include "datasets/verify.h"
#include "tests/fuzz/target.h"

namespace {

std::string Damaged(const uint8_t* bytes, size_t size) {
  static const std::string sound = [] {
    std::ifstream in(fuzz::SoundProject(), std::ios::binary);
    return std::string{std::istreambuf_iterator<char>(in), {}};
  }();
  std::string damaged = sound;
  size_t at = 0;
  for (; at + 5 <= size; at += 5) {
    size_t place = 0;
    for (size_t i = 4; i-- > 0;) place = place << 8 | bytes[at + i];
    damaged[place % damaged.size()] = static_cast<char>(bytes[at + 4]);
  }
  size_t length = 0;
  for (size_t i = size; i-- > at;) length = length << 8 | bytes[i];
  if (length > 0) damaged.resize(length % damaged.size());
  return damaged;
}

}  // namespace

FUZZ_TARGET(project) {
  using namespace datasets;
  for (const char* suffix : {"-wal", "-shm", "-journal"}) {
    std::filesystem::remove(fuzz::Folder() / (std::string("odd.vole") + suffix));
  }
  const std::string damaged = Damaged(bytes, size);
  const auto file =
      fuzz::FileOf("odd.vole", reinterpret_cast<const uint8_t*>(damaged.data()), damaged.size());
  Job job;
  for (const auto access : {Project::Access::kReadOnly, Project::Access::kReadWrite}) {
    fuzz::Answer([&] {
      const auto project = Project::Open(file, access);
      Verify(*project, job);
      fuzz::Answer([&] { Export(*project, "coco", fuzz::Folder() / "odd.json", {}, job); });
      fuzz::Answer([&] { Export(*project, "behaviors", fuzz::Folder() / "odd.csv", {}, job); });
    });
  }
  const auto saved = fuzz::Folder() / "saved.vole";
  fuzz::Answer([&] { RecoverProject(file, saved, job); });
  std::filesystem::remove(saved);
  return 0;
}
