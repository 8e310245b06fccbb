#include "app/model/requests/note_requests.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "annotate/edits_notes.h"

namespace app {
namespace {

namespace fs = std::filesystem;

// Files below the folder by name; of several of one name each.
std::multimap<std::string, fs::path> FilesBelow(const fs::path& folder, datasets::Job& job) {
  std::multimap<std::string, fs::path> files;
  std::error_code failure;
  fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied,
                                      failure);
  if (failure) {
    throw datasets::Error("folder '" + folder.string() + "'",
                          "it cannot be read (" + failure.message() + ")", "choose another one");
  }
  for (; at != fs::recursive_directory_iterator(); at.increment(failure)) {
    if (failure) break;
    job.Advance(0, 0, "looking through " + folder.filename().string());
    std::error_code ignored;
    if (at->is_regular_file(ignored)) files.emplace(at->path().filename().string(), at->path());
  }
  return files;
}

}  // namespace

void RequestNote(Session& session, datasets::Id video_id, std::optional<int> frame,
                 const std::string& note, bool flagged) {
  session.PostEdit(
      [=](datasets::Project&) { return annotate::NoteAt(video_id, frame, note, flagged); });
}

void RequestNoteBout(Session& session, datasets::Id interval_id, const std::string& note,
                     bool flagged) {
  session.PostEdit(
      [=](datasets::Project&) { return annotate::NoteBout(interval_id, note, flagged); });
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
      places.push_back({video, bout.start_frame, bout.id,
                        names[bout.behavior_id] + ", frames " + std::to_string(bout.start_frame) +
                            " to " + std::to_string(bout.end_frame - 1),
                        bout.note, bout.flagged});
    }
  }
  std::stable_sort(places.begin(), places.end(), [](const FlaggedPlace& a, const FlaggedPlace& b) {
    return std::pair(a.video_id, a.frame) < std::pair(b.video_id, b.frame);
  });
  return places;
}

const FlaggedPlace* NextFlagged(const std::vector<FlaggedPlace>& places, datasets::Id video_id,
                                int frame, int direction) {
  const FlaggedPlace *first = nullptr, *last = nullptr, *after = nullptr, *before = nullptr;
  const std::pair<datasets::Id, int> here(video_id, frame);
  for (const FlaggedPlace& place : places) {
    if (!place.flagged) continue;
    const std::pair<datasets::Id, int> there(place.video_id, place.frame);
    if (!first) first = &place;
    last = &place;
    if (there < here) before = &place;
    if (there > here && !after) after = &place;
  }
  return direction > 0 ? (after ? after : first) : (before ? before : last);
}

void RequestSplit(Session& session, const std::vector<datasets::Id>& videos,
                  const std::string& split) {
  session.PostEdit([=](datasets::Project&) { return annotate::MarkVideos(videos, split); });
}

void RequestFindIn(Session& session, const std::vector<datasets::Id>& videos,
                   const std::string& folder) {
  Session* speaker = &session;  // ends its jobs before it goes
  session.StartJob("Find videos", [=](datasets::Project& project, datasets::Job& job) {
    const std::multimap<std::string, fs::path> files = FilesBelow(folder, job);
    int found = 0;
    std::string lost;
    for (const datasets::VideoRow& video : project.Videos()) {
      if (std::find(videos.begin(), videos.end(), video.id) == videos.end()) continue;
      const auto [from, to] = files.equal_range(fs::path(video.path).filename().string());
      bool is_found = false;
      for (auto file = from; file != to && !is_found; ++file) {
        try {
          project.RelinkVideo(video.id, file->second);
          is_found = true;
        } catch (const datasets::Error&) {
          continue;  // another video of the same name
        }
      }
      found += is_found;
      if (!is_found) lost += (lost.empty() ? "" : ", ") + video.name;
    }
    std::string text = "Found " + std::to_string(found) + " of " + std::to_string(videos.size()) +
                       " videos in " + folder;
    if (!lost.empty()) text += "; not there, or with other pictures: " + lost;
    speaker->SayLater(lost.empty() ? Message::Kind::kSuccess : Message::Kind::kInfo, text);
  });
}

}  // namespace app
