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
  int scene = -1;                      // into BehaviorTableFacts::scenes; -1: of no such table
};

// One animal of one video as one person scored it, in a table with a row a frame.
struct BehaviorTableScene {
  std::string video;  // as the table calls it
  // Numbers of its frames, or of its rows (from 0) where the table gives none.
  int64_t rows = 0, first_number = 0, last_number = 0;
  double first_s = 0, last_s = 0;  // where the table has_times
  double step_s = 0;               // mean seconds from one number to the next; 0 of a single row
};

// What a table says beside its bouts.
struct BehaviorTableFacts {
  bool has_frames = false;  // bouts come by numbers of frames that the table gives
  // The rest is of tables with a row a frame.
  bool has_index = false;              // numbers of rows, as pandas and R write them unasked
  bool has_times = false;              // bouts have seconds too
  std::string unread_times;            // a column of that name, which counts no seconds up
  std::vector<std::string> behaviors;  // every column of one, those without a bout too
  std::vector<BehaviorTableScene> scenes;
};

// Throws Error naming the line for anything that is not such a table: missing columns, text where a
// number belongs, NaN, a stop before its start, negative frames. `notes` gets one sentence about
// each kind of thing that was left out. Which frames of a video the rows mean: PlaceRows
// (behavior_places.h).
std::vector<BehaviorTableRow> ReadBehaviorTable(const std::filesystem::path& path,
                                                std::vector<std::string>* notes = nullptr,
                                                BehaviorTableFacts* facts = nullptr);
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
