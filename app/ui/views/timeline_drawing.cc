// What TimelineView shows in its rows.
#include <algorithm>
#include <cmath>

#include "app/ui/views/timeline_view.h"

namespace app {

void TimelineView::DrawConfidence(const TimelineLane& lane, ImDrawList* draw, float top,
                                  float height) {
  const int pixels = static_cast<int>(lanes_width_);
  const std::vector<uint8_t>& folded = confidence_folds_.Of(
      lane.confidence, first_frame_, frames_shown_ / lanes_width_ * pixels, pixels);
  for (size_t x = 0; x < folded.size(); ++x) {
    const uint8_t least = folded[x];
    if (least == MinPyramid::kNothing) continue;
    const float value = static_cast<float>(least) / 254;
    const float px = lanes_left_ + static_cast<float>(x);
    draw->AddRectFilled(ImVec2(px, top + height - std::max(1.5f, value * height)),
                        ImVec2(px + 1, top + height), ConfidenceColor(value));
  }
}

void TimelineView::DrawSpans(UiContext& context, const TimelineLane& lane, ImDrawList* draw,
                             float top, float height) {
  const double per_pixel = frames_shown_ / lanes_width_;
  const bool dense = lane.spans.size() > 3000 && per_pixel > 1;
  if (dense) {
    const std::vector<PixelCover> cover =
        FoldSpans(lane.spans, first_frame_, frames_shown_, static_cast<int>(lanes_width_));
    for (size_t x = 0; x < cover.size(); ++x) {
      if (!cover[x].span) continue;
      const float px = lanes_left_ + static_cast<float>(x);
      draw->AddRectFilled(ImVec2(px, top), ImVec2(px + 1, top + height),
                          ToImColor(cover[x].span->color, 0.3f + 0.7f * cover[x].part));
    }
    return;
  }
  for (size_t i = FirstSpanAfter(lane.spans, static_cast<int>(first_frame_)); i < lane.spans.size();
       ++i) {
    TimelineSpan span = lane.spans[i];
    if (span.start_frame > first_frame_ + frames_shown_) break;
    const bool dragged = span.machine ? drag_.bout && drag_.bout->id == span.id
                                      : !drag_.bout && drag_.row.id == span.id;
    if (dragged && drag_.part != Drag::Part::kNone && lane.kind == TimelineLane::Kind::kBehavior) {
      if (drag_.row.behavior_id != lane.behavior_id || drag_.row.subject != lane.subject) continue;
      span.start_frame = drag_.row.start_frame;
      span.end_frame = drag_.row.end_frame;
    }
    const float left = std::max(XOf(span.start_frame), lanes_left_);
    const float right =
        std::min(std::max(XOf(span.end_frame), left + 2), lanes_left_ + lanes_width_);
    const ImVec2 a(left, top + (span.machine ? height * 0.6f : 0)), b(right, top + height);
    const bool selected = lane.kind == TimelineLane::Kind::kBehavior
                              ? span.machine
                                    ? selected_bout_ && selected_bout_->id == span.id
                                    : span.id != 0 && span.id == context.session.selected_interval
                              : span.id != 0 && span.id == context.session.selected_episode;
    if (span.present) {
      draw->AddRectFilled(a, b, ToImColor(span.color, span.machine ? 0.5f : 0.85f), 2);
    } else {
      // "Not this behavior": hatched, so that it never looks like the behavior itself.
      draw->AddRect(a, b, ToImColor(span.color), 2);
      for (float x = a.x; x < b.x; x += 7 * context.scale) {
        draw->AddLine(ImVec2(x, b.y), ImVec2(std::min(x + height, b.x), a.y),
                      ToImColor(span.color, 0.6f));
      }
    }
    if (selected) draw->AddRect(a, b, ImGui::GetColorU32(ImGuiCol_Text), 2, 0, 2 * context.scale);
  }
}

void TimelineView::DrawLane(UiContext& context, const TimelineLane& lane, float top, float height) {
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const float left = ImGui::GetWindowPos().x + 8 * context.scale;
  const bool active = lane.kind == TimelineLane::Kind::kBehavior &&
                      lane.subject == context.session.selected_subject &&
                      context.mode == Mode::kBehavior;
  draw->AddRectFilled(ImVec2(lanes_left_, top), ImVec2(lanes_left_ + lanes_width_, top + height),
                      ImGui::GetColorU32(ImGuiCol_FrameBg, active ? 0.9f : 0.5f), 2);
  if (lane.color) {
    draw->AddRectFilled(ImVec2(left, top + 3), ImVec2(left + 6 * context.scale, top + height - 3),
                        ToImColor(lane.color));
  }
  draw->PushClipRect(ImVec2(left, top), ImVec2(lanes_left_ - 4, top + height), true);
  draw->AddText(
      context.fonts.small, context.fonts.small->FontSize,
      ImVec2(left + 11 * context.scale, top + (height - context.fonts.small->FontSize) / 2),
      ImGui::GetColorU32(ImGuiCol_Text), lane.title.c_str());
  draw->PopClipRect();
  draw->PushClipRect(ImVec2(lanes_left_, top), ImVec2(lanes_left_ + lanes_width_, top + height),
                     true);
  if (lane.confidence) {
    DrawConfidence(lane, draw, top, height);
  } else {
    if (lane.scores) DrawScores(lane, draw, top, height);
    DrawSpans(context, lane, draw, top, height);
  }
  const bool from_elsewhere =
      drag_.part == Drag::Part::kMove &&
      std::none_of(lane.spans.begin(), lane.spans.end(), [this](const TimelineSpan& span) {
        return drag_.bout ? span.machine && span.id == drag_.bout->id
                          : !span.machine && span.id == drag_.row.id;
      });
  if ((drag_.part == Drag::Part::kNew || from_elsewhere) &&
      drag_.row.behavior_id == lane.behavior_id && drag_.row.subject == lane.subject &&
      lane.kind == TimelineLane::Kind::kBehavior) {
    draw->AddRectFilled(ImVec2(XOf(drag_.row.start_frame), top),
                        ImVec2(XOf(drag_.row.end_frame), top + height),
                        ToImColor(lane.color, 0.6f));
  }
  for (const OpenBehavior& open : open_behaviors_) {
    if (lane.kind != TimelineLane::Kind::kBehavior || open.behavior_id != lane.behavior_id ||
        open.subject != lane.subject || open.video_id != context.session.video_id()) {
      continue;
    }
    draw->AddRectFilled(ImVec2(XOf(open.start_frame), top),
                        ImVec2(XOf(context.session.frame() + 1), top + height),
                        ToImColor(lane.color, 0.55f));
  }
  draw->PopClipRect();
}

}  // namespace app
