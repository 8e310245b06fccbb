// Notes and flags: of the frame and the bout in view, and the list of all, to find them again.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/model/requests/note_requests.h"
#include "app/ui/note_field.h"
#include "app/ui/view.h"

namespace app {

class NotesView : public View {
 public:
  const char* id() const override { return "notes"; }
  const char* title() const override { return "Notes"; }
  void AddActions(ActionTable& actions, Session& session) override;
  void Advance(UiContext& context) override;
  void Draw(UiContext& context) override;
  void Describe(nlohmann::json& state) const override;

 private:
  void Refresh(const ProjectView& project);
  void Go(Session& session, int direction);
  void Show(Session& session, const FlaggedPlace& place);
  void Flag(Session& session) const;
  void DrawNoteOfFrame(UiContext& context, const ProjectView& project);
  void DrawList(UiContext& context, const ProjectView& project);

  bool open_ = false, appears_ = false;
  using VideoFrame = std::pair<datasets::Id, int>;
  VideoFrame noted_{0, -1};  // what the field is about
  NoteField note_;
  datasets::Id selected_ = 0;  // the bout, and where a person stood when it was chosen
  VideoFrame selected_at_{0, -1};
  std::optional<FlaggedPlace> last_;  // that a person was led to
  char filter_[96] = "";
  bool only_flagged_ = false;
  int64_t revision_ = -1;
  std::vector<FlaggedPlace> places_;  // of that revision
  std::vector<size_t> listed_;
  std::string listed_for_;
};

}  // namespace app
