// How long drawing took, for the benchmark: VOLE_WORKBENCH_TIMES=FILE writes it when the window
// ends.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace app {

class FrameTimes {
 public:
  void Add(double draw_ms, double gl_ms, double all_ms, bool playing);
  // JSON: for `playing` and `still`, the number of frames, how many a second of the clock while
  // playing, and of each part (ours: panels
  // and outlines; opengl: the driver in our calls; all: with ImGui's drawing and the swap) median,
  // p95 and worst in ms.
  void Write(const std::string& file) const;

 private:
  struct Frame {
    float draw_ms, gl_ms, all_ms;
    bool playing;
    std::chrono::steady_clock::time_point at;
  };
  double Rate(bool playing) const;

  std::vector<Frame> frames_;
};

}  // namespace app
