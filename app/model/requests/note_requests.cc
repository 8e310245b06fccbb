#include "app/model/requests/note_requests.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "annotate/edits_notes.h"
#include "datasets/base/error.h"
#include "datasets/store/connection.h"
#include "datasets/video_files.h"

namespace app {
namespace {

namespace fs = std::filesystem;

// Files below the folder by name; of several of one name each. `unread`: why not all were seen.
std::multimap<std::string, fs::path> FilesBelow(const fs::path& folder, datasets::Job& job,
                                                std::string* unread) {
  std::multimap<std::string, fs::path> files;
  std::error_code failure;
  fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied,
                                      failure);
  if (failure) {
    throw datasets::Error("folder '" + folder.string() + "'",
                          "it cannot be read (" + failure.message() + ")", "choose another one");
  }
  for (; at != fs::recursive_directory_iterator(); at.increment(failure)) {
    job.Advance(0, 0, "looking through " + folder.filename().string());
    std::error_code ignored;
    if (at->is_regular_file(ignored)) files.emplace(at->path().filename().string(), at->path());
  }
  if (failure) *unread = failure.message();  // the walk is at its end then
  return files;
}

std::string BoutText(const std::string& behavior, const datasets::BehaviorIntervalRow& bout) {
  return behavior + ", frames " + std::to_string(bout.start_frame) + " to " +
         std::to_string(bout.end_frame - 1);
}

// Finds again those files of the video that are not at their place, by their names. "" when all are
// found then; else why not.
std::string FindFiles(datasets::Project& project, const datasets::VideoRow& video,
                      const std::multimap<std::string, fs::path>& files) {
  std::string lost;
  for (const datasets::VideoFile& file : datasets::FilesOf(project, video)) {
    if (datasets::StateOf(file) == datasets::FileState::kThere) continue;
    const auto [from, to] = files.equal_range(file.path.filename().string());
    std::string why = from == to ? "" : " (other pictures)";
    const auto place = std::find_if(from, to, [&](const auto& one) {
      std::string unread;
      const bool is_there = datasets::StateOf({one.second, file.fingerprint, ""}, &unread) ==
                            datasets::FileState::kThere;
      if (!unread.empty()) why = " (" + unread + ")";
      return is_there;
    });
    if (place != to) {
      project.RelinkVideo(video.id, place->second);  // what fails here is not that it is lost
      continue;
    }
    const std::string part = video.parts.empty() ? "" : " " + file.name;
    lost += (lost.empty() ? "" : ", ") + video.name + part + why;
  }
  return lost;
}

}  // namespace

void RequestNote(Session& session, datasets::Id video_id, std::optional<int> frame,
                 const std::optional<std::string>& note, std::optional<bool> flagged) {
  session.PostEdit(
      [=](datasets::Project&) { return annotate::NoteAt(video_id, frame, note, flagged); });
}

void RequestNoteBout(Session& session, datasets::Id interval_id,
                     const std::optional<std::string>& note, std::optional<bool> flagged) {
  session.PostEdit(
      [=](datasets::Project&) { return annotate::NoteBout(interval_id, note, flagged); });
}

void RequestFlag(Session& session, datasets::Id interval_id) {
  if (!session.video()) return;
  Session* speaker = &session;  // ends what it was asked before it goes
  session.PostEdit([=, video = session.video_id(),
                    frame = session.frame()](datasets::Project& project) {
    // What stands there now, not what was drawn: the key may be pressed twice.
    std::optional<datasets::BehaviorIntervalRow> bout;
    for (const datasets::BehaviorIntervalRow& row : project.BehaviorIntervals(video)) {
      if (row.id == interval_id) bout = row;
    }
    bool flagged = bout && bout->flagged;
    std::string what = "frame " + std::to_string(frame);
    if (bout) {
      for (const datasets::BehaviorRow& behavior : project.Behaviors()) {
        if (behavior.id == bout->behavior_id) what = BoutText(behavior.name, *bout);
      }
    } else {
      project.Read([&](datasets::Connection& connection) {
        const auto note = datasets::ReadNoteAt(connection, video, frame);
        flagged = note && note->flagged;
      });
    }
    annotate::Edit edit = bout ? annotate::NoteBout(bout->id, std::nullopt, !flagged)
                               : annotate::NoteAt(video, frame, std::nullopt, !flagged);
    edit.change = [=, change = edit.change](annotate::Recorder& recorder) {
      change(recorder);
      speaker->SayLater(Message::Kind::kInfo, (flagged ? "Flag taken off " : "Flagged ") + what);
    };
    return edit;
  });
}

const datasets::NoteRow* FindNote(const ProjectView& project, datasets::Id video_id,
                                  std::optional<int> frame) {
  for (const datasets::NoteRow& note : project.notes) {
    if (note.video_id == video_id && note.frame_index == frame) return &note;
  }
  return nullptr;
}

std::vector<FlaggedPlace> NotedPlaces(const ProjectView& project) {
  std::vector<FlaggedPlace> places;
  for (const datasets::NoteRow& note : project.notes) {
    places.push_back({note.video_id, note.frame_index.value_or(0), 0,
                      note.frame_index ? "frame " + std::to_string(*note.frame_index) : "the video",
                      note.note, note.flagged});
  }
  std::map<datasets::Id, std::string> names;
  for (const datasets::BehaviorRow& behavior : project.behaviors) {
    names[behavior.id] = behavior.name;
  }
  for (const auto& [video, bouts] : project.intervals) {
    for (const datasets::BehaviorIntervalRow& bout : bouts) {
      if (!bout.flagged && bout.note.empty()) continue;
      places.push_back({video, bout.start_frame, bout.id, BoutText(names[bout.behavior_id], bout),
                        bout.note, bout.flagged});
    }
  }
  std::stable_sort(places.begin(), places.end(), [](const FlaggedPlace& a, const FlaggedPlace& b) {
    return std::pair(a.video_id, a.frame) < std::pair(b.video_id, b.frame);
  });
  return places;
}

bool IsSamePlace(const FlaggedPlace& a, const FlaggedPlace& b) {
  if (a.video_id != b.video_id || a.interval_id != b.interval_id) return false;
  return a.interval_id != 0 || a.what == b.what;  // a bout stays itself where its ends move
}

const FlaggedPlace* NextFlagged(const std::vector<FlaggedPlace>& places, datasets::Id video_id,
                                int frame, const std::optional<FlaggedPlace>& last, int direction) {
  std::vector<const FlaggedPlace*> flagged;
  for (const FlaggedPlace& place : places) {
    if (place.flagged) flagged.push_back(&place);
  }
  if (flagged.empty()) return nullptr;
  const std::pair<datasets::Id, int> here(video_id, frame);
  const auto of = [](const FlaggedPlace* place) {
    return std::pair(place->video_id, place->frame);
  };
  const size_t count = flagged.size();
  for (size_t i = 0; last && i < count; ++i) {
    if (of(flagged[i]) != here || !IsSamePlace(*flagged[i], *last)) continue;
    return flagged[(i + (direction > 0 ? 1 : count - 1)) % count];
  }
  size_t next = 0;  // the first behind this frame; before it, of all that are not behind it
  while (next < count && (direction > 0 ? of(flagged[next]) <= here : of(flagged[next]) < here)) {
    ++next;
  }
  return flagged[(direction > 0 ? next : next + count - 1) % count];
}

void RequestSplit(Session& session, const std::vector<datasets::Id>& videos,
                  const std::string& split) {
  Session* speaker = &session;  // ends what it was asked before it goes
  session.PostEdit([=](datasets::Project& project) {
    std::string without;
    int kept = 0;
    for (const datasets::VideoRow& video : project.Videos()) {
      if (std::find(videos.begin(), videos.end(), video.id) == videos.end()) continue;
      const std::vector<datasets::ImageRow> images = project.ImagesOfVideo(video.id);
      if (std::any_of(images.begin(), images.end(), [](const datasets::ImageRow& image) {
            return image.state != datasets::ImageState::kNew;
          })) {
        ++kept;
        continue;
      }
      without += (without.empty() ? "" : ", ") + video.name;
    }
    annotate::Edit edit = annotate::MarkVideos(videos, split);
    const bool is_back = split.empty() || split == "train";
    std::string text = (is_back          ? "Train again: the labeled frames and bouts of "
                        : split == "val" ? "Kept for validation: the labeled frames and bouts of "
                                         : "Kept for the test: the labeled frames and bouts of ") +
                       std::to_string(kept) + (kept == 1 ? " video" : " videos");
    if (!is_back && !without.empty()) {
      text += ". Not kept, as no frame of them is labeled: " + without +
              ". Their bouts go on to train; outline an animal on one frame of each, then keep it";
    }
    const auto kind = is_back || without.empty() ? Message::Kind::kSuccess : Message::Kind::kError;
    edit.change = [=, change = edit.change](annotate::Recorder& recorder) {
      change(recorder);
      speaker->SayLater(kind, text);
    };
    return edit;
  });
}

void RequestFindIn(Session& session, const std::vector<datasets::Id>& videos,
                   const std::string& folder) {
  Session* speaker = &session;  // ends its jobs before it goes
  session.StartJob("Find videos", [=](datasets::Project& project, datasets::Job& job) {
    std::vector<datasets::VideoRow> missing;
    for (const datasets::VideoRow& video : project.Videos()) {
      if (std::find(videos.begin(), videos.end(), video.id) == videos.end()) continue;
      if (datasets::FirstLostFile(project, video)) missing.push_back(video);
    }
    if (missing.empty()) {
      speaker->SayLater(Message::Kind::kSuccess, "The files of the chosen videos are all in place");
      return;
    }
    std::string unread;
    const std::multimap<std::string, fs::path> files = FilesBelow(folder, job, &unread);
    size_t found = 0;
    std::string lost;
    for (const datasets::VideoRow& video : missing) {
      const std::string not_found = FindFiles(project, video, files);
      if (not_found.empty()) {
        ++found;
        continue;
      }
      lost += (lost.empty() ? "" : ", ") + not_found;
    }
    std::string text = "Found " + std::to_string(found) + " of " + std::to_string(missing.size()) +
                       " lost videos in " + folder;
    if (!lost.empty()) text += "; not there: " + lost;
    if (!unread.empty()) text += "; not all of the folder could be read (" + unread + ")";
    const bool is_complete = lost.empty() && unread.empty();
    speaker->SayLater(is_complete ? Message::Kind::kSuccess : Message::Kind::kError, text);
  });
}

}  // namespace app
