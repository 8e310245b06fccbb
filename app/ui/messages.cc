#include "app/ui/messages.h"

#include <algorithm>
#include <cstdio>

namespace app {
namespace {

constexpr double kShownSeconds = 4;
constexpr double kLongestStep = 0.5;  // an idle window's last picture may be hours old

bool Stays(const Message& message) {
  return message.sticky || message.kind == Message::Kind::kError;
}

}  // namespace

bool AnyMessageFades(const std::deque<Message>& messages) {
  return std::any_of(messages.begin(), messages.end(),
                     [](const Message& message) { return !Stays(message); });
}

void DrawMessageToasts(UiContext& context) {
  std::deque<Message>& messages = context.session.messages();
  const double elapsed = std::min<double>(ImGui::GetIO().DeltaTime, kLongestStep);
  while (messages.size() > 6) messages.pop_front();
  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  const float scale = context.scale;
  float bottom = viewport->WorkPos.y + viewport->WorkSize.y - 44 * scale;
  int number = 0;
  for (auto it = messages.rbegin(); it != messages.rend(); ++it, ++number) {
    if (!Stays(*it)) it->seconds_shown += elapsed;
    const ImU32 color = it->kind == Message::Kind::kError     ? ErrorColor()
                        : it->kind == Message::Kind::kSuccess ? AccentColor()
                                                              : MutedTextColor();
    // The page of recordings has its buttons where messages stand elsewhere.
    const bool left = context.mode == Mode::kLive;
    const float x = left ? 16 * scale : viewport->WorkSize.x - 16 * scale;
    ImGui::SetNextWindowPos(ImVec2(viewport->WorkPos.x + x, bottom), ImGuiCond_Always,
                            ImVec2(left ? 0.f : 1.f, 1));
    ImGui::SetNextWindowBgAlpha(0.95f);
    ImGui::SetNextWindowSizeConstraints(ImVec2(120 * scale, 0), ImVec2(520 * scale, 400 * scale));
    char name[32];
    snprintf(name, sizeof name, "##toast%d", number);
    ImGui::PushStyleColor(ImGuiCol_Border, color);
    ImGui::PushStyleColor(ImGuiCol_WindowBg, ImGui::GetStyleColorVec4(ImGuiCol_PopupBg));
    ImGui::Begin(name, nullptr,
                 ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_AlwaysAutoResize |
                     ImGuiWindowFlags_NoFocusOnAppearing | ImGuiWindowFlags_NoNav |
                     ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoMove);
    ImGui::PushTextWrapPos(480 * scale);
    ImGui::TextUnformatted(it->text.c_str());
    ImGui::PopTextWrapPos();
    if (it->kind == Message::Kind::kError) {
      if (ImGui::SmallButton("Copy")) ImGui::SetClipboardText(it->text.c_str());
      ImGui::SameLine();
      if (ImGui::SmallButton("Close")) it->seconds_shown = kShownSeconds + 1;
    } else if (ImGui::IsWindowHovered() && ImGui::IsMouseClicked(0)) {
      it->seconds_shown = kShownSeconds + 1;
    }
    bottom -= ImGui::GetWindowHeight() + 8 * scale;
    ImGui::End();
    ImGui::PopStyleColor(2);
  }
  messages.erase(
      std::remove_if(messages.begin(), messages.end(),
                     [](const Message& message) { return message.seconds_shown > kShownSeconds; }),
      messages.end());
}

}  // namespace app
