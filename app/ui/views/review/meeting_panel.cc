#include "app/ui/views/review/meeting_panel.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <tuple>

#include "app/ui/window.h"
#include "datasets/store/names.h"

namespace app {
namespace {

using infer::MeetingVerdict;
using infer::ReviewedMeeting;

std::string MeetingAnimalName(const ProjectView& project, datasets::Id category) {
  for (const datasets::CategoryRow& row : project.categories) {
    if (row.id == category) return row.name;
  }
  return "?";
}

std::string MeetingAnimalName(const ProjectView& project, const ReviewedMeeting& meeting,
                              const datasets::MeetingAnimalRow& animal) {
  return meeting.Shown(animal, MeetingAnimalName(project, animal.category_id));
}

// Animals that share a name are told apart by colors of their numbers.
ImU32 MeetingAnimalColor(const ProjectView& project, const ReviewedMeeting& meeting,
                         const datasets::MeetingAnimalRow& animal) {
  if (meeting.numbered) return ToImColor(datasets::PaletteColor(animal.number));
  for (size_t i = 0; i < project.categories.size(); ++i) {
    if (project.categories[i].id != animal.category_id) continue;
    const uint32_t color = project.categories[i].color;
    return ToImColor(color ? color : datasets::PaletteColor(static_cast<int>(i)));
  }
  return WarningColor();
}

}  // namespace

void MeetingPanel::Attach(Session& session) {
  pictures_ = std::make_unique<MeetingPictures>(
      session.project_file(), [] { Window::Wake(); }, session.SayError());
}

void MeetingPanel::SetActive(Session& session, bool active) {
  if (active_ && !active) {
    session.SetPlaying(false, 1);
    session.SetLoop({});
  }
  active_ = active;
}

void MeetingPanel::Show(Session& session, const ReviewedMeeting& meeting) {
  current_ = meeting.row.id;
  std::tie(a_, b_) = infer::OnlyTwo(meeting.row).value_or(std::make_pair(-1, -1));
  shown_since_ = ImGui::GetTime();
  session.GoTo(meeting.row.video_id, meeting.row.start_frame);
  // Who comes and who leaves is seen around it; a jump itself is two frames long.
  if (const datasets::VideoRow* video = session.video()) {
    const int around = std::max(5, static_cast<int>(video->fps / 2));
    session.SetLoop(std::make_pair(std::max(0, meeting.row.start_frame - around),
                                   std::min(video->frame_count, meeting.row.end_frame + around)));
  }
  session.SetPlaying(true, 0.5);
}

void MeetingPanel::Next(Session& session) {
  const auto project = session.project_view();
  if (!project) return;
  const ReviewedMeeting* next = NextMeeting(*project, current_);
  if (next) {
    Show(session, *next);
    return;
  }
  session.SetPlaying(false, 1);
  session.SetLoop({});
  const bool open = CountOpen(project->meetings) > 0;
  session.Say(Message::Kind::kSuccess, project->meetings.empty() ? "There are no meetings"
                                       : open                    ? "No other meeting is open"
                                                                 : "No meeting is open any more");
}

void MeetingPanel::Decide(Session& session, MeetingVerdict verdict) {
  const auto project = session.project_view();
  const ReviewedMeeting* meeting = project ? FindMeeting(*project, current_) : nullptr;
  if (!meeting) {
    Next(session);
    return;
  }
  if (verdict == MeetingVerdict::kExchange && (a_ < 0 || b_ < 0 || a_ == b_)) {
    session.Say(Message::Kind::kInfo, "Choose the two animals that change names, then press X");
    return;
  }
  RequestMeetingDecision(session, current_, verdict, a_, b_, ImGui::GetTime() - shown_since_);
  advance_after_ = meeting->decision ? 0 : current_;
}

void MeetingPanel::Describe(nlohmann::json& state) const {
  state["meetings"] = {{"active", active_},   {"current", current_},
                       {"open", open_},       {"total", total_},
                       {"verdict", verdict_}, {"sides", sides_ ? sides_->sides.size() : 0}};
}

void MeetingPanel::DrawSide(UiContext& context, const MeetingSide* side, const std::string& name,
                            ImU32 color, float width) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const ImVec2 end(at.x + width, at.y + width);
  ImDrawList* draw = ImGui::GetWindowDrawList();
  ImGui::PushID(side);
  const bool clicked = ImGui::InvisibleButton("##side", ImVec2(width, width));
  ImGui::PopID();
  if (!side) {
    draw->AddRect(at, end, ImGui::GetColorU32(MutedTextColor()));
    return;
  }
  if (clicked) {
    context.session.SetPlaying(false, 1);
    context.session.GoToFrame(side->frame);
  }
  const auto texture = textures_.find(side);
  if (texture != textures_.end()) {
    draw->AddImage(reinterpret_cast<ImTextureID>(static_cast<intptr_t>(texture->second->texture())),
                   at, end);
  }
  draw->PushClipRect(at, end, true);
  const float scale = width / kSidePixels;
  std::vector<ImVec2> points;
  for (const datasets::Ring& ring : side->outline) {
    points.clear();
    for (const cv::Point2d& point : ring) {
      points.emplace_back(at.x + static_cast<float>(point.x) * scale,
                          at.y + static_cast<float>(point.y) * scale);
    }
    draw->AddPolyline(points.data(), static_cast<int>(points.size()), color, ImDrawFlags_Closed,
                      2 * context.scale);
  }
  draw->PopClipRect();
  if (ImGui::IsItemHovered()) {
    ImGui::SetTooltip("%s in frame %d; click to go there", name.c_str(), side->frame);
  }
}

// A row an animal: before and after, under the name that it has now.
void MeetingPanel::DrawSides(UiContext& context, const ProjectView& project,
                             const ReviewedMeeting& meeting) {
  const auto sides = pictures_->Of(meeting);
  if (sides != sides_) {
    sides_ = sides;
    textures_.clear();
    if (sides_) {
      for (const MeetingSide& side : sides_->sides) {
        textures_[&side] = std::make_unique<SmallPicture>(side.bgr);
      }
    }
  }
  if (!sides_) {
    ImGui::TextDisabled("looking at both sides ...");
    return;
  }
  const float gap = 6 * context.scale;
  const float width =
      std::min((ImGui::GetContentRegionAvail().x - gap) / 2, kSidePixels * context.scale);
  ImGui::TextDisabled("before");
  ImGui::SameLine(width + gap + ImGui::GetStyle().WindowPadding.x);
  ImGui::TextDisabled("after");
  for (const auto& animal : meeting.row.animals) {
    const MeetingSide* shown[2] = {nullptr, nullptr};
    for (const MeetingSide& side : sides_->sides) {
      if (side.number == animal.number) shown[side.after ? 1 : 0] = &side;
    }
    if (!shown[0] && !shown[1]) continue;
    const std::string name = MeetingAnimalName(project, meeting, animal);
    const ImU32 color = MeetingAnimalColor(project, meeting, animal);
    ImGui::PushID(animal.number);
    for (const MeetingSide* side : shown) {
      ImGui::PushID(side == shown[1] ? 1 : 0);
      DrawSide(context, side, name, color, width);
      ImGui::PopID();
      if (side == shown[0]) ImGui::SameLine(0, gap);
    }
    ImGui::PopID();
    ImGui::TextColored(ImGui::ColorConvertU32ToFloat4(color), "%s%s", name.c_str(),
                       animal.away ? " (out of sight meanwhile)" : "");
  }
}

void MeetingPanel::DrawPair(const ProjectView& project, const ReviewedMeeting& meeting) {
  if (meeting.row.animals.size() < 3) return;
  const auto choose = [&](const char* label, int* chosen) {
    std::string name = "choose";
    for (const auto& animal : meeting.row.animals) {
      if (animal.number == *chosen) name = MeetingAnimalName(project, meeting, animal);
    }
    ImGui::SetNextItemWidth(ImGui::GetContentRegionAvail().x * 0.45f);
    if (!ImGui::BeginCombo(label, name.c_str())) return;
    for (const auto& animal : meeting.row.animals) {
      if (ImGui::Selectable(MeetingAnimalName(project, meeting, animal).c_str(),
                            animal.number == *chosen)) {
        *chosen = animal.number;
      }
    }
    ImGui::EndCombo();
  };
  choose("##first", &a_);
  ImGui::SameLine();
  ImGui::TextUnformatted("and");
  ImGui::SameLine();
  choose("##second", &b_);
}

void MeetingPanel::DrawList(UiContext& context, const ProjectView& project) {
  ImGui::BeginChild("meetings");
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(project.meetings.size()));
  while (clipper.Step()) {
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
      const ReviewedMeeting& meeting = project.meetings[static_cast<size_t>(i)];
      char text[96];
      snprintf(text, sizeof text, "%3.0f %%  %d-%d##%lld", 100 * meeting.row.exchange,
               meeting.row.start_frame, meeting.row.end_frame - 1,
               static_cast<long long>(meeting.row.id));
      if (ImGui::Selectable(text, meeting.row.id == current_)) Show(context.session, meeting);
      ImGui::SameLine(ImGui::GetContentRegionAvail().x * 0.55f);
      ImGui::TextDisabled("%s", meeting.decision   ? meeting.decision->verdict.c_str()
                                : meeting.by_hand  ? "swapped by hand"
                                : meeting.IsOpen() ? meeting.row.kind.c_str()
                                                   : "by the pictures");
    }
  }
  ImGui::EndChild();
}

void MeetingPanel::Draw(UiContext& context, const ProjectView& project) {
  total_ = static_cast<int>(project.meetings.size());
  open_ = CountOpen(project.meetings);
  for (const auto& [video, why] : project.without_meetings) {
    for (const datasets::VideoRow& row : project.videos) {
      if (row.id != video) continue;
      ImGui::PushStyleColor(ImGuiCol_Text, WarningColor());
      ImGui::TextWrapped("%s: nothing is known of its meetings, %s", row.name.c_str(), why.c_str());
      ImGui::PopStyleColor();
    }
  }
  if (project.meetings.empty() && !project.without_meetings.empty()) return;
  if (project.meetings.empty()) {
    ImGui::TextWrapped(
        "No meetings: where names can change hands is listed here once a video with several "
        "animals is predicted.");
    return;
  }
  const ReviewedMeeting* current = FindMeeting(project, current_);
  verdict_ = current && current->decision ? current->decision->verdict : "";
  if (advance_after_ && current && current->row.id == advance_after_ && current->decision) {
    advance_after_ = 0;
    Next(context.session);
    current = FindMeeting(project, current_);
  }
  char text[96];
  snprintf(text, sizeof text, "%d of %d decided", total_ - open_, total_);
  ImGui::ProgressBar(static_cast<float>(total_ - open_) / static_cast<float>(total_), ImVec2(-1, 0),
                     text);
  if (current) {
    ImGui::TextWrapped("Frames %d to %d: names change hands with a chance of %.1f %%",
                       current->row.start_frame, current->row.end_frame - 1,
                       100 * current->row.exchange);
    DrawPair(project, *current);
  } else {
    ImGui::TextWrapped("Press Space for the meeting that is worth most.");
  }
  // Above the pictures, which are as many as animals met.
  const float width = (ImGui::GetContentRegionAvail().x - 8 * context.scale) / 2;
  if (ImGui::Button("Keep (K)", ImVec2(width, 0))) Decide(context.session, MeetingVerdict::kKeep);
  ImGui::SameLine();
  if (ImGui::Button("Exchange (X)", ImVec2(width, 0))) {
    Decide(context.session, MeetingVerdict::kExchange);
  }
  if (ImGui::Button("Cannot tell (U)", ImVec2(width, 0))) {
    Decide(context.session, MeetingVerdict::kUnsure);
  }
  ImGui::SameLine();
  if (ImGui::Button("Next (Space)", ImVec2(width, 0))) Next(context.session);
  if (current) DrawSides(context, project, *current);
  ImGui::Separator();
  DrawList(context, project);
}

}  // namespace app
