// Behaviors as an ethogram that can be changed: name, key, group, color, order, and deleting one.
#pragma once

#include <string>

#include "app/ui/view.h"

namespace app {

class BehaviorEditor {
 public:
  // The popup that changes a behavior; to be drawn once in each drawing, after Open was called.
  void Open(const datasets::BehaviorRow& behavior);
  void Draw(UiContext& context, const ProjectView& project);
  void Describe(nlohmann::json& state) const;

 private:
  void Apply(Session& session, const datasets::BehaviorRow& behavior);

  datasets::Id behavior_ = 0;  // 0: closed
  bool opens_ = false;
  char name_[96] = "", group_[96] = "", key_[8] = "";
};

}  // namespace app
