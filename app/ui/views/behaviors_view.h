// The list of behaviors: names, kinds, exclusion groups and keys.
#pragma once

#include "app/model/behavior_requests.h"
#include "app/ui/view.h"

namespace app {

class BehaviorsView : public View {
 public:
  const char* id() const override { return "behaviors"; }
  const char* title() const override { return "Behaviors"; }
  void Draw(UiContext& context) override;

 private:
  char name_[96] = "";
  char group_[64] = "";
  bool is_point_ = false;
};

}  // namespace app
