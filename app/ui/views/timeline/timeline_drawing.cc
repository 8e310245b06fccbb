// What TimelineView shows in its rows.
#include <algorithm>
#include <array>
#include <cmath>

#include "app/model/timeline/row_paint.h"
#include "app/ui/views/timeline/timeline_view.h"

namespace app {

namespace {

// More spans than this in view are painted as columns of pixels.
constexpr size_t kMostRectangles = 200;

RowColor ToRowColor(ImU32 color) {
  return {static_cast<uint8_t>(color >> IM_COL32_R_SHIFT),
          static_cast<uint8_t>(color >> IM_COL32_G_SHIFT),
          static_cast<uint8_t>(color >> IM_COL32_B_SHIFT),
          static_cast<uint8_t>(color >> IM_COL32_A_SHIFT)};
}

std::array<RowColor, 255> ConfidenceColors() {
  std::array<RowColor, 255> colors;
  for (size_t i = 0; i < colors.size(); ++i) {
    colors[i] = ToRowColor(ConfidenceColor(static_cast<double>(i) / 254));
  }
  return colors;
}

}  // namespace

void TimelineView::DrawFlag(ImDrawList* draw, ImVec2 foot, float height) {
  const ImVec2 top(foot.x, foot.y - height);
  draw->AddLine(foot, top, WarningColor(), 1.5f);
  draw->AddTriangleFilled(top, ImVec2(top.x + 0.6f * height, top.y + 0.25f * height),
                          ImVec2(top.x, top.y + 0.5f * height), WarningColor());
}

void TimelineView::DrawPicture(size_t slot, const RowPicture::Key& key, ImDrawList* draw, float top,
                               float height, const std::function<void(cv::Mat*)>& paint) {
  while (pictures_.size() <= slot) pictures_.emplace_back();
  const int columns = static_cast<int>(lanes_width_);
  const GLuint texture = pictures_[slot].Of(key, columns, static_cast<int>(height), paint);
  draw->AddImage(reinterpret_cast<ImTextureID>(static_cast<intptr_t>(texture)),
                 ImVec2(lanes_left_, top),
                 ImVec2(lanes_left_ + static_cast<float>(columns), top + height));
}

void TimelineView::DrawConfidence(size_t slot, const TimelineLane& lane, ImDrawList* draw,
                                  float top, float height) {
  DrawPicture(slot, {lane.confidence, first_frame_, frames_shown_, 0}, draw, top, height,
              [&](cv::Mat* row) {
                PaintBars(FoldCurve(*lane.confidence, first_frame_,
                                    frames_shown_ / lanes_width_ * row->cols, row->cols),
                          ConfidenceColors(), row);
              });
}

void TimelineView::DrawScores(size_t slot, const TimelineLane& lane, ImDrawList* draw, float top,
                              float height) {
  DrawPicture(slot, {lane.scores, first_frame_, frames_shown_, lane.color}, draw, top, height,
              [&](cv::Mat* row) {
                PaintCurve(FoldCurve(*lane.scores, first_frame_,
                                     frames_shown_ / lanes_width_ * row->cols, row->cols),
                           ToRowColor(ToImColor(lane.color, 0.22f)),
                           ToRowColor(ToImColor(lane.color, 0.9f)), row);
              });
}

bool TimelineView::IsDense(const TimelineLane& lane) const {
  if (frames_shown_ < lanes_width_) return false;
  const size_t begin = FirstSpanAfter(lane.spans, static_cast<int>(first_frame_));
  const size_t end = std::min(begin + kMostRectangles, lane.spans.size());
  return end == begin + kMostRectangles &&
         lane.spans[end - 1].start_frame < first_frame_ + frames_shown_;
}

void TimelineView::DrawDense(size_t slot, const TimelineLane& lane, const RowPicture::Key& key,
                             ImDrawList* draw, float top, float height) {
  DrawPicture(slot, key, draw, top, height, [&](cv::Mat* row) {
    PaintCover(
        FoldSpans(lane.spans, key.first_frame, key.frames, row->cols),
        [](const TimelineSpan& span, float part) {
          const float strong = span.present ? span.machine ? 0.6f : 1.0f : 0.3f;
          return ToRowColor(ToImColor(span.color, strong * (0.3f + 0.7f * part)));
        },
        row);
  });
}

bool TimelineView::IsSelected(const UiContext& context, const TimelineLane& lane,
                              const TimelineSpan& span) const {
  if (span.id == 0 || lane.kind == TimelineLane::Kind::kUnknown) return false;
  if (lane.kind != TimelineLane::Kind::kBehavior) {
    return span.id == context.session.selected_episode;
  }
  if (span.machine) return selected_bout_ && selected_bout_->id == span.id;
  return span.id == context.session.selected_interval;
}

void TimelineView::DrawSpans(UiContext& context, size_t slot, const TimelineLane& lane,
                             ImDrawList* draw, float top, float height) {
  const bool dense = IsDense(lane);
  if (dense) {
    const double frames = frames_shown_ / lanes_width_ * std::floor(lanes_width_);
    DrawDense(slot, lane, {content_, first_frame_, frames, 0}, draw, top, height);
  }
  for (size_t i = FirstSpanAfter(lane.spans, static_cast<int>(first_frame_)); i < lane.spans.size();
       ++i) {
    TimelineSpan span = lane.spans[i];
    if (span.start_frame > first_frame_ + frames_shown_) break;
    if (span.end_frame <= first_frame_) continue;
    const bool dragged = span.machine ? drag_.bout && drag_.bout->id == span.id
                                      : !drag_.bout && drag_.row.id == span.id;
    if (dragged && drag_.part != Drag::Part::kNone && lane.kind == TimelineLane::Kind::kBehavior) {
      if (drag_.row.behavior_id != lane.behavior_id || drag_.row.subject != lane.subject) continue;
      span.start_frame = drag_.row.start_frame;
      span.end_frame = drag_.row.end_frame;
    }
    const bool selected = IsSelected(context, lane, span);
    if (dense && !selected && !dragged && !span.flagged) continue;
    const float left = std::max(XOf(span.start_frame), lanes_left_);
    const float right =
        std::min(std::max(XOf(span.end_frame), left + 2), lanes_left_ + lanes_width_);
    const ImVec2 a(left, top + (span.machine ? height * kMachineTop : 0)), b(right, top + height);
    const float rounding = right - left > 8 * context.scale ? 2 : 0;
    if (span.present) {
      draw->AddRectFilled(a, b, ToImColor(span.color, span.machine ? 0.5f : 0.85f), rounding);
    } else {
      // "Not this behavior": hatched, so that it never looks like the behavior itself.
      draw->AddRect(a, b, ToImColor(span.color), rounding);
      for (float x = a.x; x < b.x; x += 7 * context.scale) {
        draw->AddLine(ImVec2(x, b.y), ImVec2(std::min(x + height, b.x), a.y),
                      ToImColor(span.color, 0.6f));
      }
    }
    if (span.flagged) DrawFlag(draw, ImVec2(left + 1, b.y), height);
    if (selected) draw->AddRect(a, b, ImGui::GetColorU32(ImGuiCol_Text), 2, 0, 2 * context.scale);
  }
}

void TimelineView::DrawLane(UiContext& context, size_t slot, const TimelineLane& lane, float top,
                            float height) {
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
  if (lane.confidence && lane.spans.empty()) {
    DrawConfidence(slot, lane, draw, top, height);
  } else {
    if (lane.scores) DrawScores(slot, lane, draw, top, height);
    DrawSpans(context, slot + 1, lane, draw, top, height);
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
