// The video frame with labels and predictions, zoom and pan, and the active drawing tool.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "annotate/tools/tool.h"
#include "app/gl/frame_layer.h"
#include "app/gl/overlay_layer.h"
#include "app/ui/view.h"

namespace app {

class CanvasView : public View {
 public:
  CanvasView();
  ~CanvasView() override;
  const char* id() const override { return "canvas"; }
  const char* title() const override { return "Canvas"; }
  void AddActions(ActionTable& actions, UiContext& context) override;
  void Draw(UiContext& context) override;
  void Describe(nlohmann::json& state) const override;
  // The picture and the outlines, beneath ImGui; framebuffer size in pixels.
  void DrawGl(UiContext& context, int framebuffer_width, int framebuffer_height);
  // The active tool's gesture sees keys first; true when it used the key.
  bool OnKey(const Chord& chord, UiContext& context);

 private:
  struct Placement {      // of the image on the window
    double x = 0, y = 0;  // window position of image point (0, 0), ImGui pixels
    double scale = 1;     // ImGui pixels per image pixel
  };
  void SetTool(const std::string& id);
  void Fit(const ImVec2& size, int width, int height);
  void ApplyRequest(UiContext& context, const ImVec2& origin, const ImVec2& size);
  void HandleMouse(UiContext& context, const ImVec2& origin, bool hovered);
  void SendToTool(UiContext& context, annotate::ToolInput input);
  annotate::ToolContext ContextForTool(UiContext& context);
  void Commit(UiContext& context, const annotate::ShapeChange& change);
  void BuildOverlay(UiContext& context);
  void DrawLabels(UiContext& context, ImDrawList* draw);
  void DrawToolOverlay(UiContext& context, ImDrawList* draw);
  void DrawToolbar(UiContext& context);
  void DrawIdentityLegend(UiContext& context);
  void DrawLookPopup(UiContext& context);
  ImVec2 ToWindow(const cv::Point2d& image) const;
  cv::Point2d ToImage(const ImVec2& window) const;

  std::unique_ptr<annotate::Tool> tool_;
  std::unique_ptr<FrameLayer> frame_layer_;
  std::unique_ptr<OverlayLayer> overlay_layer_;
  Placement placement_;
  ImVec2 area_origin_{0, 0}, area_size_{1, 1};
  PictureLook look_;
  bool fitted_ = false;
  bool panning_ = false;
  bool show_labels_ = true, show_predictions_ = true;
  bool was_down_ = false;
  int tool_frame_ = -1;
  int image_width_ = 0, image_height_ = 0;
  int64_t overlay_key_ = 0;
  std::vector<OverlayShape> overlay_shapes_;
  int64_t built_revision_ = -1;
  std::vector<int64_t> built_state_;
};

}  // namespace app
