// Prints how good the one-click tools are on labeled videos, and what they cost.
// usage: bench_assist [--most-frames N] LABELS.json VIDEO [LABELS.json VIDEO...]
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "annotate/assist/assist_benchmark.h"

int main(int argc, char** argv) {
  int most_frames = 0;
  std::vector<std::string> files;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--most-frames" && i + 1 < argc) {
      most_frames = std::atoi(argv[++i]);
    } else {
      files.push_back(argument);
    }
  }
  if (files.empty() || files.size() % 2 != 0) {
    std::fputs("usage: bench_assist [--most-frames N] LABELS.json VIDEO ...\n", stderr);
    return 2;
  }
  try {
    for (size_t i = 0; i < files.size(); i += 2) {
      datasets::Job job;
      const auto figures = annotate::MeasureAssist(files[i], files[i + 1], most_frames, job);
      std::printf("%s\n", annotate::Describe(figures).c_str());
      std::fflush(stdout);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_assist: %s\n", error.what());
    return 1;
  }
  return 0;
}
