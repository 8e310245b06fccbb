#include "app/ui/shell/start_screen.h"

#include <imgui.h>

#include <algorithm>
#include <filesystem>

#include "app/ui/shell/shell.h"

namespace app {
namespace {

// The file that the person chose among the recent ones, or "".
std::string DrawRecent(const Preferences& preferences, float scale) {
  std::string chosen;
  ImGui::TextUnformatted("Recent projects");
  ImGui::Separator();
  for (const std::string& file : preferences.recent) {
    std::error_code ignored;
    const bool there = std::filesystem::exists(file, ignored);
    const std::string name = std::filesystem::path(file).stem().string();
    if (ImGui::Selectable((name + "##" + file).c_str(), false,
                          there ? 0 : ImGuiSelectableFlags_Disabled)) {
      chosen = file;
    }
    ImGui::SameLine(180 * scale);
    ImGui::PushStyleColor(ImGuiCol_Text, MutedTextColor());
    ImGui::TextUnformatted((there ? file : file + "  (not found)").c_str());
    ImGui::PopStyleColor();
  }
  return chosen;
}

}  // namespace

void DrawBusyScreen(Window& window, const std::string& text) {
  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  const float scale = window.theme().scale;
  ImGui::SetNextWindowPos(viewport->WorkPos);
  ImGui::SetNextWindowSize(viewport->WorkSize);
  ImGui::Begin("##busy", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove |
                   ImGuiWindowFlags_NoBringToFrontOnFocus | ImGuiWindowFlags_NoSavedSettings);
  const ImVec2 size = ImGui::CalcTextSize(text.c_str());
  const ImVec2 middle(viewport->WorkSize.x / 2, viewport->WorkSize.y / 2);
  ImGui::SetCursorPos(ImVec2(middle.x - size.x / 2, middle.y - size.y));
  ImGui::TextUnformatted(text.c_str());
  // Three points, one after the other: it works.
  const int lit = static_cast<int>(ImGui::GetTime() * 2) % 3;
  for (int i = 0; i < 3; ++i) {
    const ImVec2 at(viewport->WorkPos.x + middle.x + static_cast<float>(i - 1) * 16 * scale,
                    viewport->WorkPos.y + middle.y + 16 * scale);
    ImGui::GetWindowDrawList()->AddCircleFilled(at, 4 * scale,
                                                i == lit ? AccentColor() : MutedTextColor());
  }
  ImGui::End();
}

void DrawStartScreen(Shell& shell, Window& window, Preferences& preferences,
                     const std::string& error) {
  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  const float scale = window.theme().scale;
  ImGui::SetNextWindowPos(viewport->WorkPos);
  ImGui::SetNextWindowSize(viewport->WorkSize);
  ImGui::Begin("##start", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove |
                   ImGuiWindowFlags_NoBringToFrontOnFocus | ImGuiWindowFlags_NoSavedSettings);
  const float width = std::min(640 * scale, viewport->WorkSize.x - 40 * scale);
  ImGui::SetCursorPos(ImVec2((viewport->WorkSize.x - width) / 2,
                             std::max(40 * scale, viewport->WorkSize.y * 0.14f)));
  ImGui::BeginChild("middle", ImVec2(width, 0));
  ImGui::PushFont(window.fonts().heading);
  ImGui::TextUnformatted("Vole");
  ImGui::PopFont();
  ImGui::TextWrapped(
      "Outline and name your animals on a few frames, mark what they do, train right here, and "
      "correct only what is probably wrong.");
  ImGui::Dummy(ImVec2(0, 14 * scale));
  const ImVec2 button(200 * scale, 40 * scale);
  if (ImGui::Button("New project...", button)) shell.AskNewProject();
  ImGui::SameLine();
  if (ImGui::Button("Open project...", button)) shell.AskOpenProject();
  ImGui::SameLine();
  if (ImGui::Button("Try the sample", button)) shell.OpenSample();
  if (ImGui::IsItemHovered()) {
    ImGui::SetTooltip(
        "Two rendered voles with some labels, in the folder vole-sample of your home");
  }
  ImGui::Dummy(ImVec2(0, 6 * scale));
  ImGui::PushStyleColor(ImGuiCol_Text, MutedTextColor());
  ImGui::TextUnformatted("Or drop videos on this window: a project is made beside them.");
  ImGui::PopStyleColor();
  if (!error.empty()) {
    ImGui::Dummy(ImVec2(0, 8 * scale));
    ImGui::PushStyleColor(ImGuiCol_Text, ErrorColor());
    ImGui::TextWrapped("%s", error.c_str());
    ImGui::PopStyleColor();
  }
  ImGui::Dummy(ImVec2(0, 18 * scale));
  std::string open;
  if (!preferences.recent.empty()) open = DrawRecent(preferences, scale);
  ImGui::EndChild();
  ImGui::End();
  if (!open.empty()) shell.OpenProject(open, false);
}

}  // namespace app
