// ResultsView: curves of speed, distance and confidence on the timeline's span of time.
#include <algorithm>
#include <cmath>

#include "app/model/drawing/clock_text.h"
#include "app/ui/views/results/results_view.h"

namespace app {
namespace {

struct CurveKind {
  const char* title;
  const ValueCurve ShownResults::Animal::*values;
};
constexpr CurveKind kCurveKinds[] = {{"speed", &ShownResults::Animal::speed},
                                     {"to the nearest", &ShownResults::Animal::nearest},
                                     {"confidence", &ShownResults::Animal::confidence}};

RowColor CurveColor(uint32_t color) {
  return {static_cast<uint8_t>(color >> 16), static_cast<uint8_t>(color >> 8),
          static_cast<uint8_t>(color), 255};
}

}  // namespace

void ResultsView::DrawCurveTip(const ShownResults& shown, int frame) const {
  const datasets::VideoResults& results = *shown.results;
  ImGui::BeginTooltip();
  ImGui::Text("frame %d, %s", frame, ClockText(results.times.Between(0, frame)).c_str());
  const auto value_text = [](const ValueCurve& curve, int at, const std::string& unit) {
    const ValueCurve::Span value = curve.At(at);
    char text[48];
    snprintf(text, sizeof text, "%.3g%s%s", static_cast<double>(value.most),
             unit.empty() ? "" : " ", unit.c_str());
    return value.known() ? std::string(text) : std::string("not known");
  };
  constexpr size_t kMostNamed = 12;
  for (size_t i = 0; i < std::min(shown.animals.size(), kMostNamed); ++i) {
    const ShownResults::Animal& animal = shown.animals[i];
    ImGui::TextColored(ImGui::ColorConvertU32ToFloat4(ToImColor(results.curves[i].color)), "%s",
                       results.curves[i].animal.c_str());
    ImGui::SameLine();
    ImGui::Text("speed %s, to the nearest %s, confidence %s",
                value_text(animal.speed, frame, results.unit + "/s").c_str(),
                value_text(animal.nearest, frame, results.unit).c_str(),
                value_text(animal.confidence, frame, "").c_str());
  }
  ImGui::EndTooltip();
}

void ResultsView::DrawCurves(UiContext& context, const Shown& shown, float height) {
  const datasets::VideoResults& results = *shown->results;
  const float scale = context.scale;
  const ImVec2 origin = ImGui::GetCursorScreenPos();
  const float room = ImGui::GetContentRegionAvail().x;
  // Over the timeline, so that what lies beneath a curve is what happens then.
  ShownSpan span = context.shown_span;
  if (span.video_id != shown->video_id || span.frames <= 0 || span.width < 50 * scale) {
    span = {shown->video_id, origin.x + 110 * scale, room - 110 * scale, 0,
            static_cast<double>(std::max(results.video.frame_count, 1))};
  }
  ImGui::AlignTextToFramePadding();
  ImGui::TextUnformatted("Curves");
  ImGui::SameLine();
  DrawSaving(context, datasets::ResultPart::kCurves);
  const float top = ImGui::GetCursorScreenPos().y;
  const float each = std::floor((origin.y + height - top) / 3) - 1;
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const int columns = static_cast<int>(span.width);
  const auto x_of = [&](double frame) {
    return span.left + static_cast<float>((frame - span.first_frame) / span.frames) * span.width;
  };
  while (curves_.size() < std::size(kCurveKinds)) curves_.emplace_back();
  for (size_t kind = 0; kind < std::size(kCurveKinds); ++kind) {
    const float y = top + static_cast<float>(kind) * each;
    const ImVec2 low(span.left, y), high(span.left + span.width, y + each - 4 * scale);
    draw->AddRectFilled(low, high, ImGui::GetColorU32(ImGuiCol_FrameBg));
    const double most = kind == 0 ? shown->high_speed : kind == 1 ? shown->high_nearest : 1;
    bool known = false;
    for (const ShownResults::Animal& animal : shown->animals) {
      const ValueCurve& values = animal.*kCurveKinds[kind].values;
      known |= values.Within(0, values.size()).known();
    }
    const ImVec2 text(origin.x, y);
    draw->AddText(text, ImGui::GetColorU32(ImGuiCol_Text), kCurveKinds[kind].title);
    const std::string unit = kind == 0   ? " " + results.unit + "/s"
                             : kind == 1 ? " " + results.unit
                                         : "";
    char range[48];
    snprintf(range, sizeof range, "0 to %.3g%s", most, unit.c_str());
    draw->AddText(ImVec2(origin.x, y + ImGui::GetTextLineHeight()), MutedTextColor(),
                  known ? range : "not known");
    if (!known || columns < 2) continue;
    const GLuint texture = curves_[kind].Of(
        {shown, span.first_frame, span.frames, static_cast<int64_t>(kind)}, columns,
        static_cast<int>(high.y - low.y), [&](cv::Mat* picture) {
          for (size_t i = 0; i < shown->animals.size(); ++i) {
            PaintValues(FoldValues(shown->animals[i].*kCurveKinds[kind].values, span.first_frame,
                                   span.frames * picture->cols / span.width, picture->cols),
                        most, CurveColor(results.curves[i].color), picture);
          }
        });
    draw->AddImage(reinterpret_cast<ImTextureID>(static_cast<intptr_t>(texture)), low,
                   ImVec2(low.x + static_cast<float>(columns), std::floor(high.y)));
  }
  curves_low_ = ImVec2(span.left, top);
  curves_high_ = ImVec2(span.left + span.width, top + 3 * each);
  const float now = x_of(context.session.frame() + 0.5);
  if (now >= span.left && now <= span.left + span.width) {
    draw->AddLine(ImVec2(now, top), ImVec2(now, top + 3 * each), AccentColor(), scale);
  }
  ImGui::SetCursorScreenPos(curves_low_);
  ImGui::InvisibleButton("##curves", ImVec2(span.width, std::max(3 * each, 1.f)));
  if (!ImGui::IsItemHovered() && !ImGui::IsItemActive()) return;
  const double at =
      span.first_frame + (ImGui::GetMousePos().x - span.left) / span.width * span.frames;
  const int frame = std::clamp(static_cast<int>(at), 0, std::max(results.video.frame_count - 1, 0));
  tip_frame_ = frame;
  DrawCurveTip(*shown, frame);
  if (ImGui::IsItemActive()) context.session.GoToFrame(frame);
}

}  // namespace app
