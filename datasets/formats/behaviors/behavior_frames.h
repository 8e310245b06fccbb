// Behavior tables with one row a frame and one column of 0 and 1 a behavior, as DeepEthogram, SimBA
// and many scripts write them: `frame,background,groom,rear`.
#pragma once

#include <string>
#include <vector>

#include "datasets/files/csv.h"
#include "datasets/formats/behaviors/behaviors.h"

namespace datasets {

// Such a table: no column names a behavior or a start, and there are columns of 0 and 1.
bool IsFrameTable(const CsvTable& table);
// The same, and no column holds other numbers: nobody has to say what such a table is.
bool IsPureFrameTable(const CsvTable& table);

// SimBA's tables (targets_inserted, machine_results), told by the first lines of the file, in lower
// case: columns of body parts, and behaviors behind them.
bool IsLikeSimba(const std::vector<std::vector<std::string>>& lines);

// Runs of 1 as bouts, by the number of the frame, which stands in a column called frame or
// frame_number, else in one without a name or called index (numbers of rows), else by the number of
// the row, from 0. They have seconds too where a column `time` counts up, as in BORIS' binary
// tables. Columns video, subject (or animal, id), rater (author,
// observer) are read as in the other table; `background` (no behavior) is left out. -1 and empty
// cells are frames that nobody scored. Where other columns hold other numbers (SimBA's features)
// the behaviors are the last columns; where each stands behind its probability (SimBA's
// machine_results) they are a machine's, and the rater is "SimBA". `notes` gets what was left out,
// one sentence each. Throws Error for a frame that comes twice.
std::vector<BehaviorTableRow> ReadFrameTable(const CsvTable& table, std::vector<std::string>* notes,
                                             BehaviorTableFacts* facts = nullptr);

// The video that a table without a column for it is about: its file's name, which may end in
// _labels or _predictions. "" where the project has none of that name.
std::string VideoOfFrameTable(const std::filesystem::path& path, const class VideoMatcher& matcher);

// One video. Rows for each subject, and each rater, where there are several.
ExportReport ExportFrameTable(const Project& project, const std::filesystem::path& out,
                              const ExportOptions& options, Job& job);

}  // namespace datasets
