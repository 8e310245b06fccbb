// The published weights that `vole weights get` knows, and where they are kept. No torch type here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace train {

struct PublicFile {
  std::string name;  // as on the command line, e.g. "resnet50"
  std::string url;
  std::string file;           // name in the cache; the publisher's
  std::string sha256_prefix;  // from the publisher's file name; empty where there is none
  int64_t bytes = 0;          // exact size where there is no hash but the size is known; else 0
  // Tensors that the file must hold, where it has neither hash nor known size.
  std::vector<std::pair<std::string, std::vector<int64_t>>> tensors;
  std::string what;  // one line for people
};

const std::vector<PublicFile>& PublicFiles();
// nullptr when there is none of that name.
const PublicFile* FindPublicFile(const std::string& name);
// A file that is not in the list, by its address: the hash prefix is read from a name like
// NAME-0123abcd.pth. Throws Error when the address is no http(s) address of a file, or has no hash.
PublicFile PublicFileAt(const std::string& url);

// $XDG_CACHE_HOME/vole/weights, or ~/.cache/vole/weights.
std::filesystem::path WeightsCache();

// An existing file as it is; a known name as its file in the cache. Throws Error for anything else:
// a name that was not fetched yet says how to get it, and what was fetched is checked again.
std::filesystem::path FindWeights(const std::string& file_or_name);

// Throws Error unless the file has the published hash, size or tensors.
void CheckPublicFile(const PublicFile& known, const std::filesystem::path& file);

}  // namespace train
