// The video in time: confidence, queue, labels and behavior, from the whole video to single frames,
// with a small strip of the whole above.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/gl/row_picture.h"
#include "app/model/requests/behavior_requests.h"
#include "app/model/session/timeline_feed.h"
#include "app/ui/view.h"

namespace app {

class TimelineView : public View {
 public:
  TimelineView();
  ~TimelineView() override;
  const char* id() const override { return "timeline"; }
  const char* title() const override { return "Timeline"; }
  void AddActions(ActionTable& actions, Session& session) override;
  void Draw(UiContext& context) override;
  void Describe(nlohmann::json& state) const override;
  // The letter of a behavior starts or ends it; true when it is one.
  bool OnKey(const Chord& chord, UiContext& context);

 private:
  static constexpr float kMachineTop = 0.6f;  // of a row's height: predicted bouts lie below it
  struct Drag {
    enum class Part { kNone, kSeek, kStartEdge, kEndEdge, kMove, kNew };
    Part part = Part::kNone;
    datasets::BehaviorIntervalRow row;  // as it would be when the button is let go
    std::optional<datasets::BehaviorPredictionRow> bout;  // the predicted one that is corrected
    int grabbed_frame = 0;
    bool moved = false;
    datasets::BehaviorIntervalRow seen;  // the label's, when it was grabbed
  };
  void ChooseSubject(Session& session, const ProjectView& project);
  void DrawTransport(UiContext& context);
  void DrawStrip(UiContext& context, const TimelineContent& content);
  void DrawRuler(UiContext& context, const TimelineContent& content, float left, float width);
  // `slot`: two pictures of each row, its curve and its spans.
  void DrawLane(UiContext& context, size_t slot, const TimelineLane& lane, float top, float height);
  void DrawPicture(size_t slot, const RowPicture::Key& key, ImDrawList* draw, float top,
                   float height, const std::function<void(cv::Mat*)>& paint);
  void DrawConfidence(size_t slot, const TimelineLane& lane, ImDrawList* draw, float top,
                      float height);
  void DrawScores(size_t slot, const TimelineLane& lane, ImDrawList* draw, float top, float height);
  static void DrawFlag(ImDrawList* draw, ImVec2 foot, float height);
  void DrawSpans(UiContext& context, size_t slot, const TimelineLane& lane, ImDrawList* draw,
                 float top, float height);
  void DrawDense(size_t slot, const TimelineLane& lane, const RowPicture::Key& key,
                 ImDrawList* draw, float top, float height);
  // So many spans in view that they are painted as columns.
  bool IsDense(const TimelineLane& lane) const;
  bool IsSelected(const UiContext& context, const TimelineLane& lane,
                  const TimelineSpan& span) const;
  void AddBoutActions(ActionTable& actions, Session& session);
  // Selects a predicted bout and its episode, and takes hold of the part under the mouse.
  void GrabBout(UiContext& context, const TimelineLane& lane, const TimelineSpan& span,
                Drag::Part part, int frame);
  void DecideBout(Session& session, bool accept);
  void HandleLaneMouse(UiContext& context, const TimelineLane& lane, float top, float height);
  void HandleZoom(UiContext& context, const TimelineContent& content);
  void FinishDrag(UiContext& context, const TimelineContent& content);
  // The behavior row at a height of the window; null when there is none.
  const TimelineLane* BehaviorRowAt(const TimelineContent& content, float y) const;
  float XOf(double frame) const;
  double FrameAt(float x) const;
  void ShowFrame(int frame);

  std::unique_ptr<TimelineFeed> feed_;
  double first_frame_ = 0, frames_shown_ = 0;  // visible span
  datasets::Id shown_video_ = 0;
  float lanes_left_ = 0, lanes_width_ = 1;  // window pixels
  int last_frame_ = -1;
  std::string given_subject_;  // that the digits mark until a person chooses another
  std::pair<datasets::Id, int64_t> subject_given_at_{0, -1};  // video and revision
  std::vector<std::pair<std::string, float>> lane_middles_;   // title, window y; as drawn last
  float lane_height_ = 20;
  std::vector<RowPicture> pictures_;
  std::shared_ptr<const TimelineContent> content_;  // as drawn last
  Drag drag_;
  // Until the canvas has selected it: an animal without a name, in the frame that it was sought in.
  std::optional<std::pair<int, int>> follows_;
  std::vector<OpenBehavior> open_behaviors_;
  std::optional<datasets::Id> behavior_job_;  // of the content as drawn last
  std::optional<datasets::BehaviorPredictionRow> selected_bout_;
  char frame_text_[24] = "";  // of the box that a frame is typed into
  bool typing_frame_ = false, asks_for_frame_ = false;
};

}  // namespace app
