#include "app/ui/views/behaviors_view.h"

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "app/ui/views/color_choice.h"
#include "datasets/store/names.h"

namespace app {
namespace {

// Training on scored intervals and scoring, as buttons; how they go is told among the jobs.
void DrawLearning(UiContext& context, const ProjectView& project) {
  if (project.behaviors.empty()) return;
  ImGui::Separator();
  bool running = false;
  for (const Session::JobStatus& job : context.session.JobsNow()) {
    if (!job.RunsInTurn()) continue;
    running = true;
    ImGui::ProgressBar(job.total > 0 ? static_cast<float>(job.done / job.total) : 0, ImVec2(-1, 0),
                       job.title.c_str());
    ImGui::TextWrapped("%s", job.text.c_str());
    if (ImGui::SmallButton("Cancel")) context.session.CancelJob(job.id);
  }
  if (running) return;
  if (ImGui::Button("Train")) context.actions.Run("behavior.train");
  if (ImGui::IsItemHovered()) ImGui::SetTooltip("On the scored intervals, from single frames");
  ImGui::SameLine();
  if (ImGui::Button("Train over time")) context.actions.Run("behavior.train_sequence");
  ImGui::SameLine();
  if (ImGui::Button("Score this video")) context.actions.Run("behavior.score");
  if (ImGui::IsItemHovered()) {
    ImGui::SetTooltip("Every behavior's probability on every frame, and bouts to review");
  }
}

}  // namespace

void BehaviorsView::AddActions(ActionTable& actions, Session& session) {
  Action draw;
  draw.id = "behavior.region";
  draw.title = "Draw a region";
  draw.menu = "Behavior";
  draw.help = "An arena or a nest: outline it once, it gets behavior rows of its own";
  draw.run = [this, &session] {
    const auto project = session.project_view();
    if (!project || !session.video()) return;
    std::set<std::string> names;
    const auto regions = project->regions.find(session.video_id());
    if (regions != project->regions.end()) {
      for (const auto& region : regions->second) names.insert(region.name);
    }
    int number = 1;
    while (names.count("region_" + std::to_string(number))) ++number;
    asked_region_ = "region_" + std::to_string(number);
  };
  actions.Add(std::move(draw));
}

void BehaviorsView::Advance(UiContext& context) {
  bout_editor_.Advance();
  if (asked_region_.empty()) return;
  context.mode = Mode::kBehavior;
  context.canvas_request.draw_region = std::exchange(asked_region_, "");
}

void BehaviorsView::Describe(nlohmann::json& state) const {
  state["bouts"] = nlohmann::json::object();
  for (const auto& [behavior, count] : bouts_) state["bouts"][std::to_string(behavior)] = count;
  state["behavior_rows"] = nlohmann::json::object();
  for (const auto& [name, at] : rows_) state["behavior_rows"][name] = {at.x, at.y};
  editor_.Describe(state);
  bout_editor_.Describe(state);
}

void BehaviorsView::Draw(UiContext& context) {
  Session& session = context.session;
  const auto project = session.project_view();
  if (!project) return;
  if (project->behaviors.empty()) {
    ImGui::TextWrapped(
        "Add what the animals do. A state lasts (its key starts and ends it); a point event is one "
        "frame. States of one exclusion group end each other.");
  }
  std::map<datasets::Id, int>& bouts = bouts_;
  bouts.clear();
  const auto rows = project->intervals.find(session.video_id());
  if (rows != project->intervals.end()) {
    // An explicit "not this behavior" is no bout.
    for (const datasets::BehaviorIntervalRow& row : rows->second) {
      bouts[row.behavior_id] += row.present;
    }
  }
  rows_.clear();
  for (size_t i = 0; i < project->behaviors.size(); ++i) {
    const datasets::BehaviorRow& behavior = project->behaviors[i];
    ImGui::PushID(static_cast<int>(behavior.id));
    const uint32_t color =
        behavior.color ? behavior.color : datasets::PaletteColor(static_cast<int>(i));
    if (const auto chosen = DrawColorChoice("of", color, context.scale)) {
      datasets::BehaviorRow changed = behavior;
      changed.color = *chosen;
      RequestChangeBehavior(session, behavior, changed);
    }
    ImGui::SameLine();
    const std::string key = !behavior.shortcut.empty() ? behavior.shortcut
                            : i < 9                    ? std::to_string(i + 1)
                                                       : "";
    char text[64];
    snprintf(
        text, sizeof text, "%s%d %s",
        behavior.exclusion_group.empty() ? "" : ("[" + behavior.exclusion_group + "] ").c_str(),
        bouts[behavior.id], bouts[behavior.id] == 1 ? "bout" : "bouts");
    const float right = ImGui::GetWindowContentRegionMax().x - ImGui::CalcTextSize(text).x;
    const ImVec2 at = ImGui::GetCursorScreenPos();
    if (ImGui::Selectable("##row", false, ImGuiSelectableFlags_AllowDoubleClick) &&
        ImGui::IsMouseDoubleClicked(0)) {
      editor_.Open(behavior);
    }
    if (ImGui::IsItemClicked(1)) editor_.Open(behavior);
    if (ImGui::IsItemHovered()) {
      ImGui::SetTooltip("%s, %s%s%s\ndouble-click changes name, key, group and order",
                        behavior.name.c_str(), behavior.is_point ? "point event" : "state",
                        behavior.exclusion_group.empty() ? "" : "; excludes others of ",
                        behavior.exclusion_group.c_str());
    }
    rows_[behavior.name] = {(ImGui::GetItemRectMin().x + ImGui::GetItemRectMax().x) / 2,
                            (ImGui::GetItemRectMin().y + ImGui::GetItemRectMax().y) / 2};
    ImDrawList* draw = ImGui::GetWindowDrawList();
    draw->AddText(at, MutedTextColor(), key.c_str());
    const float name_left = at.x + 20 * context.scale;
    draw->PushClipRect(ImVec2(name_left, at.y),
                       ImVec2(ImGui::GetWindowPos().x + right - 6 * context.scale,
                              at.y + 2 * ImGui::GetTextLineHeight()),
                       true);
    draw->AddText(ImVec2(name_left, at.y), ImGui::GetColorU32(ImGuiCol_Text),
                  behavior.name.c_str());
    draw->PopClipRect();
    ImGui::SameLine(right);
    ImGui::TextDisabled("%s", text);
    ImGui::PopID();
  }
  editor_.Draw(context, *project);
  DrawLearning(context, *project);
  ImGui::Separator();
  ImGui::SetNextItemWidth(-1);
  const bool enter = ImGui::InputTextWithHint("##name", "New behavior's name", name_, sizeof name_,
                                              ImGuiInputTextFlags_EnterReturnsTrue);
  ImGui::Checkbox("point event", &is_point_);
  ImGui::SameLine();
  ImGui::SetNextItemWidth(-1);
  ImGui::InputTextWithHint("##group", "exclusion group (optional)", group_, sizeof group_);
  if ((ImGui::Button("Add behavior") || enter) && name_[0]) {
    RequestAddBehavior(session, name_, is_point_, is_point_ ? "" : group_, "");
    name_[0] = 0;
  }
  DrawRegions(context, *project);
  if (session.selected_interval) {
    const auto* interval = FindInterval(*project, session.video_id(), session.selected_interval);
    if (!interval) return;
    ImGui::Separator();
    ImGui::TextUnformatted("Selected bout, frames");
    bout_editor_.Draw(context, *interval);
    if (ImGui::Button("Split here (S)")) context.actions.Run("behavior.split");
    ImGui::SameLine();
    if (ImGui::Button("Delete")) context.actions.Run("behavior.delete");
    ImGui::SameLine();
    if (ImGui::Button("Play inside")) context.actions.Run("behavior.play_inside");
    bool negative = !interval->present;
    if (ImGui::Checkbox("explicitly NOT this behavior", &negative)) {
      datasets::BehaviorIntervalRow changed = *interval;
      changed.present = !negative;
      RequestChangeInterval(session, *interval, changed);
    }
  }
}

// Whose rows the digits mark, and the regions among them.
void BehaviorsView::DrawRegions(UiContext& context, const ProjectView& project) {
  Session& session = context.session;
  if (!session.video()) return;
  ImGui::Separator();
  ImGui::AlignTextToFramePadding();
  ImGui::TextUnformatted("Digits mark");
  ImGui::SameLine();
  const auto name_of = [](const std::string& subject) {
    return subject.empty() ? std::string("the whole frame") : subject;
  };
  ImGui::SetNextItemWidth(-1);
  if (ImGui::BeginCombo("##subject", name_of(session.selected_subject).c_str())) {
    std::vector<std::string> subjects = Subjects(project, session.video_id());
    for (const auto* animal : NamedAnimals(project)) subjects.push_back(animal->name);
    subjects.push_back("");
    std::set<std::string> shown;
    for (const std::string& subject : subjects) {
      if (!shown.insert(subject).second) continue;
      if (ImGui::Selectable(name_of(subject).c_str(), subject == session.selected_subject)) {
        session.selected_subject = subject;
      }
    }
    ImGui::EndCombo();
  }
  if (ImGui::IsItemHovered()) ImGui::SetTooltip("Tab goes to the next one");
  const auto regions = project.regions.find(session.video_id());
  if (regions != project.regions.end()) {
    for (const datasets::RegionRow& region : regions->second) {
      ImGui::PushID(static_cast<int>(region.id));
      if (ImGui::Selectable(region.name.c_str(), region.name == session.selected_subject,
                            ImGuiSelectableFlags_AllowItemOverlap)) {
        session.selected_subject = region.name;
      }
      ImGui::SameLine(ImGui::GetWindowContentRegionMax().x - 60 * context.scale);
      if (ImGui::SmallButton("Delete")) RequestDeleteRegion(session, region.id);
      ImGui::PopID();
    }
  }
  ImGui::SetNextItemWidth(-80 * context.scale);
  ImGui::InputTextWithHint("##region", "New region, e.g. left arena", region_, sizeof region_);
  ImGui::SameLine();
  if (ImGui::Button("Draw") && region_[0]) {
    context.mode = Mode::kBehavior;
    context.canvas_request.draw_region = region_;
    region_[0] = 0;
  }
  if (ImGui::IsItemHovered()) {
    ImGui::SetTooltip("Outline it on the picture; it gets behavior rows of its own");
  }
}

}  // namespace app
