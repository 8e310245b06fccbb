// Notes, flags and marks of whole videos that a person asks for, as requests to the session.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/model/session/session.h"

namespace app {

// Of a frame, or (without one) of the whole video; an empty note without a flag takes it away.
void RequestNote(Session& session, datasets::Id video_id, std::optional<int> frame,
                 const std::string& note, bool flagged);
void RequestNoteBout(Session& session, datasets::Id interval_id, const std::string& note,
                     bool flagged);
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
// The next flagged place (direction 1), or the one before (-1), over all videos and around the end;
// null where nothing is flagged.
const FlaggedPlace* NextFlagged(const std::vector<FlaggedPlace>& places, datasets::Id video_id,
                                int frame, int direction);

// All labeled frames of the videos are kept for judging: "val", "test", or "" for training again.
void RequestSplit(Session& session, const std::vector<datasets::Id>& videos,
                  const std::string& split);
// The files of these videos, looked for by name in the folder and all below it; says how many were
// found, and which were not.
void RequestFindIn(Session& session, const std::vector<datasets::Id>& videos,
                   const std::string& folder);

}  // namespace app
