// A training of a few steps on drawn labels, as the tests of several networks need it.
#pragma once

#include <filesystem>
#include <string>

#include "datasets/base/error.h"
#include "tests/support/temp_dir.h"
#include "tests/train/synthetic_labels.h"
#include "train/train_job.h"

namespace tests {

// What a training says that cannot be; it leaves no model file then.
inline std::string TrainingError(const train::TrainingData& data,
                                 const train::TrainOptions& options) {
  TempDir folder;
  datasets::Job job;
  try {
    train::Train(data, options, folder / "m.safetensors", job);
  } catch (const datasets::Error& error) {
    CHECK_FALSE(std::filesystem::exists(folder / "m.safetensors"));
    return error.what();
  }
  return "";
}

// One training, of four frames, that several tests look at.
struct Learned {
  explicit Learned(const train::TrainOptions& options)
      : scene(DrawScene(4)), file(folder / "m.safetensors") {
    Connect(scene);
    datasets::Job job;
    result = train::Train(scene.data, options, file, job);
  }
  Learned(const Learned&) = delete;  // the labels refer to this scene
  Learned& operator=(const Learned&) = delete;

  TempDir folder;
  Scene scene;
  std::string file;
  train::TrainResult result;
};

}  // namespace tests
