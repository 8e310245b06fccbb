// Reads the project into immutable views on its own thread, and notices what other programs change.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "annotate/history.h"
#include "datasets/project.h"

namespace app {

struct ProjectView;
struct FrameView;

class ViewLoader {
 public:
  ViewLoader(datasets::Project& project, annotate::History& history, std::function<void()> wake);
  ~ViewLoader();

  void RequestFrame(datasets::Id video_id, int frame);  // newest wins
  void SetDrawnTolerance(double image_pixels);          // 0 until it is set: every point is drawn
  void Reload();                                        // something was changed
  std::shared_ptr<const ProjectView> TakeProject();     // null when nothing new
  std::shared_ptr<const FrameView> TakeFrame();

 private:
  void Run();
  std::shared_ptr<ProjectView> LoadProject(int64_t revision) const;
  std::shared_ptr<FrameView> LoadFrame(datasets::Id video_id, int frame, int64_t revision,
                                       double tolerance, const ProjectView& project,
                                       const FrameView* before) const;

  datasets::Project& project_;
  annotate::History& history_;
  std::function<void()> wake_;
  std::mutex mutex_;
  std::condition_variable wake_worker_;
  datasets::Id video_ = 0;
  int frame_ = 0;
  double tolerance_ = 0;
  bool frame_pending_ = false, reload_ = false, stopping_ = false;
  std::shared_ptr<const ProjectView> fresh_project_;
  std::shared_ptr<const FrameView> fresh_frame_;
  std::thread thread_;
};

}  // namespace app
