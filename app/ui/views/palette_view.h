// Every command, found by a few letters.
#pragma once

#include "app/ui/view.h"

namespace app {

class PaletteView : public View {
 public:
  const char* id() const override { return "palette"; }
  const char* title() const override { return "Command palette"; }
  void AddActions(ActionTable& actions, Session& session) override;
  void Draw(UiContext& context) override;
  void Describe(nlohmann::json& state) const override;

 private:
  bool appear_ = false;
  bool open_ = false;
  int at_ = 0;
  char query_[128] = "";
};

}  // namespace app
