// Behavior intervals as a table: video,subject,behavior,start_frame,stop_frame (both inclusive,
// from 0), or start_s,stop_s; optional columns rater (or author, observer), kind (state, point),
// present, group (behaviors of one group exclude each other). Tables with a row a frame and a
// column a behavior (behavior_frames.h) are recognized and read too.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/exchange/options.h"
#include "datasets/video/frame_times.h"

namespace datasets {

class Writer;

struct BehaviorTableRow {  // one line, frames half-open
  std::string video, subject, behavior, rater, group;
  bool is_point = false;
  bool present = true;
  bool has_frames = false;
  int start_frame = 0, end_frame = 0;  // where has_frames
  double start_s = 0, stop_s = 0;      // otherwise
  std::string where;                   // "behavior table 'x.csv', line 12", for messages
};

// Throws Error naming the line for anything that is not such a table: missing columns, text where a
// number belongs, NaN, a stop before its start, negative frames. `notes` gets one sentence about
// each kind of thing that was left out.
std::vector<BehaviorTableRow> ReadBehaviorTable(const std::filesystem::path& path,
                                                std::vector<std::string>* notes = nullptr);
// Sets frames from seconds: the frames whose starts are nearest to start_s and, one after the last,
// to stop_s. `times`: null where neither a video nor --fps says them, which is an Error.
void SecondsToFrames(BehaviorTableRow& row, const FrameTimes* times);

struct IncomingInterval {
  Id video_id = 0;
  std::string subject, behavior, author;
  bool present = true;
  int start_frame = 0, end_frame = 0;  // half-open
  std::string where;
};

// One transaction. `ethogram`: behaviors to add where the project has none of that name. Throws
// Error for frames outside the video, and for two behaviors of one exclusion group at the same time
// (same subject and author), among the intervals or with those that are there.
ImportReport StoreIntervals(Project& project, const std::vector<BehaviorRow>& ethogram,
                            const std::vector<IncomingInterval>& intervals,
                            std::vector<std::string> warnings, Job& job);
// The same in two steps, for an import that stores something else in the same transaction: the
// checks, and the writing, which sets its counts in `report` anew.
void CheckIntervals(const Project& project, const std::vector<BehaviorRow>& ethogram,
                    const std::vector<IncomingInterval>& intervals);
void WriteIntervals(const Project& project, const std::vector<BehaviorRow>& ethogram,
                    const std::vector<IncomingInterval>& intervals, Writer& writer,
                    ImportReport* report, Job& job);

// The video's file name, or its path in the project where several share that file name.
std::string TableVideoName(const Project& project, const VideoRow& video);

ImportReport ImportBehaviors(Project& project, const std::filesystem::path& path,
                             const ImportOptions& options, Job& job);
ExportReport ExportBehaviors(const Project& project, const std::filesystem::path& out,
                             const ExportOptions& options, Job& job);

}  // namespace datasets
