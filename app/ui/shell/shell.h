// The whole window: menu, mode switch, panels around the canvas, palette, messages, start screen.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "app/model/preferences.h"
#include "app/ui/file_browser.h"
#include "app/ui/view.h"
#include "app/ui/views/canvas/canvas_view.h"
#include "app/ui/window.h"

namespace app {

class KeysView;
class LiveView;
class TimelineView;
struct ViewSet;

class Shell {
 public:
  // `project_file` may be empty: the start screen comes first. With `restore_place` the window goes
  // to where it stood last.
  Shell(Window& window, const std::string& project_file, bool restore_place);
  ~Shell();

  void Run();
  // From any thread: as if the window were closed, but nobody is asked.
  void EndNow();
  // Opens (or with `create`, makes) a project, aside: it may have to be brought up to date first.
  // Then its window shows and `then` is called; a failure becomes a message.
  void OpenProject(const std::string& file, bool create, std::function<void()> then = {});
  // At once for the window; what runs in the project is ended aside.
  void CloseProject();
  void AskNewProject();
  // The rendered sample in ~/vole-sample, made when it is not there yet.
  void OpenSample();
  void AskOpenProject();
  void AskAddVideos();
  // Where the current video's file is now.
  void AskForVideo();

 private:
  struct Opened {
    std::unique_ptr<datasets::Project> project;
    std::string error;  // why there is none
    int older_version = 0;
    bool may_write = true;
  };
  struct Opening {
    std::string file;
    std::function<void()> then;
    std::future<Opened> result;
  };
  static Opened OpenAside(const std::string& file, bool create);
  void FinishOpening();
  void Show(Opened opened, const std::string& file);
  std::string BusyText();  // what is being opened or closed; "" = nothing
  void AddOwnActions();
  void MakeViews();
  void Draw();
  void DrawMenuBar();
  void DrawPanels();
  void DrawPage();
  void WirePages(ViewSet& set);
  void DrawStatusBar();
  // While a recording runs: asks before what would end it, and returns true; `then` is done when
  // the person agrees.
  bool AsksToEndRecording(std::function<void()> then);
  bool DrawEndQuestion();  // true: what was asked for has been done
  // The characters of all names that may be drawn; says once which no font has.
  void NeedGlyphs();
  void DrawSlot(const char* name, std::vector<View*>& views, int& chosen);
  bool OnKey(const Chord& chord, bool repeat);
  void OnDrop(const std::vector<std::string>& files);
  void AddVideos(const std::vector<std::string>& files);
  void ApplyPreferences();
  // Writes them. Where that cannot be done it says so, once, and the window goes on.
  void KeepPreferences();
  void Fail(const std::string& error);  // shown on the start screen, or as a message
  // With VOLE_WORKBENCH_STATE=FILE set: what the window shows and where, as JSON, on every change.
  void WriteState();
  void WriteState(const nlohmann::json& state);
  // With VOLE_WORKBENCH_ACTIONS=FILE set: runs the actions whose ids such a file has, one a line
  // and one a drawing, and removes it when the last has been run.
  void RunAskedAction();
  double& Size(const char* name, double fallback);

  Window& window_;
  Preferences preferences_;
  FileBrowser browser_;
  ActionTable actions_;
  std::unique_ptr<Session> session_;
  std::optional<Opening> opening_;
  std::vector<std::future<void>> closing_;
  bool quits_ = false;  // once everything is closed
  std::atomic<bool> ends_now_{false};
  std::function<void()> end_then_;  // what waits for an answer
  bool opens_question_ = false;
  ImVec2 end_button_;  // of the question, while it shows; window pixels
  std::unique_ptr<UiContext> context_;
  std::vector<std::unique_ptr<View>> views_;  // owns all
  CanvasView* canvas_ = nullptr;
  KeysView* keys_ = nullptr;
  TimelineView* timeline_view_ = nullptr;
  std::vector<View*> left_, right_, bottom_;
  View *results_ = nullptr, *videos_ = nullptr;  // pages
  LiveView* live_ = nullptr;                     // another
  int left_chosen_ = 0, right_chosen_ = 0, bottom_chosen_ = 0;
  std::vector<std::unique_ptr<View>> popups_;  // palette, keys, start screen
  Mode mode_ = Mode::kLabel;
  Mode shown_mode_ = Mode::kLabel;
  std::string focus_;  // id of the panel that comes to the front of its tabs
  CanvasRequest canvas_request_;
  std::string status_hint_;
  std::shared_ptr<const TimelineContent> timeline_;
  ShownSpan shown_span_;
  std::string start_error_;
  bool read_only_ = false;
  bool closes_popups_ = false;     // before the next drawing
  int64_t glyphs_revision_ = -1;   // of the names that have been looked at
  size_t said_missing_ = 0;        // characters that no font has
  bool said_preferences_ = false;  // that they cannot be written
  double last_draw_seconds_ = 0;
  float monitor_scale_ = 1;
  std::string state_file_, written_state_;
  std::string actions_file_;
  std::deque<std::string> asked_actions_;  // not run yet
};

}  // namespace app
