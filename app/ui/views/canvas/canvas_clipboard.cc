// Outlines copied from one frame and put into another.
#include "app/model/requests/label_requests.h"
#include "app/ui/views/canvas/canvas_view.h"

namespace app {

void CanvasView::AddClipboardActions(ActionTable& actions, Session& session) {
  const auto add = [&](const char* id, const char* title, const char* keys, const char* help,
                       std::function<void()> run) {
    Action action;
    action.id = id, action.title = title, action.menu = "Edit", action.help = help;
    action.scope = Scope::kLabeling;
    action.chords.push_back(ParseChord(keys));
    action.run = std::move(run);
    actions.Add(std::move(action));
  };
  add("label.copy_outline", "Copy the selected outline", "Ctrl+C",
      "With its key points, to be pasted in any frame", [this, &session] { Copy(session); });
  add("label.paste_outline", "Paste the copied outline", "Ctrl+V",
      "At the same place; in the frame it comes from, beside it or at the cursor",
      [this, &session] {
        paste_wanted_ = annotate::Place{session.video_id(), session.frame()};
      });
}

void CanvasView::Copy(Session& session) {
  const auto view = session.frame_view();
  if (!view || view->frame != session.frame()) return;
  for (const annotate::Shape& shape : EditableShapes(view->labels, view->predictions, {true})) {
    if (shape.annotation_id != session.selected_annotation || shape.polygons.empty()) continue;
    copied_ = CopiedOutline{shape, view->video_id, view->frame};
    session.Say(Message::Kind::kInfo, "Copied; Ctrl+V pastes it, in any frame");
    return;
  }
  session.Say(Message::Kind::kInfo, "Select the animal whose outline is to be copied");
}

void CanvasView::PasteIfWanted(UiContext& context) {
  if (!paste_wanted_) return;
  Session& session = context.session;
  const datasets::VideoRow* video = session.video();
  const auto view = session.frame_view();
  const bool here = paste_wanted_->video_id == session.video_id() &&
                    paste_wanted_->frame_index == session.frame();
  // Who is labeled there already must be known first; then it is put there.
  if (here && copied_ && (!view || view->frame != session.frame())) return;
  paste_wanted_.reset();
  if (!here) {
    session.Say(Message::Kind::kInfo,
                "Nothing was pasted: the frame was left before its labels were read");
    return;
  }
  if (!copied_ || !video) {
    session.Say(Message::Kind::kInfo, "Nothing was copied: select an outline and press Ctrl+C");
    return;
  }
  const auto cursor = hovered_ && SeesFrame(session)
                          ? std::optional(ToImage(ImGui::GetIO().MousePos))
                          : std::optional<cv::Point2d>();
  const auto change = Paste(*copied_, *video, session.frame(), cursor);
  if (change) {
    Commit(context, *change);
  } else {
    session.Say(Message::Kind::kInfo, "The copied outline is larger than this video's pictures");
  }
}

}  // namespace app
