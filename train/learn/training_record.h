// What every training writes down about itself. No torch type here.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "train/base/training_data.h"
#include "train/base/training_options.h"

namespace train {

// A hash over everything that the labels say: a checkpoint continues only on the same labels.
std::string LabelFingerprint(const TrainingData& data);
// UTC, as 2026-01-31T23:59:00Z.
std::string TimeNow();
// Of this process, all threads and processors together.
double ProcessorSeconds();
// "45 s", "3 min 20 s".
std::string DurationWords(double seconds);
// {program, date, options}
nlohmann::json TrainingRecord(const TrainOptions& options);
// {frames, learned, held_back, fingerprint, learned_frames}: the two counts, and by video (its
// place in TrainingData::backgrounds) the frame indices that were learned from. `learned_frames`:
// places in TrainingData::frames.
nlohmann::json LabelsRecord(const TrainingData& data, size_t learned, size_t held_back,
                            const std::vector<int>& learned_frames);
// What must be equal for a checkpoint to be continued.
std::string TrainingIdentity(const TrainingData& data, const TrainOptions& options);

// Throws Error when there is nothing to learn from: no names, no frames, a name without any pixel.
void CheckLabels(const TrainingData& data);
// Throws Error when the folder of the file does not exist.
void CheckModelFolder(const std::string& model_file);

}  // namespace train
