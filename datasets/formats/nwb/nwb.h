// NWB with ndx-pose: predictions as PoseEstimation (a series of places and confidences a point),
// and labels as PoseTraining. Pixel centers lie at integers, as the tools that write such files
// have them. https://github.com/rly/ndx-pose
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "datasets/exchange/options.h"
#include "datasets/hdf5/h5_file.h"
#include "datasets/pose/pose_document.h"

namespace datasets {

// The frames of `video` (a name, or "" where the file does not say) that these times, in seconds,
// are.
using FramesAt = std::function<std::vector<int64_t>(const std::string& video,
                                                    const std::vector<double>& seconds)>;

// Throws Error for a file without either, series that do not fit each other, and points in 3-D
// alone.
PoseDocument ReadNwb(const H5File& file, const FramesAt& frames_at);

ImportReport ImportNwb(Project& project, const std::filesystem::path& path,
                       const ImportOptions& options, Job& job);
ExportReport ExportNwb(const Project& project, const std::filesystem::path& out,
                       const ExportOptions& options, Job& job);

}  // namespace datasets
