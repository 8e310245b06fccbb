// Reads the project into immutable views on its own thread, and notices what other programs change.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "annotate/assist/naming.h"
#include "annotate/history.h"
#include "app/model/session/latest_worker.h"
#include "app/model/session/shown_meetings.h"
#include "datasets/project.h"

namespace app {

struct ProjectView;
struct FrameView;

class ViewLoader {
 public:
  // `say` gets, from the worker, why something cannot be read; what was wanted stays wanted.
  ViewLoader(datasets::Project& project, annotate::History& history, std::function<void()> wake,
             std::function<void(const std::string&)> say);

  void RequestFrame(datasets::Id video_id, int frame);  // newest wins
  void SetDrawnTolerance(double image_pixels);          // 0 until it is set: every point is drawn
  void Reload();                                        // something was changed
  std::shared_ptr<const ProjectView> TakeProject();     // null when nothing new
  std::shared_ptr<const FrameView> TakeFrame();

 private:
  struct Wanted {
    datasets::Id video_id = 0;
    int frame = 0;
    double tolerance = 0;
    int64_t wish = 0;  // grows by one with each of the above
  };
  using Worker = LatestWorker<Wanted>;
  void Change(const std::function<void(Wanted&)>& change);
  Worker::Answered Load(const Wanted& wanted);
  std::shared_ptr<ProjectView> LoadProject(int64_t revision);
  annotate::Sightings SightingsNear(const std::vector<datasets::ImageRow>& images, int frame);
  std::shared_ptr<FrameView> LoadFrame(const Wanted& wanted, int64_t revision,
                                       const ProjectView& project, const FrameView* before);

  datasets::Project& project_;
  annotate::History& history_;
  std::mutex mutex_;
  Wanted wanted_;
  std::shared_ptr<const ProjectView> fresh_project_;
  std::shared_ptr<const FrameView> fresh_frame_;
  // The worker's own.
  std::shared_ptr<const ProjectView> loaded_project_;
  std::shared_ptr<const FrameView> loaded_frame_;
  int64_t loaded_wish_ = 0;
  MeetingLoader meetings_;
  std::map<datasets::Id, annotate::Sightings> sightings_of_image_;  // of loaded_project_
  bool frame_is_old_ = false;  // until what is wanted now has been read
  Worker worker_;              // last: it ends before what it uses
};

}  // namespace app
