#include "app/ui/shell/shell.h"

#include <imgui.h>
#include <imgui_internal.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/model/session/shown_meetings.h"
#include "app/model/session/shown_unknown.h"
#include "app/ui/frame_times.h"
#include "app/ui/messages.h"
#include "app/ui/shell/start_screen.h"
#include "app/ui/views/exchange_view.h"
#include "app/ui/views/keys_view.h"
#include "app/ui/views/view_list.h"
#include "app/ui/views/walkthrough_view.h"
#include "datasets/base/error.h"

namespace app {
namespace {

constexpr double kMessageStep = 0.25;  // seconds; how exactly messages go away

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

// On one line, no wider than `width`.
void EllipsisText(const std::string& text, float width) {
  const ImVec2 at = ImGui::GetCursorScreenPos(), size = ImGui::CalcTextSize(text.c_str());
  const float shown = std::max(std::min(size.x, width), 0.f);
  ImGui::Dummy(ImVec2(shown, size.y));
  if (shown <= 0) return;
  const float top = at.y + ImGui::GetStyle().FramePadding.y;
  ImGui::RenderTextEllipsis(ImGui::GetWindowDrawList(), ImVec2(at.x, top),
                            ImVec2(at.x + shown, top + size.y), at.x + shown, at.x + shown,
                            text.c_str(), nullptr, &size);
  if (size.x > width && ImGui::IsItemHovered()) ImGui::SetTooltip("%s", text.c_str());
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

void Shell::KeepPreferences() {
  try {
    SavePreferences(preferences_, PreferencesFile());
    said_preferences_ = false;
  } catch (const std::exception& error) {
    if (!std::exchange(said_preferences_, true)) Fail(error.what());
  }
}

void Shell::Fail(const std::string& error) {
  if (!session_) {
    start_error_ = error;
    return;
  }
  const std::deque<Message>& messages = session_->messages();
  const bool is_shown = std::any_of(messages.begin(), messages.end(),
                                    [&](const Message& message) { return message.text == error; });
  if (!is_shown) session_->Say(Message::Kind::kError, error);
}

void Shell::MakeViews() {
  actions_ = ActionTable();
  context_.reset(new UiContext{*session_, actions_, window_.theme(), window_.fonts(), mode_,
                               canvas_request_, status_hint_, timeline_, shown_span_});
  AddOwnActions();
  ViewSet set = MakeAllViews(!preferences_.seen_walkthrough);
  canvas_ = set.canvas.get();
  keys_ = set.keys;
  timeline_view_ = set.timeline;
  set.exchange->choose = [this](bool writes, std::function<void(const std::string&)> done) {
    browser_.Show(writes ? "Export to" : "Import from",
                  writes ? FileBrowser::Purpose::kSaveAs : FileBrowser::Purpose::kFileOrFolder, {},
                  session_->project_file().parent_path(), "",
                  [done](const std::vector<std::string>& files) { done(files[0]); });
  };
  WirePages(set);
  set.walkthrough->on_close = [this] {
    preferences_.seen_walkthrough = true;
    KeepPreferences();
  };
  keys_->on_change = [this] {
    preferences_.bindings_json = actions_.BindingsToJson();
    KeepPreferences();
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
  glyphs_revision_ = -1;
  for (const auto& view : views_) view->AddActions(actions_, *session_);
  for (const auto& view : popups_) view->AddActions(actions_, *session_);
  try {
    actions_.BindingsFromJson(preferences_.bindings_json);
  } catch (const datasets::Error& error) {
    session_->Say(Message::Kind::kError, error.what());
  }
}

void Shell::Run() {
  Window::Callbacks callbacks;
  callbacks.draw = [this] { Draw(); };
  callbacks.draw_gl = [this](int width, int height) {
    if (session_ && canvas_ && !IsPage(mode_)) canvas_->DrawGl(*context_, width, height);
  };
  callbacks.key = [this](const Chord& chord, bool repeat) { return OnKey(chord, repeat); };
  callbacks.drop = [this](const std::vector<std::string>& files) { OnDrop(files); };
  callbacks.draws_again_in = [this]() -> std::optional<double> {
    const bool moves = opening_ || !closing_.empty();  // the sign that something is being done
    if (moves || (session_ && AnyMessageFades(session_->messages()))) return kMessageStep;
    return std::nullopt;
  };
  callbacks.may_close = [this] {
    const auto quit = [this] {
      CloseProject();
      quits_ = true;
    };
    if (!ends_now_ && AsksToEndRecording(quit)) return false;
    quit();
    return BusyText().empty();
  };
  callbacks.failed = [this](const std::string& error) { Fail(error); };
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
  KeepPreferences();
  CloseProject();
}

void Shell::Draw() {
  if (window_.content_scale() != monitor_scale_) ApplyPreferences();  // moved to another monitor
  const double now = ImGui::GetTime();
  const double elapsed = std::min(now - last_draw_seconds_, 0.5);
  last_draw_seconds_ = now;
  if (!actions_file_.empty()) RunAskedAction();
  FinishOpening();
  NeedGlyphs();
  const std::string busy = BusyText();
  if (quits_ && busy.empty()) window_.Close();
  if (!session_) {
    if (busy.empty()) {
      DrawStartScreen(*this, window_, preferences_, start_error_);
      browser_.Draw(window_.theme().scale);
    } else {
      DrawBusyScreen(window_, busy);
    }
    WriteState();
    return;
  }
  session_->TickPlayback(elapsed);
  session_->Poll();
  context_.reset(new UiContext{*session_, actions_, window_.theme(), window_.fonts(), mode_,
                               canvas_request_, status_hint_, timeline_, shown_span_,
                               window_.theme().scale, !ImGui::GetIO().WantTextInput});
  status_hint_ = busy;
  for (const auto& view : views_) view->Advance(*context_);
  for (const auto& popup : popups_) popup->Advance(*context_);
  // ImGui's own popups do not know Escape without its keyboard navigation.
  if (std::exchange(closes_popups_, false)) ImGui::ClosePopupToLevel(0, false);
  DrawMenuBar();
  if (!session_) return;  // the menu closed it
  DrawPanels();
  focus_.clear();
  if (mode_ != shown_mode_) {
    static constexpr const char* kPanels[] = {"animals", "behaviors", "review", "", "", ""};
    focus_ = kPanels[static_cast<int>(mode_)];
    shown_mode_ = mode_;
    Window::Wake();
  }
  DrawStatusBar();
  for (const auto& popup : popups_) popup->Draw(*context_);
  if (DrawEndQuestion()) return;
  browser_.Draw(context_->scale);
  DrawMessageToasts(*context_);
  WriteState();
}

void Shell::NeedGlyphs() {
  if (browser_.open()) window_.Need(browser_.AllText());
  if (!session_) {
    for (const std::string& file : preferences_.recent) window_.Need(file);
    return;
  }
  for (const Message& message : session_->messages()) window_.Need(message.text);
  const auto project = session_->project_view();
  if (project && std::exchange(glyphs_revision_, project->revision) != project->revision) {
    window_.Need(session_->project_file().string());
    for (const auto& video : project->videos) window_.Need(video.name + video.path);
    for (const auto& animal : project->categories) window_.Need(animal.name);
    for (const auto& behavior : project->behaviors) {
      window_.Need(behavior.name + behavior.exclusion_group + behavior.shortcut);
    }
    for (const auto& [video, rows] : project->intervals) {
      for (const auto& row : rows) window_.Need(row.subject + row.note);
    }
    for (const auto& [video, regions] : project->regions) {
      for (const auto& region : regions) window_.Need(region.name);
    }
    for (const auto& model : project->models) window_.Need(model.name);
    for (const auto& note : project->notes) window_.Need(note.note);
  }
  const std::set<uint16_t>& missing = window_.missing_glyphs();
  if (missing.size() <= said_missing_) return;
  said_missing_ = missing.size();
  char first[16];
  snprintf(first, sizeof first, "U+%04X", static_cast<unsigned>(*missing.begin()));
  session_->Say(
      Message::Kind::kInfo,
      std::to_string(missing.size()) + " characters of names (the first is " + first +
          ") show as \"?\": no installed font has them. A package of fonts helps, for "
          "Chinese, Japanese and Korean fonts-noto-cjk; the names are right all the same");
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
  // The jobs, always one click away.
  const char* names[] = {"Label", "Behavior", "Review", "Results", "Videos", "Live"};
  constexpr int kCount = 6;
  const float width = 88 * context_->scale;
  ImGui::PushStyleVar(ImGuiStyleVar_SelectableTextAlign, ImVec2(0.5f, 0));
  const float menus_end = ImGui::GetCursorPosX() + 12 * context_->scale;
  ImGui::SetCursorPosX(std::max((ImGui::GetWindowWidth() - kCount * width) / 2, menus_end));
  for (int i = 0; i < kCount; ++i) {
    const bool on = static_cast<int>(mode_) == i;
    if (ImGui::Selectable(names[i], on, 0, ImVec2(width - 16 * context_->scale, 0))) {
      mode_ = static_cast<Mode>(i);
    }
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("F%d", i + 2);
  }
  ImGui::PopStyleVar();
  const std::string file =
      session_->project_file().filename().string() + (read_only_ ? "  -  read only" : "  -  saved");
  const float file_left =
      ImGui::GetWindowWidth() - ImGui::CalcTextSize(file.c_str()).x - 20 * context_->scale;
  if (file_left > ImGui::GetCursorPosX()) {  // else the title of the window has to do
    ImGui::SetCursorPosX(file_left);
    ImGui::PushStyleColor(ImGuiCol_Text, MutedTextColor());
    ImGui::TextUnformatted(file.c_str());
    ImGui::PopStyleColor();
  }
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
  if (IsPage(mode_)) {
    // The table of videos and a camera have no use for the time of one video.
    const bool whole_height = mode_ != Mode::kResults;
    ImGui::SetCursorScreenPos(origin);
    ImGui::BeginChild("page", ImVec2(whole.x, whole_height ? whole.y : upper), false,
                      ImGuiWindowFlags_AlwaysUseWindowPadding);
    DrawPage();
    ImGui::EndChild();
    if (!whole_height) {
      panel("bottom", ImVec2(origin.x, origin.y + upper + bar), ImVec2(whole.x, bottom_height),
            bottom_, bottom_chosen_);
      if (Splitter("##s3", ImVec2(origin.x, origin.y + upper), ImVec2(whole.x, bar), false, bottom,
                   -1, 90, 900, scale)) {
        KeepPreferences();
      }
    }
    ImGui::End();
    return;
  }
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
  if (moved) KeepPreferences();
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
  if (const auto project = session_->project_view()) {
    for (const auto& todo : {OpenMeetingsText(project->meetings), UnknownAnimalsText(*project)}) {
      if (!todo.empty()) where += "   " + todo;
    }
  }
  const float scale = context_->scale;
  const std::vector<Session::JobStatus> jobs = session_->JobsNow();
  auto job =
      std::find_if(jobs.begin(), jobs.end(), [](const auto& one) { return one.RunsInTurn(); });
  const bool may_cancel = job != jobs.end();  // what runs beside those ends where it was begun
  if (!may_cancel) {
    job = std::find_if(jobs.begin(), jobs.end(), [](const auto& one) {
      return one.state == Session::JobStatus::State::kRunning;
    });
  }
  const bool runs = job != jobs.end();
  const float end = ImGui::GetWindowWidth(), bar = 220 * scale;
  ImGui::AlignTextToFramePadding();
  ImGui::TextUnformatted(where.c_str());
  ImGui::SameLine(0, 24 * scale);
  // What runs has the right half at most, the hint what is left; a long one ends in an ellipsis.
  const std::string text = runs ? job->title + (job->text.empty() ? "" : ": " + job->text) : "";
  const float job_left =
      runs ? std::max(end - bar - ImGui::CalcTextSize(text.c_str()).x - 20 * scale, end * 0.5f)
           : end - 10 * scale;
  ImGui::PushStyleColor(ImGuiCol_Text, MutedTextColor());
  EllipsisText(status_hint_, job_left - 16 * scale - ImGui::GetCursorPosX());
  ImGui::PopStyleColor();
  if (runs) {
    ImGui::SameLine(job_left);
    EllipsisText(text, end - bar - 8 * scale - job_left);
    ImGui::SameLine(end - bar);
    const ImVec2 size(bar - 80 * scale, 0);
    if (job->total > 0) {
      char percent[16];
      const double share = job->done / job->total;
      snprintf(percent, sizeof percent, "%.0f %%", 100 * share);
      ImGui::ProgressBar(static_cast<float>(share), size, percent);
    } else {  // nobody knows when it ends, as of a recording
      ImGui::Dummy(size);
    }
    ImGui::SameLine();
    if (may_cancel && ImGui::SmallButton("Cancel")) session_->CancelJob(job->id);
    if (!may_cancel && ImGui::SmallButton("Show")) mode_ = Mode::kLive;
  }
  ImGui::End();
}

}  // namespace app
