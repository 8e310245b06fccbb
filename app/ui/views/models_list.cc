#include "app/ui/views/models_list.h"

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

#include "datasets/models/decide_model.h"

namespace app {
namespace {

infer::DefaultModel DefaultOf(const ProjectView& project) {
  return infer::ChooseModel(project.models, project.jobs, train::Task::kOutlines);
}

std::string DayText(int64_t created_ms) {
  const std::time_t seconds = static_cast<std::time_t>(created_ms / 1000);
  std::tm local = {};
  char text[32] = "";
  if (localtime_r(&seconds, &local)) strftime(text, sizeof text, "%d %b %H:%M", &local);
  return text;
}

bool PredictedWith(const ProjectView& project, datasets::Id model) {
  return std::any_of(project.jobs.begin(), project.jobs.end(), [&](const datasets::JobRow& job) {
    return job.model_id == model && job.kind != "train";
  });
}

void RequestKeep(Session& session, datasets::Id model) {
  session.Post("Keep model",
               [=](datasets::Project& project) { datasets::KeepModel(project, model); });
}

void RequestDiscard(Session& session, datasets::Id model) {
  session.Post("Discard model",
               [=](datasets::Project& project) { datasets::DiscardModel(project, model); });
}

}  // namespace

const datasets::ModelRow* ModelsList::Chosen(const ProjectView& project) const {
  for (const datasets::ModelRow& model : project.models) {
    if (model.id == chosen_) return &model;
  }
  return nullptr;
}

const datasets::ModelRow* ModelsList::Taken(const ProjectView& project, std::string* why) const {
  if (const datasets::ModelRow* chosen = Chosen(project)) return chosen;
  const infer::DefaultModel taken = DefaultOf(project);
  *why = taken.why;
  return taken.model;
}

const datasets::ModelRow* ModelsList::TakenForPoints(const ProjectView& project, std::string* why) {
  const datasets::ModelRow* chosen = Chosen(project);
  if (chosen && train::IsFor(train::Task::kPoints, chosen->architecture)) return chosen;
  if (points_revision_ != project.revision) {
    points_revision_ = project.revision;
    const auto taken = infer::ChooseModel(project.models, project.jobs, train::Task::kPoints);
    points_model_ = taken.model ? taken.model->id : 0;
    no_points_why_ = taken.why;
  }
  *why = no_points_why_;
  for (const datasets::ModelRow& model : project.models) {
    if (points_model_ && model.id == points_model_) return &model;
  }
  return nullptr;
}

void ModelsList::Describe(nlohmann::json& state) const {
  state["models"] = {{"default", default_text_},
                     {"undecided", undecided_},
                     {"keep_x", keep_button_.x},
                     {"keep_y", keep_button_.y}};
}

void ModelsList::DrawUndecided(UiContext& context, const ProjectView& project) {
  undecided_.clear();
  for (const datasets::ModelRow& model : project.models) {
    const Judged& judged = judged_[model.id];
    if (!judged.undecided) continue;
    undecided_.push_back(model.name);
    ImGui::PushID(static_cast<int>(model.id));
    const auto& held = judged.held;
    ImGui::TextWrapped(
        "The training of %s was cancelled%s. It predicts by itself only if you keep "
        "it.",
        model.name.c_str(), held ? (": " + held->words).c_str() : "");
    if (ImGui::Button("Keep")) RequestKeep(context.session, model.id);
    keep_button_ = ImVec2((ImGui::GetItemRectMin().x + ImGui::GetItemRectMax().x) / 2,
                          (ImGui::GetItemRectMin().y + ImGui::GetItemRectMax().y) / 2);
    ImGui::SameLine();
    if (!PredictedWith(project, model.id)) {
      if (ImGui::Button("Discard")) RequestDiscard(context.session, model.id);
      if (ImGui::IsItemHovered()) ImGui::SetTooltip("Its file is deleted, for good");
    }
    ImGui::PopID();
  }
}

void ModelsList::DrawTable(UiContext& context, const ProjectView& project) {
  constexpr ImGuiTableFlags kFlags = ImGuiTableFlags_RowBg | ImGuiTableFlags_SizingStretchProp;
  if (!ImGui::BeginTable("models", 3, kFlags)) return;
  ImGui::TableSetupColumn("model");
  ImGui::TableSetupColumn("made");
  ImGui::TableSetupColumn("held-back labels");
  ImGui::TableHeadersRow();
  for (size_t i = project.models.size(); i-- > 0;) {
    const datasets::ModelRow& model = project.models[i];
    ImGui::PushID(static_cast<int>(model.id));
    ImGui::TableNextRow();
    ImGui::TableNextColumn();
    if (ImGui::Selectable(model.name.c_str(), model.id == chosen_,
                          ImGuiSelectableFlags_SpanAllColumns)) {
      chosen_ = model.id == chosen_ ? 0 : model.id;
    }
    const Judged& judged = judged_[model.id];
    const auto& held = judged.held;
    if (ImGui::IsItemHovered()) {
      ImGui::SetTooltip("%s, %s\n%s\nright click: more", model.architecture.c_str(),
                        judged.has_predicted ? "has predicted" : "not used yet",
                        held ? held->words.c_str() : "no labels were held back");
    }
    if (ImGui::BeginPopupContextItem()) {
      const bool used = judged.has_predicted;
      if (ImGui::MenuItem("Predict with it", nullptr, model.id == chosen_)) chosen_ = model.id;
      if (ImGui::MenuItem(
              used ? "Discard (predictions were made with it)" : "Discard, with its file", nullptr,
              false, !used)) {
        RequestDiscard(context.session, model.id);
      }
      ImGui::EndPopup();
    }
    ImGui::TableNextColumn();
    ImGui::TextDisabled("%s", DayText(model.created_at).c_str());
    ImGui::TableNextColumn();
    if (judged.undecided) {
      ImGui::TextDisabled("cancelled");
    } else if (held) {
      ImGui::TextDisabled("%.0f %%", 100 * held->score);
    } else {
      ImGui::TextDisabled("none");
    }
    ImGui::PopID();
  }
  ImGui::EndTable();
}

void ModelsList::Judge(std::shared_ptr<const ProjectView> project) {
  if (project == judged_of_) return;
  judged_.clear();
  for (const datasets::ModelRow& model : project->models) {
    judged_[model.id] = {infer::IsUndecided(model, project->jobs),
                         PredictedWith(*project, model.id), infer::HeldBackOf(model)};
  }
  default_ = DefaultOf(*project);
  default_text_ = default_.model ? default_.model->name + ": " + default_.why : default_.why;
  judged_of_ = std::move(project);
}

void ModelsList::Draw(UiContext& context, std::shared_ptr<const ProjectView> shown) {
  Judge(shown);
  const ProjectView& project = *shown;
  DrawUndecided(context, project);
  const infer::DefaultModel& taken = default_;
  if (const datasets::ModelRow* chosen = Chosen(project)) {
    ImGui::TextWrapped("With %s, which you chose.", chosen->name.c_str());
    ImGui::SameLine();
    if (ImGui::SmallButton("Let the program choose")) chosen_ = 0;
  } else if (taken.model) {
    ImGui::TextWrapped("With %s, %s.", taken.model->name.c_str(), taken.why.c_str());
  } else if (!taken.why.empty()) {
    ImGui::TextWrapped("No model is taken by itself: %s.", taken.why.c_str());
  } else {
    ImGui::TextWrapped("No model outlines animals yet: train one first.");
  }
  if (ImGui::CollapsingHeader("Models")) DrawTable(context, project);
}

}  // namespace app
