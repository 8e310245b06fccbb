// The animals: names, colors, which of them this frame has; swapping two of them with a visible
// reach.
#pragma once

#include <optional>

#include "annotate/edits.h"
#include "app/model/label_requests.h"
#include "app/ui/view.h"

namespace app {

class AnimalsView : public View {
 public:
  const char* id() const override { return "animals"; }
  const char* title() const override { return "Animals"; }
  void AddActions(ActionTable& actions, UiContext& context) override;
  void Draw(UiContext& context) override;
  void Describe(nlohmann::json& state) const override;
  bool wants_focus() override { return std::exchange(wants_focus_, false); }

 private:
  struct SwapCount {  // counted by a worker for one question
    std::mutex mutex;
    std::string question;
    std::optional<annotate::SwapSize> answer;
  };
  void DrawAnimals(UiContext& context, const ProjectView& project);
  void DrawSwap(UiContext& context, const ProjectView& project);
  void AskCount(UiContext& context, const ProjectView& project, FrameSpan span);

  char new_name_[96] = "";
  char rename_[96] = "";
  datasets::Id renaming_ = 0;
  datasets::Id swap_a_ = 0, swap_b_ = 0;
  int reach_ = 2;
  int span_start_ = 0, span_end_ = 0;
  bool wants_focus_ = false;
  ImVec2 swap_button_;  // middle, window pixels
  std::shared_ptr<SwapCount> count_ = std::make_shared<SwapCount>();
};

}  // namespace app
