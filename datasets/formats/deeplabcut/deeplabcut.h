// DeepLabCut (Mathis et al. 2018; Lauer et al. 2022): tables of key points that people set,
// labeled-data/VIDEO/CollectedData_SCORER.csv, of one animal or several (a header row
// "individuals"), with the picture's path in one column or in three. Its pixel centers lie at
// integers, Vole's at halves. A project's config.yaml has the skeleton's lines.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/exchange/options.h"
#include "datasets/keypoints/skeleton.h"

namespace datasets {

struct DeepLabCutAnimal {
  std::string individual;        // "" in a table of one animal
  std::vector<KeyPoint> points;  // of every body part of its own; visibility 0 where none was set
  std::vector<double> confidences;  // [points] in a table of predictions
};

struct DeepLabCutRow {
  int line = 0;
  std::string picture;  // as the file says, with '/'; of predictions the frame's number
  std::vector<DeepLabCutAnimal> animals;
};

struct DeepLabCutTable {
  std::string scorer;
  bool predicted = false;               // with a likelihood
  std::vector<std::string> body_parts;  // in the table's order, each once
  std::vector<DeepLabCutRow> rows;
  int64_t other_columns = 0;  // neither x, y nor likelihood: left out
};

constexpr char kOtherColumns[] =
    "columns are neither x, y nor likelihood of a body part, and were left out";

// A CSV file, or the same table as pandas keeps it in HDF5 (.h5).
// Throws Error for anything else: what is wrong, in which line.
DeepLabCutTable ReadDeepLabCut(const std::filesystem::path& file, Job& job);
DeepLabCutTable ReadDeepLabCut(const std::filesystem::path& file);

// PATH: such a table, or a project's folder or its config.yaml: all its tables are read. A picture
// is a frame of a video of the project, or itself (FramePlacer). Individuals become animals of
// their names; in a table without, the animal is called "animal". Body parts whose names differ in
// left and right become partners, which is said. A table of predictions (VIDEODLC_NETWORK.csv, with
// likelihoods) becomes predictions of the video VIDEO.
ImportReport ImportDeepLabCut(Project& project, const std::filesystem::path& path,
                              const ImportOptions& options, Job& job);
ImportReport ImportDeepLabCutPredictions(Project& project, const std::filesystem::path& file,
                                         const DeepLabCutTable& table, const ImportOptions& options,
                                         Job& job);
// OUT: a folder. Labels: labeled-data/VIDEO/CollectedData_SCORER.csv, with pictures where they are
// asked for, and a config.yaml where there is none. Predictions: VIDEODLC_Vole.csv.
ExportReport ExportDeepLabCut(const Project& project, const std::filesystem::path& out,
                              const ExportOptions& options, Job& job);

}  // namespace datasets
