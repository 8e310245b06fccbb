// The window's own commands, who gets a key, and what the window says of itself to tests.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "app/ui/shell/shell.h"
#include "app/ui/views/keys_view.h"
#include "app/ui/views/timeline/timeline_view.h"

namespace app {

void Shell::AddOwnActions() {
  const auto add = [this](const char* id, const char* title, const char* menu, const char* keys,
                          std::function<void()> run, const char* help = "",
                          std::function<bool()> enabled = {}) {
    Action action;
    action.id = id, action.title = title, action.menu = menu, action.help = help;
    if (*keys) action.chords.push_back(ParseChord(keys));
    action.run = std::move(run);
    action.enabled = std::move(enabled);
    actions_.Add(std::move(action));
  };
  const auto view = [this] { return session_ ? session_->project_view() : nullptr; };
  add("project.new", "New project...", "File", "Ctrl+N", [this] { AskNewProject(); });
  add("project.open", "Open project...", "File", "Ctrl+O", [this] { AskOpenProject(); });
  add(
      "project.find_video", "Find the current video again...", "File", "",
      [this] { AskForVideo(); }, "When its file has been moved or renamed",
      [this] { return session_ && session_->video(); });
  add("project.add_videos", "Add videos...", "File", "Ctrl+Shift+A", [this] { AskAddVideos(); });
  add(
      "project.close", "Close project", "File", "Ctrl+W",
      [this] {
        const auto close = [this] { CloseProject(); };
        if (!AsksToEndRecording(close)) close();
      },
      "Back to the start screen; everything is saved already");
  add("app.quit", "Quit", "File", "Ctrl+Q", [this] { window_.Close(); });
  add(
      "edit.undo", "Undo", "Edit", "Ctrl+Z", [this] { session_->Undo(); },
      "Takes the last change back and shows the place",
      [view] {
        const auto now = view();
        return now && !now->undo_label.empty();
      });
  add(
      "edit.redo", "Redo", "Edit", "Ctrl+Shift+Z", [this] { session_->Redo(); }, "",
      [view] {
        const auto now = view();
        return now && !now->redo_label.empty();
      });
  add("mode.label", "Label frames", "View", "F2", [this] { mode_ = Mode::kLabel; });
  add("mode.behavior", "Mark behavior", "View", "F3", [this] { mode_ = Mode::kBehavior; });
  add("mode.review", "Review predictions", "View", "F4", [this] { mode_ = Mode::kReview; });
  add(
      "mode.results", "Results of this video", "View", "F5", [this] { mode_ = Mode::kResults; },
      "Time budget, ethogram, ways, heat maps and curves");
  add(
      "mode.videos", "All videos", "View", "F6", [this] { mode_ = Mode::kVideos; },
      "What is labeled, predicted and to be reviewed in each; several at once");
  add(
      "mode.live", "Record live", "View", "F7", [this] { mode_ = Mode::kLive; },
      "Follow and record what a camera sees");
  add("view.theme", "Light or dark", "View", "Ctrl+Shift+L", [this] {
    preferences_.dark = !preferences_.dark;
    ApplyPreferences();
    KeepPreferences();
  });
  const auto zoom_ui = [this](double factor) {
    preferences_.ui_scale = std::clamp(preferences_.ui_scale * factor, 0.5, 4.0);
    ApplyPreferences();
    KeepPreferences();
  };
  add("view.larger", "Larger text", "View", "Ctrl+=", [zoom_ui] { zoom_ui(1.1); });
  add("view.smaller", "Smaller text", "View", "Ctrl+-", [zoom_ui] { zoom_ui(1 / 1.1); });
  add("view.dashes", "Dash patterns on outlines", "View", "", [this] {
    preferences_.dash_patterns = !preferences_.dash_patterns;
    ApplyPreferences();
    KeepPreferences();
  });
}

bool Shell::OnKey(const Chord& chord, bool) {
  if (!session_) return false;
  if (keys_ && keys_->TakeKey(chord, actions_)) return true;
  const Scope scope = mode_ == Mode::kLabel      ? Scope::kLabeling
                      : mode_ == Mode::kBehavior ? Scope::kBehavior
                      : mode_ == Mode::kReview   ? Scope::kReview
                                                 : Scope::kPage;
  if (ImGui::IsPopupOpen("", ImGuiPopupFlags_AnyPopupId | ImGuiPopupFlags_AnyPopupLevel)) {
    closes_popups_ = chord == Chord{"Escape"} && !browser_.open();  // that one closes itself
    return closes_popups_;
  }
  // A gesture in progress first.
  if (canvas_ && !IsPage(mode_) && canvas_->OnKey(chord, *context_)) return true;
  if (timeline_view_ && timeline_view_->OnKey(chord, *context_)) return true;
  const Action* action = actions_.ForChord(chord, scope);
  return action && actions_.Run(action->id);
}

void Shell::RunAskedAction() {
  if (asked_actions_.empty()) {
    std::ifstream file(actions_file_);
    for (std::string id; std::getline(file, id);) asked_actions_.push_back(id);
    if (asked_actions_.empty()) return;
  }
  const std::string id = asked_actions_.front();
  asked_actions_.pop_front();
  actions_.Run(id);
  if (asked_actions_.empty()) std::remove(actions_file_.c_str());
}

void Shell::WriteState() {
  if (state_file_.empty()) return;
  if (!session_) {
    WriteState({{"busy", BusyText()}, {"start_error", start_error_}});
    return;
  }
  static constexpr const char* kModes[] = {"label",   "behavior", "review",
                                           "results", "videos",   "live"};
  const DecodedFrame& picture = session_->picture();
  nlohmann::json state = {{"mode", kModes[static_cast<int>(mode_)]},
                          {"video_id", session_->video_id()},
                          {"frame", session_->frame()},
                          {"picture_frame", picture.bgr.empty() ? -1 : picture.frame},
                          {"picture_video", picture.video_id},
                          {"playing", session_->playing()},
                          {"selected_annotation", session_->selected_annotation},
                          {"selected_interval", session_->selected_interval},
                          {"selected_episode", session_->selected_episode}};
  if (const auto project = session_->project_view()) {
    state["revision"] = project->revision;
    state["undo"] = project->undo_label;
    state["redo"] = project->redo_label;
    state["missing_videos"] = project->missing_videos.size();
    state["regions"] = project->regions.empty() ? 0 : project->regions.begin()->second.size();
    state["models"] = project->models.size();
    state["episodes"] = project->review_items.size();
  }
  if (const auto view = session_->frame_view()) {
    state["labels"] = view->labels.size();
    state["predictions"] = view->predictions.size();
    state["view_frame"] = view->frame;
  }
  state["jobs"] = nlohmann::json::array();
  static constexpr const char* kStates[] = {"running", "done", "failed", "cancelled"};
  for (const Session::JobStatus& job : session_->JobsNow()) {
    state["jobs"].push_back(
        {{"title", job.title}, {"state", kStates[static_cast<int>(job.state)]}});
  }
  state["messages"] = nlohmann::json::array();
  for (const Message& message : session_->messages()) state["messages"].push_back(message.text);
  if (!actions_file_.empty()) {
    for (const Action& action : actions_.all()) {
      nlohmann::json chords = nlohmann::json::array();
      for (const Chord& chord : action.chords) chords.push_back(ChordText(chord));
      state["actions"].push_back(
          {{"id", action.id}, {"scope", static_cast<int>(action.scope)}, {"chords", chords}});
    }
  }
  for (const auto& view : views_) view->Describe(state);
  for (const auto& popup : popups_) popup->Describe(state);
  if (!right_.empty()) state["right"] = right_[static_cast<size_t>(right_chosen_)]->id();
  state["end_button"] = {end_button_.x, end_button_.y};
  state["glyphs"] = {{"missing", window_.missing_glyphs().size()}};
  state["popup"] =
      ImGui::IsPopupOpen("", ImGuiPopupFlags_AnyPopupId | ImGuiPopupFlags_AnyPopupLevel);
  WriteState(state);
}

void Shell::WriteState(const nlohmann::json& state) {
  const std::string text = state.dump();
  if (text == written_state_) return;
  written_state_ = text;
  const std::string temporary = state_file_ + ".new";
  std::ofstream(temporary) << text << '\n';
  std::rename(temporary.c_str(), state_file_.c_str());
}

}  // namespace app
