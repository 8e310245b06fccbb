#include "app/ui/shell/shell.h"

#include <imgui.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "app/model/requests/label_requests.h"
#include "app/model/sample_project.h"
#include "app/ui/frame_times.h"
#include "app/ui/messages.h"
#include "app/ui/views/keys_view.h"
#include "app/ui/views/view_list.h"
#include "app/ui/views/walkthrough_view.h"
#include "datasets/base/error.h"
#include "datasets/store/schema.h"

namespace app {
namespace {

constexpr double kSecondsToRead = 30;  // longer than passing messages are shown

constexpr ImGuiWindowFlags kPanelFlags = ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoResize |
                                         ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoCollapse |
                                         ImGuiWindowFlags_NoBringToFrontOnFocus |
                                         ImGuiWindowFlags_NoSavedSettings;

// A bar between two panels that a person can drag; `grow` is +1 or -1 for the side that grows.
bool Splitter(const char* id, ImVec2 at, ImVec2 size, bool vertical, double& value, double grow,
              double low, double high, float scale) {
  ImGui::SetCursorScreenPos(at);
  ImGui::InvisibleButton(id, size);
  const bool hot = ImGui::IsItemHovered() || ImGui::IsItemActive();
  if (hot) {
    ImGui::SetMouseCursor(vertical ? ImGuiMouseCursor_ResizeEW : ImGuiMouseCursor_ResizeNS);
    ImGui::GetWindowDrawList()->AddRectFilled(at, ImVec2(at.x + size.x, at.y + size.y),
                                              AccentColor());
  }
  if (!ImGui::IsItemActive()) return ImGui::IsItemDeactivated();
  const ImVec2 delta = ImGui::GetIO().MouseDelta;
  value = std::clamp(value + grow * (vertical ? delta.x : delta.y) / scale, low, high);
  return false;
}

}  // namespace

Shell::Shell(Window& window, const std::string& project_file, bool restore_place)
    : window_(window) {
  std::string warning;
  preferences_ = LoadPreferences(PreferencesFile(), &warning);
  start_error_ = warning;
  if (const char* file = std::getenv("VOLE_WORKBENCH_STATE")) state_file_ = file;
  if (const char* file = std::getenv("VOLE_WORKBENCH_ACTIONS")) actions_file_ = file;
  if (restore_place) {
    window_.Place(preferences_.window.known() ? preferences_.window : window_.place());
  }
  ApplyPreferences();
  if (!project_file.empty()) OpenProject(project_file, false);
}

Shell::~Shell() = default;

void Shell::ApplyPreferences() {
  ThemeSettings theme;
  monitor_scale_ = window_.content_scale();
  theme.dark = preferences_.dark;
  theme.scale = static_cast<float>(preferences_.ui_scale) * monitor_scale_;
  theme.dash_patterns = preferences_.dash_patterns;
  window_.SetTheme(theme);
}

double& Shell::Size(const char* name, double fallback) {
  return preferences_.sizes.try_emplace(name, fallback).first->second;
}

bool Shell::OpenProject(const std::string& file, bool create) {
  try {
    std::error_code ignored;
    const bool may_write =
        create || !std::filesystem::exists(file, ignored) ||
        (access(file.c_str(), W_OK) == 0 &&
         access(std::filesystem::absolute(file).parent_path().c_str(), W_OK) == 0);
    const int older_version = create ? 0 : datasets::OlderVersion(file);
    auto project =
        create ? datasets::Project::Create(file)
               : datasets::Project::Open(file, may_write ? datasets::Project::Access::kReadWrite
                                                         : datasets::Project::Access::kReadOnly);
    CloseProject();
    session_ = std::make_unique<Session>(std::move(project), [] { Window::Wake(); });
    read_only_ = !may_write;
    if (read_only_) {
      session_->Say(
          Message::Kind::kError,
          "This project may not be written here: look around, but nothing can be changed. "
          "Copy it to a place of your own to work on it.");
    }
    if (older_version > 0) {
      const std::string name = std::filesystem::path(file).filename().string();
      session_->messages().push_back(
          {Message::Kind::kSuccess,
           name +
               " was written by an older Vole and is now brought up to date. As it was, it is "
               "kept beside it in " +
               name + ".v" + std::to_string(older_version) + ".bak (a click closes this).",
           -kSecondsToRead});
    }
    preferences_.AddRecent(std::filesystem::absolute(file).string());
    SavePreferences(preferences_, PreferencesFile());
  } catch (const datasets::Error& error) {
    start_error_ = error.what();
    if (!session_) return false;
    session_->Say(Message::Kind::kError, error.what());
    return session_ != nullptr;
  }
  start_error_.clear();
  MakeViews();
  window_.SetTitle(std::filesystem::path(file).stem().string() + " - Vole");
  return true;
}

void Shell::CloseProject() {
  if (session_) actions_.Run("behavior.end");  // a start without an end would be lost
  views_.clear();
  left_.clear(), right_.clear(), bottom_.clear();
  popups_.clear();
  canvas_ = nullptr;
  keys_ = nullptr;
  context_.reset();
  actions_ = ActionTable();
  timeline_.reset();
  session_.reset();
  window_.SetTitle("Vole");
}

void Shell::MakeViews() {
  actions_ = ActionTable();
  context_.reset(new UiContext{*session_, actions_, window_.theme(), window_.fonts(), mode_,
                               canvas_request_, status_hint_, timeline_});
  AddOwnActions();
  ViewSet set = MakeAllViews(!preferences_.seen_walkthrough);
  canvas_ = set.canvas.get();
  keys_ = set.keys;
  set.walkthrough->on_close = [this] {
    preferences_.seen_walkthrough = true;
    SavePreferences(preferences_, PreferencesFile());
  };
  keys_->on_change = [this] {
    preferences_.bindings_json = actions_.BindingsToJson();
    SavePreferences(preferences_, PreferencesFile());
  };
  views_.push_back(std::move(set.canvas));
  const auto place = [this](std::vector<std::unique_ptr<View>>& from, std::vector<View*>& slot) {
    slot.clear();
    for (auto& view : from) {
      slot.push_back(view.get());
      views_.push_back(std::move(view));
    }
  };
  place(set.left, left_);
  place(set.right, right_);
  place(set.bottom, bottom_);
  popups_ = std::move(set.popups);
  left_chosen_ = right_chosen_ = bottom_chosen_ = 0;
  for (const auto& view : views_) view->AddActions(actions_, *session_);
  for (const auto& view : popups_) view->AddActions(actions_, *session_);
  try {
    actions_.BindingsFromJson(preferences_.bindings_json);
  } catch (const datasets::Error& error) {
    session_->Say(Message::Kind::kError, error.what());
  }
}

void Shell::OnDrop(const std::vector<std::string>& files) {
  if (files.size() == 1 && std::filesystem::path(files[0]).extension() == ".vole") {
    OpenProject(files[0], false);
    return;
  }
  if (!session_) {
    // Videos on the start screen: a project beside the first of them.
    const std::filesystem::path first(files.front());
    const auto file = first.parent_path() / (first.stem().string() + ".vole");
    if (!OpenProject(file.string(), !std::filesystem::exists(file))) return;
  }
  AddVideos(files);
}

void Shell::AddVideos(const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    session_->StartJob(
        "Add " + std::filesystem::path(file).filename().string(),
        [file](datasets::Project& project, datasets::Job& job) { project.AddVideo(file, job); });
  }
}

void Shell::AskNewProject() {
  browser_.Show("New project", FileBrowser::Purpose::kSaveAs, {".vole"}, "", "my_animals.vole",
                [this](const std::vector<std::string>& files) { OpenProject(files[0], true); });
}

void Shell::OpenSample() {
  const char* home = std::getenv("HOME");
  const std::filesystem::path folder = std::filesystem::path(home ? home : ".") / "vole-sample";
  const std::filesystem::path file = folder / "sample.vole";
  std::error_code ignored;
  std::filesystem::create_directories(folder, ignored);
  const bool there = std::filesystem::exists(file, ignored);
  if (!OpenProject(file.string(), !there) || there) return;
  session_->StartJob("Make the sample", [folder](datasets::Project& project, datasets::Job& job) {
    FillSampleProject(project, folder, job);
  });
}

void Shell::AskOpenProject() {
  browser_.Show("Open project", FileBrowser::Purpose::kOpenOne, {".vole"}, "", "",
                [this](const std::vector<std::string>& files) { OpenProject(files[0], false); });
}

void Shell::AskAddVideos() {
  browser_.Show("Add videos", FileBrowser::Purpose::kOpenMany, VideoExtensions(),
                session_ ? session_->project_file().parent_path() : "", "",
                [this](const std::vector<std::string>& files) { AddVideos(files); });
}

void Shell::AskForVideo() {
  if (!session_ || !session_->video()) return;
  browser_.Show("Where is " + session_->video()->name + " now?", FileBrowser::Purpose::kOpenOne,
                VideoExtensions(), session_->project_file().parent_path(), "",
                [this, id = session_->video_id()](const std::vector<std::string>& files) {
                  RequestRelink(*session_, id, files[0]);
                });
}

void Shell::Run() {
  Window::Callbacks callbacks;
  callbacks.draw = [this] { Draw(); };
  callbacks.draw_gl = [this](int width, int height) {
    if (session_ && canvas_) canvas_->DrawGl(*context_, width, height);
  };
  callbacks.key = [this](const Chord& chord, bool repeat) { return OnKey(chord, repeat); };
  callbacks.drop = [this](const std::vector<std::string>& files) { OnDrop(files); };
  callbacks.animating = [this] {
    return (session_ && session_->playing()) || !actions_file_.empty();
  };
  FrameTimes times;
  const char* times_file = std::getenv("VOLE_WORKBENCH_TIMES");
  if (times_file) {
    callbacks.paced = false;
    callbacks.timed = [&](double draw_ms, double gl_ms, double all_ms) {
      times.Add(draw_ms, gl_ms, all_ms, session_ && session_->playing());
    };
  }
  window_.Run(callbacks);
  if (times_file) times.Write(times_file);
  preferences_.window = window_.place();
  try {
    SavePreferences(preferences_, PreferencesFile());
  } catch (const datasets::Error&) {
    // Where the window stood is not worth a message at the end.
  }
  CloseProject();
}

void Shell::Draw() {
  if (window_.content_scale() != monitor_scale_) ApplyPreferences();  // moved to another monitor
  const double now = ImGui::GetTime();
  const double elapsed = std::min(now - last_draw_seconds_, 0.5);
  last_draw_seconds_ = now;
  if (!actions_file_.empty()) RunAskedAction();
  if (!session_) {
    DrawStartScreen(*this, window_, preferences_, start_error_);
    browser_.Draw(window_.theme().scale);
    return;
  }
  session_->TickPlayback(elapsed);
  session_->Poll();
  context_.reset(new UiContext{*session_, actions_, window_.theme(), window_.fonts(), mode_,
                               canvas_request_, status_hint_, timeline_, window_.theme().scale,
                               !ImGui::GetIO().WantTextInput});
  status_hint_.clear();
  for (const auto& view : views_) view->Advance(*context_);
  DrawMenuBar();
  if (!session_) return;  // the menu closed it
  DrawPanels();
  focus_.clear();
  if (mode_ != shown_mode_) {
    static constexpr const char* kPanels[] = {"animals", "behaviors", "review"};
    focus_ = kPanels[static_cast<int>(mode_)];
    shown_mode_ = mode_;
    Window::Wake();
  }
  DrawStatusBar();
  for (const auto& popup : popups_) popup->Draw(*context_);
  browser_.Draw(context_->scale);
  DrawMessageToasts(*context_);
  WriteState();
}

void Shell::DrawMenuBar() {
  if (!ImGui::BeginMainMenuBar()) return;
  std::vector<std::string> menus;
  for (const Action& action : actions_.all()) {
    if (!action.menu.empty() && std::find(menus.begin(), menus.end(), action.menu) == menus.end()) {
      menus.push_back(action.menu);
    }
  }
  std::string chosen;
  for (const std::string& menu : menus) {
    if (!ImGui::BeginMenu(menu.c_str())) continue;
    for (const Action& action : actions_.all()) {
      if (action.menu != menu) continue;
      const std::string keys = action.chords.empty() ? "" : ChordText(action.chords.front());
      const bool enabled = !action.enabled || action.enabled();
      if (ImGui::MenuItem(action.title.c_str(), keys.c_str(), false, enabled)) chosen = action.id;
      if (!action.help.empty() && ImGui::IsItemHovered()) {
        ImGui::SetTooltip("%s", action.help.c_str());
      }
    }
    ImGui::EndMenu();
  }
  // The three jobs, always one click away.
  const char* names[] = {"Label", "Behavior", "Review"};
  const float width = 96 * context_->scale;
  ImGui::PushStyleVar(ImGuiStyleVar_SelectableTextAlign, ImVec2(0.5f, 0));
  ImGui::SetCursorPosX((ImGui::GetWindowWidth() - 3 * width) / 2);
  for (int i = 0; i < 3; ++i) {
    const bool on = static_cast<int>(mode_) == i;
    if (ImGui::Selectable(names[i], on, 0, ImVec2(width - 16 * context_->scale, 0))) {
      mode_ = static_cast<Mode>(i);
    }
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("F%d", i + 2);
  }
  ImGui::PopStyleVar();
  const std::string file =
      session_->project_file().filename().string() + (read_only_ ? "  -  read only" : "  -  saved");
  ImGui::SetCursorPosX(ImGui::GetWindowWidth() - ImGui::CalcTextSize(file.c_str()).x -
                       20 * context_->scale);
  ImGui::PushStyleColor(ImGuiCol_Text, MutedTextColor());
  ImGui::TextUnformatted(file.c_str());
  ImGui::PopStyleColor();
  ImGui::EndMainMenuBar();
  if (!chosen.empty()) actions_.Run(chosen);
}

void Shell::DrawSlot(const char* name, std::vector<View*>& views, int& chosen) {
  if (views.empty()) return;
  if (views.size() > 1 && ImGui::BeginTabBar(name, ImGuiTabBarFlags_FittingPolicyScroll)) {
    for (size_t i = 0; i < views.size(); ++i) {
      const bool force = views[i]->wants_focus() || focus_ == views[i]->id();
      if (ImGui::BeginTabItem(views[i]->title(), nullptr,
                              force ? ImGuiTabItemFlags_SetSelected : ImGuiTabItemFlags_None)) {
        chosen = static_cast<int>(i);
        ImGui::EndTabItem();
      }
    }
    ImGui::EndTabBar();
  }
  chosen = std::clamp(chosen, 0, static_cast<int>(views.size()) - 1);
  ImGui::BeginChild(views[static_cast<size_t>(chosen)]->id());
  views[static_cast<size_t>(chosen)]->Draw(*context_);
  ImGui::EndChild();
}

void Shell::DrawPanels() {
  const float scale = context_->scale;
  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  const float status_height = ImGui::GetFrameHeight() + 4 * scale;
  const ImVec2 origin = viewport->WorkPos;
  const ImVec2 whole(viewport->WorkSize.x, viewport->WorkSize.y - status_height);
  double& left = Size("left", 250);
  double& right = Size("right", 320);
  double& bottom = Size("bottom", 210);
  const float bar = 5 * scale;
  const float left_width = std::min(static_cast<float>(left) * scale, whole.x * 0.35f);
  const float right_width = std::min(static_cast<float>(right) * scale, whole.x * 0.4f);
  const float bottom_height = std::min(static_cast<float>(bottom) * scale, whole.y * 0.6f);
  const float middle_width = whole.x - left_width - right_width - 2 * bar;
  const float upper = whole.y - bottom_height - bar;

  ImGui::SetNextWindowPos(origin);
  ImGui::SetNextWindowSize(whole);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::PushStyleColor(ImGuiCol_WindowBg, 0);  // the canvas is drawn beneath
  ImGui::Begin("##panels", nullptr, kPanelFlags);
  ImGui::PopStyleColor();
  ImGui::PopStyleVar();
  const auto panel = [&](const char* id, ImVec2 at, ImVec2 size, std::vector<View*>& views,
                         int& chosen) {
    ImGui::SetCursorScreenPos(at);
    ImGui::BeginChild(id, size, false, ImGuiWindowFlags_AlwaysUseWindowPadding);
    DrawSlot(id, views, chosen);
    ImGui::EndChild();
  };
  panel("left", origin, ImVec2(left_width, upper), left_, left_chosen_);
  panel("right", ImVec2(origin.x + whole.x - right_width, origin.y), ImVec2(right_width, upper),
        right_, right_chosen_);
  panel("bottom", ImVec2(origin.x, origin.y + upper + bar), ImVec2(whole.x, bottom_height), bottom_,
        bottom_chosen_);

  ImGui::SetCursorScreenPos(ImVec2(origin.x + left_width + bar, origin.y));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::PushStyleColor(ImGuiCol_ChildBg, 0);
  ImGui::BeginChild("canvas", ImVec2(middle_width, upper), false,
                    ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  ImGui::PopStyleColor();
  ImGui::PopStyleVar();
  canvas_->Draw(*context_);
  ImGui::EndChild();

  bool moved = Splitter("##s1", ImVec2(origin.x + left_width, origin.y), ImVec2(bar, upper), true,
                        left, 1, 140, 700, scale);
  moved |= Splitter("##s2", ImVec2(origin.x + whole.x - right_width - bar, origin.y),
                    ImVec2(bar, upper), true, right, -1, 200, 900, scale);
  moved |= Splitter("##s3", ImVec2(origin.x, origin.y + upper), ImVec2(whole.x, bar), false, bottom,
                    -1, 90, 900, scale);
  if (moved) SavePreferences(preferences_, PreferencesFile());
  ImGui::End();
}

void Shell::DrawStatusBar() {
  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  const float height = ImGui::GetFrameHeight() + 4 * context_->scale;
  ImGui::SetNextWindowPos(
      ImVec2(viewport->WorkPos.x, viewport->WorkPos.y + viewport->WorkSize.y - height));
  ImGui::SetNextWindowSize(ImVec2(viewport->WorkSize.x, height));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding,
                      ImVec2(10 * context_->scale, 2 * context_->scale));
  ImGui::Begin("##status", nullptr, kPanelFlags | ImGuiWindowFlags_NoScrollbar);
  ImGui::PopStyleVar();
  std::string where = "no video yet";
  if (const datasets::VideoRow* video = session_->video()) {
    where = video->name + "   frame " + std::to_string(session_->frame()) + " of " +
            std::to_string(std::max(session_->frame_count() - 1, 0));
    if (session_->playing()) {
      char speed[32];
      snprintf(speed, sizeof speed, "   %gx", session_->speed());
      where += speed;
    }
  }
  ImGui::AlignTextToFramePadding();
  ImGui::TextUnformatted(where.c_str());
  ImGui::SameLine(0, 24 * context_->scale);
  ImGui::PushStyleColor(ImGuiCol_Text, MutedTextColor());
  ImGui::TextUnformatted(status_hint_.c_str());
  ImGui::PopStyleColor();
  for (const Session::JobStatus& job : session_->JobsNow()) {
    if (job.state != Session::JobStatus::State::kRunning) continue;
    const float width = 220 * context_->scale, end = ImGui::GetWindowWidth();
    const std::string text = job.title + (job.text.empty() ? "" : ": " + job.text);
    const float text_width = ImGui::CalcTextSize(text.c_str()).x;
    ImGui::SameLine(std::max(end - width - text_width - 20 * context_->scale, end * 0.35f));
    ImGui::TextUnformatted(text.c_str());
    ImGui::SameLine(end - width);
    char percent[16];
    snprintf(percent, sizeof percent, "%.0f %%", job.total > 0 ? 100 * job.done / job.total : 0.0);
    ImGui::ProgressBar(job.total > 0 ? static_cast<float>(job.done / job.total) : 0.f,
                       ImVec2(width - 80 * context_->scale, 0), percent);
    ImGui::SameLine();
    if (ImGui::SmallButton("Cancel")) session_->CancelJob(job.id);
    break;
  }
  ImGui::End();
}

}  // namespace app
