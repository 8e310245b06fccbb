// Shell: its pages, what they and the report ask it for, and what it asks before a recording ends.
#include "app/ui/shell/shell.h"
#include "app/ui/views/live/live_view.h"
#include "app/ui/views/report/report_view.h"
#include "app/ui/views/view_list.h"

namespace app {

void Shell::WirePages(ViewSet& set) {
  // The file browser may outlive the project that it was opened for.
  const Session* of = session_.get();
  const auto ask = [this, of](const char* title, FileBrowser::Purpose purpose,
                              const std::string& suggested,
                              const std::function<void(const std::string&)>& done) {
    browser_.Show(title, purpose, {}, session_->project_file().parent_path(), suggested,
                  [this, of, done](const std::vector<std::string>& files) {
                    if (session_.get() == of) done(files[0]);
                  });
  };
  set.report->choose = [ask](std::function<void(const std::string&)> done) {
    ask("Report to", FileBrowser::Purpose::kFileOrFolder, "", done);
  };
  set.results->choose = [ask](const std::string& suggested,
                              std::function<void(const std::string&)> done) {
    ask("Save results", FileBrowser::Purpose::kSaveAs, suggested, done);
  };
  set.videos->choose_folder = [ask](std::function<void(const std::string&)> done) {
    ask("Look for videos in", FileBrowser::Purpose::kFileOrFolder, "", done);
  };
  set.videos->report = [this, report = set.report](std::vector<std::string> names) {
    report->OpenFor(*session_, std::move(names));
  };
  LiveForm& live = set.live->form();
  live.choose_file = [ask](const char* title, LiveForm::Chosen done) {
    ask(title, FileBrowser::Purpose::kFileOrFolder, "", done);
  };
  live.choose_new_file = [ask](const char* title, const std::string& suggested,
                               LiveForm::Chosen done) {
    ask(title, FileBrowser::Purpose::kSaveAs, suggested, done);
  };
  results_ = set.results.get();
  videos_ = set.videos.get();
  views_.push_back(std::move(set.results));
  views_.push_back(std::move(set.videos));
  live_ = set.live.get();
  views_.push_back(std::move(set.live));
}

void Shell::DrawPage() {
  View* page = mode_ == Mode::kResults ? results_ : mode_ == Mode::kVideos ? videos_ : live_;
  page->Draw(*context_);
}

void Shell::EndNow() {
  ends_now_ = true;
  window_.Close();
  Window::Wake();
}

bool Shell::AsksToEndRecording(std::function<void()> then) {
  if (!live_ || !live_->recording()) return false;
  end_then_ = std::move(then);
  opens_question_ = true;
  Window::Wake();
  return true;
}

bool Shell::DrawEndQuestion() {
  constexpr const char* kTitle = "A recording runs";
  if (std::exchange(opens_question_, false)) ImGui::OpenPopup(kTitle);
  if (!ImGui::BeginPopupModal(kTitle, nullptr, ImGuiWindowFlags_AlwaysAutoResize)) return false;
  ImGui::TextUnformatted(
      "Closing ends the recording. What was recorded until then is kept, with its tracks.");
  ImGui::Spacing();
  const bool go_on = ImGui::Button("Go on recording");
  ImGui::SameLine();
  const bool end = ImGui::Button("End it and close");
  const ImVec2 low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
  end_button_ = {(low.x + high.x) / 2, (low.y + high.y) / 2};
  if (go_on || end) ImGui::CloseCurrentPopup();
  if (go_on) end_then_ = nullptr;
  ImGui::EndPopup();
  if (!end || !end_then_) return false;
  const auto then = std::exchange(end_then_, nullptr);
  then();
  Window::Wake();
  return true;
}

}  // namespace app
