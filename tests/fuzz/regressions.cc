// Every file of the corpus through its target, without libFuzzer and with any compiler: what was
// found once is not found again. usage: fuzz_regressions CORPUS_FOLDER [TARGET...]
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" {
#define TARGET(name) int Fuzz_##name(const uint8_t* bytes, size_t size);
VOLE_FUZZ_TARGETS
#undef TARGET
}

namespace {

namespace fs = std::filesystem;

struct Target {
  const char* name;
  int (*run)(const uint8_t*, size_t);
};

const Target kTargets[] = {
#define TARGET(name) {#name, Fuzz_##name},
    VOLE_FUZZ_TARGETS
#undef TARGET
};

// False where there is no corpus.
bool Run(const Target& target, const fs::path& corpus) {
  const auto start = std::chrono::steady_clock::now();
  std::error_code failure;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(corpus / target.name, failure)) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    std::printf("\r%s %s", target.name, file.filename().c_str());
    std::fflush(stdout);  // the last one named is the one that ended it
    std::ifstream in(file, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    target.run(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::printf("\r%-12s %zu inputs, %.1f s%60s\n", target.name, files.size(), seconds.count(), "");
  return !files.empty();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: fuzz_regressions CORPUS_FOLDER [TARGET...]\n");
    return 2;
  }
  bool all = true;
  for (const Target& target : kTargets) {
    const bool wanted =
        argc == 2 || std::find(argv + 2, argv + argc, std::string(target.name)) != argv + argc;
    if (wanted && !Run(target, argv[1])) {
      std::fprintf(stderr, "%s has no corpus in %s\n", target.name, argv[1]);
      all = false;
    }
  }
  return all ? 0 : 1;
}
