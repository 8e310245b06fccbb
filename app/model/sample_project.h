// A rendered scene as a ready project, so that a newcomer has something to try everything on.
#pragma once

#include <filesystem>

#include "datasets/base/job.h"
#include "datasets/project.h"

namespace app {

// Renders two voles into `folder` (made when missing), adds the video to `project` and imports the
// labels of 40 frames and the behaviors.
void FillSampleProject(datasets::Project& project, const std::filesystem::path& folder,
                       datasets::Job& job);

}  // namespace app
