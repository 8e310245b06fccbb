// The project's models in the panel of training: which one predicts, and what becomes of those
// whose training was cancelled.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "app/ui/view.h"
#include "infer/run/models.h"

namespace app {

class ModelsList {
 public:
  // Draws the choice; the project has models.
  void Draw(UiContext& context, std::shared_ptr<const ProjectView> shown);
  // What predicts: the chosen model, else the default. `why` is filled in where there is none.
  const datasets::ModelRow* Taken(const ProjectView& project, std::string* why) const;
  // The same for key points.
  const datasets::ModelRow* TakenForPoints(const ProjectView& project, std::string* why);
  void Describe(nlohmann::json& state) const;

 private:
  // What the rows say of a model, worked out once for each state of the project: it reads figures
  // out of JSON.
  struct Judged {
    bool undecided = false, has_predicted = false;
    std::optional<infer::HeldBack> held;
  };
  void Judge(std::shared_ptr<const ProjectView> project);
  const datasets::ModelRow* Chosen(const ProjectView& project) const;
  void DrawUndecided(UiContext& context, const ProjectView& project);
  void DrawTable(UiContext& context, const ProjectView& project);

  std::shared_ptr<const ProjectView> judged_of_;
  std::map<datasets::Id, Judged> judged_;
  infer::DefaultModel default_;    // points into judged_of_
  datasets::Id points_model_ = 0;  // that finds key points by itself; 0: none
  std::string no_points_why_;      // or why not
  int64_t points_revision_ = -1;   // of the project of which this is true
  datasets::Id chosen_ = 0;        // 0: the default
  std::string default_text_;
  std::vector<std::string> undecided_;
  ImVec2 keep_button_;  // middle of the last one, window pixels
};

}  // namespace app
