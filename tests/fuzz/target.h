// What every fuzz target shares: bytes become a file, and whatever they are, reading them ends in
// a result or in one of our own errors. Each target is a file of its own; tests/fuzz/regressions.cc
// calls all of them with the files of tests/fuzz/corpus/TARGET/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "datasets/project.h"

namespace fuzz {

// Runs `work`; Error and Cancelled are answers. Anything else, also an Error of several lines or
// without words, ends the program with a message.
void Answer(const std::function<void()>& work);

// A file with these bytes, in a folder of this process; the next call with that name writes it
// anew.
std::filesystem::path FileOf(const std::string& name, const uint8_t* bytes, size_t size);
std::filesystem::path Folder();

// A sound project with a little of everything: one video of 100 frames, 64 x 48, "clip"; labels,
// key points, behaviors, predictions.
std::filesystem::path SoundProject();

// Imports `path` in that format into such a project; what it takes goes out again in every format.
void ImportAndExport(const std::string& format, const std::filesystem::path& path, bool skip_bad);

}  // namespace fuzz

// FUZZ_TARGET(NAME) { what is done with `bytes` of `size`; return 0; } of NAME.cc: what libFuzzer
// calls, and with all of them in one program a function of its own.
#ifdef VOLE_FUZZ_TARGETS
#define FUZZ_TARGET(name)                                        \
  extern "C" int Fuzz_##name(const uint8_t* bytes, size_t size); \
  int Fuzz_##name(const uint8_t* bytes, size_t size)
#else
#define FUZZ_TARGET(name)                                                   \
  extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size); \
  int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size)
#endif
