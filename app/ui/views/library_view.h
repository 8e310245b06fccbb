// Videos of the project, and the frames that are labeled or proposed for labeling.
#pragma once

#include <mutex>
#include <vector>

#include "app/ui/view.h"

namespace app {

class LibraryView : public View {
 public:
  const char* id() const override { return "library"; }
  const char* title() const override { return "Videos"; }
  void AddActions(ActionTable& actions, Session& session) override;
  void Draw(UiContext& context) override;

 private:
  void DrawVideos(UiContext& context, const ProjectView& project);
  void DrawFrames(UiContext& context, const ProjectView& project);
  void Propose(Session& session);
  void GoToProposal(Session& session, int direction);

  struct Proposals {  // filled by a job
    std::mutex mutex;
    datasets::Id video_id = 0;
    std::vector<int> frames;  // increasing
  };
  std::shared_ptr<Proposals> proposals_ = std::make_shared<Proposals>();
  int count_ = 20;
  int method_ = 0;
};

}  // namespace app
