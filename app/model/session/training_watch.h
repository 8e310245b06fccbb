// What a training has told so far: curves, the newest pictures, how it ended. The training's thread
// writes, the window's reads; any thread may call anything.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "infer/learning/train_on_project.h"

namespace app {

class TrainingWatch {
 public:
  static constexpr size_t kSamplesKept = 12;
  static constexpr size_t kMostPoints = 1024;  // of a curve

  // A curve that stays short: with kMostPoints points, neighbors become their mean.
  struct Curve {
    std::string name;
    std::vector<float> points;
    void Add(float value);

   private:
    int each_ = 1, pending_ = 0;
    double sum_ = 0;
  };

  struct View {
    Curve loss;
    std::vector<Curve> judged;  // one point a validation, as far as they are between 0 and 1
    std::string figures;        // of the newest validation, in words
    std::vector<std::shared_ptr<const infer::ShownSample>> samples;  // newest first
    int step = 0, steps = 0;
    bool running = false;
    std::string outcome;  // one sentence, once it has ended
  };

  // Forgets the training before; false when one runs.
  bool Begin();
  void Hear(const train::TrainProgress& progress);
  void Show(const infer::ShownSample& sample);
  void End(const std::string& outcome);

  // `seen`: the number that the last call left there; null when nothing has happened since.
  std::shared_ptr<const View> Look(int64_t& seen) const;
  bool running() const;

 private:
  mutable std::mutex mutex_;
  View now_;
  int64_t version_ = 1;
};

// Every number of a flat JSON object: "frames 12, mean_iou 0.912".
std::string FiguresInWords(const nlohmann::json& figures);

}  // namespace app
