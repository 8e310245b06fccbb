#include "app/ui/frame_times.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

namespace app {
namespace {

constexpr size_t kMostFrames = 1 << 20;

// Of the clock, not of the processor.
double PerSecond(double frames, std::chrono::steady_clock::duration time) {
  const double seconds = std::chrono::duration<double>(time).count();
  return seconds > 0 ? frames / seconds : 0;
}

nlohmann::json Figures(std::vector<float> ms) {
  if (ms.empty()) return nullptr;
  std::sort(ms.begin(), ms.end());
  return {{"median", ms[ms.size() / 2]}, {"p95", ms[ms.size() * 95 / 100]}, {"worst", ms.back()}};
}

}  // namespace

void FrameTimes::Add(double draw_ms, double gl_ms, double all_ms, bool playing) {
  if (frames_.size() >= kMostFrames) return;
  frames_.push_back({static_cast<float>(draw_ms), static_cast<float>(gl_ms),
                     static_cast<float>(all_ms), playing, std::chrono::steady_clock::now()});
}

double FrameTimes::Rate(bool playing) const {
  double count = 0;
  std::chrono::steady_clock::duration time{};
  for (size_t i = 1; i < frames_.size(); ++i) {
    if (frames_[i].playing != playing || frames_[i - 1].playing != playing) continue;
    ++count;
    time += frames_[i].at - frames_[i - 1].at;
  }
  return PerSecond(count, time);
}

void FrameTimes::Write(const std::string& file) const {
  nlohmann::json figures;
  for (const bool playing : {true, false}) {
    const auto part = [&](const std::function<float(const Frame&)>& value) {
      std::vector<float> ms;
      for (const Frame& frame : frames_) {
        if (frame.playing == playing) ms.push_back(value(frame));
      }
      return ms;
    };
    const std::vector<float> all = part([](const Frame& frame) { return frame.all_ms; });
    figures[playing ? "playing" : "still"] = {
        {"frames", all.size()},
        {"a_second", Rate(playing)},
        {"ours", Figures(part([](const Frame& frame) { return frame.draw_ms; }))},
        {"opengl", Figures(part([](const Frame& frame) { return frame.gl_ms; }))},
        {"all", Figures(all)}};
  }
  std::ofstream(file) << figures.dump(1) << '\n';
}

}  // namespace app
