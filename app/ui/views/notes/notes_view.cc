#include "app/ui/views/notes/notes_view.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/model/requests/behavior_requests.h"

namespace app {

void NotesView::AddActions(ActionTable& actions, Session& session) {
  const auto add = [&](const char* id, const char* title, const char* keys, const char* help,
                       std::function<void()> run) {
    Action action;
    action.id = id, action.title = title, action.menu = "Go", action.help = help;
    if (*keys) action.chords.push_back(ParseChord(keys));
    action.run = std::move(run);
    actions.Add(std::move(action));
  };
  add("notes.show", "Notes and flags...", "Ctrl+M", "Write one about this frame; find all again",
      [this, &session] {
        open_ = !open_;
        appears_ = open_;
        // The frame that the note will be about is the one that was in view.
        if (open_) session.SetPlaying(false, session.speed());
      });
  add("notes.flag", "Flag this, to find it again", "Ctrl+F",
      "The selected bout, else this frame; once more takes the flag away",
      [this, &session] { Flag(session); });
  add("notes.next", "Next flagged place", "", "In any video", [this, &session] { Go(session, 1); });
  add("notes.previous", "Previous flagged place", "", "In any video",
      [this, &session] { Go(session, -1); });
}

void NotesView::Advance(UiContext& context) {
  const Session& session = context.session;
  if (std::exchange(selected_, session.selected_interval) != session.selected_interval) {
    selected_at_ = {session.video_id(), session.frame()};
  }
  note_.LeaveIfHidden();
}

// A selection that the picture has left behind is not what a person looks at.
void NotesView::Flag(Session& session) const {
  const auto project = session.project_view();
  if (!project) return;
  const auto* bout = FindInterval(*project, session.video_id(), session.selected_interval);
  const int frame = session.frame();
  const bool is_meant = bout && ((bout->start_frame <= frame && frame < bout->end_frame) ||
                                 selected_at_ == VideoFrame(session.video_id(), frame));
  RequestFlag(session, is_meant ? bout->id : 0);
}

void NotesView::Go(Session& session, int direction) {
  const auto project = session.project_view();
  if (!project) return;
  Refresh(*project);
  const FlaggedPlace* place =
      NextFlagged(places_, session.video_id(), session.frame(), last_, direction);
  if (!place) {
    session.Say(Message::Kind::kInfo, "Nothing is flagged: Ctrl+F flags a bout or a frame");
    return;
  }
  Show(session, *place);
}

void NotesView::Show(Session& session, const FlaggedPlace& place) {
  session.GoTo(place.video_id, place.frame);
  session.selected_interval = place.interval_id;
  last_ = place;
}

void NotesView::Refresh(const ProjectView& project) {
  if (std::exchange(revision_, project.revision) != project.revision) {
    places_ = NotedPlaces(project);
    listed_for_ = "?";  // to be listed again
  }
  const std::string wanted = std::string(only_flagged_ ? "!" : " ") + filter_;
  if (wanted == listed_for_) return;
  listed_for_ = wanted;
  listed_.clear();
  for (size_t i = 0; i < places_.size(); ++i) {
    if (only_flagged_ && !places_[i].flagged) continue;
    const bool fits = places_[i].note.find(filter_) != std::string::npos ||
                      places_[i].what.find(filter_) != std::string::npos;
    if (fits) listed_.push_back(i);
  }
}

void NotesView::Describe(nlohmann::json& state) const {
  state["notes"] = {{"open", open_},
                    {"places", places_.size()},
                    {"listed", listed_.size()},
                    {"frame", noted_.second}};
}

void NotesView::DrawNoteOfFrame(UiContext& context, const ProjectView& project) {
  Session& session = context.session;
  if (!note_.active()) noted_ = {session.video_id(), session.frame()};
  const auto [video, frame] = noted_;
  const datasets::NoteRow* note = FindNote(project, video, frame);
  ImGui::Text("Frame %d", frame);
  ImGui::SameLine(90 * context.scale);
  if (std::exchange(appears_, false)) ImGui::SetKeyboardFocusHere();
  const bool was_active = note_.active();
  note_.Draw("Note, Enter keeps it", -80 * context.scale,
             std::to_string(video) + " " + std::to_string(frame), note ? note->note : "",
             [&session, video = video, frame = frame](const std::string& text) {
               RequestNote(session, video, frame, text, std::nullopt);
             });
  if (note_.active() && !was_active) session.SetPlaying(false, session.speed());
  ImGui::SameLine();
  bool flagged = note && note->flagged;
  if (ImGui::Checkbox("flag", &flagged)) {
    RequestNote(session, video, frame, std::nullopt, flagged);
  }
}

void NotesView::DrawList(UiContext& context, const ProjectView& project) {
  Session& session = context.session;
  if (places_.empty()) {
    ImGui::TextDisabled("Nothing is noted or flagged yet.");
    return;
  }
  ImGui::SetNextItemWidth(220 * context.scale);
  ImGui::InputTextWithHint("##filter", "Part of a note", filter_, sizeof filter_);
  ImGui::SameLine();
  ImGui::Checkbox("only flagged", &only_flagged_);
  constexpr ImGuiTableFlags kFlags =
      ImGuiTableFlags_ScrollY | ImGuiTableFlags_RowBg | ImGuiTableFlags_Resizable;
  if (!ImGui::BeginTable("places", 4, kFlags, ImVec2(0, 240 * context.scale))) return;
  ImGui::TableSetupScrollFreeze(0, 1);
  ImGui::TableSetupColumn("", ImGuiTableColumnFlags_WidthFixed, 34 * context.scale);
  ImGui::TableSetupColumn("Video", ImGuiTableColumnFlags_WidthStretch, 2);
  ImGui::TableSetupColumn("What", ImGuiTableColumnFlags_WidthStretch, 3);
  ImGui::TableSetupColumn("Note", ImGuiTableColumnFlags_WidthStretch, 4);
  ImGui::TableHeadersRow();
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(listed_.size()));
  while (clipper.Step()) {
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
      const FlaggedPlace& place = places_[listed_[static_cast<size_t>(i)]];
      ImGui::PushID(i);
      ImGui::TableNextColumn();
      const bool here = place.video_id == session.video_id() && place.frame == session.frame();
      if (ImGui::Selectable("##place", here, ImGuiSelectableFlags_SpanAllColumns)) {
        Show(session, place);
      }
      ImGui::SameLine(0, 0);
      if (place.flagged) {
        ImGui::TextColored(ImGui::ColorConvertU32ToFloat4(WarningColor()), "flag");
      }
      ImGui::TableNextColumn();
      for (const datasets::VideoRow& video : project.videos) {
        if (video.id == place.video_id) ImGui::TextUnformatted(video.name.c_str());
      }
      ImGui::TableNextColumn();
      ImGui::TextUnformatted(place.what.c_str());
      ImGui::TableNextColumn();
      ImGui::TextUnformatted(place.note.c_str());
      ImGui::PopID();
    }
  }
  ImGui::EndTable();
}

void NotesView::Draw(UiContext& context) {
  const auto project = context.session.project_view();
  if (!open_ || !project) return;
  Refresh(*project);
  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  ImGui::SetNextWindowPos(ImVec2(viewport->WorkPos.x + viewport->WorkSize.x / 2,
                                 viewport->WorkPos.y + 60 * context.scale),
                          ImGuiCond_Appearing, ImVec2(0.5f, 0));
  ImGui::SetNextWindowSize(ImVec2(560 * context.scale, 0), ImGuiCond_Always);
  bool open = true;
  if (ImGui::Begin("Notes and flags", &open,
                   ImGuiWindowFlags_NoCollapse | ImGuiWindowFlags_NoSavedSettings)) {
    open &= !(ImGui::IsWindowFocused(ImGuiFocusedFlags_ChildWindows) && !ImGui::IsAnyItemActive() &&
              ImGui::IsKeyPressed(ImGui::GetKeyIndex(ImGuiKey_Escape)));
    if (context.session.video()) DrawNoteOfFrame(context, *project);
    ImGui::Separator();
    DrawList(context, *project);
  }
  ImGui::End();
  open_ = open_ && open;
}

}  // namespace app
