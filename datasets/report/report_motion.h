// The part of a report about motion.
#pragma once

#include "datasets/report/report.h"

namespace datasets {

// Measures each chosen video, writes the files that are named, and adds summaries, contacts,
// automatic scores and warnings to the report. Of several videos each has a picture of its own:
// NAME-VIDEO.png.
void AddMotion(const Project& project, const ReportRequest& request, Job& job, Report* report);

// The file of one video's picture.
std::filesystem::path PictureFile(const std::string& file, const std::string& video, bool several);

}  // namespace datasets
