// The page of a camera: what is to be followed, then its picture with outlines and names while it
// is recorded, and the figures beside it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "app/gl/moving_picture.h"
#include "app/model/live/live_job.h"
#include "app/ui/view.h"
#include "app/ui/views/live/live_form.h"

namespace app {

class LiveView : public View {
 public:
  LiveView();
  const char* id() const override { return "live"; }
  const char* title() const override { return "Live"; }
  void AddActions(ActionTable& actions, Session& session) override;
  void Advance(UiContext& context) override;
  void Draw(UiContext& context) override;
  void Describe(nlohmann::json& state) const override;

  bool recording() const { return watch_->running(); }
  LiveForm& form() { return form_; }

 private:
  void Start(Session& session);
  void Stop(Session& session);
  void DrawPicture(UiContext& context, ImVec2 area);
  void DrawOutlines(UiContext& context, ImVec2 origin, float scale) const;
  void DrawClicks(UiContext& context, ImVec2 origin, float scale) const;
  void DrawFigures();
  void DrawNews();
  // Whether clicks on the picture still say which animal gets which number.
  bool TakesClicks() const;
  std::string HintText() const;

  LiveForm form_;
  LiveSetup started_;  // what runs, or ran last
  std::shared_ptr<LiveWatch> watch_;
  std::shared_ptr<const LiveWatch::View> seen_;
  int64_t seen_version_ = 0;
  std::shared_ptr<const LiveWatch::Picture> picture_;
  std::shared_ptr<const LiveWatch::Picture> uploaded_;
  std::shared_ptr<infer::LiveClicks> clicks_;  // of started_; null: no clicks are taken
  MovingPicture texture_;
  int64_t job_ = 0;
  bool saw_animals_ = false;  // since it was started
  bool stopping_ = false;
  ImVec2 picture_at_;  // upper left corner, window pixels
  float picture_scale_ = 1;
  std::map<std::string, ImVec2> middles_;  // of what a hand clicks, window pixels
};

}  // namespace app
