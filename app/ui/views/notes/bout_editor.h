// The selected bout by numbers and words: where it starts and ends exactly, what was noted about
// it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "app/ui/note_field.h"
#include "app/ui/view.h"

namespace app {

class BoutEditor {
 public:
  void Draw(UiContext& context, const datasets::BehaviorIntervalRow& bout);
  void Describe(nlohmann::json& state) const;
  void Advance() { note_.LeaveIfHidden(); }  // before each drawing of the window

 private:
  void DrawSpan(UiContext& context, const datasets::BehaviorIntervalRow& bout);
  void DrawNote(UiContext& context, const datasets::BehaviorIntervalRow& bout);

  datasets::BehaviorIntervalRow shown_;  // that the numbers are of
  char from_[24] = "", to_[24] = "";
  NoteField note_;
  ImVec2 from_at_, note_at_, flag_at_;  // middles, window pixels
};

}  // namespace app
