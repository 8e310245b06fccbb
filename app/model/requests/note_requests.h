// Notes, flags and marks of whole videos that a person asks for, as requests to the session.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/model/session/session.h"

namespace app {

// Of a frame, or (without one) of the whole video; an empty note without a flag takes it away. What
// is not given stays as it is.
void RequestNote(Session& session, datasets::Id video_id, std::optional<int> frame,
                 const std::optional<std::string>& note, std::optional<bool> flagged);
void RequestNoteBout(Session& session, datasets::Id interval_id,
                     const std::optional<std::string>& note, std::optional<bool> flagged);
// Flags the bout, or (0, or one that is gone) the frame in view; once more takes the flag away.
// Says what was flagged.
void RequestFlag(Session& session, datasets::Id interval_id);
// The note at that place in the session's view, or null.
const datasets::NoteRow* FindNote(const ProjectView& project, datasets::Id video_id,
                                  std::optional<int> frame);

// A place of the project that a person has flagged, or noted something about.
struct FlaggedPlace {
  datasets::Id video_id = 0;
  int frame = 0;
  datasets::Id interval_id = 0;  // of a bout
  std::string what;              // "frame 12", "groom, frames 4 to 9", "the video"
  std::string note;
  bool flagged = false;
};
// Of all videos, by video and frame.
std::vector<FlaggedPlace> NotedPlaces(const ProjectView& project);
bool IsSamePlace(const FlaggedPlace& a, const FlaggedPlace& b);  // whatever is noted there now
// The next flagged place (direction 1), or the one before (-1), over all videos and around the end;
// null where nothing is flagged. Of several at one frame those come one after the other: `last` is
// where a person was led before, and counts while they are still there.
const FlaggedPlace* NextFlagged(const std::vector<FlaggedPlace>& places, datasets::Id video_id,
                                int frame, const std::optional<FlaggedPlace>& last, int direction);

// All labeled frames of the videos are kept for judging: "val", "test", or "" for training again.
// Says what that means for their bouts, and which videos have no labeled frame to keep.
void RequestSplit(Session& session, const std::vector<datasets::Id>& videos,
                  const std::string& split);
// The files of those of these videos that are not where they were, looked for by name in the folder
// and all below it; says how many were found, and (until it is closed) which were not.
void RequestFindIn(Session& session, const std::vector<datasets::Id>& videos,
                   const std::string& folder);

}  // namespace app
