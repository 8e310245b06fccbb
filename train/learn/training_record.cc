#include "train/learn/training_record.h"

#include <cmath>
#include <ctime>
#include <filesystem>

#include "datasets/base/error.h"
#include "datasets/base/fingerprint.h"

namespace train {

using datasets::Error;
using nlohmann::json;

std::string LabelFingerprint(const TrainingData& data) {
  datasets::Fingerprint fingerprint;
  const auto Add = [&](uint64_t value) { fingerprint.AddNumber(value); };
  for (const std::string& name : data.classes) {
    for (char c : name) Add(static_cast<uint64_t>(c));
    Add(256);
  }
  for (const LabeledFrame& frame : data.frames) {
    Add(static_cast<uint64_t>(frame.video));
    Add(static_cast<uint64_t>(frame.frame_index));
    Add(static_cast<uint64_t>(frame.weight * 1000));
    if (frame.filled_in) Add(0xf111ed);  // what is held back hangs on it
    for (const LabeledObject& object : frame.objects) {
      Add(static_cast<uint64_t>(object.class_index) * 2 + object.ignore);
      for (uint32_t run : object.mask.counts) Add(run);
    }
  }
  return fingerprint.Hex();
}

std::string TimeNow() {
  const std::time_t now = std::time(nullptr);
  char text[32];
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

double ProcessorSeconds() {
  timespec time = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

std::string DurationWords(double seconds) {
  const int whole = static_cast<int>(std::lround(std::max(0.0, seconds)));
  if (whole < 90) return std::to_string(whole) + " s";
  return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
}

json TrainingRecord(const TrainOptions& options) {
  return {{"program", "vole"}, {"date", TimeNow()}, {"options", datasets::OptionsToJson(options)}};
}

json LabelsRecord(const TrainingData& data, size_t learned, size_t held_back,
                  const std::vector<int>& learned_frames) {
  json by_video = json::array();
  for (size_t video = 0; video < data.backgrounds.size(); ++video) {
    by_video.push_back(json::array());
  }
  for (const int at : learned_frames) {
    const LabeledFrame& frame = data.frames[static_cast<size_t>(at)];
    by_video.at(static_cast<size_t>(frame.video)).push_back(frame.frame_index);
  }
  return {{"frames", data.frames.size()},
          {"learned", learned},
          {"held_back", held_back},
          {"fingerprint", LabelFingerprint(data)},
          {"learned_frames", by_video}};
}

std::string TrainingIdentity(const TrainingData& data, const TrainOptions& options) {
  json identity = {{"labels", LabelFingerprint(data)},
                   {"seed", options.seed},
                   {"steps", options.steps},
                   {"validation_share", options.validation_share}};
  if (options.model != "idseg") identity["model"] = options.model;
  return identity.dump();
}

void CheckLabels(const TrainingData& data) {
  if (data.classes.empty()) {
    throw Error("training", "there are no animal names", "name at least one animal and outline it");
  }
  if (data.frames.empty()) {
    throw Error("training", "there are no labeled frames", "outline the animals on some frames");
  }
  std::vector<int64_t> counts(data.classes.size(), 0);
  for (const LabeledFrame& frame : data.frames) {
    if (frame.video < 0 || frame.video >= static_cast<int>(data.backgrounds.size())) {
      throw Error("training", "a labeled frame belongs to no known video", "import it again");
    }
    for (const LabeledObject& object : frame.objects) {
      if (object.class_index < 0 || object.class_index >= static_cast<int>(data.classes.size())) {
        throw Error("training", "a label has no known animal name", "give it a name");
      }
      if (!object.ignore && datasets::RleArea(object.mask) > 0) ++counts[object.class_index];
    }
  }
  for (size_t k = 0; k < counts.size(); ++k) {
    if (counts[k] > 0) continue;
    throw Error("training", "no frame shows the animal '" + data.classes[k] + "'",
                "outline it on some frames, or leave the name out of the training");
  }
}

void CheckModelFolder(const std::string& model_file) {
  const auto folder = std::filesystem::path(model_file).parent_path();
  if (!folder.empty() && !std::filesystem::is_directory(folder)) {
    throw Error("model " + model_file, "its folder does not exist", "make the folder first");
  }
}

}  // namespace train
