// Episodes that are probably wrong, most suspicious first: go, look, decide.
#pragma once

#include "app/model/session/shown_queue.h"
#include "app/ui/view.h"
#include "app/ui/views/review/meeting_panel.h"
#include "app/ui/views/review/unknown_panel.h"

namespace app {

class ReviewView : public View {
 public:
  const char* id() const override { return "review"; }
  const char* title() const override { return "Review"; }
  void AddActions(ActionTable& actions, Session& session) override;
  void Draw(UiContext& context) override;
  void Describe(nlohmann::json& state) const override;
  void Advance(UiContext& context) override;
  bool wants_focus() override { return std::exchange(wants_focus_, false); }

 private:
  void AddUnknownActions(ActionTable& actions, Session& session);
  void Next(Session& session);
  void DrawEpisodes(UiContext& context, const ProjectView& project);
  void Decide(Session& session, Decision decision);
  void Name(Session& session, size_t digit);
  void Show(Session& session, const datasets::ReviewItemRow& item);
  void DrawFilters(UiContext& context, const ProjectView& project);
  void DrawList(UiContext& context, const ProjectView& project);
  void DrawReason(const datasets::ReviewItemRow* current);
  void ZoomToEpisode(UiContext& context);

  MeetingPanel meetings_;
  UnknownPanel unknown_;
  bool meetings_wanted_ = false, unknown_wanted_ = false;  // the tab comes to the front
  bool wants_focus_ = false;
  bool reviews_ = false;  // the mode, when it was drawn last
  ReviewFilter filter_;
  ReviewProgress progress_;
  ImVec2 accept_button_;       // window pixels
  ImVec2 tabs_, unknown_tab_;  // the middles of the tabs of meetings, of unknown animals
  std::vector<size_t> shown_;  // what the list shows, of the revision and filter below
  ReviewFilter shown_filter_;
  int64_t shown_revision_ = -1;
  std::string reason_;  // of the episode that is shown
  double shown_since_ = 0;
  bool zoom_wanted_ = false;
  datasets::Id advance_after_ = 0;  // episode just decided: move on once the view has it
};

}  // namespace app
