#include "app/ui/views/notes/bout_editor.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "app/model/drawing/clock_text.h"
#include "app/model/requests/behavior_requests.h"
#include "app/model/requests/note_requests.h"
#include "app/ui/item_middle.h"

namespace app {
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
  from_at_ = MiddleOfItem();
  if (ImGui::IsItemHovered()) ImGui::SetTooltip("First frame, or its time as 2:07.5; then Enter");
  ImGui::SameLine();
  ImGui::SetNextItemWidth(width);
  enter |= ImGui::InputText("##to", to_, sizeof to_, kFlags);
  if (ImGui::IsItemHovered()) ImGui::SetTooltip("Last frame, or its time; then Enter");
  ImGui::SameLine();
  const datasets::FrameTimes times = context.TimesOf(*video);
  ImGui::TextDisabled("%.4g s", times.Between(bout.start_frame, bout.end_frame));
  if (!enter) return;
  const auto from = FrameOfText(from_, times), to = FrameOfText(to_, times);
  if (!from || !to || *from > *to || *from < 0 || *to >= video->frame_count) {
    session.Say(Message::Kind::kError, "A bout from " + std::string(from_) + " to " + to_ +
                                           " is not within the video's frames 0 to " +
                                           std::to_string(video->frame_count - 1) +
                                           ": type frames, or times as 2:07");
    shown_ = {};  // the texts become the bout's again
    return;
  }
  if (*from == bout.start_frame && *to + 1 == bout.end_frame) return;  // it stays its scorer's
  datasets::BehaviorIntervalRow changed = bout;
  changed.start_frame = *from;
  changed.end_frame = *to + 1;
  RequestChangeInterval(session, bout, changed);
}

void BoutEditor::DrawNote(UiContext& context, const datasets::BehaviorIntervalRow& bout) {
  Session& session = context.session;
  const datasets::Id id = bout.id;
  note_.Draw("Note about this bout", -62 * context.scale, std::to_string(id), bout.note,
             [&session, id](const std::string& note) {
               RequestNoteBout(session, id, note, std::nullopt);
             });
  note_at_ = MiddleOfItem();
  ImGui::SameLine();
  bool flagged = bout.flagged;
  if (ImGui::Checkbox("flag", &flagged)) RequestNoteBout(session, id, std::nullopt, flagged);
  flag_at_ = MiddleOfItem();
  if (ImGui::IsItemHovered()) ImGui::SetTooltip("To be found again (Ctrl+F; all: Ctrl+M)");
}

void BoutEditor::Draw(UiContext& context, const datasets::BehaviorIntervalRow& bout) {
  if (shown_.id != bout.id || shown_.start_frame != bout.start_frame ||
      shown_.end_frame != bout.end_frame) {
    snprintf(from_, sizeof from_, "%d", bout.start_frame);
    snprintf(to_, sizeof to_, "%d", bout.end_frame - 1);
  }
  shown_ = bout;
  ImGui::PushID(static_cast<int>(bout.id));  // what is typed of one bout is not of the next
  DrawSpan(context, bout);
  ImGui::PopID();
  DrawNote(context, bout);
}

}  // namespace app
