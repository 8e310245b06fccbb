// The animals: names, colors, which of them this frame has; swapping two of them or naming one
// otherwise, with a reach that is always visible.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "app/model/requests/label_requests.h"
#include "app/model/session/name_counter.h"
#include "app/ui/view.h"

namespace app {

class AnimalsView : public View {
 public:
  const char* id() const override { return "animals"; }
  const char* title() const override { return "Animals"; }
  void AddActions(ActionTable& actions, Session& session) override;
  void Draw(UiContext& context) override;
  void Describe(nlohmann::json& state) const override;
  bool wants_focus() override { return std::exchange(wants_focus_, false); }

 private:
  void StartRenaming(const datasets::CategoryRow& animal);
  void DrawAnimals(UiContext& context, const ProjectView& project);
  void DrawUnknown(UiContext& context, const ProjectView& project, const FrameView* frame);
  void DrawNameChange(UiContext& context, const ProjectView& project);
  FrameSpan DrawReach(UiContext& context, const ProjectView& project);
  std::string DescribeReach(UiContext& context, const ProjectView& project, FrameSpan span);
  NamePreview PreviewOf(const Session& session, FrameSpan span, const std::string& reach) const;

  char new_name_[96] = "";
  char rename_[96] = "";
  datasets::Id renaming_ = 0;
  bool renaming_starts_ = false;        // the field takes the keyboard
  std::map<std::string, ImVec2> rows_;  // middles by name, window pixels
  annotate::NameChange change_ = annotate::NameChange::kSwap;
  datasets::Id first_ = 0, second_ = 0;
  int reach_ = 2;
  int span_start_ = 0, span_end_ = 0;
  bool wants_focus_ = false;
  ImVec2 change_button_, reassign_choice_, span_choice_;  // middles, window pixels
  std::string reach_text_;
  std::unique_ptr<NameCounter> counter_;
};

}  // namespace app
