// The project's models in the panel of training: which one predicts, and what becomes of those
// whose training was cancelled.
#pragma once

#include "app/ui/view.h"
#include "infer/run/models.h"

namespace app {

class ModelsList {
 public:
  // Draws the choice; the project has models.
  void Draw(UiContext& context, const ProjectView& project);
  // What predicts: the chosen model, else the default. `why` is filled in where there is none.
  const datasets::ModelRow* Taken(const ProjectView& project, std::string* why) const;
  void Describe(nlohmann::json& state) const;

 private:
  const datasets::ModelRow* Chosen(const ProjectView& project) const;
  void DrawUndecided(UiContext& context, const ProjectView& project);
  void DrawTable(UiContext& context, const ProjectView& project);

  datasets::Id chosen_ = 0;  // 0: the default
  std::string default_text_;
  std::vector<std::string> undecided_;
  ImVec2 keep_button_;  // middle of the last one, window pixels
};

}  // namespace app
