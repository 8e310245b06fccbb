// Meetings in the review panel: each animal before and after it, side by side, and the decision.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "app/gl/small_picture.h"
#include "app/model/session/shown_meetings.h"
#include "app/ui/view.h"

namespace app {

class MeetingPanel {
 public:
  void Attach(Session& session);
  bool active() const { return active_; }
  void SetActive(Session& session, bool active);
  void Next(Session& session);
  void Decide(Session& session, infer::MeetingVerdict verdict);
  void Draw(UiContext& context, const ProjectView& project);
  void Describe(nlohmann::json& state) const;

 private:
  void Show(Session& session, const infer::ReviewedMeeting& meeting);
  void DrawSides(UiContext& context, const ProjectView& project,
                 const infer::ReviewedMeeting& meeting);
  void DrawSide(UiContext& context, const MeetingSide* side, const std::string& name, ImU32 color,
                float width);
  void DrawPair(const ProjectView& project, const infer::ReviewedMeeting& meeting);
  void DrawList(UiContext& context, const ProjectView& project);

  bool active_ = false;
  datasets::Id current_ = 0;
  datasets::Id advance_after_ = 0;  // just decided: move on once the view has it
  int a_ = -1, b_ = -1;             // tracks that change names by X
  double shown_since_ = 0;
  int open_ = 0, total_ = 0;
  std::string verdict_;
  std::unique_ptr<MeetingPictures> pictures_;
  std::shared_ptr<const MeetingPictures::Sides> sides_;
  std::map<const MeetingSide*, std::unique_ptr<SmallPicture>> textures_;  // of sides_
};

}  // namespace app
