// Which frames of a video the rows of a behavior table mean: numbers of frames from 0 or from 1,
// the video's frames one after the other, or moments. The one place that decides it, for imports,
// reports and evaluations.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "datasets/formats/behaviors/behaviors.h"

namespace datasets {

// What is known of the video that a table speaks of.
struct TableVideo {
  std::string name;                   // for messages
  int frame_count = 0;                // 0: not known
  const FrameTimes* times = nullptr;  // null: the rate is not known, for this reason
  std::string no_times = "the frame rate is not known", no_times_remedy = "give --fps";
};
// `name`: as the table calls it; `where`: its first bout, for messages. Asked once a name.
using TableVideos = std::function<TableVideo(const std::string& name, const std::string& where)>;

struct PlaceRules {
  int first_frame = -1;                        // number of a video's first frame; -1: as below
  std::string first_option = "--first-frame";  // what a person sets it with; "": nothing
};

// Sets frames of the video, from 0, half-open, in all rows. Where `rules` do not say it, numbers
// count from 0, but from 1 in a table with a row for each frame of a video from 1 to its last; of a
// video that says neither, as in the others of the table. Rows without numbers of frames (an index
// of rows is none) are the video's frames where they are as many; where their times are as far
// apart as its frames, its frames from the first time on; else moments. Each guess is one sentence
// in `notes` (may be null). Throws Error, in one line, where nothing says which of these it is,
// where times or numbers go past the video's end, for milliseconds, and for a bout before the first
// frame.
void PlaceRows(std::vector<BehaviorTableRow>& rows, const BehaviorTableFacts& facts,
               const PlaceRules& rules, const TableVideos& video_of,
               std::vector<std::string>* notes);

}  // namespace datasets
