#include "app/ui/window.h"

#include "app/gl/gl.h"
// GLFW must come after OpenGL's own header.
#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>
#include <backends/imgui_impl_glfw.h>
#include <backends/imgui_impl_opengl3.h>
#include <imgui.h>
#include <imgui_internal.h>

#include <atomic>
#include <cmath>
#include <ctime>
#include <map>
#include <set>
#include <utility>

#include "app/model/drawing/needed_glyphs.h"
#include "app/ui/fonts.h"
#include "datasets/base/error.h"

namespace app {
namespace {

// ImGui settles hover and layout over a few frames after the last event.
constexpr int kFramesAfterEvent = 3;
// What one view changes for another shows a frame later.
constexpr int kFramesAfterWake = 2;

std::string KeyName(int key, int scancode) {
  static const std::map<int, std::string> named = {{GLFW_KEY_SPACE, "Space"},
                                                   {GLFW_KEY_ENTER, "Enter"},
                                                   {GLFW_KEY_KP_ENTER, "Enter"},
                                                   {GLFW_KEY_ESCAPE, "Escape"},
                                                   {GLFW_KEY_BACKSPACE, "Backspace"},
                                                   {GLFW_KEY_DELETE, "Delete"},
                                                   {GLFW_KEY_LEFT, "Left"},
                                                   {GLFW_KEY_RIGHT, "Right"},
                                                   {GLFW_KEY_UP, "Up"},
                                                   {GLFW_KEY_DOWN, "Down"},
                                                   {GLFW_KEY_PAGE_UP, "PageUp"},
                                                   {GLFW_KEY_PAGE_DOWN, "PageDown"},
                                                   {GLFW_KEY_HOME, "Home"},
                                                   {GLFW_KEY_END, "End"},
                                                   {GLFW_KEY_TAB, "Tab"}};
  const auto it = named.find(key);
  if (it != named.end()) return it->second;
  if (key >= GLFW_KEY_F1 && key <= GLFW_KEY_F12) return "F" + std::to_string(key - GLFW_KEY_F1 + 1);
  const char* text = glfwGetKeyName(key, scancode);  // what this layout types on the key
  return text ? text : "";
}

std::string last_glfw_error;
std::atomic<bool> woken{false};
bool monitors_changed = false;  // set while events are taken

std::vector<WindowPlace> MonitorsNow() {
  int count = 0;
  GLFWmonitor** monitors = glfwGetMonitors(&count);
  std::vector<WindowPlace> places;
  for (int i = 0; i < count; ++i) {
    WindowPlace place;
    glfwGetMonitorWorkarea(monitors[i], &place.x, &place.y, &place.width, &place.height);
    if (place.known()) places.push_back(place);
  }
  return places;
}

// The shortest time between two redraws, in seconds. A bit shorter than the monitor's, so that a
// driver that waits for the monitor alone decides.
double ShortestInterval() {
  GLFWmonitor* monitor = glfwGetPrimaryMonitor();
  const GLFWvidmode* mode = monitor ? glfwGetVideoMode(monitor) : nullptr;
  return 0.8 / (mode && mode->refreshRate > 0 ? mode->refreshRate : 60);
}

// Of this thread alone, so that other work on the machine does not count.
double ProcessorMs() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

}  // namespace

struct Window::Impl {
  GLFWwindow* window = nullptr;
  ThemeSettings theme;
  Fonts fonts;
  NeededGlyphs glyphs;
  std::set<uint16_t> missing_glyphs;
  bool theme_changed = true;
  bool fonts_in_texture = false;
  int frames_owed = kFramesAfterEvent;
  double shortest_interval = 0, next_draw_at = 0;  // seconds, of GLFW's clock
  const Callbacks* callbacks = nullptr;
  struct Release {
    int key, scancode, mods;
  };
  std::set<int> down_since_frame;  // GLFW keys pressed since the last frame was drawn
  std::vector<Release> late_releases;

  static Impl& Of(GLFWwindow* window) {
    return *static_cast<Impl*>(glfwGetWindowUserPointer(window));
  }

  // True when `work` threw nothing.
  template <class Work>
  bool Guard(const Work& work) {
    try {
      work();
      return true;
    } catch (const std::exception& error) {
      if (callbacks->failed) callbacks->failed(error.what());
      return false;
    }
  }

  void OnKey(int key, int scancode, int action, int mods) {
    frames_owed = kFramesAfterEvent;
    // ImGui 1.86 looks at keys once a frame: a key that goes up again before the next frame would
    // never have been down, so its release waits until one frame has seen it; and any other's too,
    // so that a key is seen with the Ctrl that it was pressed with.
    if (action == GLFW_RELEASE && !down_since_frame.empty()) {
      late_releases.push_back({key, scancode, mods});
      return;
    }
    if (action == GLFW_PRESS) down_since_frame.insert(key);
    ImGui_ImplGlfw_KeyCallback(window, key, scancode, action, mods);
    if (action == GLFW_RELEASE || !callbacks || !callbacks->key) return;
    if (ImGui::GetIO().WantTextInput) return;
    const std::string name = KeyName(key, scancode);
    if (name.empty()) return;
    Chord chord{name, (mods & GLFW_MOD_CONTROL) != 0, (mods & GLFW_MOD_SHIFT) != 0,
                (mods & GLFW_MOD_ALT) != 0};
    Guard([&] { callbacks->key(chord, action == GLFW_REPEAT); });
  }

  void Connect() {
    glfwSetWindowUserPointer(window, this);
    glfwSetKeyCallback(window, [](GLFWwindow* w, int key, int scancode, int action, int mods) {
      Of(w).OnKey(key, scancode, action, mods);
    });
    glfwSetCharCallback(window, [](GLFWwindow* w, unsigned int c) {
      ImGui_ImplGlfw_CharCallback(w, c);
      Of(w).frames_owed = kFramesAfterEvent;
    });
    glfwSetMouseButtonCallback(window, [](GLFWwindow* w, int button, int action, int mods) {
      ImGui_ImplGlfw_MouseButtonCallback(w, button, action, mods);
      Of(w).frames_owed = kFramesAfterEvent;
    });
    glfwSetScrollCallback(window, [](GLFWwindow* w, double x, double y) {
      ImGui_ImplGlfw_ScrollCallback(w, x, y);
      Of(w).frames_owed = kFramesAfterEvent;
    });
    glfwSetCursorPosCallback(
        window, [](GLFWwindow* w, double, double) { Of(w).frames_owed = kFramesAfterEvent; });
    glfwSetCursorEnterCallback(window, [](GLFWwindow* w, int entered) {
      ImGui_ImplGlfw_CursorEnterCallback(w, entered);
      Of(w).frames_owed = kFramesAfterEvent;
    });
    glfwSetWindowFocusCallback(window, [](GLFWwindow* w, int focused) {
      ImGui_ImplGlfw_WindowFocusCallback(w, focused);
      Of(w).frames_owed = kFramesAfterEvent;
    });
    glfwSetFramebufferSizeCallback(
        window, [](GLFWwindow* w, int, int) { Of(w).frames_owed = kFramesAfterEvent; });
    glfwSetWindowRefreshCallback(window,
                                 [](GLFWwindow* w) { Of(w).frames_owed = kFramesAfterEvent; });
    glfwSetDropCallback(window, [](GLFWwindow* w, int count, const char** paths) {
      Impl& self = Of(w);
      self.frames_owed = kFramesAfterEvent;
      if (self.callbacks && self.callbacks->drop) {
        self.Guard([&] { self.callbacks->drop(std::vector<std::string>(paths, paths + count)); });
      }
    });
  }

  void ApplyThemeNow() {
    theme_changed = false;
    if (fonts_in_texture) ImGui_ImplOpenGL3_DestroyFontsTexture();
    fonts = LoadFonts(theme.scale, glyphs.all(), &missing_glyphs);
    ImGui_ImplOpenGL3_CreateFontsTexture();
    fonts_in_texture = true;
    ApplyTheme(theme);
  }

  void DrawFrame() {
    // What is typed is drawn in this frame, what a panel needs in the next one.
    for (const ImWchar typed : ImGui::GetIO().InputQueueCharacters) glyphs.NeedOne(typed);
    if (glyphs.TakeNews()) theme_changed = true;
    if (theme_changed) ApplyThemeNow();
    const double started_ms = ProcessorMs();
    ImGui_ImplOpenGL3_NewFrame();
    ImGui_ImplGlfw_NewFrame();
    ImGui::NewFrame();
    const double draw_started_ms = ProcessorMs();
    if (!Guard([this] { callbacks->draw(); })) {
      ImGui::ErrorCheckEndFrameRecover(nullptr);  // what it had begun is ended
    }
    const double draw_ms = ProcessorMs() - draw_started_ms;
    ImGui::Render();
    int width = 0, height = 0;
    glfwGetFramebufferSize(window, &width, &height);
    glViewport(0, 0, width, height);
    const ImVec4 back = ImGui::GetStyleColorVec4(ImGuiCol_WindowBg);
    glClearColor(back.x, back.y, back.z, 1);
    glClear(GL_COLOR_BUFFER_BIT);
    const double gl_started_ms = ProcessorMs();
    if (callbacks->draw_gl) Guard([&] { callbacks->draw_gl(width, height); });
    const double gl_ms = ProcessorMs() - gl_started_ms;
    ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
    glfwSwapBuffers(window);
    if (callbacks->timed) callbacks->timed(draw_ms, gl_ms, ProcessorMs() - started_ms);
    down_since_frame.clear();
    for (const Release& up : std::exchange(late_releases, {})) {
      ImGui_ImplGlfw_KeyCallback(window, up.key, up.scancode, GLFW_RELEASE, up.mods);
    }
  }
};

Window::Window(const std::string& title, int width, int height) : impl_(new Impl) {
  glfwSetErrorCallback([](int, const char* text) { last_glfw_error = text; });
  if (!glfwInit()) {
    throw datasets::Error(
        "window", "no display can be opened (" + last_glfw_error + ")",
        "start it in a desktop session, or set DISPLAY; the command line `vole` works without");
  }
  glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
  glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 3);
  glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
  glfwWindowHint(GLFW_OPENGL_FORWARD_COMPAT, GLFW_TRUE);
  impl_->window = glfwCreateWindow(width, height, title.c_str(), nullptr, nullptr);
  if (!impl_->window) {
    glfwTerminate();
    throw datasets::Error("window", "OpenGL 3.3 is not available here (" + last_glfw_error + ")",
                          "install a graphics driver or Mesa (package libgl1-mesa-dri)");
  }
  glfwMakeContextCurrent(impl_->window);
  glfwSwapInterval(1);
  ImGui::CreateContext();
  ImGui::GetIO().IniFilename = nullptr;  // the layout is kept with the person's settings
  impl_->Connect();
  glfwSetMonitorCallback([](GLFWmonitor*, int) { monitors_changed = true; });
  ImGui_ImplGlfw_InitForOpenGL(impl_->window, false);
  ImGui_ImplOpenGL3_Init("#version 330 core");
  impl_->theme.scale = content_scale();
}

Window::~Window() {
  ImGui_ImplOpenGL3_Shutdown();
  ImGui_ImplGlfw_Shutdown();
  ImGui::DestroyContext();
  glfwDestroyWindow(impl_->window);
  glfwTerminate();
}

void Window::Run(const Callbacks& callbacks) {
  impl_->callbacks = &callbacks;
  impl_->shortest_interval = ShortestInterval();
  while (true) {
    if (glfwWindowShouldClose(impl_->window)) {
      if (!callbacks.may_close || callbacks.may_close()) break;
      glfwSetWindowShouldClose(impl_->window, GLFW_FALSE);
    }
    if (impl_->frames_owed > 0 || (callbacks.animating && callbacks.animating())) {
      glfwPollEvents();
    } else {
      const auto seconds = callbacks.draws_again_in ? callbacks.draws_again_in() : std::nullopt;
      if (seconds) {
        glfwWaitEventsTimeout(*seconds);
      } else {
        glfwWaitEvents();  // also returns on Wake()
      }
      impl_->frames_owed = std::max(impl_->frames_owed, 1);
    }
    // The event that Wake() posts may have been taken while frames were owed anyway.
    if (woken.exchange(false)) impl_->frames_owed = std::max(impl_->frames_owed, kFramesAfterWake);
    if (std::exchange(monitors_changed, false)) {
      Place(place());
      impl_->shortest_interval = ShortestInterval();
      impl_->frames_owed = kFramesAfterEvent;
    }
    while (callbacks.paced) {
      const double left = impl_->next_draw_at - glfwGetTime();
      if (left < 0.0005) break;
      glfwWaitEventsTimeout(left);
    }
    impl_->next_draw_at = glfwGetTime() + impl_->shortest_interval;
    if (impl_->frames_owed > 0) --impl_->frames_owed;
    impl_->DrawFrame();
  }
  impl_->callbacks = nullptr;
}

void Window::Close() { glfwSetWindowShouldClose(impl_->window, GLFW_TRUE); }
void Window::SetTitle(const std::string& title) {
  glfwSetWindowTitle(impl_->window, title.c_str());
}
void Window::Wake() {
  woken = true;
  glfwPostEmptyEvent();
}

WindowPlace Window::place() const {
  WindowPlace now;
  glfwGetWindowPos(impl_->window, &now.x, &now.y);
  glfwGetWindowSize(impl_->window, &now.width, &now.height);
  now.maximized = glfwGetWindowAttrib(impl_->window, GLFW_MAXIMIZED) == GLFW_TRUE;
  return now;
}

void Window::Place(const WindowPlace& wanted) {
  const WindowPlace before = place(), now = OnScreen(wanted, MonitorsNow());
  if (!now.known()) return;
  if (now.width != before.width || now.height != before.height) {
    glfwSetWindowSize(impl_->window, now.width, now.height);
  }
  if (now.x != before.x || now.y != before.y) glfwSetWindowPos(impl_->window, now.x, now.y);
  if (now.maximized && !before.maximized) glfwMaximizeWindow(impl_->window);
}

float Window::content_scale() const {
  float x = 1, y = 1;
  glfwGetWindowContentScale(impl_->window, &x, &y);
  return x > 0 ? x : 1;
}

void Window::SetTheme(const ThemeSettings& settings) {
  impl_->theme = settings;
  impl_->theme_changed = true;
  impl_->frames_owed = kFramesAfterEvent;
}

const ThemeSettings& Window::theme() const { return impl_->theme; }
const Fonts& Window::fonts() const { return impl_->fonts; }

void Window::Need(const std::string& text) {
  const size_t before = impl_->glyphs.all().size();
  impl_->glyphs.Need(text);
  if (impl_->glyphs.all().size() > before) impl_->frames_owed = kFramesAfterEvent;
}

const std::set<uint16_t>& Window::missing_glyphs() const { return impl_->missing_glyphs; }

bool Window::ctrl_held() const {
  return glfwGetKey(impl_->window, GLFW_KEY_LEFT_CONTROL) == GLFW_PRESS ||
         glfwGetKey(impl_->window, GLFW_KEY_RIGHT_CONTROL) == GLFW_PRESS;
}

}  // namespace app
