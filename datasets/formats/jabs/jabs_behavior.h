// Behavior labels of JABS (https://github.com/KumarLabJax/JABS-behavior-classifier,
// video_labels.py, version 1): one JSON file a video, jabs/annotations/VIDEO.json, with blocks of
// frames, both ends inclusive, that are or are not a behavior, for each identity.
#pragma once

#include <filesystem>

#include "datasets/exchange/options.h"

namespace datasets {

// PATH: such a file, or a folder of them. The subject is what external_identities call an identity,
// else "identity_0", ... Annotations of other kinds (tags) are left out and counted.
ImportReport ImportJabsBehavior(Project& project, const std::filesystem::path& path,
                                const ImportOptions& options, Job& job);
// OUT: NAME.json for one video, else a folder with one file a video. Subjects become identities, by
// their number where they are called identity_N, else in their order, with their names in
// external_identities. JABS knows no raters: where several scored, what any of them saw counts.
ExportReport ExportJabsBehavior(const Project& project, const std::filesystem::path& out,
                                const ExportOptions& options, Job& job);

}  // namespace datasets
