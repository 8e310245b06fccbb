// The video frame with labels and predictions, zoom and pan, and the active drawing tool.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "annotate/tools/tool.h"
#include "app/gl/frame_layer.h"
#include "app/gl/overlay_layer.h"
#include "app/model/drawing/point_places.h"
#include "app/model/requests/copied_outline.h"
#include "app/model/requests/pending_shapes.h"
#include "app/model/session/learned_blobs.h"
#include "app/model/session/tool_worker.h"
#include "app/ui/view.h"

namespace app {

class CanvasView : public View {
 public:
  CanvasView();
  ~CanvasView() override;
  const char* id() const override { return "canvas"; }
  const char* title() const override { return "Canvas"; }
  void AddActions(ActionTable& actions, Session& session) override;
  void Draw(UiContext& context) override;
  void Describe(nlohmann::json& state) const override;
  // The picture and the outlines, beneath ImGui; framebuffer size in pixels.
  void DrawGl(UiContext& context, int framebuffer_width, int framebuffer_height);
  bool OnKey(const Chord& chord, UiContext& context);  // the tool's first; true: it was used

 private:
  struct Placement {      // of the image on the window
    double x = 0, y = 0;  // window position of image point (0, 0), ImGui pixels
    double scale = 1;     // ImGui pixels per image pixel
  };
  static constexpr double kZoomPerNotch = 1.2;
  // canvas_view.cc: what the person does
  void SetTool(const std::string& id);
  void HandleMouse(UiContext& context, bool hovered);
  void HandleSpace(UiContext& context);
  bool SendToTool(UiContext& context, annotate::ToolInput input);  // true when it used the input
  void TakeResult(UiContext& context);  // of what a tool had carried out aside
  annotate::ToolInput InputNow() const;
  annotate::ToolContext ContextForTool(UiContext& context);
  bool MayDraw(const UiContext& context) const;
  bool SeesFrame(const Session& session) const;
  bool MayPlace(UiContext& context) const;  // says why not
  // canvas_proposal.cc: who an outline is
  datasets::Id AnimalOf(UiContext& context, const datasets::Polygons& outline,
                        datasets::Id known_to_tool);
  void NameProposal(UiContext& context);
  bool TakeAsDigit(UiContext& context, const Chord& chord);
  std::shared_ptr<const LearnedBlobs::Animals> Learned(UiContext& context);
  void Commit(UiContext& context, const annotate::ShapeChange& change);
  void LeaveFrame(UiContext& context);
  const std::vector<annotate::Shape>& Labels(UiContext& context);
  // canvas_placement.cc: where the picture is
  void Fit();
  void ZoomAt(const ImVec2& window, double factor);
  void ZoomTo(const datasets::Box& box);
  void Pan(double dx, double dy);
  void KeepInSight();
  void ApplyRequest(UiContext& context, const ImVec2& origin, const ImVec2& size);
  ImVec2 ToWindow(const cv::Point2d& image) const;
  cv::Point2d ToImage(const ImVec2& window) const;
  // canvas_drawing.cc: what is shown
  datasets::Id ShownAs(datasets::Id category, bool prediction) const;
  void BuildOverlay(UiContext& context);
  void DrawMissing(UiContext& context, const ImVec2& origin, const ImVec2& size);
  void DrawRegions(UiContext& context, ImDrawList* draw);
  void DrawToolOverlay(UiContext& context, ImDrawList* draw);
  void DrawProposal(const std::vector<ImVec2>& points, bool closed, ImU32 color, ImDrawList* draw,
                    float scale);
  // canvas_points.cc: key points
  void AddPointActions(ActionTable& actions, Session& session);
  void CommitPoints(UiContext& context, const annotate::ShapeChange& change);
  void DrawPoints(UiContext& context, const annotate::Overlay& overlay, ImDrawList* draw);
  void DrawPointsOf(UiContext& context, const annotate::Shape& shape,
                    const std::vector<datasets::KeyPoint>& points, bool prediction,
                    datasets::Id current, bool selected, ImDrawList* draw);
  void DrawPlate(UiContext& context, const std::string& text, ImVec2 at, uint32_t color,
                 ImDrawList* draw);
  void NamePoint(UiContext& context, const annotate::Overlay& overlay);
  void DrawNextPoint(UiContext& context, const annotate::Overlay& overlay, ImDrawList* draw);
  void DrawProposedName(UiContext& context, ImDrawList* draw);
  ImU32 ProposalColor(UiContext& context) const;
  // canvas_clipboard.cc: outlines copied and pasted
  void AddClipboardActions(ActionTable& actions, Session& session);
  void Copy(Session& session);
  void PasteIfWanted(UiContext& context);
  // canvas_names.cc
  void DrawNames(UiContext& context, ImDrawList* draw);
  // canvas_controls.cc: small controls on the picture
  void DrawSkeletonChoice(UiContext& context);
  void DrawToolStrip(UiContext& context);
  void DrawOptions(UiContext& context);
  void DrawLookPopup(UiContext& context);
  void DrawIdentityLegend(UiContext& context);

  std::map<std::string, std::unique_ptr<annotate::Tool>> tools_;  // used so far; keep settings
  annotate::Tool* tool_ = nullptr;                                // the active one
  std::unique_ptr<FrameLayer> frame_layer_;
  std::unique_ptr<OverlayLayer> overlay_layer_;
  PendingShapes pending_;
  struct NamedProposal {
    annotate::Tool::Proposed proposed;
    std::vector<int64_t> state;  // of what the name rests on
    datasets::Id animal = 0;     // 0: a new one
    bool replaces = false;       // it takes a label's place and name
  };
  std::optional<CopiedOutline> copied_;
  std::optional<annotate::Place> paste_wanted_;
  std::vector<annotate::Shape> editable_;  // labels and predictions, for the tools that edit
  std::optional<NamedProposal> proposal_;  // of the tool, as named last
  std::unique_ptr<ToolWorker> worker_;
  std::unique_ptr<LearnedBlobs> learned_blobs_;
  std::function<void(std::function<void()>)> run_aside_;
  Placement placement_;
  ImVec2 area_origin_{0, 0}, area_size_{1, 1};
  int image_width_ = 0, image_height_ = 0;
  bool fits_ = true;       // the whole frame is shown, also when panels change size
  float tools_width_ = 0;  // of the strip, window pixels
  int pan_button_ = -1;    // the button of a drag that moves the picture
  float panned_ = 0;       // window pixels of that drag
  bool button_down_ = false, hovered_ = false, space_held_ = false, space_panned_ = false;
  PictureLook look_;
  bool show_labels_ = true, show_predictions_ = true, show_point_names_ = false;
  datasets::Id skeleton_id_ = 0;  // of animals without points, as chosen; 0: the first
  PointPlaces point_places_;      // of the project at placed_revision_
  int64_t placed_revision_ = -1;
  ImVec2 make_skeleton_{0, 0};          // middle of the button; (0, 0): there is none
  std::string next_point_;              // what a click sets, and of whom
  std::string region_name_;             // what is drawn becomes this region, "" = a label
  std::optional<NamePreview> preview_;  // in this drawing
  annotate::Place seen_;                // whose picture and labels were drawn last
  annotate::Place tool_at_{0, -1};
  int64_t overlay_key_ = 0;
  std::vector<OverlayShape> overlay_shapes_;
  std::vector<int64_t> built_state_;
  std::vector<DrawnShape> fresh_shapes_;
};

// Null, and index 0, when the project has no such category.
const datasets::CategoryRow* CategoryOf(const ProjectView& project, datasets::Id id, int* index);
bool HasLabelOf(const std::vector<annotate::Shape>& labels, datasets::Id category);

}  // namespace app
