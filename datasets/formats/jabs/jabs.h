// JABS (Beane et al. 2022, The Jackson Laboratory): poses of mice as NAME_pose_est_vN.h5, versions
// 2 to 8: 12 points, (y, x) in whole pixels, with confidences. Version 2 has one mouse; 3 has
// tracklets; from 4 on there are lasting identities, which are taken where they are valid.
#pragma once

#include <filesystem>

#include "datasets/exchange/options.h"
#include "datasets/hdf5/h5_file.h"
#include "datasets/pose/pose_document.h"

namespace datasets {

// `video`: the name before "_pose_est_v". Throws Error for arrays that do not fit each other.
PoseDocument ReadJabs(const H5File& file, const std::string& video);

// The poses become predictions.
ImportReport ImportJabs(Project& project, const std::filesystem::path& path,
                        const ImportOptions& options, Job& job);

}  // namespace datasets
