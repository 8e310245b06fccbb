#include "app/ui/views/notes/bout_editor.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/model/drawing/clock_text.h"
#include "app/model/requests/behavior_requests.h"
#include "app/model/requests/note_requests.h"

namespace app {
namespace {

ImVec2 MiddleNow() {
  const ImVec2 low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
  return {(low.x + high.x) / 2, (low.y + high.y) / 2};
}

}  // namespace

void BoutEditor::Describe(nlohmann::json& state) const {
  state["bout_editor"] = {{"from", {from_at_.x, from_at_.y}},
                          {"note", {note_at_.x, note_at_.y}},
                          {"flag", {flag_at_.x, flag_at_.y}}};
}

void BoutEditor::DrawSpan(UiContext& context, const datasets::BehaviorIntervalRow& bout) {
  Session& session = context.session;
  const datasets::VideoRow* video = session.video();
  if (!video) return;
  const float width = 80 * context.scale;
  constexpr ImGuiInputTextFlags kFlags =
      ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_AutoSelectAll;
  ImGui::SetNextItemWidth(width);
  bool enter = ImGui::InputText("to", from_, sizeof from_, kFlags);
  from_at_ = MiddleNow();
  if (ImGui::IsItemHovered()) ImGui::SetTooltip("First frame, or its time as 2:07.5; then Enter");
  ImGui::SameLine();
  ImGui::SetNextItemWidth(width);
  enter |= ImGui::InputText("##to", to_, sizeof to_, kFlags);
  if (ImGui::IsItemHovered()) ImGui::SetTooltip("Last frame, or its time; then Enter");
  ImGui::SameLine();
  const double fps = video->fps > 0 ? video->fps : 1;
  ImGui::TextDisabled("%.4g s", (bout.end_frame - bout.start_frame) / fps);
  if (!enter) return;
  const auto from = FrameOfText(from_, video->fps), to = FrameOfText(to_, video->fps);
  if (!from || !to || *from > *to || *from < 0 || *to >= video->frame_count) {
    session.Say(Message::Kind::kError, "A bout from " + std::string(from_) + " to " + to_ +
                                           " is not within the video's frames 0 to " +
                                           std::to_string(video->frame_count - 1) +
                                           ": type frames, or times as 2:07");
    shown_ = {};  // the texts become the bout's again
    return;
  }
  datasets::BehaviorIntervalRow changed = bout;
  changed.start_frame = *from;
  changed.end_frame = *to + 1;
  RequestChangeInterval(session, changed);
}

void BoutEditor::DrawNote(UiContext& context, const datasets::BehaviorIntervalRow& bout) {
  bool flagged = bout.flagged;
  ImGui::SetNextItemWidth(-62 * context.scale);
  const bool enter = ImGui::InputTextWithHint("##note", "Note about this bout", note_, sizeof note_,
                                              ImGuiInputTextFlags_EnterReturnsTrue);
  note_at_ = MiddleNow();
  const bool left = ImGui::IsItemDeactivatedAfterEdit();
  ImGui::SameLine();
  const bool turned = ImGui::Checkbox("flag", &flagged);
  flag_at_ = MiddleNow();
  if (ImGui::IsItemHovered()) ImGui::SetTooltip("To be found again (Ctrl+F; all: Ctrl+M)");
  if (!turned && !((enter || left) && shown_.note != note_)) return;
  shown_.note = note_;
  RequestNoteBout(context.session, bout.id, note_, flagged);
}

void BoutEditor::Draw(UiContext& context, const datasets::BehaviorIntervalRow& bout) {
  const bool is_other = shown_.id != bout.id;
  if (is_other || shown_.start_frame != bout.start_frame || shown_.end_frame != bout.end_frame) {
    snprintf(from_, sizeof from_, "%d", bout.start_frame);
    snprintf(to_, sizeof to_, "%d", bout.end_frame - 1);
  }
  if (is_other || shown_.note != bout.note) {
    snprintf(note_, sizeof note_, "%s", bout.note.c_str());
  }
  shown_ = bout;
  ImGui::PushID("bout editor");
  DrawSpan(context, bout);
  DrawNote(context, bout);
  ImGui::PopID();
}

}  // namespace app
