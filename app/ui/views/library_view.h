// Videos of the project, and the frames that are labeled or proposed for labeling.
#pragma once

#include <map>

#include "app/ui/view.h"

namespace app {

class LibraryView : public View {
 public:
  const char* id() const override { return "library"; }
  const char* title() const override { return "Videos"; }
  void AddActions(ActionTable& actions, Session& session) override;
  void Draw(UiContext& context) override;
  void Describe(nlohmann::json& state) const override;

 private:
  struct Counts {  // of one video
    int labeled = 0, proposed = 0, to_review = 0, bouts = 0;
    bool predicted = false, missing = false;
  };
  void Count(const ProjectView& project);
  void DrawVideos(UiContext& context, const ProjectView& project);
  void DrawVideo(UiContext& context, const datasets::VideoRow& video);
  void DrawRemoval(UiContext& context, const ProjectView& project);
  void DrawFrameMenu(UiContext& context, const ProjectView& project, int frame);
  void DrawFrames(UiContext& context, const ProjectView& project);

  std::map<datasets::Id, Counts> counts_;  // by video
  int64_t counted_revision_ = -1;
  ImGuiTextFilter filter_;
  datasets::Id asks_to_remove_ = 0;
  bool opens_removal_ = false;
  int count_ = 20;
  int method_ = 0;
  int listed_frame_ = -1;  // that the list of frames has been scrolled to
  ImVec2 list_low_, list_high_, videos_high_;
};

}  // namespace app
