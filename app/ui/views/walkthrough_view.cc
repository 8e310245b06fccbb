#include "app/ui/views/walkthrough_view.h"

#include <nlohmann/json.hpp>

namespace app {
namespace {

struct Page {
  const char* title;
  const char* text;
  Mode mode;
};

const Page kPages[] = {
    {"1 of 3: Label a few frames",
     "Press Ctrl+P and the program proposes frames that differ from each other. The key . goes "
     "to the next of them, the key , back.\n\nOn each frame, outline every animal: O and one click "
     "takes its blob, P draws a "
     "polygon point by point (Enter closes), and the mouse over an outline shows its points. "
     "Digits "
     "name the selected animal; hold Ctrl to see which is which. D says the frame is done, N that "
     "there is no animal in it.\n\nEvery gesture is saved at once, and Ctrl+Z takes any of them "
     "back, also tomorrow.",
     Mode::kLabel},
    {"2 of 3: Mark behavior",
     "Add behaviors in the Behaviors panel. While the video plays (Space), a digit starts a "
     "behavior and the same digit ends it; another one of the same group switches.\n\nOn the "
     "timeline, drag the edges of a bout, Shift+drag draws one, Shift+Alt+drag says \"not this "
     "behavior\". PageUp and PageDown go from bout to bout; the wheel zooms.",
     Mode::kBehavior},
    {"3 of 3: Train, then correct what is probably wrong",
     "Train (right side) learns from your labels in minutes; Predict then outlines and names the "
     "animals in every frame.\n\nIn Review, Space goes to the most suspicious episode and says why "
     "it is there. A accepts it, R rejects it; or correct it with any tool. If two animals are "
     "swapped, Ctrl+T swaps them from this frame on. What you decided trains the next model.",
     Mode::kReview}};

}  // namespace

void WalkthroughView::AddActions(ActionTable& actions, Session&) {
  Action open;
  open.id = "help.walkthrough";
  open.title = "Walk-through";
  open.menu = "Help";
  open.help = "The three jobs on three pages";
  open.run = [this] {
    open_ = true;
    page_ = 0;
  };
  actions.Add(open);
}

void WalkthroughView::Describe(nlohmann::json& state) const {
  state["walkthrough"] = {
      {"open", open_}, {"page", page_}, {"next_x", next_button_.x}, {"next_y", next_button_.y}};
}

void WalkthroughView::Draw(UiContext& context) {
  if (!open_) return;
  const float scale = context.scale;
  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  // Beside the picture: what it tells can be tried at once.
  ImGui::SetNextWindowPos(ImVec2(viewport->WorkPos.x + viewport->WorkSize.x - 6 * scale,
                                 viewport->WorkPos.y + viewport->WorkSize.y - 34 * scale),
                          ImGuiCond_Appearing, ImVec2(1, 1));
  ImGui::SetNextWindowSize(ImVec2(306 * scale, 0));
  bool stay = true;
  const Page& page = kPages[page_];
  if (ImGui::Begin("Walk-through", &stay,
                   ImGuiWindowFlags_NoCollapse | ImGuiWindowFlags_NoResize |
                       ImGuiWindowFlags_NoSavedSettings)) {
    ImGui::PushFont(context.fonts.heading);
    ImGui::TextWrapped("%s", page.title);
    ImGui::PopFont();
    ImGui::Dummy(ImVec2(0, 4 * scale));
    ImGui::TextWrapped("%s", page.text);
    ImGui::Dummy(ImVec2(0, 8 * scale));
    if (page_ > 0 && ImGui::Button("Back", ImVec2(84 * scale, 0))) {
      context.mode = kPages[--page_].mode;
    }
    if (page_ > 0) ImGui::SameLine();
    const bool last = page_ == 2;
    const ImVec2 at = ImGui::GetCursorScreenPos();
    next_button_ = ImVec2(at.x + 42 * scale, at.y + ImGui::GetFrameHeight() / 2);
    if (ImGui::Button(last ? "Start" : "Next", ImVec2(84 * scale, 0))) {
      if (last) {
        stay = false;
        context.mode = Mode::kLabel;
      } else {
        context.mode = kPages[++page_].mode;
      }
    }
    ImGui::SameLine();
    if (!last && ImGui::Button("Skip", ImVec2(84 * scale, 0))) stay = false;
    if (ImGui::IsWindowFocused() &&
        ImGui::IsKeyPressed(ImGui::GetKeyIndex(ImGuiKey_Escape), false)) {
      stay = false;
    }
  }
  ImGui::End();
  if (!stay) {
    open_ = false;
    if (on_close) on_close();
  }
}

}  // namespace app
