#include "app/ui/views/exchange_view.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/ui/options_form.h"

namespace app {
namespace {

// Shows what has no better widget here.
struct OtherFields {
  OptionsForm& form;
  template <class T>
  void Field(const char* name, T& value, const char* help, datasets::Range range = {}) {
    const std::string field = name;
    if (field != "video" && field != "what") form.Field(name, value, help, range);
  }
};

}  // namespace

void ExchangeView::AddActions(ActionTable& actions, Session&) {
  const auto add = [&](const char* id, const char* title, const char* help, Kind kind) {
    Action action;
    action.id = id, action.title = title, action.menu = "File", action.help = help;
    action.run = [this, kind] { Open(kind); };
    actions.Add(std::move(action));
  };
  add("project.import", "Import labels...",
      "Labels or behaviors from other programs; what would come in is shown first", Kind::kImport);
  add("project.export", "Export...",
      "Labels, predictions or behaviors for other programs and for tables", Kind::kExport);
}

void ExchangeView::Open(Kind kind) {
  kind_ = kind_ == kind ? Kind::kClosed : kind;
  path_[0] = 0;
  news_ = std::make_shared<ExchangeNews>();  // not what an earlier one comes to
}

void ExchangeView::Describe(nlohmann::json& state) const {
  const ExchangeNews::Text news = news_->Now();
  state["exchange"] = {
      {"open", kind_ != Kind::kClosed}, {"news", news.text}, {"failed", news.failed}};
}

void ExchangeView::DrawFormat() {
  const bool imports = kind_ == Kind::kImport;
  std::string& format = imports ? import_format_ : export_format_;
  constexpr const char* kRecognized = "by what is in the file";
  if (ImGui::BeginCombo("format", format.empty() ? kRecognized : format.c_str())) {
    if (imports && ImGui::Selectable(kRecognized, format.empty())) format.clear();
    for (const datasets::FormatInfo& info : datasets::Formats()) {
      if (!(imports ? info.imports : info.exports)) continue;
      if (ImGui::Selectable((info.name + ": " + info.description).c_str(), info.name == format)) {
        format = info.name;
      }
    }
    ImGui::EndCombo();
  }
  for (const datasets::FormatInfo& info : datasets::Formats()) {
    if (info.name == format) ImGui::TextDisabled("%s", info.path.c_str());
  }
}

void ExchangeView::DrawPath(float scale) {
  ImGui::SetNextItemWidth(-110 * scale);
  ImGui::InputTextWithHint(
      "##path", kind_ == Kind::kImport ? "file, folder or .zip to read" : "file or folder to write",
      path_, sizeof path_);
  ImGui::SameLine();
  if (ImGui::Button("Choose...") && choose) {
    choose(kind_ == Kind::kExport, [chosen = chosen_](const std::string& file) { *chosen = file; });
  }
  if (!chosen_->empty()) {
    snprintf(path_, sizeof path_, "%s", chosen_->c_str());
    chosen_->clear();
  }
}

void ExchangeView::DrawVideo(const ProjectView& project, std::string* video) {
  const char* all = kind_ == Kind::kImport ? "by the file's names" : "all videos";
  if (!ImGui::BeginCombo("video", video->empty() ? all : video->c_str())) return;
  if (ImGui::Selectable(all, video->empty())) video->clear();
  for (const datasets::VideoRow& row : project.videos) {
    if (ImGui::Selectable(row.name.c_str(), row.name == *video)) *video = row.name;
  }
  ImGui::EndCombo();
}

void ExchangeView::DrawButtons(Session& session) {
  const std::vector<Session::JobStatus> jobs = session.JobsNow();
  const bool runs = std::any_of(jobs.begin(), jobs.end(),
                                [](const Session::JobStatus& job) { return job.RunsInTurn(); });
  if (runs) {
    ImGui::TextDisabled("Another job runs: this comes when it has ended");
  }
  const bool given = path_[0] != 0;
  if (kind_ == Kind::kImport) {
    if (ImGui::Button("What would it bring?") && given) {
      RequestTryImport(session, import_format_, path_, import_, news_);
    }
    ImGui::SameLine();
    if (ImGui::Button("Import") && given) {
      RequestImport(session, import_format_, path_, import_, news_);
    }
  } else if (ImGui::Button("Export") && given) {
    RequestExport(session, export_format_, path_, export_, news_);
  }
  const ExchangeNews::Text news = news_->Now();
  if (news.text.empty()) return;
  ImGui::Separator();
  if (news.failed) ImGui::PushStyleColor(ImGuiCol_Text, ErrorColor());
  ImGui::TextWrapped("%s", news.text.c_str());
  if (news.failed) ImGui::PopStyleColor();
}

void ExchangeView::Draw(UiContext& context) {
  const auto project = context.session.project_view();
  if (kind_ == Kind::kClosed || !project) return;
  const float scale = context.scale;
  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  ImGui::SetNextWindowPos(ImVec2(viewport->WorkPos.x + viewport->WorkSize.x / 2,
                                 viewport->WorkPos.y + viewport->WorkSize.y / 2),
                          ImGuiCond_Appearing, ImVec2(0.5f, 0.5f));
  ImGui::SetNextWindowSize(ImVec2(560 * scale, 0), ImGuiCond_Always);
  bool open = true;
  if (ImGui::Begin(kind_ == Kind::kImport ? "Import labels" : "Export", &open,
                   ImGuiWindowFlags_NoCollapse | ImGuiWindowFlags_NoSavedSettings)) {
    open &= !(ImGui::IsWindowFocused() && !ImGui::IsAnyItemActive() &&
              ImGui::IsKeyPressed(ImGui::GetKeyIndex(ImGuiKey_Escape)));
    DrawFormat();
    DrawPath(scale);
    OptionsForm form(scale);
    OtherFields others{form};
    if (kind_ == Kind::kImport) {
      DrawVideo(*project, &import_.video);
    } else {
      DrawVideo(*project, &export_.video);
      static constexpr const char* kWhat[] = {"labels", "predictions", "final"};
      if (ImGui::BeginCombo("what", export_.what.c_str())) {
        for (const char* what : kWhat) {
          if (ImGui::Selectable(what, export_.what == what)) export_.what = what;
        }
        ImGui::EndCombo();
      }
      if (ImGui::IsItemHovered()) {
        ImGui::SetTooltip("final: labels, and predictions where there is no label");
      }
    }
    if (ImGui::CollapsingHeader("More")) {
      if (kind_ == Kind::kImport) {
        import_.Visit(others);
      } else {
        export_.Visit(others);
      }
    }
    DrawButtons(context.session);
  }
  ImGui::End();
  if (!open) kind_ = Kind::kClosed;
}

}  // namespace app
