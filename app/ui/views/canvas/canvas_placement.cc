// CanvasView: where the picture lies in its part of the window.
#include <algorithm>
#include <cmath>

#include "app/ui/views/canvas/canvas_view.h"

namespace app {
namespace {

constexpr double kLargestZoom = 60, kSmallestZoom = 0.02;  // window pixels an image pixel
constexpr double kAlwaysInSight = 48;                      // window pixels of the picture

}  // namespace

ImVec2 CanvasView::ToWindow(const cv::Point2d& image) const {
  return ImVec2(static_cast<float>(placement_.x + image.x * placement_.scale),
                static_cast<float>(placement_.y + image.y * placement_.scale));
}

cv::Point2d CanvasView::ToImage(const ImVec2& window) const {
  return {(window.x - placement_.x) / placement_.scale,
          (window.y - placement_.y) / placement_.scale};
}

void CanvasView::Fit() {
  if (image_width_ <= 0 || image_height_ <= 0) return;
  constexpr double kShare = 0.97;
  placement_.scale =
      std::clamp(std::min(area_size_.x / image_width_, area_size_.y / image_height_) * kShare,
                 kSmallestZoom, kLargestZoom);
  placement_.x = area_origin_.x + (area_size_.x - image_width_ * placement_.scale) / 2;
  placement_.y = area_origin_.y + (area_size_.y - image_height_ * placement_.scale) / 2;
  fits_ = true;
}

// The image point under `window` stays there.
void CanvasView::ZoomAt(const ImVec2& window, double factor) {
  const cv::Point2d fixed = ToImage(window);
  placement_.scale = std::clamp(placement_.scale * factor, kSmallestZoom, kLargestZoom);
  placement_.x = window.x - fixed.x * placement_.scale;
  placement_.y = window.y - fixed.y * placement_.scale;
  fits_ = false;
  KeepInSight();
}

void CanvasView::ZoomTo(const datasets::Box& box) {
  const double margin = 0.6 * std::max({box.width, box.height, 40.0});
  placement_.scale = std::clamp(
      std::min(area_size_.x / (box.width + 2 * margin), area_size_.y / (box.height + 2 * margin)),
      kSmallestZoom, kLargestZoom);
  placement_.x = area_origin_.x + area_size_.x / 2 - (box.x + box.width / 2) * placement_.scale;
  placement_.y = area_origin_.y + area_size_.y / 2 - (box.y + box.height / 2) * placement_.scale;
  fits_ = false;
  KeepInSight();
}

void CanvasView::Pan(double dx, double dy) {
  if (dx == 0 && dy == 0) return;
  placement_.x += dx;
  placement_.y += dy;
  fits_ = false;
  KeepInSight();
}

// A picture that was thrown out of the window would look like a lost video.
void CanvasView::KeepInSight() {
  const auto keep = [](double& at, double length, double from, double size) {
    const double seen = std::min({kAlwaysInSight, length, size});
    at = std::clamp(at, from + seen - length, from + size - seen);
  };
  keep(placement_.x, image_width_ * placement_.scale, area_origin_.x, area_size_.x);
  keep(placement_.y, image_height_ * placement_.scale, area_origin_.y, area_size_.y);
}

void CanvasView::ApplyRequest(UiContext& context, const ImVec2& origin, const ImVec2& size) {
  const bool resized = origin.x != area_origin_.x || origin.y != area_origin_.y ||
                       size.x != area_size_.x || size.y != area_size_.y;
  if (resized) {  // what was in the middle stays in the middle
    placement_.x += origin.x + size.x / 2 - (area_origin_.x + area_size_.x / 2);
    placement_.y += origin.y + size.y / 2 - (area_origin_.y + area_size_.y / 2);
    area_origin_ = origin;
    area_size_ = ImVec2(std::max(size.x, 1.f), std::max(size.y, 1.f));
  }
  if (image_width_ <= 0) return;
  CanvasRequest& request = context.canvas_request;
  if (request.fit || (resized && fits_)) Fit();
  if (resized && !fits_) KeepInSight();
  if (request.zoom_to) ZoomTo(*request.zoom_to);
  if (!request.draw_region.empty()) {
    SetTool("polygon");
    region_name_ = request.draw_region;
  }
  request = CanvasRequest();
}

}  // namespace app
