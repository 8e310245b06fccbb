// Notes and flags: of the frame and the bout in view, and the list of all, to find them again.
#pragma once

#include <string>
#include <vector>

#include "app/model/requests/note_requests.h"
#include "app/ui/view.h"

namespace app {

class NotesView : public View {
 public:
  const char* id() const override { return "notes"; }
  const char* title() const override { return "Notes"; }
  void AddActions(ActionTable& actions, Session& session) override;
  void Draw(UiContext& context) override;
  void Describe(nlohmann::json& state) const override;

 private:
  void Refresh(const ProjectView& project);
  void Go(Session& session, int direction);
  void DrawNoteOfFrame(UiContext& context, const ProjectView& project);
  void DrawList(UiContext& context, const ProjectView& project);

  bool open_ = false, appears_ = false;
  std::pair<datasets::Id, int> noted_{0, -1};  // video and frame of the text
  std::string stored_;
  char text_[512] = "";
  char filter_[96] = "";
  bool only_flagged_ = false;
  int64_t revision_ = -1;
  std::vector<FlaggedPlace> places_;  // of that revision
  std::vector<size_t> listed_;
  std::string listed_for_;
};

}  // namespace app
