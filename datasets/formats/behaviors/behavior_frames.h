// Behavior tables with one row a frame and one column of 0 and 1 a behavior, as DeepEthogram, SimBA
// and many scripts write them: `frame,background,groom,rear`.
#pragma once

#include <string>
#include <vector>

#include "datasets/files/csv.h"
#include "datasets/formats/behaviors/behaviors.h"

namespace datasets {

// What a table says beside its bouts.
struct BehaviorTableFacts {
  std::vector<std::string> behaviors;  // every column of a behavior, those without a bout too
  bool has_frames = false;             // bouts come by numbers of frames that the table gives
  // Of a table with a row a frame: rows of one video and subject at most, their numbers, and the
  // last time that a column `time` gives (its bouts have seconds too then).
  int64_t rows = 0, first_frame = 0, last_frame = 0;
  bool has_times = false;
  double last_s = 0, step_s = 0;
};
// ReadBehaviorTable (behaviors.h) with them.
std::vector<BehaviorTableRow> ReadBehaviorTableAnd(const std::filesystem::path& path,
                                                   std::vector<std::string>* notes,
                                                   BehaviorTableFacts* facts);

// Such a table: no column names a behavior or a start, and there are columns of 0 and 1.
bool IsFrameTable(const CsvTable& table);
// The same, and no column holds other numbers: nobody has to say what such a table is.
bool IsPureFrameTable(const CsvTable& table);

// SimBA's tables (targets_inserted, machine_results), told by the first lines of the file, in lower
// case: columns of body parts, and behaviors behind them.
bool IsLikeSimba(const std::vector<std::vector<std::string>>& lines);

// Runs of 1 as bouts. The frame stands in a column without a name or called frame, frame_number or
// index, else rows are frames from 0 (bouts have seconds too where a column `time` counts up, as in
// BORIS' binary tables). Columns video, subject (or animal, id), rater (author,
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
