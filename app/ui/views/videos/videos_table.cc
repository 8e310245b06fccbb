// VideosView: the rows.
#include <algorithm>
#include <utility>

#include "app/model/drawing/clock_text.h"
#include "app/ui/views/videos/videos_view.h"
#include "datasets/video_files.h"

namespace app {
namespace {

constexpr const char* kColumnTitles[] = {"",          "Name",    "Length", "Labeled",
                                         "Predicted", "Unknown", "Review", "Note"};

}  // namespace

void VideosView::TakeSort() {
  ImGuiTableSortSpecs* specs = ImGui::TableGetSortSpecs();
  if (!specs || !specs->SpecsDirty) return;
  query_.column = VideoColumn::kAdded;
  query_.ascending = true;
  if (specs->SpecsCount > 0) {
    query_.column = static_cast<VideoColumn>(specs->Specs[0].ColumnIndex);
    query_.ascending = specs->Specs[0].SortDirection == ImGuiSortDirection_Ascending;
  }
  specs->SpecsDirty = false;
}

void VideosView::DrawRow(UiContext& context, const ProjectView& project, size_t row) {
  Session& session = context.session;
  const datasets::VideoRow& video = project.videos[found_[row]];
  const VideoFacts& facts = facts_[video.id];
  const float height = 36 * context.scale;
  ImGui::TableNextRow(0, height);
  ImGui::TableNextColumn();
  ImGui::PushID(static_cast<int>(video.id));
  const auto& chosen = session.chosen_videos;
  const bool is_chosen = std::find(chosen.begin(), chosen.end(), video.id) != chosen.end();
  constexpr ImGuiSelectableFlags kFlags = ImGuiSelectableFlags_SpanAllColumns |
                                          ImGuiSelectableFlags_AllowDoubleClick |
                                          ImGuiSelectableFlags_AllowItemOverlap;
  if (ImGui::Selectable("##row", is_chosen, kFlags, ImVec2(0, height))) {
    Choose(session, project, row);
    if (ImGui::IsMouseDoubleClicked(0)) {
      session.GoToVideo(video.id);
      context.mode = Mode::kLabel;
    }
  }
  middles_["row " + video.name] = {ImGui::GetItemRectMin().x + 200 * context.scale,
                                   (ImGui::GetItemRectMin().y + ImGui::GetItemRectMax().y) / 2};
  if (ImGui::IsItemHovered()) {
    ImGui::SetTooltip("%s\n%s\n%d x %d, %d frames, %.4g frames/s", video.name.c_str(),
                      datasets::ShownPath(video).c_str(), video.width, video.height,
                      video.frame_count, video.fps);
  }
  ImGui::SameLine(0, 0);
  DrawPicture(video, height);
  ImGui::TableNextColumn();
  ImGui::AlignTextToFramePadding();
  if (facts.missing) {
    ImGui::TextColored(ImGui::ColorConvertU32ToFloat4(WarningColor()), "lost");
    ImGui::SameLine();
  }
  ImGui::TextUnformatted(video.name.c_str());
  ImGui::TableNextColumn();
  ImGui::AlignTextToFramePadding();
  ImGui::TextUnformatted(ClockText(video.fps > 0 ? video.frame_count / video.fps : 0).c_str());
  ImGui::TableNextColumn();
  ImGui::AlignTextToFramePadding();
  if (facts.labeled == 0) {
    ImGui::TextDisabled("-");
  } else {
    ImGui::Text("%d", facts.labeled);
    for (const auto& [held_out, split] : {std::pair(facts.val, "val"), {facts.test, "test"}}) {
      if (held_out == 0) continue;
      ImGui::SameLine();
      ImGui::TextDisabled("%s %d", split, held_out);
    }
  }
  ImGui::TableNextColumn();
  ImGui::AlignTextToFramePadding();
  if (!facts.predicted) {
    ImGui::TextDisabled("-");
  } else if (facts.predicted_frames < 0) {
    ImGui::TextDisabled("...");
  } else {
    ImGui::Text("%.0f %%", 100.0 * facts.predicted_frames / std::max(video.frame_count, 1));
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("%d frames have animals", facts.predicted_frames);
  }
  ImGui::TableNextColumn();
  ImGui::AlignTextToFramePadding();
  if (facts.unknown <= 0) {
    ImGui::TextDisabled("-");
  } else {
    ImGui::Text(facts.unknown < 0.01 ? "%.1f %%" : "%.0f %%", 100 * facts.unknown);
    if (ImGui::IsItemHovered()) {
      ImGui::SetTooltip("Of the animals, counted once in each frame: their name is unknown");
    }
  }
  ImGui::TableNextColumn();
  ImGui::AlignTextToFramePadding();
  if (facts.predicted || facts.to_review > 0) {
    ImGui::Text("%d", facts.to_review);
  } else {
    ImGui::TextDisabled("-");
  }
  ImGui::TableNextColumn();
  ImGui::AlignTextToFramePadding();
  if (facts.flags > 0) {
    ImGui::TextColored(ImGui::ColorConvertU32ToFloat4(WarningColor()), "%d flag%s", facts.flags,
                       facts.flags == 1 ? "" : "s");
    ImGui::SameLine();
  }
  ImGui::TextUnformatted(facts.note.c_str());
  ImGui::PopID();
}

void VideosView::DrawTable(UiContext& context, const ProjectView& project) {
  constexpr ImGuiTableFlags kFlags = ImGuiTableFlags_ScrollY | ImGuiTableFlags_RowBg |
                                     ImGuiTableFlags_Sortable | ImGuiTableFlags_SortTristate |
                                     ImGuiTableFlags_Resizable | ImGuiTableFlags_BordersInnerV;
  if (!ImGui::BeginTable("all videos", IM_ARRAYSIZE(kColumnTitles), kFlags)) return;
  const float scale = context.scale;
  const float widths[] = {70, 3, 80, 150, 84, 74, 66, 2};
  ImGui::TableSetupScrollFreeze(0, 1);
  for (int i = 0; i < IM_ARRAYSIZE(kColumnTitles); ++i) {
    const bool stretches = i == 1 || i == 7;
    ImGui::TableSetupColumn(
        kColumnTitles[i],
        (stretches ? ImGuiTableColumnFlags_WidthStretch : ImGuiTableColumnFlags_WidthFixed) |
            (i == 0 ? ImGuiTableColumnFlags_NoSort : 0),
        stretches ? widths[i] : widths[i] * scale);
  }
  TakeSort();
  ImGui::TableHeadersRow();
  if (found_.empty()) {
    ImGui::TableNextRow();
    ImGui::TableSetColumnIndex(1);
    ImGui::TextDisabled("No video fits: empty the filter above");
  }
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(found_.size()));
  while (clipper.Step()) {
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
      DrawRow(context, project, static_cast<size_t>(i));
    }
  }
  ImGui::EndTable();
}

}  // namespace app
