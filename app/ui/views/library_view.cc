#include "app/ui/views/library_view.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include "datasets/sample/sample.h"

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
      return "new";
  }
  return "";
}

ImU32 StateColor(datasets::ImageState state) {
  return state == datasets::ImageState::kDone    ? IM_COL32(63, 166, 107, 255)
         : state == datasets::ImageState::kEmpty ? IM_COL32(122, 134, 200, 255)
                                                 : IM_COL32(224, 176, 64, 255);
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
      "Chooses frames that differ from each other and from what is labeled",
      [this, &session] { Propose(session); });
  add("sample.next", "Next proposed frame", ".", "",
      [this, &session] { GoToProposal(session, 1); });
  add("sample.previous", "Previous proposed frame", ",", "",
      [this, &session] { GoToProposal(session, -1); });
}

void LibraryView::Propose(Session& session) {
  const datasets::VideoRow* video = session.video();
  if (!video) {
    session.Say(Message::Kind::kInfo, "Add a video first: drop one on the window");
    return;
  }
  const datasets::VideoRow row = *video;
  datasets::SampleOptions options;
  options.method = kMethods[method_];
  options.count = count_;
  auto target = proposals_;
  session.StartJob("Propose frames in " + row.name,
                   [row, options, target](datasets::Project& project, datasets::Job& job) {
                     std::vector<int> labeled;
                     for (const auto& image : project.ImagesOfVideo(row.id)) {
                       labeled.push_back(image.frame_index.value_or(0));
                     }
                     datasets::VideoReader reader = project.OpenVideo(row);
                     std::vector<int> frames =
                         datasets::SampleFrames(reader, options, labeled, job);
                     std::sort(frames.begin(), frames.end());
                     std::scoped_lock lock(target->mutex);
                     target->video_id = row.id;
                     target->frames = std::move(frames);
                   });
}

void LibraryView::GoToProposal(Session& session, int direction) {
  std::vector<int> frames;
  {
    std::scoped_lock lock(proposals_->mutex);
    if (proposals_->video_id == session.video_id()) frames = proposals_->frames;
  }
  if (frames.empty()) {
    session.Say(Message::Kind::kInfo, "No proposed frames yet: press Ctrl+P");
    return;
  }
  if (direction > 0) {
    const auto it = std::upper_bound(frames.begin(), frames.end(), session.frame());
    session.GoToFrame(it == frames.end() ? frames.front() : *it);
  } else {
    const auto it = std::lower_bound(frames.begin(), frames.end(), session.frame());
    session.GoToFrame(it == frames.begin() ? frames.back() : *(it - 1));
  }
}

void LibraryView::DrawVideos(UiContext& context, const ProjectView& project) {
  for (const datasets::VideoRow& video : project.videos) {
    const auto images = project.images.find(video.id);
    const size_t labeled = images == project.images.end() ? 0 : images->second.size();
    ImGui::PushID(static_cast<int>(video.id));
    if (ImGui::Selectable(video.name.c_str(), video.id == context.session.video_id())) {
      context.session.GoToVideo(video.id);
    }
    const bool missing = project.missing_videos.count(video.id) > 0;
    if (ImGui::IsItemHovered()) {
      ImGui::SetTooltip(
          "%s\n%d x %d, %d frames, %.4g frames/s\n%s", video.path.c_str(), video.width,
          video.height, video.frame_count, video.fps,
          video.static_camera ? "fixed camera" : "moving camera: no background image");
    }
    char text[48];
    if (missing) {
      snprintf(text, sizeof text, "not found");
    } else {
      snprintf(text, sizeof text, "%zu labeled", labeled);
    }
    ImGui::SameLine(ImGui::GetWindowContentRegionMax().x - ImGui::CalcTextSize(text).x);
    ImGui::TextDisabled("%s", text);
    ImGui::PopID();
  }
  if (ImGui::Button("Add videos...")) context.actions.Run("project.add_videos");
}

void LibraryView::DrawFrames(UiContext& context, const ProjectView& project) {
  struct Entry {
    int frame = 0;
    std::optional<datasets::ImageState> state;
    bool proposed = false;
  };
  std::map<int, Entry> by_frame;
  const auto images = project.images.find(context.session.video_id());
  if (images != project.images.end()) {
    for (const datasets::ImageRow& image : images->second) {
      const int frame = image.frame_index.value_or(0);
      by_frame[frame] = {frame, image.state, false};
    }
  }
  {
    std::scoped_lock lock(proposals_->mutex);
    if (proposals_->video_id == context.session.video_id()) {
      for (int frame : proposals_->frames) {
        by_frame[frame].frame = frame;
        by_frame[frame].proposed = true;
      }
    }
  }
  std::vector<Entry> entries;
  for (const auto& [frame, entry] : by_frame) entries.push_back(entry);
  if (entries.empty()) {
    ImGui::TextWrapped(
        "No frame is labeled yet. \"Propose\" picks frames worth labeling; about 100 in all are "
        "enough, 20 give a first model.");
    return;
  }
  ImGui::BeginChild("frames");
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(entries.size()));
  while (clipper.Step()) {
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
      const Entry& entry = entries[static_cast<size_t>(i)];
      char text[64];
      snprintf(text, sizeof text, "frame %d", entry.frame);
      if (ImGui::Selectable(text, entry.frame == context.session.frame())) {
        context.session.GoToFrame(entry.frame);
      }
      ImGui::SameLine(120 * context.scale);
      if (entry.state) {
        ImGui::TextColored(ImGui::ColorConvertU32ToFloat4(StateColor(*entry.state)), "%s",
                           StateText(*entry.state));
      } else {
        ImGui::TextDisabled("proposed");
      }
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
  DrawVideos(context, *project);
  ImGui::Separator();
  ImGui::TextUnformatted("Frames to label");
  ImGui::SetNextItemWidth(70 * context.scale);
  ImGui::InputInt("##count", &count_, 0, 0);
  count_ = std::clamp(count_, 1, 500);
  ImGui::SameLine();
  ImGui::SetNextItemWidth(-1);
  ImGui::Combo("##method", &method_, kMethodNames, 3);
  if (ImGui::Button("Propose")) Propose(context.session);
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
