// The list of behaviors: names, kinds, exclusion groups and keys.
#pragma once

#include <map>
#include <string>

#include "app/model/requests/behavior_requests.h"
#include "app/ui/view.h"
#include "app/ui/views/behavior_editor.h"
#include "app/ui/views/notes/bout_editor.h"

namespace app {

class BehaviorsView : public View {
 public:
  const char* id() const override { return "behaviors"; }
  const char* title() const override { return "Behaviors"; }
  void AddActions(ActionTable& actions, Session& session) override;
  void Advance(UiContext& context) override;
  void Draw(UiContext& context) override;
  void Describe(nlohmann::json& state) const override;

 private:
  BehaviorEditor editor_;
  BoutEditor bout_editor_;
  std::map<std::string, ImVec2> rows_;  // middles by name, window pixels
  void DrawRegions(UiContext& context, const ProjectView& project);

  char name_[96] = "";
  char group_[64] = "";
  char region_[96] = "";
  bool is_point_ = false;
  std::map<datasets::Id, int> bouts_;  // of each behavior, as drawn last
  std::string asked_region_;           // the name of one to be drawn, "" = none
};

}  // namespace app
