#include "app/ui/views/animals_view.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace app {
namespace {

datasets::Id PredictJobOf(const ProjectView& project, datasets::Id video_id) {
  const auto it = project.predict_job.find(video_id);
  return it == project.predict_job.end() ? 0 : it->second;
}

const datasets::CategoryRow* Find(const ProjectView& project, datasets::Id id) {
  for (const datasets::CategoryRow& row : project.categories) {
    if (row.id == id) return &row;
  }
  return nullptr;
}

uint32_t ColorOf(const ProjectView& project, size_t index) {
  const uint32_t color = project.categories[index].color;
  return color ? color : PaletteColor(static_cast<int>(index));
}

}  // namespace

void AnimalsView::AddActions(ActionTable& actions, UiContext& context) {
  Session& session = context.session;
  Action swap;
  swap.id = "animals.swap_from_here";
  swap.title = "Swap two animals from this frame on";
  swap.menu = "Edit";
  swap.help = "With two animals: at once. With more: choose them in the Animals panel.";
  swap.chords = {ParseChord("Ctrl+T")};
  swap.run = [this, &session] {
    const auto project = session.project_view();
    if (!project || project->categories.size() < 2) return;
    if (project->categories.size() == 2) {
      RequestSwap(session, project->categories[0].id, project->categories[1].id,
                  SpanOf(session, ReachOfChange::kFromHere, {}));
    } else {
      wants_focus_ = true;
      session.Say(Message::Kind::kInfo,
                  "Choose the two animals and the reach in the Animals panel");
    }
  };
  actions.Add(swap);
}

void AnimalsView::DrawAnimals(UiContext& context, const ProjectView& project) {
  Session& session = context.session;
  const auto frame = session.frame_view();
  for (size_t i = 0; i < project.categories.size(); ++i) {
    const datasets::CategoryRow& animal = project.categories[i];
    ImGui::PushID(static_cast<int>(animal.id));
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float size = ImGui::GetTextLineHeight();
    ImGui::GetWindowDrawList()->AddRectFilled(at, ImVec2(at.x + size, at.y + size),
                                              ToImColor(ColorOf(project, i)), 3);
    ImGui::Dummy(ImVec2(size, size));
    ImGui::SameLine();
    if (renaming_ == animal.id) {
      ImGui::SetNextItemWidth(-1);
      if (ImGui::InputText("##name", rename_, sizeof rename_,
                           ImGuiInputTextFlags_EnterReturnsTrue)) {
        datasets::CategoryRow changed = animal;
        changed.name = rename_;
        session.PostEdit(
            [changed](datasets::Project&) { return annotate::ChangeCategory(changed); });
        renaming_ = 0;
      } else if (ImGui::IsItemDeactivated()) {
        renaming_ = 0;
      }
      ImGui::PopID();
      continue;
    }
    char text[128];
    snprintf(text, sizeof text, "%zu  %s", i + 1, animal.name.c_str());
    if (ImGui::Selectable(text, session.selected_category == animal.id,
                          ImGuiSelectableFlags_AllowDoubleClick)) {
      session.selected_category = animal.id;
      if (ImGui::IsMouseDoubleClicked(0)) {
        renaming_ = animal.id;
        snprintf(rename_, sizeof rename_, "%s", animal.name.c_str());
      }
    }
    if (ImGui::IsItemHovered())
      ImGui::SetTooltip("Key %zu names the selected outline; double-click renames", i + 1);
    const auto has = [&](const std::vector<annotate::Shape>& shapes) {
      return std::any_of(shapes.begin(), shapes.end(), [&](const annotate::Shape& shape) {
        return shape.category_id == animal.id;
      });
    };
    const char* state = !frame || frame->frame != session.frame() ? ""
                        : has(frame->labels)                      ? "labeled"
                        : has(frame->predictions)                 ? "predicted"
                                                                  : "-";
    ImGui::SameLine(ImGui::GetWindowContentRegionMax().x - ImGui::CalcTextSize(state).x);
    ImGui::TextDisabled("%s", state);
    ImGui::PopID();
  }
  ImGui::SetNextItemWidth(-60 * context.scale);
  const bool enter =
      ImGui::InputTextWithHint("##new", "New animal's name", new_name_, sizeof new_name_,
                               ImGuiInputTextFlags_EnterReturnsTrue);
  ImGui::SameLine();
  if ((ImGui::Button("Add") || enter) && new_name_[0]) {
    RequestNewAnimal(session, new_name_);
    new_name_[0] = 0;
  }
}

void AnimalsView::AskCount(UiContext& context, const ProjectView& project, FrameSpan span) {
  const datasets::Id video = context.session.video_id(), job = PredictJobOf(project, video);
  const std::string question =
      std::to_string(video) + ":" + std::to_string(job) + ":" + std::to_string(span.start_frame) +
      ":" + std::to_string(span.end_frame) + ":" + std::to_string(swap_a_) + ":" +
      std::to_string(swap_b_) + ":" + std::to_string(project.revision);
  {
    std::scoped_lock lock(count_->mutex);
    if (count_->question == question) return;
    count_->question = question;
    count_->answer.reset();
  }
  auto target = count_;
  const datasets::Id a = swap_a_, b = swap_b_;
  context.session.Post("Count frames", [=](datasets::Project& opened) {
    const annotate::SwapSize size =
        annotate::CountSwap(opened, video, job, span.start_frame, span.end_frame, a, b);
    std::scoped_lock lock(target->mutex);
    if (target->question == question) target->answer = size;
  });
}

void AnimalsView::Describe(nlohmann::json& state) const {
  state["animals"] = {{"swap_x", swap_button_.x}, {"swap_y", swap_button_.y}};
}

void AnimalsView::DrawSwap(UiContext& context, const ProjectView& project) {
  Session& session = context.session;
  ImGui::BeginGroup();
  if (!Find(project, swap_a_)) swap_a_ = project.categories[0].id;
  if (!Find(project, swap_b_) || swap_b_ == swap_a_) {
    swap_b_ = project.categories[project.categories[0].id == swap_a_ ? 1 : 0].id;
  }
  const auto choose = [&](const char* id, datasets::Id& chosen) {
    ImGui::SetNextItemWidth(110 * context.scale);
    if (!ImGui::BeginCombo(id, Find(project, chosen)->name.c_str())) return;
    for (const datasets::CategoryRow& row : project.categories) {
      if (ImGui::Selectable(row.name.c_str(), row.id == chosen)) chosen = row.id;
    }
    ImGui::EndCombo();
  };
  choose("##a", swap_a_);
  ImGui::SameLine();
  ImGui::TextUnformatted("with");
  ImGui::SameLine();
  choose("##b", swap_b_);
  ImGui::RadioButton("this frame", &reach_, 0);
  ImGui::SameLine();
  ImGui::RadioButton("a span", &reach_, 1);
  ImGui::SameLine();
  ImGui::RadioButton("from here on", &reach_, 2);
  if (reach_ == 1) {
    ImGui::SetNextItemWidth(90 * context.scale);
    ImGui::InputInt("##from", &span_start_, 0, 0);
    ImGui::SameLine();
    ImGui::TextUnformatted("to");
    ImGui::SameLine();
    ImGui::SetNextItemWidth(90 * context.scale);
    ImGui::InputInt("##to", &span_end_, 0, 0);
    span_start_ = std::clamp(span_start_, 0, std::max(session.frame_count() - 1, 0));
    span_end_ = std::clamp(span_end_, span_start_, std::max(session.frame_count() - 1, 0));
  }
  const FrameSpan span =
      SpanOf(session, static_cast<ReachOfChange>(reach_), {span_start_, span_end_ + 1});
  AskCount(context, project, span);
  std::optional<annotate::SwapSize> size;
  {
    std::scoped_lock lock(count_->mutex);
    size = count_->answer;
  }
  char text[160];
  if (size) {
    snprintf(text, sizeof text, "Frames %d to %d: changes %d labeled and %d predicted frames",
             span.start_frame, span.end_frame - 1, size->labeled_frames, size->predicted_frames);
  } else {
    snprintf(text, sizeof text, "Frames %d to %d: counting...", span.start_frame,
             span.end_frame - 1);
  }
  ImGui::TextWrapped("%s", text);
  if (ImGui::Button("Swap") && swap_a_ != swap_b_) RequestSwap(session, swap_a_, swap_b_, span);
  const ImVec2 low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
  swap_button_ = ImVec2((low.x + high.x) / 2, (low.y + high.y) / 2);
  ImGui::SameLine();
  ImGui::TextDisabled("hold the mouse here to see it first");
  ImGui::EndGroup();
  if (!ImGui::IsItemHovered(ImGuiHoveredFlags_RectOnly) || !ImGui::IsWindowHovered()) return;
  SwapPreview preview;
  preview.a = swap_a_;
  preview.b = swap_b_;
  preview.in_frame = span.start_frame <= session.frame() && session.frame() < span.end_frame;
  preview.text = (preview.in_frame ? "Preview. " : "Preview: this frame would stay as it is. ") +
                 std::string(text);
  context.canvas_request.swap = preview;
}

void AnimalsView::Draw(UiContext& context) {
  const auto project = context.session.project_view();
  if (!project) return;
  if (project->categories.empty()) {
    ImGui::TextWrapped(
        "Each animal is a class of its own. Draw an outline and it gets a name, or add names "
        "here.");
  }
  DrawAnimals(context, *project);
  if (project->categories.size() >= 2 && context.session.video()) {
    ImGui::Separator();
    ImGui::TextUnformatted("Swap two animals");
    DrawSwap(context, *project);
  }
}

}  // namespace app
