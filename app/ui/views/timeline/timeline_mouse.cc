// What the mouse does in the rows of TimelineView.
#include <algorithm>
#include <cmath>

#include "app/ui/views/timeline/timeline_view.h"

namespace app {
namespace {

constexpr float kEdgePixels = 5;

}  // namespace

void TimelineView::HandleLaneMouse(UiContext& context, const TimelineLane& lane, float top,
                                   float height) {
  const bool is_unknown = lane.kind == TimelineLane::Kind::kUnknown;
  const bool takes_clicks = is_unknown || lane.kind == TimelineLane::Kind::kBehavior ||
                            lane.kind == TimelineLane::Kind::kQueue;
  if (!takes_clicks) return;
  Session& session = context.session;
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  if (mouse.y < top || mouse.y >= top + height || mouse.x < lanes_left_) return;
  const float reach = kEdgePixels * context.scale;
  const double frames_a_pixel = frames_shown_ / lanes_width_;
  const TimelineSpan* hit = SpanAt(lane.spans, FrameAt(mouse.x), reach * frames_a_pixel,
                                   mouse.y >= top + kMachineTop * height);
  Drag::Part part = Drag::Part::kNone;
  if (hit) {
    part = hit->is_point                                        ? Drag::Part::kMove
           : std::abs(mouse.x - XOf(hit->start_frame)) <= reach ? Drag::Part::kStartEdge
           : std::abs(mouse.x - XOf(hit->end_frame)) <= reach   ? Drag::Part::kEndEdge
                                                                : Drag::Part::kMove;
  }
  const int frame = static_cast<int>(std::floor(FrameAt(mouse.x)));
  if (lane.kind == TimelineLane::Kind::kQueue) {
    if (hit && ImGui::IsMouseClicked(0)) {
      session.selected_episode = hit->id;
      session.GoToFrame(hit->start_frame);
    }
    return;
  }
  if (is_unknown) {
    if (hit && ImGui::IsMouseClicked(0)) {
      session.SetPlaying(false, session.speed());
      session.selected_annotation = 0;
      session.GoToFrame(hit->start_frame);
      follows_ = {session.frame(), static_cast<int>(hit->id) - 1};
    }
    return;
  }
  if (part == Drag::Part::kStartEdge || part == Drag::Part::kEndEdge) {
    ImGui::SetMouseCursor(ImGuiMouseCursor_ResizeEW);
  }
  if (!ImGui::IsMouseClicked(0) || drag_.part != Drag::Part::kNone) return;
  if (hit && !hit->machine) {
    const auto project = session.project_view();
    const auto* row = project ? FindInterval(*project, session.video_id(), hit->id) : nullptr;
    if (!row) return;
    session.selected_interval = hit->id;
    selected_bout_.reset();
    drag_ = {part, *row, std::nullopt, frame, false, *row};
  } else if (hit) {
    GrabBout(context, lane, *hit, part, frame);
  } else if (ImGui::GetIO().KeyShift) {
    drag_ = {Drag::Part::kNew, {}, std::nullopt, frame, false, {}};
    drag_.row.video_id = session.video_id();
    drag_.row.behavior_id = lane.behavior_id;
    drag_.row.subject = lane.subject;
    drag_.row.present = !ImGui::GetIO().KeyAlt;
    drag_.row.start_frame = frame;
    drag_.row.end_frame = frame + 1;
  } else {
    session.selected_interval = 0;
    selected_bout_.reset();
    session.selected_subject = lane.subject;
    session.GoToFrame(frame);
  }
}

const TimelineLane* TimelineView::BehaviorRowAt(const TimelineContent& content, float y) const {
  for (size_t i = 0; i < content.lanes.size() && i < lane_middles_.size(); ++i) {
    if (std::abs(lane_middles_[i].second - y) > lane_height_ / 2 + 2) continue;
    return content.lanes[i].kind == TimelineLane::Kind::kBehavior ? &content.lanes[i] : nullptr;
  }
  return nullptr;
}

void TimelineView::FinishDrag(UiContext& context, const TimelineContent& content) {
  if (drag_.part == Drag::Part::kNone) return;
  const int frame = static_cast<int>(std::floor(FrameAt(ImGui::GetIO().MousePos.x)));
  const int count = context.session.frame_count();
  datasets::BehaviorIntervalRow& row = drag_.row;
  if (frame != drag_.grabbed_frame || drag_.part == Drag::Part::kNew) {
    drag_.moved = true;
    switch (drag_.part) {
      case Drag::Part::kStartEdge:
        row.start_frame = std::clamp(frame, 0, row.end_frame - 1);
        break;
      case Drag::Part::kEndEdge:
        row.end_frame = std::clamp(frame, row.start_frame + 1, count);
        break;
      case Drag::Part::kMove: {
        const int by =
            std::clamp(frame - drag_.grabbed_frame, -row.start_frame, count - row.end_frame);
        row.start_frame += by;
        row.end_frame += by;
        drag_.grabbed_frame += by;
        break;
      }
      case Drag::Part::kNew:
        row.start_frame = std::clamp(std::min(frame, drag_.grabbed_frame), 0, count - 1);
        row.end_frame =
            std::clamp(std::max(frame, drag_.grabbed_frame) + 1, row.start_frame + 1, count);
        break;
      default:
        break;
    }
  }
  if (drag_.part == Drag::Part::kMove) {  // up or down: another row takes it
    const TimelineLane* lane = BehaviorRowAt(content, ImGui::GetIO().MousePos.y);
    if (lane && (lane->behavior_id != row.behavior_id || lane->subject != row.subject)) {
      row.behavior_id = lane->behavior_id;
      row.subject = lane->subject;
      row.track_id = lane->track_id;
      drag_.moved = true;
    }
  }
  if (ImGui::IsMouseDown(0)) {
    context.status_hint = "frames " + std::to_string(row.start_frame) + " to " +
                          std::to_string(row.end_frame - 1) + "; Escape keeps it as it was";
    if (ImGui::IsKeyPressed(ImGui::GetKeyIndex(ImGuiKey_Escape))) drag_ = Drag();
    return;
  }
  if (drag_.moved) {
    if (drag_.bout) {
      RequestCorrectBout(context.session, *drag_.bout, row);
      selected_bout_.reset();
    } else if (drag_.part == Drag::Part::kNew) {
      RequestAddInterval(context.session, row);
    } else {
      RequestChangeInterval(context.session, drag_.seen, row);
    }
  }
  drag_ = Drag();
}

}  // namespace app
