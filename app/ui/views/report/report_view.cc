#include "app/ui/views/report/report_view.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/ui/item_middle.h"
#include "app/ui/options_form.h"
#include "app/ui/window.h"

namespace app {
namespace {

// Shows the options that are no file and have no better widget here.
struct ReportFields {
  OptionsForm& form;
  template <class T>
  void Field(const char* name, T& value, const char* help, datasets::Range range = {}) {
    static constexpr const char* kElsewhere[] = {
        "what",           "csv",        "ethogram",        "agreement-csv",
        "confusion",      "motion",     "exploration-csv", "contacts",
        "motion-summary", "trajectory", "occupancy",       "fps",
        "video-frames",   "author",     "against",         "training",
        "min-total",      "max-bias",   "tolerance",       "tolerance-frames",
        "min-overlap",    "block",      "rounds",          "seed"};
    const std::string field = name;
    if (std::find(std::begin(kElsewhere), std::end(kElsewhere), field) == std::end(kElsewhere)) {
      form.Field(name, value, help, range);
    }
  }
};

}  // namespace

void ReportView::AddActions(ActionTable& actions, Session& session) {
  Action action;
  action.id = "project.report", action.title = "Report...", action.menu = "File";
  action.help = "Time budgets, ethogram, speed and places of the animals as tables and pictures";
  action.run = [this, &session] { Open(session); };
  actions.Add(std::move(action));
}

void ReportView::OpenFor(Session& session, std::vector<std::string> videos) {
  open_ = false;
  Open(session);
  choice_.request.video.clear();
  choice_.request.videos = std::move(videos);
  news_ = std::make_shared<ExchangeNews>();  // not what an earlier one came to
}

void ReportView::Open(Session& session) {
  open_ = !open_;
  if (!open_ || folder_[0]) return;
  const auto file = session.project_file();
  snprintf(
      folder_, sizeof folder_, "%s",
      (std::filesystem::absolute(file).parent_path() / (file.stem().string() + "-report")).c_str());
}

void ReportView::Describe(nlohmann::json& state) const {
  const ExchangeNews::Text news = news_->Now();
  state["report"] = {{"open", open_},
                     {"news", news.text},
                     {"failed", news.failed},
                     {"planned", outlook_ ? static_cast<int>(outlook_->plan.files.size()) : -1},
                     {"error", outlook_ ? outlook_->error : ""},
                     {"warnings", outlook_ ? outlook_->plan.warnings : std::vector<std::string>()},
                     {"changed", changed_},
                     {"folder", choice_.folder},
                     {"write", {write_.x, write_.y}},
                     {"open_folder", {open_folder_.x, open_folder_.y}},
                     {"motion", {motion_.x, motion_.y}}};
}

void ReportView::DrawChoice(UiContext& context, const ProjectView& project) {
  const float scale = context.scale;
  ImGui::SetNextItemWidth(-110 * scale);
  ImGui::InputTextWithHint("##folder", "folder to write to", folder_, sizeof folder_);
  ImGui::SameLine();
  if (ImGui::Button("Choose...") && choose) {
    choose([chosen = chosen_](const std::string& folder) { *chosen = folder; });
  }
  if (!chosen_->empty()) {
    snprintf(folder_, sizeof folder_, "%s", chosen_->c_str());
    chosen_->clear();
  }
  choice_.folder = ReportFolder(folder_, context.session.project_file());
  datasets::ReportRequest& request = choice_.request;
  ImGui::AlignTextToFramePadding();
  ImGui::TextUnformatted("Of");
  ImGui::SameLine(60 * scale);
  ImGui::SetNextItemWidth(210 * scale);
  const char* all = "all videos";
  std::string now = request.video.empty() ? all : request.video;
  if (request.videos.size() == 1) now = request.videos[0];
  if (request.videos.size() > 1) now = std::to_string(request.videos.size()) + " chosen videos";
  if (ImGui::BeginCombo("##video", now.c_str())) {
    if (ImGui::Selectable(all, request.video.empty() && request.videos.empty())) {
      request.video.clear();
      request.videos.clear();
    }
    for (const datasets::VideoRow& row : project.videos) {
      if (!ImGui::Selectable(row.name.c_str(), row.name == request.video)) continue;
      request.video = row.name;
      request.videos.clear();
    }
    ImGui::EndCombo();
  }
  ImGui::SameLine(290 * scale);
  ImGui::TextUnformatted("from");
  ImGui::SameLine(340 * scale);
  ImGui::SetNextItemWidth(130 * scale);
  static constexpr const char* kWhat[] = {"labels", "predictions", "both", "final"};
  if (ImGui::BeginCombo("##what", request.options.what.c_str())) {
    for (const char* what : kWhat) {
      if (ImGui::Selectable(what, request.options.what == what)) request.options.what = what;
    }
    ImGui::EndCombo();
  }
  if (ImGui::IsItemHovered()) {
    ImGui::SetTooltip(
        "labels: what people scored; predictions: what a network found; both: each as a scorer of "
        "its own; final: labels, and predictions where nobody scored");
  }
  const float second = 290 * scale;
  ImGui::Checkbox("Time budget", &choice_.budget);
  ImGui::SameLine(second);
  ImGui::Checkbox("Ethogram", &choice_.ethogram);
  ImGui::Checkbox("Distance and speed", &choice_.motion_summary);
  motion_ = MiddleOfItem();
  ImGui::SameLine(second);
  ImGui::Checkbox("Who touches whom", &choice_.contacts);
  ImGui::Checkbox("Ways of the animals", &choice_.trajectory);
  ImGui::SameLine(second);
  ImGui::Checkbox("Where they spend their time", &choice_.occupancy);
  ImGui::Checkbox("Place and speed, frame by frame", &choice_.motion);
  ImGui::SameLine(second);
  ImGui::TextUnformatted("Pictures as");
  ImGui::SameLine();
  if (ImGui::RadioButton("SVG", choice_.as_svg)) choice_.as_svg = true;
  ImGui::SameLine();
  if (ImGui::RadioButton("PNG", !choice_.as_svg)) choice_.as_svg = false;
  if (ImGui::CollapsingHeader("More")) {
    ImGui::BeginChild("more", ImVec2(0, 150 * scale));
    int end = request.end_frame.value_or(0);
    ImGui::SetNextItemWidth(120 * scale);
    ImGui::InputInt("from frame", &request.start_frame, 0, 0);
    request.start_frame = std::max(request.start_frame, 0);
    ImGui::SetNextItemWidth(120 * scale);
    ImGui::InputInt("up to frame (not included; 0: to the end)", &end, 0, 0);
    request.end_frame = end > request.start_frame ? std::optional<int>(end) : std::nullopt;
    OptionsForm form(scale);
    ReportFields fields{form};
    request.options.Visit(fields);
    request.motion_files.Visit(fields);
    request.motion.Visit(fields);
    ImGui::EndChild();
  }
  // What was chosen there holds while it is closed, too.
  changed_ = ChangedOptions(choice_);
  if (changed_.empty()) return;
  std::string text = "Changed:";
  for (const std::string& option : changed_)
    text += (&option == &changed_[0] ? " " : ", ") + option;
  ImGui::TextWrapped("%s", text.c_str());
  if (!ImGui::SmallButton("As usual again")) return;
  const std::string what = request.options.what;
  request.start_frame = 0;
  request.end_frame.reset();
  request.options = {};
  request.options.what = what;
  request.motion_files = {};
  request.motion = {};
}

void ReportView::DrawFiles(UiContext& context, const ReportOutlook* outlook) {
  ImGui::Separator();
  if (!outlook) {
    ImGui::TextDisabled("Looking what there is...");
    return;
  }
  if (!outlook->error.empty()) {
    ImGui::PushStyleColor(ImGuiCol_Text, ErrorColor());
    ImGui::TextWrapped("%s", outlook->error.c_str());
    ImGui::PopStyleColor();
    return;
  }
  if (!outlook->plan.warnings.empty()) {
    ImGui::PushStyleColor(ImGuiCol_Text, WarningColor());
    for (const std::string& warning : outlook->plan.warnings) {
      ImGui::TextWrapped("%s", warning.c_str());
    }
    ImGui::PopStyleColor();
  }
  if (outlook->plan.files.empty()) {
    ImGui::TextDisabled("Choose what should be in it.");
    return;
  }
  ImGui::TextWrapped("Would write to %s", choice_.folder.c_str());
  const float row = ImGui::GetTextLineHeightWithSpacing();
  const float height =
      std::min(static_cast<float>(outlook->plan.files.size()) * row, 7 * row) + 4 * context.scale;
  ImGui::BeginChild("files", ImVec2(0, height));
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(outlook->plan.files.size()));
  while (clipper.Step()) {
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
      const datasets::PlannedFile& file = outlook->plan.files[static_cast<size_t>(i)];
      ImGui::TextUnformatted(file.path.filename().c_str());
      ImGui::SameLine(200 * context.scale);
      ImGui::TextDisabled("%s%s", file.content.c_str(), file.exists ? " (replaces a file)" : "");
    }
  }
  ImGui::EndChild();
  if (!outlook->plan.budget.empty() && choice_.budget) DrawBudget(outlook->plan.budget);
}

void ReportView::DrawBudget(const std::vector<datasets::BudgetRow>& rows) const {
  const ImGuiTableFlags flags = ImGuiTableFlags_RowBg | ImGuiTableFlags_SizingStretchProp;
  constexpr size_t kShownRows = 5;
  if (!ImGui::BeginTable("budget", 5, flags)) return;
  const bool unseen =
      std::any_of(rows.begin(), rows.end(), [](const auto& row) { return row.unseen_s >= 0.005; });
  const char* share = unseen ? "% of time seen" : "% of time";
  for (const char* title : {"video", "animal", "behavior", "bouts", share}) {
    ImGui::TableSetupColumn(title);
  }
  ImGui::TableHeadersRow();
  for (size_t i = 0; i < std::min(rows.size(), kShownRows); ++i) {
    const datasets::BudgetRow& budget = rows[i];
    ImGui::TableNextColumn();
    ImGui::TextUnformatted(budget.video.c_str());
    ImGui::TableNextColumn();
    ImGui::TextUnformatted(budget.subject.empty() ? "whole frame" : budget.subject.c_str());
    ImGui::TableNextColumn();
    ImGui::TextUnformatted(budget.behavior.c_str());
    ImGui::TableNextColumn();
    ImGui::Text("%d", budget.bouts);
    ImGui::TableNextColumn();
    ImGui::Text("%.1f", 100 * budget.proportion);
  }
  ImGui::EndTable();
  if (rows.size() > kShownRows) ImGui::TextDisabled("and %zu more", rows.size() - kShownRows);
}

void ReportView::DrawOutcome(UiContext& context, bool may_write) {
  Session& session = context.session;
  const std::vector<Session::JobStatus> jobs = session.JobsNow();
  const bool runs = std::any_of(jobs.begin(), jobs.end(),
                                [](const Session::JobStatus& job) { return job.RunsInTurn(); });
  ImGui::BeginDisabled(!may_write);
  if (ImGui::Button("Write the report")) {
    news_ = std::make_shared<ExchangeNews>();
    written_folder_ = choice_.folder;
    RequestReport(session, choice_, news_);
  }
  write_ = MiddleOfItem();
  ImGui::EndDisabled();
  if (runs) {
    ImGui::SameLine();
    ImGui::TextDisabled("A job runs; a report comes when it has ended");
  }
  const ExchangeNews::Text news = news_->Now();
  if (news.text.empty()) return;
  ImGui::Separator();
  if (news.failed) ImGui::PushStyleColor(ImGuiCol_Text, ErrorColor());
  ImGui::TextWrapped("%s", news.text.c_str());
  if (news.failed) ImGui::PopStyleColor();
  if (news.failed) return;
  if (ImGui::Button("Open the folder")) RequestOpenFolder(session, written_folder_);
  open_folder_ = MiddleOfItem();
}

void ReportView::Draw(UiContext& context) {
  Session& session = context.session;
  const auto project = session.project_view();
  if (!open_ || !project) return;
  const float scale = context.scale;
  if (!planner_) {
    planner_ = std::make_unique<ReportPlanner>(session.project_file(), [] { Window::Wake(); });
  }
  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  ImGui::SetNextWindowPos(
      ImVec2(viewport->WorkPos.x + viewport->WorkSize.x / 2, viewport->WorkPos.y + 30 * scale),
      ImGuiCond_Appearing, ImVec2(0.5f, 0));
  const float most = viewport->WorkSize.y - 60 * scale;
  ImGui::SetNextWindowSizeConstraints(ImVec2(600 * scale, 0), ImVec2(600 * scale, most));
  bool open = true;
  if (ImGui::Begin("Report", &open,
                   ImGuiWindowFlags_NoCollapse | ImGuiWindowFlags_NoSavedSettings |
                       ImGuiWindowFlags_AlwaysAutoResize)) {
    open &= !(ImGui::IsWindowFocused(ImGuiFocusedFlags_ChildWindows) && !ImGui::IsAnyItemActive() &&
              ImGui::IsKeyPressed(ImGui::GetKeyIndex(ImGuiKey_Escape)));
    if (project->videos.empty()) {
      ImGui::TextWrapped("There is no video yet: add some first (Ctrl+Shift+A).");
    } else {
      DrawChoice(context, *project);
      outlook_ = planner_->Ask(choice_, project->revision);
      DrawFiles(context, outlook_.get());
      DrawOutcome(context, outlook_ && outlook_->error.empty());
    }
  }
  ImGui::End();
  open_ = open_ && open;
}

}  // namespace app
