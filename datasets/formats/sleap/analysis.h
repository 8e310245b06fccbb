// The analysis file of SLEAP: the tracks of one video as an array [track, xy, node, frame], or in
// another order of axes, which `dims` says. Its pixel centers lie at integers.
#pragma once

#include <filesystem>

#include "datasets/exchange/options.h"
#include "datasets/hdf5/h5_file.h"
#include "datasets/pose/pose_document.h"

namespace datasets {

// Everything in it counts as found by a machine: the file does not say otherwise. Throws Error for
// arrays that do not fit each other.
PoseDocument ReadSleapAnalysis(const H5File& file);

ImportReport ImportSleapAnalysis(Project& project, const std::filesystem::path& path,
                                 const ImportOptions& options, Job& job);
ExportReport ExportSleapAnalysis(const Project& project, const std::filesystem::path& out,
                                 const ExportOptions& options, Job& job);

}  // namespace datasets
