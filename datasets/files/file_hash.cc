#include "datasets/files/file_hash.h"

#include <fstream>
#include <vector>

#include "datasets/base/error.h"
#include "datasets/base/sha256.h"

namespace datasets {

std::string HashFile(const std::filesystem::path& file, const Job* job) {
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored) && !std::filesystem::is_regular_file(file, ignored)) {
    throw Error(file.string(), "it is no regular file", "give a file");
  }
  std::ifstream in(file, std::ios::binary);
  if (!in) throw Error(file.string(), "cannot be read");
  Sha256 hash;
  std::vector<char> buffer(1 << 20);
  while (in.read(buffer.data(), static_cast<std::streamsize>(buffer.size())), in.gcount() > 0) {
    if (job) job->ThrowIfCancelled();
    hash.Add(buffer.data(), static_cast<size_t>(in.gcount()));
  }
  if (in.bad()) throw Error(file.string(), "reading it failed");
  return hash.Hex();
}

}  // namespace datasets
