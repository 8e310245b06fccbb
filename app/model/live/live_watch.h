// What a recording shows while it runs: the newest picture with its animals, the figures, what was
// said, how it ended. Its threads write, the window's reads; any thread may call anything.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "datasets/shape/polygon.h"
#include "infer/live/live_session.h"

namespace app {

class LiveWatch {
 public:
  static constexpr size_t kLinesKept = 40;

  struct Animal {
    int number = 0;  // from 0
    std::string name, movement;
    datasets::Polygons outline;
    cv::Point2d center;
  };
  struct Picture {
    int frame = 0;
    cv::Mat bgr;  // shared, do not write
    std::vector<Animal> animals;
  };
  struct View {
    bool running = false;
    bool opened = false;  // the source and the model are there
    std::string source;
    std::filesystem::path file;  // that is recorded into
    std::vector<datasets::Zone> zones;
    infer::LiveFigures figures;
    uintmax_t recorded_bytes = 0, free_bytes = 0;  // 0 free: not known
    std::vector<std::string> lines;                // what was said, the oldest first
    std::string outcome;                           // one sentence, once it has ended
    bool failed = false;
    datasets::Id video_id = 0;  // what came of it, once it has ended; 0: nothing
  };

  // `wake` is called after each change, from whichever thread makes it.
  explicit LiveWatch(std::function<void()> wake) : wake_(std::move(wake)) {}

  // Whether anybody looks at pictures now; else none are made.
  void SetWatched(bool watched) { watched_ = watched; }

  // Forgets the recording before; false while one runs.
  bool Begin(const std::string& source);
  void Opened(const std::filesystem::path& file, const std::vector<datasets::Zone>& zones);
  void Show(const infer::LiveFrame& frame, const std::vector<infer::SeenAnimal>& animals);
  void Count(const infer::LiveFigures& figures);
  void Say(const std::string& line);
  void End(const std::string& outcome, bool failed, datasets::Id video_id);

  bool running() const;
  // `seen`: the number that the last call left there; null when nothing has happened since.
  std::shared_ptr<const View> Look(int64_t& seen) const;
  // The newest picture, once; null when none has come since.
  std::shared_ptr<const Picture> TakePicture();

 private:
  const std::function<void()> wake_;
  std::atomic<bool> watched_{false};
  mutable std::mutex mutex_;
  View now_;
  std::shared_ptr<const Picture> picture_;
  int64_t version_ = 1;
};

// "12.3 GB".
std::string BytesInWords(uintmax_t bytes);
// How long the disk lasts at the rate of the recording so far, in seconds; nothing before there is
// a rate.
std::optional<double> DiskLasts(const LiveWatch::View& view);

}  // namespace app
