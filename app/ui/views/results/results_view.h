// The page of results of the video in view: who did what how long, where each animal was, and how
// fast, above the timeline and on its span of time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/gl/row_picture.h"
#include "app/gl/small_picture.h"
#include "app/model/results/result_saves.h"
#include "app/model/results/results_feed.h"
#include "app/ui/view.h"

namespace app {

class ResultsView : public View {
 public:
  const char* id() const override { return "results"; }
  const char* title() const override { return "Results"; }
  void AddActions(ActionTable& actions, Session& session) override;
  void Advance(UiContext& context) override;
  void Draw(UiContext& context) override;
  void Describe(nlohmann::json& state) const override;

  // Asks for a file to write, of which a name is suggested; calls back with its path.
  std::function<void(const std::string& suggested, std::function<void(const std::string&)>)> choose;

 private:
  using Shown = std::shared_ptr<const ShownResults>;
  void Save(Session& session, datasets::ResultPart part, const char* ending);
  void ServeSaves(Session& session);
  void Want(Session& session, datasets::Id video_id, int64_t revision);
  void DrawHeading(UiContext& context, const ShownResults& shown, bool is_old);
  void DrawSaving(UiContext& context, datasets::ResultPart part);
  void DrawTable(UiContext& context, const Shown& shown, float width);
  void DrawTableRow(UiContext& context, const Shown& shown, size_t row);
  void DrawAnimals(UiContext& context, const ShownResults& shown);
  void DrawPicture(const cv::Mat& bgr, size_t slot, float width);
  void DrawCurves(UiContext& context, const Shown& shown, float height);
  void DrawCurveTip(const ShownResults& shown, int frame) const;

  std::unique_ptr<ResultsFeed> feed_;
  Shown content_;  // as drawn last
  // What is still to be saved; the file browser may outlive this view.
  std::shared_ptr<ResultSaves> saves_ = std::make_shared<ResultSaves>();
  // Of content_, made when they are seen.
  std::vector<RowPicture> strips_, curves_;
  std::vector<std::unique_ptr<SmallPicture>> pictures_;
  std::shared_ptr<const void> pictures_of_;
  // Where things stand, window pixels; the curves' from the least x, top to the height.
  ImVec2 curves_low_, curves_high_, save_budget_;
  int tip_frame_ = -1;
  bool asks_for_label_ = false;
};

}  // namespace app
