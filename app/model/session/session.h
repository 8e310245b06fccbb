// What the workbench knows: one open project, where the person is in it, and what may be drawn.
// The GUI thread calls everything here and never waits: reads come as immutable views prepared by a
// worker, changes are requests that a worker carries out in order. No ImGui, no GL.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "annotate/edit.h"
#include "annotate/history.h"
#include "app/model/session/shown.h"
#include "datasets/project.h"

namespace app {

class Session {
 public:
  // Takes the project over. `wake` is called from worker threads when something new can be drawn
  // (the window posts an empty event), so that an idle window uses no CPU.
  Session(std::unique_ptr<datasets::Project> project, std::function<void()> wake);
  ~Session();  // finishes the queued requests, cancels jobs
  Session(const Session&) = delete;

  const std::filesystem::path& project_file() const;

  // Picks up what workers finished; call once a frame of the window. True when anything changed.
  bool Poll();

  // --- where the person is
  datasets::Id video_id() const;
  const datasets::VideoRow* video() const;  // null when the project has none
  int frame() const;
  int frame_count() const;
  void GoTo(datasets::Id video_id, int frame);
  void GoToFrame(int frame);              // clamped
  void GoToVideo(datasets::Id video_id);  // where it stood last, at first its beginning
  // Of the zoom that outlines are drawn at; a new one makes the frame's outlines anew.
  void SetDrawnTolerance(double image_pixels);
  bool playing() const;
  double speed() const;
  void SetPlaying(bool playing, double speed);            // 0.1 .. 16
  void SetLoop(std::optional<std::pair<int, int>> span);  // play inside a segment [a, b)
  void TickPlayback(double seconds_since_last);

  // --- what may be drawn (never null after the first Poll that returned true)
  std::shared_ptr<const ProjectView> project_view() const;
  // Never of another video than video_id(): after a change of the video there is none until it has
  // been read. Of frame(), or the last one of the video until that is ready.
  std::shared_ptr<const FrameView> frame_view() const;
  DecodedFrame picture() const;  // newest decoded; .frame tells which
  // Whether that picture and those labels are of frame(); of one whose picture cannot be read, none
  // is. While they are not, what a person points at lies in another frame, and no label may be
  // placed by it.
  bool ShowsFrame() const;
  std::shared_ptr<const datasets::Background> background() const;

  // --- selection (shared by canvas, lists, timeline)
  datasets::Id selected_annotation = 0;
  datasets::Id selected_interval = 0;
  datasets::Id selected_category = 0;
  datasets::Id next_animal = 0;  // that a person has chosen for the next outline; 0: by itself
  datasets::Id selected_episode = 0;
  std::vector<datasets::Id> chosen_videos;  // in the table of videos
  std::string selected_subject;  // whose behavior keys mark: an animal, a region, "" all in frame

  // --- changes: carried out in order on the worker; an Error becomes a Message
  using Change = std::function<void(datasets::Project&)>;
  void Post(const std::string& what, Change change);
  // Applied and recorded. `failed` is called on the worker where nothing came of it.
  void PostEdit(std::function<annotate::Edit(datasets::Project&)> build,
                std::function<void()> failed = {});
  void Undo();  // brings the place it changes into view
  void Redo();

  // --- jobs: run on their own thread, one heavy job at a time; what cannot wait runs beside it
  enum class Lane { kInTurn, kAside };
  struct JobStatus {
    int64_t id = 0;
    Lane lane = Lane::kInTurn;
    std::string title, text;
    double done = 0, total = 0, seconds = 0;
    enum class State { kRunning, kDone, kFailed, kCancelled } state = State::kRunning;
    std::string error;
    // One of those that come one after the other; a recording beside them ends when it is told to.
    bool RunsInTurn() const { return state == State::kRunning && lane == Lane::kInTurn; }
  };
  int64_t StartJob(const std::string& title,
                   std::function<void(datasets::Project&, datasets::Job&)> work,
                   Lane lane = Lane::kInTurn);
  void CancelJob(int64_t id);
  std::vector<JobStatus> JobsNow() const;

  void Say(Message::Kind kind, const std::string& text);
  // From any thread: the message, or the move to a frame, comes with the next Poll. What a change
  // says comes once it is carried out; of one that fails, only errors come.
  void SayLater(Message::Kind kind, const std::string& text);
  // For workers that end before the session: SayLater of an error.
  std::function<void(const std::string&)> SayError();
  void ShowLater(datasets::Id video_id, int frame);
  // For what took long: only if the person is still at `from` then.
  void ShowLaterFrom(const annotate::Place& from, int frame);
  std::deque<Message>& messages();  // GUI thread only

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace app
