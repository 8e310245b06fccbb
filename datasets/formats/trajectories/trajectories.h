// Positions of animals that other trackers found, one point an animal and frame: idtracker.ai and
// TRex. They become predictions with one key point, "center", which people accept and correct as
// any other; nothing invents an outline around them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/exchange/options.h"

namespace datasets {

struct TrajectoryPoint {
  int64_t frame = 0;      // of the session, from 0
  int animal = 0;         // into Trajectories::animals
  double x = 0, y = 0;    // the tool's pixels: the first one's center is (0, 0)
  double confidence = 1;  // 0..1
};

struct Trajectories {
  std::string what;                 // the thing that errors name
  std::vector<std::string> videos;  // of the session, frames count on from one to the next
  std::vector<std::string> animals;
  std::vector<TrajectoryPoint> points;
  int width = 0, height = 0;       // of the video; 0: the file does not say
  std::vector<std::string> notes;  // for the report
};

// idtracker.ai (Romero-Ferrero et al. 2019), version 5 and later: trajectories.h5, or the folder
// trajectories_csv (trajectories.csv, and beside it attributes.json and id_probabilities.csv where
// they are there), or that table alone. A frame where an animal was not found has no position. The
// probability of an identity becomes the prediction's score; a position without one, which
// idtracker.ai filled in where animals cross, scores 0. A .npy is a Python pickle and is refused.
ImportReport ImportIdtracker(Project& project, const std::filesystem::path& path,
                             const ImportOptions& options, Job& job);

// TRex (Walter and Couzin 2021): VIDEO_fish0.npz or .csv, one file an animal, or the folder of
// them. The body's center (X#wcentroid) is taken, else what the file has of #centroid, #pcentroid
// and the head. Centimeters become pixels by the npz's own cm_per_pixel, --cm-per-pixel, or that of
// VIDEO.settings beside the file or one folder up; else refused. Positions that are infinite, or of
// frames marked as missing, are gaps.
ImportReport ImportTrex(Project& project, const std::filesystem::path& path,
                        const ImportOptions& options, Job& job);

// Positions of which most lie outside of their video's picture are refused, a few are said. Names
// that only count ("fish0", "7") become numbers of tracks; other names are the animals'.
ImportReport ImportTrajectories(Project& project, const std::filesystem::path& path,
                                const Trajectories& trajectories, const ImportOptions& options,
                                Job& job);

}  // namespace datasets
