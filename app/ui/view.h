// A panel of the window. Views read snapshots, draw, and queue requests; they never block.
#pragma once

#include <imgui.h>

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "app/model/actions.h"
#include "app/model/session/session.h"
#include "app/model/timeline/timeline_lanes.h"
#include "app/ui/theme.h"

namespace app {

// The last three are pages: they take the place of the picture and of the panels beside it.
enum class Mode { kLabel, kBehavior, kReview, kResults, kVideos, kLive };
inline bool IsPage(Mode mode) { return mode >= Mode::kResults; }

// Two animals as they would be after a change of names that a person thinks about; nothing is
// changed.
struct NamePreview {
  datasets::Id a = 0, b = 0;
  // Whether the two change places among the labels, and the predictions, of the frame that shows.
  bool in_labels = true, in_predictions = true;
  std::string text;  // how far it would reach
};

// The visible part of the video on the canvas; other views may ask for a place to be shown.
struct CanvasRequest {
  bool fit = false;                      // show the whole frame
  std::optional<datasets::Box> zoom_to;  // image pixels
  std::string draw_region;               // the next outline becomes the region of this name
  std::optional<NamePreview> names;      // for this one drawing
  std::optional<int> follows;  // the unknown animal of this tracklet is selected in each frame
};

// The part of a video that the timeline shows, and where on the window.
struct ShownSpan {
  datasets::Id video_id = 0;
  float left = 0, width = 0;  // window pixels
  double first_frame = 0, frames = 0;
};

struct UiContext {
  Session& session;
  ActionTable& actions;
  const ThemeSettings& theme;
  const Fonts& fonts;
  Mode& mode;
  CanvasRequest& canvas_request;
  std::string& status_hint;  // one line at the bottom: what the keys do here and now
  // Of the video that the timeline shows, as far as it has been read; may be null.
  std::shared_ptr<const TimelineContent>& timeline;
  ShownSpan& shown_span;
  // When the frames of the video in view are shown, in every clock of the window.
  datasets::FrameTimes TimesOf(const datasets::VideoRow& video) const {
    return timeline && timeline->video_id == video.id ? timeline->times
                                                      : datasets::FrameTimes(video.fps);
  }
  float scale = 1;          // multiply every size in pixels by this
  bool key_is_free = true;  // no text field has the keyboard
};

class View {
 public:
  virtual ~View() = default;
  virtual const char* id() const = 0;  // stable, for layout files
  virtual const char* title() const = 0;
  // Adds the view's own actions to the table; called once, after construction. Actions outlive a
  // drawing, so they may keep the session but never a UiContext, which lives as long as one frame.
  virtual void AddActions(ActionTable&, Session&) {}
  // Called before each drawing, of a view in a hidden tab too: passes on what an action asked for.
  virtual void Advance(UiContext&) {}
  // True once when the panel should come to the front of its tabs.
  virtual bool wants_focus() { return false; }
  // Where things are on the window, for tests that move a real mouse (see Shell::WriteState).
  virtual void Describe(nlohmann::json&) const {}
  // Draws into the current ImGui child window.
  virtual void Draw(UiContext& context) = 0;
};

}  // namespace app
