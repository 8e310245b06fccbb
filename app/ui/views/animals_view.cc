#include "app/ui/views/animals_view.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/model/session/shown_queue.h"
#include "app/ui/item_middle.h"
#include "app/ui/views/color_choice.h"
#include "app/ui/window.h"
#include "datasets/store/names.h"

namespace app {
namespace {

const datasets::CategoryRow* FindNamed(const ProjectView& project, datasets::Id id) {
  for (const datasets::CategoryRow* row : NamedAnimals(project)) {
    if (row->id == id) return row;
  }
  return nullptr;
}

// "labeled", "predicted", "-", as the frame has it.
const char* StateIn(const FrameView* frame, datasets::Id category) {
  const auto has = [&](const std::vector<annotate::Shape>& shapes) {
    return std::any_of(shapes.begin(), shapes.end(),
                       [&](const annotate::Shape& shape) { return shape.category_id == category; });
  };
  return !frame ? "" : has(frame->labels) ? "labeled" : has(frame->predictions) ? "predicted" : "-";
}

uint32_t ColorOf(const ProjectView& project, const datasets::CategoryRow& animal) {
  const auto index = &animal - project.categories.data();
  return animal.color ? animal.color : datasets::PaletteColor(static_cast<int>(index));
}

}  // namespace

void AnimalsView::AddActions(ActionTable& actions, Session& session) {
  counter_ = std::make_unique<NameCounter>(
      session.project_file(), [] { Window::Wake(); }, session.SayError());
  Action swap;
  swap.id = "animals.swap_from_here";
  swap.title = "Swap two animals from this frame on";
  swap.menu = "Edit";
  swap.help = "With two animals: at once. With more: choose them in the Animals panel.";
  swap.chords = {ParseChord("Ctrl+T")};
  swap.run = [this, &session] {
    const auto project = session.project_view();
    if (!project) return;
    const auto animals = NamedAnimals(*project);
    if (animals.size() < 2) return;
    if (animals.size() == 2) {
      RequestNames(session, annotate::NameChange::kSwap, animals[0]->id, animals[1]->id,
                   SpanOf(session, ReachOfChange::kFromHere, {}));
    } else {
      wants_focus_ = true;
      change_ = annotate::NameChange::kSwap;
      session.Say(Message::Kind::kInfo,
                  "Choose the two animals and the reach in the Animals panel");
    }
  };
  actions.Add(swap);
  Action reassign;
  reassign.id = "animals.reassign";
  reassign.title = "Name an animal otherwise over many frames";
  reassign.menu = "Edit";
  reassign.help = "Choose the two names and the reach in the Animals panel.";
  reassign.run = [this, &session] {
    wants_focus_ = true;
    change_ = annotate::NameChange::kReassign;
    if (session.selected_category) first_ = session.selected_category;  // checked when drawn
  };
  actions.Add(reassign);
}

void AnimalsView::StartRenaming(const datasets::CategoryRow& animal) {
  renaming_ = animal.id;
  renaming_starts_ = true;
  snprintf(rename_, sizeof rename_, "%s", animal.name.c_str());
}

void AnimalsView::DrawAnimals(UiContext& context, const ProjectView& project) {
  rows_.clear();
  Session& session = context.session;
  const auto seen = session.frame_view();
  const FrameView* frame = seen && seen->frame == session.frame() ? seen.get() : nullptr;
  const auto animals = NamedAnimals(project);
  for (size_t i = 0; i < animals.size(); ++i) {
    const datasets::CategoryRow& animal = *animals[i];
    ImGui::PushID(static_cast<int>(animal.id));
    if (const auto chosen = DrawColorChoice("of", ColorOf(project, animal), context.scale)) {
      datasets::CategoryRow changed = animal;
      changed.color = *chosen;
      RequestChangeAnimal(session, changed);
    }
    ImGui::SameLine();
    if (renaming_ == animal.id) {
      if (std::exchange(renaming_starts_, false)) ImGui::SetKeyboardFocusHere();
      ImGui::SetNextItemWidth(-1);
      ImGui::InputText("##name", rename_, sizeof rename_, ImGuiInputTextFlags_AutoSelectAll);
      if (ImGui::IsItemDeactivated()) {  // Escape has put the old name back
        datasets::CategoryRow changed = animal;
        changed.name = rename_;
        if (rename_[0] && changed.name != animal.name) RequestChangeAnimal(session, changed);
        renaming_ = 0;
      }
      ImGui::PopID();
      continue;
    }
    char text[128];
    snprintf(text, sizeof text, "%zu  %s", i + 1, animal.name.c_str());
    if (ImGui::Selectable(text, session.selected_category == animal.id,
                          ImGuiSelectableFlags_AllowDoubleClick)) {
      session.selected_category = session.next_animal = animal.id;
      if (ImGui::IsMouseDoubleClicked(0)) {
        StartRenaming(animal);
      }
    }
    rows_[animal.name] = MiddleOfItem();
    if (ImGui::IsItemHovered()) {
      if (i < 9) {
        ImGui::SetTooltip("Key %zu names the selected outline; double-click renames", i + 1);
      } else {
        ImGui::SetTooltip("Double-click renames, right click: more");
      }
    }
    if (ImGui::BeginPopupContextItem("more")) {
      if (ImGui::MenuItem("Rename")) StartRenaming(animal);
      if (ImGui::MenuItem("Delete, with all its labels")) {
        RequestDeleteAnimal(session, animal);
      }
      ImGui::EndPopup();
    }
    const char* state = StateIn(frame, animal.id);
    ImGui::SameLine(ImGui::GetWindowContentRegionMax().x - ImGui::CalcTextSize(state).x);
    ImGui::TextDisabled("%s", state);
    ImGui::PopID();
  }
  DrawUnknown(context, project, frame);
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

// Those without a name are no animal that could be chosen: a click leads to where they get one.
void AnimalsView::DrawUnknown(UiContext& context, const ProjectView& project,
                              const FrameView* frame) {
  const auto unknown =
      std::find_if(project.categories.begin(), project.categories.end(), datasets::IsUnknown);
  if (unknown == project.categories.end()) return;
  ImGui::PushID(static_cast<int>(unknown->id));
  if (const auto chosen = DrawColorChoice("of", ColorOf(project, *unknown), context.scale)) {
    datasets::CategoryRow changed = *unknown;
    changed.color = *chosen;
    RequestChangeAnimal(context.session, changed);
  }
  ImGui::SameLine();
  const size_t count = project.unknown_animals.size();
  const std::string text =
      unknown->name + (count == 0   ? ""
                       : count == 1 ? ": 1 animal - who is it?"
                                    : ": " + std::to_string(count) + " animals - who are they?");
  ImGui::PushStyleColor(ImGuiCol_Text, MutedTextColor());
  if (ImGui::Selectable(text.c_str())) context.actions.Run("review.unknown");
  ImGui::PopStyleColor();
  rows_[unknown->name] = MiddleOfItem();
  if (ImGui::IsItemHovered()) {
    ImGui::SetTooltip("Whose looks say too little for a name; click to see and name them");
  }
  if (count == 0) {
    const char* state = StateIn(frame, unknown->id);
    ImGui::SameLine(ImGui::GetWindowContentRegionMax().x - ImGui::CalcTextSize(state).x);
    ImGui::TextDisabled("%s", state);
  }
  ImGui::PopID();
}

void AnimalsView::Describe(nlohmann::json& state) const {
  state["animals"] = {{"change_x", change_button_.x},
                      {"change_y", change_button_.y},
                      {"reassign_x", reassign_choice_.x},
                      {"reassign_y", reassign_choice_.y},
                      {"span_x", span_choice_.x},
                      {"span_y", span_choice_.y},
                      {"renaming", renaming_},
                      {"rows", nlohmann::json::object()},
                      {"reach", reach_text_}};
  for (const auto& [name, at] : rows_) state["animals"]["rows"][name] = {at.x, at.y};
}

FrameSpan AnimalsView::DrawReach(UiContext& context, const ProjectView& project) {
  const Session& session = context.session;
  ImGui::RadioButton("this frame", &reach_, 0);
  ImGui::SameLine();
  if (ImGui::RadioButton("a span", &reach_, 1)) {
    // That of the episode that is looked at; else from here, to be widened.
    span_start_ = span_end_ = session.frame();
    const auto* episode = FindEpisode(project, session.selected_episode);
    if (episode && episode->video_id == session.video_id()) {
      span_start_ = episode->start_frame;
      span_end_ = episode->end_frame - 1;
    }
  }
  span_choice_ = MiddleOfItem();
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
  return SpanOf(session, static_cast<ReachOfChange>(reach_), {span_start_, span_end_ + 1});
}

std::string AnimalsView::DescribeReach(UiContext& context, const ProjectView& project,
                                       FrameSpan span) {
  const std::string frames = "Frames " + std::to_string(span.start_frame) + " to " +
                             std::to_string(span.end_frame - 1) + ": ";
  if (context.session.playing()) return frames + "counted when the video stands";
  NameQuestion question;
  question.change = change_;
  question.category = first_;
  question.other_category = second_;
  question.start_frame = span.start_frame;
  question.end_frame = span.end_frame;
  question.revision = project.revision;
  if (context.timeline && context.timeline->video_id == context.session.video_id()) {
    question.timeline = context.timeline;
  }
  const auto counts = counter_->Ask(question);
  if (!counts) return frames + "counting...";
  std::string text = frames + "changes " + std::to_string(counts->labeled) + " labeled and " +
                     std::to_string(counts->predicted) + " predicted frames";
  const int both = counts->labeled_with_both + counts->predicted_with_both;
  if (change_ == annotate::NameChange::kReassign && both > 0) {
    text += "; " + std::to_string(both) + " of them have both: there the two swap";
  }
  return text;
}

NamePreview AnimalsView::PreviewOf(const Session& session, FrameSpan span,
                                   const std::string& reach) const {
  const bool reached = span.start_frame <= session.frame() && session.frame() < span.end_frame;
  const auto frame = session.frame_view();
  const auto changes = [&](const std::vector<annotate::Shape>& shapes) {
    return reached && std::any_of(shapes.begin(), shapes.end(), [&](const annotate::Shape& shape) {
             return shape.category_id == first_ ||
                    (change_ == annotate::NameChange::kSwap && shape.category_id == second_);
           });
  };
  NamePreview preview;
  preview.a = first_;
  preview.b = second_;
  preview.in_labels = frame && changes(frame->labels);
  preview.in_predictions = frame && changes(frame->predictions);
  preview.text =
      (preview.in_labels || preview.in_predictions ? "Preview. "
                                                   : "Preview: this frame would stay as it is. ") +
      reach;
  return preview;
}

void AnimalsView::DrawNameChange(UiContext& context, const ProjectView& project) {
  const bool swap = change_ == annotate::NameChange::kSwap;
  ImGui::BeginGroup();
  if (ImGui::RadioButton("Swap two animals", swap)) change_ = annotate::NameChange::kSwap;
  ImGui::SameLine();
  if (ImGui::RadioButton("Rename one", !swap)) change_ = annotate::NameChange::kReassign;
  reassign_choice_ = MiddleOfItem();
  if (ImGui::IsItemHovered()) {
    ImGui::SetTooltip("Where it carries the wrong name. Frames that have both animals swap them.");
  }
  const auto animals = NamedAnimals(project);
  if (!FindNamed(project, first_)) first_ = animals[0]->id;
  if (!FindNamed(project, second_) || second_ == first_) {
    second_ = animals[animals[0]->id == first_ ? 1 : 0]->id;
  }
  const auto choose = [&](const char* id, datasets::Id& chosen) {
    ImGui::SetNextItemWidth(110 * context.scale);
    if (!ImGui::BeginCombo(id, FindNamed(project, chosen)->name.c_str())) return;
    for (const datasets::CategoryRow* row : animals) {
      if (ImGui::Selectable(row->name.c_str(), row->id == chosen)) chosen = row->id;
    }
    ImGui::EndCombo();
  };
  choose("##a", first_);
  ImGui::SameLine();
  ImGui::TextUnformatted(swap ? "with" : "is really");
  ImGui::SameLine();
  choose("##b", second_);
  const FrameSpan span = DrawReach(context, project);
  reach_text_ = DescribeReach(context, project, span);
  ImGui::TextWrapped("%s", reach_text_.c_str());
  if (ImGui::Button(swap ? "Swap" : "Rename") && first_ != second_) {
    RequestNames(context.session, change_, first_, second_, span);
  }
  change_button_ = MiddleOfItem();
  ImGui::SameLine();
  ImGui::TextDisabled("hold the mouse here to see it first");
  ImGui::EndGroup();
  if (!ImGui::IsItemHovered(ImGuiHoveredFlags_RectOnly) || !ImGui::IsWindowHovered()) return;
  context.canvas_request.names = PreviewOf(context.session, span, reach_text_);
}

void AnimalsView::Draw(UiContext& context) {
  const auto project = context.session.project_view();
  if (!project) return;
  const size_t animals = NamedAnimals(*project).size();
  if (animals == 0) {
    ImGui::TextWrapped(
        "Each animal is a class of its own. Draw an outline and it gets a name, or add names "
        "here.");
  }
  DrawAnimals(context, *project);
  if (animals >= 2 && context.session.video()) {
    ImGui::Separator();
    DrawNameChange(context, *project);
  }
}

}  // namespace app
