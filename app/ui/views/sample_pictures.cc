#include "app/ui/views/sample_pictures.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>

#include "datasets/store/names.h"

namespace app {
namespace {

// The animal's own color, as on the canvas.
ImU32 SampleColorOf(const ProjectView& project, const std::string& name) {
  for (size_t i = 0; i < project.categories.size(); ++i) {
    if (project.categories[i].name != name) continue;
    const uint32_t color = project.categories[i].color;
    return ToImColor(color ? color : datasets::PaletteColor(static_cast<int>(i)));
  }
  return WarningColor();
}

std::string Explanation(const ProjectView& project, const infer::ShownSample& shown) {
  const train::TrainSample& sample = shown.sample;
  std::string video = "picture";
  for (const datasets::VideoRow& row : project.videos) {
    if (row.id == shown.video_id) video = row.name;
  }
  char text[256];
  snprintf(text, sizeof text, "%s, frame %d, at step %d; %s", video.c_str(), shown.frame_index,
           sample.step, sample.held_back ? "held back: never learned from" : "learned from");
  std::string all = text;
  for (const train::TrainSample::Outline& outline : sample.predicted) {
    snprintf(text, sizeof text, "\n%s: sure to %.0f %%",
             outline.name.empty() ? "an animal" : outline.name.c_str(), 100 * outline.score);
    all += text;
  }
  if (sample.predicted.empty()) all += "\nno animal found yet";
  return all + "\nThin white: your label. Click to go there.";
}

}  // namespace

void SamplePictures::DrawOne(UiContext& context, const ProjectView& project,
                             const infer::ShownSample& shown, float width) {
  const train::TrainSample& sample = shown.sample;
  const auto found = pictures_.find(&shown);
  if (found == pictures_.end() || sample.image.empty()) return;
  const float scale = width / static_cast<float>(sample.image.width);
  const ImVec2 size(width, static_cast<float>(sample.image.height) * scale);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImGui::PushID(&shown);
  if (ImGui::InvisibleButton("##sample", size) && shown.video_id != 0) {
    context.session.GoTo(shown.video_id, shown.frame_index);
  }
  ImGui::PopID();
  const bool hovered = ImGui::IsItemHovered();
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const ImVec2 end(at.x + size.x, at.y + size.y);
  draw->AddImage(
      reinterpret_cast<ImTextureID>(static_cast<intptr_t>(found->second.second.texture())), at,
      end);
  draw->PushClipRect(at, end, true);
  std::vector<ImVec2> points;
  const auto outline = [&](const datasets::Ring& ring, ImU32 color, float thickness) {
    points.clear();
    for (const cv::Point2d& point : ring) {
      points.emplace_back(at.x + static_cast<float>(point.x) * scale,
                          at.y + static_cast<float>(point.y) * scale);
    }
    draw->AddPolyline(points.data(), static_cast<int>(points.size()), color, ImDrawFlags_Closed,
                      thickness);
  };
  for (const auto& label : sample.labeled) {
    for (const auto& ring : label.rings) outline(ring, IM_COL32(255, 255, 255, 220), context.scale);
  }
  for (const auto& animal : sample.predicted) {
    for (const auto& ring : animal.rings) {
      outline(ring, IM_COL32(0, 0, 0, 140), 3.2f * context.scale);
      outline(ring, SampleColorOf(project, animal.name), 2 * context.scale);
    }
  }
  draw->PopClipRect();
  char text[64];
  if (sample.mean_iou >= 0) {
    snprintf(text, sizeof text, "step %d: %.2f", sample.step, sample.mean_iou);
  } else {
    snprintf(text, sizeof text, "step %d", sample.step);
  }
  const float pad = 3 * context.scale;
  ImFont* font = context.fonts.small;
  const float font_size = font ? font->FontSize : ImGui::GetFontSize();
  const ImVec2 extent =
      font ? font->CalcTextSizeA(font_size, 1e9f, 0, text) : ImGui::CalcTextSize(text);
  draw->AddRectFilled(ImVec2(at.x, end.y - extent.y - 2 * pad),
                      ImVec2(at.x + extent.x + 2 * pad, end.y), IM_COL32(0, 0, 0, 170));
  draw->AddText(font, font_size, ImVec2(at.x + pad, end.y - extent.y - pad),
                IM_COL32(255, 255, 255, 255), text);
  if (!hovered) return;
  draw->AddRect(at, end, AccentColor(), 0, 0, 2 * context.scale);
  ImGui::SetTooltip("%s", Explanation(project, shown).c_str());
}

void SamplePictures::Draw(UiContext& context, const ProjectView& project,
                          const std::vector<std::shared_ptr<const infer::ShownSample>>& samples) {
  for (const auto& sample : samples) {
    if (pictures_.count(sample.get()) || sample->sample.picture.empty()) continue;
    pictures_.emplace(std::piecewise_construct, std::forward_as_tuple(sample.get()),
                      std::forward_as_tuple(std::piecewise_construct, std::forward_as_tuple(sample),
                                            std::forward_as_tuple(sample->sample.picture)));
  }
  for (auto it = pictures_.begin(); it != pictures_.end();) {
    const bool shown = std::find(samples.begin(), samples.end(), it->second.first) != samples.end();
    it = shown ? std::next(it) : pictures_.erase(it);
  }
  if (samples.empty()) return;
  ImGui::TextWrapped("%s", samples.front()->sample.held_back
                               ? "What it finds in labels that it never saw"
                               : "What it finds (too few labels to hold any back)");
  const float gap = 4 * context.scale;
  const float width = (ImGui::GetContentRegionAvail().x - gap) / 2;
  for (size_t i = 0; i < samples.size(); ++i) {
    if (i % 2 == 1) ImGui::SameLine(0, gap);
    DrawOne(context, project, *samples[i], width);
  }
}

}  // namespace app
