// What the workbench knows: one open project, where the person is in it, and what may be drawn.
// The GUI thread calls everything here and never waits: reads come as immutable views prepared by a
// worker, changes are requests that a worker carries out in order. No ImGui, no GL.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "annotate/assist/naming.h"
#include "annotate/edit.h"
#include "annotate/history.h"
#include "annotate/tools/tool.h"
#include "app/model/drawing/drawn_shape.h"
#include "datasets/project.h"
#include "datasets/store/records.h"

namespace app {

// One frame as it is drawn. Immutable; made off the GUI thread.
struct FrameView {
  datasets::Id video_id = 0;
  int frame = 0;
  int64_t revision = 0;
  datasets::ImageState state = datasets::ImageState::kNew;
  bool has_image_row = false;
  std::vector<annotate::Shape> labels;
  std::vector<annotate::Shape> predictions;
  std::vector<datasets::PredictionRow> prediction_rows;  // parallel to predictions
  std::vector<annotate::Shape> neighbor_labels;          // of the nearest labeled frame before
  int neighbor_frame = -1;
  annotate::Sightings sightings;  // on the labeled frames nearest to this one, itself left out
  // Parallel to labels and predictions: as they are drawn, at this tolerance (DrawnTolerance).
  std::vector<DrawnShape> drawn_labels, drawn_predictions;
  double drawn_tolerance = 0;
};

// The lists that panels show. Immutable; remade when the revision moves.
struct ProjectView {
  int64_t revision = 0;
  std::vector<datasets::VideoRow> videos;
  std::vector<datasets::CategoryRow> categories;
  std::vector<datasets::BehaviorRow> behaviors;
  std::map<datasets::Id, std::vector<datasets::ImageRow>> images;                // by video
  std::map<datasets::Id, std::vector<datasets::BehaviorIntervalRow>> intervals;  // by video
  std::map<datasets::Id, std::vector<datasets::RegionRow>> regions;              // by video
  std::vector<datasets::ModelRow> models;
  std::vector<datasets::JobRow> jobs;
  std::map<datasets::Id, datasets::Id> predict_job;   // newest by video
  std::vector<datasets::ReviewItemRow> review_items;  // of those jobs, highest first
  std::vector<int> suggested_frames;                  // of the current video
  std::string undo_label, redo_label;                 // "" = nothing to undo
  std::set<datasets::Id> missing_videos;              // whose files are not where they were
};

struct Message {
  enum class Kind { kInfo, kSuccess, kError };
  Kind kind = Kind::kInfo;
  std::string text;
  double seconds_shown = 0;
  bool sticky = false;  // stays until a person closes it, as errors do
};

// A picture that the decoder thread has ready.
struct DecodedFrame {
  datasets::Id video_id = 0;
  int frame = -1;
  cv::Mat bgr;   // shared, do not write
  cv::Mat bgra;  // the same, as graphics cards take it without rearranging
};

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
  std::shared_ptr<const datasets::Background> background() const;

  // --- selection (shared by canvas, lists, timeline)
  datasets::Id selected_annotation = 0;
  datasets::Id selected_interval = 0;
  datasets::Id selected_category = 0;
  datasets::Id next_animal = 0;  // that a person has chosen for the next outline; 0: by itself
  datasets::Id selected_episode = 0;
  std::string selected_subject;  // whose behavior keys mark: an animal, a region, "" all in frame

  // --- changes: carried out in order on the worker; an Error becomes a Message
  using Change = std::function<void(datasets::Project&)>;
  void Post(const std::string& what, Change change);
  void PostEdit(std::function<annotate::Edit(datasets::Project&)> build);  // applied and recorded
  void Undo();  // brings the place it changes into view
  void Redo();

  // --- jobs: run on their own thread, one heavy job at a time
  struct JobStatus {
    int64_t id = 0;
    std::string title, text;
    double done = 0, total = 0, seconds = 0;
    enum class State { kRunning, kDone, kFailed, kCancelled } state = State::kRunning;
    std::string error;
  };
  int64_t StartJob(const std::string& title,
                   std::function<void(datasets::Project&, datasets::Job&)> work);
  void CancelJob(int64_t id);
  std::vector<JobStatus> JobsNow() const;

  void Say(Message::Kind kind, const std::string& text);
  // From any thread: the message, or the move to a frame, comes with the next Poll.
  void SayLater(Message::Kind kind, const std::string& text);
  // For workers that end before the session: SayLater of an error.
  std::function<void(const std::string&)> SayError();
  void ShowLater(datasets::Id video_id, int frame);
  std::deque<Message>& messages();  // GUI thread only

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace app
