// A report made from the window, with the options of `vole report`: what it would write is shown
// before it does.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/model/requests/report_requests.h"
#include "app/model/results/report_planner.h"
#include "app/ui/view.h"

namespace app {

class ReportView : public View {
 public:
  const char* id() const override { return "report"; }
  const char* title() const override { return "Report"; }
  void AddActions(ActionTable& actions, Session& session) override;
  void Draw(UiContext& context) override;
  void Describe(nlohmann::json& state) const override;
  // Of these videos alone.
  void OpenFor(Session& session, std::vector<std::string> videos);

  // Asks for the folder to write to; calls back with its path.
  std::function<void(std::function<void(const std::string&)>)> choose;

 private:
  void Open(Session& session);
  void DrawChoice(UiContext& context, const ProjectView& project);
  void DrawFiles(UiContext& context, const ReportOutlook* outlook);
  void DrawBudget(const std::vector<datasets::BudgetRow>& budget) const;
  void DrawOutcome(UiContext& context, bool may_write);

  bool open_ = false;
  ReportChoice choice_;
  char folder_[1024] = "";
  // What was chosen meanwhile; the file browser may outlive this view.
  std::shared_ptr<std::string> chosen_ = std::make_shared<std::string>();
  std::shared_ptr<ExchangeNews> news_ = std::make_shared<ExchangeNews>();
  std::string written_folder_;
  std::vector<std::string> changed_;  // options, as drawn last
  std::unique_ptr<ReportPlanner> planner_;
  std::shared_ptr<const ReportOutlook> outlook_;  // as drawn last
  ImVec2 write_, open_folder_, motion_;           // middles of buttons, window pixels
};

}  // namespace app
