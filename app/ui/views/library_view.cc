#include "app/ui/views/library_view.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/model/requests/frame_requests.h"
#include "app/model/requests/label_requests.h"
#include "datasets/video_files.h"

namespace app {
namespace {

constexpr const char* kMethods[] = {"kmeans", "stride", "random"};
constexpr const char* kMethodNames[] = {"different pictures", "evenly spread", "at random"};

const char* StateText(datasets::ImageState state) {
  switch (state) {
    case datasets::ImageState::kDone:
      return "done";
    case datasets::ImageState::kEmpty:
      return "no animal";
    case datasets::ImageState::kStarted:
      return "started";
    case datasets::ImageState::kNew:
      return "proposed";
  }
  return "";
}

ImU32 StateColor(datasets::ImageState state) {
  return state == datasets::ImageState::kDone    ? IM_COL32(63, 166, 107, 255)
         : state == datasets::ImageState::kEmpty ? IM_COL32(122, 134, 200, 255)
         : state == datasets::ImageState::kNew   ? MutedTextColor()
                                                 : IM_COL32(224, 176, 64, 255);
}

// The text cut to the width, with an ellipsis.
void CutText(const std::string& text, float width) {
  if (ImGui::CalcTextSize(text.c_str()).x <= width) {
    ImGui::TextUnformatted(text.c_str());
    return;
  }
  const float room = width - ImGui::CalcTextSize("...").x;
  size_t end = text.size();
  while (end > 0 && ImGui::CalcTextSize(text.c_str(), text.c_str() + end).x > room) {
    do {
      --end;
    } while (end > 0 && (text[end] & 0xC0) == 0x80);  // whole characters
  }
  ImGui::TextUnformatted((text.substr(0, end) + "...").c_str());
}

}  // namespace

void LibraryView::AddActions(ActionTable& actions, Session& session) {
  const auto add = [&](const char* id, const char* title, const char* keys, const char* help,
                       std::function<void()> run) {
    Action action;
    action.id = id, action.title = title, action.menu = "Go", action.help = help;
    if (*keys) action.chords.push_back(ParseChord(keys));
    action.run = std::move(run);
    actions.Add(std::move(action));
  };
  add("sample.propose", "Propose frames to label", "Ctrl+P",
      "Chooses frames that differ from each other and from what is labeled", [this, &session] {
        datasets::SampleOptions options;
        options.method = kMethods[method_];
        options.count = count_;
        RequestProposals(session, options);
      });
  add("sample.next", "Next proposed frame", ".", "That nobody has labeled yet",
      [&session] { GoToProposal(session, 1); });
  add("sample.previous", "Previous proposed frame", ",", "That nobody has labeled yet",
      [&session] { GoToProposal(session, -1); });
}

void LibraryView::Describe(nlohmann::json& state) const {
  state["library"] = {{"videos_bottom", videos_high_.y},
                      {"frames_top", list_low_.y},
                      {"frames_bottom", list_high_.y},
                      {"counts", nlohmann::json::object()}};
  for (const auto& [video, counts] : counts_) {
    state["library"]["counts"][std::to_string(video)] = {{"labeled", counts.labeled},
                                                         {"proposed", counts.proposed},
                                                         {"to_review", counts.to_review},
                                                         {"predicted", counts.predicted}};
  }
}

void LibraryView::Count(const ProjectView& project) {
  if (project.revision == counted_revision_) return;
  counted_revision_ = project.revision;
  counts_.clear();
  for (const datasets::VideoRow& video : project.videos) {
    Counts& counts = counts_[video.id];
    const auto images = project.images.find(video.id);
    if (images != project.images.end()) {
      for (const datasets::ImageRow& image : images->second) {
        ++(image.state == datasets::ImageState::kNew ? counts.proposed : counts.labeled);
      }
    }
    const auto intervals = project.intervals.find(video.id);
    if (intervals != project.intervals.end()) {
      counts.bouts = static_cast<int>(intervals->second.size());
    }
    counts.predicted = project.predict_job.count(video.id) > 0;
    counts.missing = project.missing_videos.count(video.id) > 0;
  }
  for (const datasets::ReviewItemRow& item : project.review_items) {
    if (item.verdict.empty()) ++counts_[item.video_id].to_review;
  }
}

void LibraryView::DrawVideo(UiContext& context, const datasets::VideoRow& video) {
  const Counts& counts = counts_[video.id];
  ImGui::PushID(static_cast<int>(video.id));
  ImGui::TableNextRow();
  ImGui::TableNextColumn();
  if (ImGui::Selectable("##video", video.id == context.session.video_id(),
                        ImGuiSelectableFlags_SpanAllColumns)) {
    context.session.GoToVideo(video.id);
  }
  if (ImGui::IsItemHovered()) {
    ImGui::SetTooltip("%s\n%s\n%d x %d, %d frames, %.4g frames/s\n%s", video.name.c_str(),
                      datasets::ShownPath(video).c_str(), video.width, video.height,
                      video.frame_count, video.fps,
                      video.static_camera ? "fixed camera" : "moving camera: no background image");
  }
  if (ImGui::BeginPopupContextItem("more")) {
    if (ImGui::MenuItem("Find its file...", nullptr, false, counts.missing)) {
      context.session.GoToVideo(video.id);
      context.actions.Run("project.find_video");
    }
    if (ImGui::MenuItem("Remove from the project...")) {
      asks_to_remove_ = video.id;
      opens_removal_ = true;
    }
    ImGui::EndPopup();
  }
  ImGui::SameLine(0, 0);
  CutText(video.name, ImGui::GetContentRegionAvail().x);
  ImGui::TableNextColumn();
  if (counts.missing) {
    ImGui::TextColored(ImGui::ColorConvertU32ToFloat4(WarningColor()), "lost");
  } else {
    ImGui::TextDisabled("%d", counts.labeled);
  }
  ImGui::TableNextColumn();
  if (counts.predicted || counts.to_review > 0) {
    ImGui::TextDisabled("%d", counts.to_review);
  } else {
    ImGui::TextDisabled("-");
  }
  ImGui::PopID();
}

void LibraryView::DrawVideos(UiContext& context, const ProjectView& project) {
  constexpr size_t kFewVideos = 6;
  if (project.videos.size() > kFewVideos) {
    ImGui::SetNextItemWidth(-1);
    if (ImGui::InputTextWithHint("##filter", "Filter by name", filter_.InputBuf,
                                 IM_ARRAYSIZE(filter_.InputBuf))) {
      filter_.Build();
    }
  } else if (filter_.IsActive()) {
    filter_.Clear();
  }
  std::vector<const datasets::VideoRow*> shown;
  for (const datasets::VideoRow& video : project.videos) {
    if (filter_.PassFilter(video.name.c_str())) shown.push_back(&video);
  }
  // The list scrolls by itself, so that the frames stay in sight however many videos there are.
  const float row = ImGui::GetTextLineHeightWithSpacing();
  const float wanted = static_cast<float>(shown.size() + 1) * row + 4 * context.scale;
  const float most = std::max(ImGui::GetWindowHeight() * 0.4f, 3 * row);
  constexpr ImGuiTableFlags kFlags = ImGuiTableFlags_ScrollY | ImGuiTableFlags_RowBg;
  if (ImGui::BeginTable("videos", 3, kFlags, ImVec2(0, std::min(wanted, most)))) {
    ImGui::TableSetupScrollFreeze(0, 1);
    ImGui::TableSetupColumn("Video", ImGuiTableColumnFlags_WidthStretch);
    ImGui::TableSetupColumn("labeled", ImGuiTableColumnFlags_WidthFixed, 52 * context.scale);
    ImGui::TableSetupColumn("review", ImGuiTableColumnFlags_WidthFixed, 46 * context.scale);
    ImGui::TableHeadersRow();
    ImGuiListClipper clipper;
    clipper.Begin(static_cast<int>(shown.size()));
    while (clipper.Step()) {
      for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
        DrawVideo(context, *shown[static_cast<size_t>(i)]);
      }
    }
    ImGui::EndTable();
  }
  videos_high_ = ImGui::GetItemRectMax();
  if (ImGui::Button("Add videos...")) context.actions.Run("project.add_videos");
  if (shown.size() < project.videos.size()) {
    ImGui::SameLine();
    ImGui::TextDisabled("%zu of %zu", shown.size(), project.videos.size());
  }
}

void LibraryView::DrawRemoval(UiContext& context, const ProjectView& project) {
  if (!asks_to_remove_) return;
  const auto video =
      std::find_if(project.videos.begin(), project.videos.end(),
                   [&](const datasets::VideoRow& row) { return row.id == asks_to_remove_; });
  if (std::exchange(opens_removal_, false)) ImGui::OpenPopup("Remove video");
  ImGui::SetNextWindowSize(ImVec2(420 * context.scale, 0));
  if (!ImGui::BeginPopupModal("Remove video", nullptr, ImGuiWindowFlags_AlwaysAutoResize)) {
    asks_to_remove_ = 0;  // Escape
    return;
  }
  const bool is_there = video != project.videos.end();
  if (is_there) {
    const Counts& counts = counts_[video->id];
    ImGui::TextWrapped(
        "Remove %s with its %d labeled frames, %d bouts and all its predictions? Its file stays. "
        "Ctrl+Z does not bring it back; a copy of the project is made before.",
        video->name.c_str(), counts.labeled, counts.bouts);
  }
  const bool removes = ImGui::Button("Remove") && is_there;
  ImGui::SameLine();
  if (ImGui::Button("Cancel") || removes || !is_there) {
    if (removes) RequestRemoveVideo(context.session, *video);
    asks_to_remove_ = 0;
    ImGui::CloseCurrentPopup();
  }
  ImGui::EndPopup();
}

void LibraryView::DrawFrameMenu(UiContext& context, const ProjectView& project, int frame) {
  if (!ImGui::BeginPopupContextItem("more")) return;
  const datasets::Id video = context.session.video_id();
  if (ImGui::MenuItem("Propose this one no more")) {
    RequestDropProposals(context.session, video, {frame});
  }
  if (ImGui::MenuItem("Propose none of this video")) {
    RequestDropProposals(context.session, video, ProposedFrames(project, video));
  }
  ImGui::EndPopup();
}

void LibraryView::DrawFrames(UiContext& context, const ProjectView& project) {
  const auto found = project.images.find(context.session.video_id());
  if (found == project.images.end() || found->second.empty()) {
    ImGui::TextWrapped(
        "No frame is labeled yet. \"Propose\" picks frames worth labeling; about 100 in all are "
        "enough, 20 give a first model.");
    return;
  }
  const std::vector<datasets::ImageRow>& images = found->second;  // by frame
  ImGui::BeginChild("frames");
  list_low_ = ImGui::GetWindowPos();
  list_high_ =
      ImVec2(list_low_.x + ImGui::GetWindowSize().x, list_low_.y + ImGui::GetWindowSize().y);
  const int now = context.session.frame();
  if (std::exchange(listed_frame_, now) != now) {  // the list follows the video
    const auto here = std::find_if(images.begin(), images.end(),
                                   [&](const auto& image) { return image.frame_index == now; });
    const float row = ImGui::GetTextLineHeightWithSpacing();
    const float top = static_cast<float>(here - images.begin()) * row;
    const float seen = ImGui::GetScrollY();
    if (here != images.end() && (top < seen || top + row > seen + ImGui::GetWindowHeight())) {
      ImGui::SetScrollY(top - ImGui::GetWindowHeight() / 2);
    }
  }
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(images.size()));
  while (clipper.Step()) {
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
      const datasets::ImageRow& image = images[static_cast<size_t>(i)];
      const int frame = image.frame_index.value_or(0);
      ImGui::PushID(frame);
      char text[64];
      snprintf(text, sizeof text, "frame %d", frame);
      if (ImGui::Selectable(text, frame == now)) context.session.GoToFrame(frame);
      if (image.state == datasets::ImageState::kNew) DrawFrameMenu(context, project, frame);
      ImGui::SameLine(120 * context.scale);
      ImGui::TextColored(ImGui::ColorConvertU32ToFloat4(StateColor(image.state)), "%s",
                         StateText(image.state));
      ImGui::PopID();
    }
  }
  ImGui::EndChild();
}

void LibraryView::Draw(UiContext& context) {
  const auto project = context.session.project_view();
  if (!project) {
    ImGui::TextDisabled("Opening...");
    return;
  }
  if (project->videos.empty()) {
    ImGui::TextWrapped("Drop videos on the window, or add them here.");
    if (ImGui::Button("Add videos...")) context.actions.Run("project.add_videos");
    return;
  }
  Count(*project);
  DrawVideos(context, *project);
  DrawRemoval(context, *project);
  ImGui::Separator();
  ImGui::TextUnformatted("Frames to label");
  ImGui::SetNextItemWidth(70 * context.scale);
  ImGui::InputInt("##count", &count_, 0, 0);
  count_ = std::clamp(count_, 1, 500);
  ImGui::SameLine();
  ImGui::SetNextItemWidth(-1);
  ImGui::Combo("##method", &method_, kMethodNames, 3);
  if (ImGui::Button("Propose")) context.actions.Run("sample.propose");
  if (ImGui::IsItemHovered()) ImGui::SetTooltip("Ctrl+P; then . and , walk through them");
  const auto frame = context.session.frame_view();
  const char* state = !frame || frame->frame != context.session.frame() ? ""
                      : frame->has_image_row                            ? StateText(frame->state)
                      : frame->labels.empty()                           ? "not labeled"
                                                                        : "";
  ImGui::TextDisabled("This frame: %s", state);
  if (ImGui::Button("Done (D)")) context.actions.Run("label.done");
  ImGui::SameLine();
  if (ImGui::Button("No animal (N)")) context.actions.Run("label.empty");
  DrawFrames(context, *project);
}

}  // namespace app
