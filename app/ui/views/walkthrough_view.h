// The three jobs in three short pages, at the first start and under Help.
#pragma once

#include <functional>

#include "app/ui/view.h"

namespace app {

class WalkthroughView : public View {
 public:
  explicit WalkthroughView(bool open_now) : open_(open_now) {}
  const char* id() const override { return "walkthrough"; }
  const char* title() const override { return "Walk-through"; }
  void AddActions(ActionTable& actions, Session& session) override;
  void Draw(UiContext& context) override;
  void Describe(nlohmann::json& state) const override;
  std::function<void()> on_close;  // the person has closed it

 private:
  bool open_ = false;
  int page_ = 0;
  ImVec2 next_button_;  // middle, window pixels
};

}  // namespace app
