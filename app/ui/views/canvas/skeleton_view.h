// A small window that makes a skeleton: which key points an animal has.
#pragma once

#include <string>

#include "app/ui/view.h"

namespace app {

class SkeletonView : public View {
 public:
  const char* id() const override { return "skeleton"; }
  const char* title() const override { return "New skeleton"; }
  void AddActions(ActionTable& actions, Session& session) override;
  void Draw(UiContext& context) override;
  void Describe(nlohmann::json& state) const override;

 private:
  void Fill();
  void DrawFields(UiContext& context);
  void DrawButtons(UiContext& context);

  bool open_ = false, starts_ = false;
  int settling_ = 0;            // frames that are drawn at once after opening
  bool pairs_are_own_ = false;  // typed by a person: the names do not fill them in any more
  char name_[96] = "", points_[2048] = "", edges_[2048] = "", pairs_[2048] = "";
  std::string error_;  // why it cannot be made, "" = it can
  ImVec2 points_field_{0, 0}, make_button_{0, 0};
};

}  // namespace app
