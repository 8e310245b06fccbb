// `vole predict` of outlines: in one go, divided (--jobs, --slurm), or merged (--merge).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/batch.h"
#include "app/cli/console.h"
#include "app/cli/slurm.h"
#include "datasets/project.h"
#include "infer/predict_options.h"
#include "infer/run/up_to_date.h"

namespace app {

// What the command line says.
struct PredictArguments {
  std::string project, model, video, frames;
  bool behavior = false, points = false, again = false, merge = false;
  int jobs = 0;
  std::string part;
  bool slurm = false;
  SlurmOptions slurm_options;
  infer::PredictOptions options;
};

// The job that makes this video's prediction unnecessary. One video that is asked for alone is
// always predicted.
std::optional<datasets::Id> AlreadyThere(const PredictArguments& arguments,
                                         const datasets::Project& project,
                                         const std::vector<datasets::VideoRow>& videos,
                                         const datasets::VideoRow& video,
                                         const std::filesystem::path& model,
                                         infer::Purpose purpose);
Batch::Outcome UpToDate(datasets::Id job);

// Predicts the outlines in these videos, as the arguments say; the exit code.
int PredictOutlines(const PredictArguments& arguments, datasets::Project& project,
                    const std::vector<datasets::VideoRow>& videos,
                    const std::filesystem::path& model, Console& console);
// Merges what was divided; its options become those of the arguments.
int MergeOutlines(PredictArguments& arguments, datasets::Project& project, Console& console);

}  // namespace app
