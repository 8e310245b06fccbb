// The system window: GLFW, OpenGL 3.3 and Dear ImGui. Sleeps until an event or a Wake.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "app/model/actions.h"
#include "app/model/drawing/window_place.h"
#include "app/ui/theme.h"

struct GLFWwindow;

namespace app {

class Window {
 public:
  struct Callbacks {
    std::function<void()> draw;                                 // ImGui calls of one frame
    std::function<void(int width, int height)> draw_gl;         // beneath ImGui, framebuffer pixels
    std::function<bool(const Chord&, bool repeat)> key;         // true when the key was used up
    std::function<void(const std::vector<std::string>&)> drop;  // files dropped on the window
    std::function<bool()> animating;  // true: draw the next frame without waiting
    // Seconds until something changes by itself; nothing: only events do.
    std::function<std::optional<double>()> draws_again_in;
    std::function<bool()> may_close;
    // what() of an exception that one of the others threw: none reaches C code, and none ends the
    // window.
    std::function<void(const std::string& error)> failed;
    bool paced =
        true;  // not faster than a monitor shows, also where the driver does not wait for it
    // Processor time of the window's thread in a frame: our panels, our OpenGL calls with what the
    // driver does in them, everything to the swap.
    std::function<void(double draw_ms, double gl_ms, double all_ms)> timed;
  };

  // Throws datasets::Error when there is no display or no OpenGL 3.3.
  Window(const std::string& title, int width, int height);
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  void Run(const Callbacks& callbacks);
  void Close();
  void SetTitle(const std::string& title);
  // From any thread: draw again soon.
  static void Wake();

  // Where the window stands. Place() brings it onto a monitor that there is; the window does so
  // itself when its monitor goes away.
  WindowPlace place() const;
  void Place(const WindowPlace& wanted);
  float content_scale() const;  // of the monitor that the window is on
  // Fonts and sizes anew, before the next frame.
  void SetTheme(const ThemeSettings& settings);
  const ThemeSettings& theme() const;
  const Fonts& fonts() const;
  // Texts that will be drawn: what their characters need is loaded before the next frame.
  void Need(const std::string& text);
  const std::set<uint16_t>& missing_glyphs() const;  // that no installed font has
  bool ctrl_held() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace app
