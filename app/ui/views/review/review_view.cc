#include "app/ui/views/review/review_view.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/model/requests/label_requests.h"
#include "app/ui/item_middle.h"
#include "infer/review/reasons.h"

namespace app {
namespace {

constexpr float kReasonLines = 7;  // of text; more can be scrolled to

}  // namespace

void ReviewView::AddActions(ActionTable& actions, Session& session) {
  const auto add = [&](const char* id, const char* title, const char* keys, const char* help,
                       std::function<void()> run) {
    Action action;
    action.id = id, action.title = title, action.menu = "Review", action.help = help;
    action.scope = Scope::kReview;
    action.chords.push_back(ParseChord(keys));
    action.run = std::move(run);
    actions.Add(std::move(action));
  };
  meetings_.Attach(session);
  add("review.next", "Next episode, meeting or animal", "Space", "The one most worth a look",
      [this, &session] { Next(session); });
  add("review.accept", "Accept: it is right", "A",
      "The predictions of the episode become labels; an animal without a name gets the guessed one",
      [this, &session] {
        if (unknown_.active()) {
          unknown_.NameAsGuessed(session);
        } else {
          Decide(session, Decision::kAccept);
        }
      });
  add("review.reject", "Reject: it is wrong", "R",
      "The predictions of the episode are left out; the originals stay",
      [this, &session] { Decide(session, Decision::kReject); });
  add("review.corrected", "I corrected it", "C", "Labels that you drew here take their place",
      [this, &session] { Decide(session, Decision::kCorrected); });
  add("review.skip", "Skip; exchange at a meeting", "X",
      "Leaves an episode; at a meeting, the two animals change names from there on",
      [this, &session] {
        if (meetings_.active()) {
          meetings_.Decide(session, infer::MeetingVerdict::kExchange);
        } else if (unknown_.active()) {
          unknown_.Next(session);
        } else {
          Decide(session, Decision::kSkip);
        }
      });
  const auto decide_meeting = [this, &session](infer::MeetingVerdict verdict) {
    if (!meetings_.active()) {
      meetings_wanted_ = true;
      return;
    }
    meetings_.Decide(session, verdict);
  };
  add("review.keep", "Keep the names of a meeting", "K",
      "Every animal leaves the meeting under the name that it came with",
      [decide_meeting] { decide_meeting(infer::MeetingVerdict::kKeep); });
  add("review.unsure", "Cannot tell", "U", "Nobody can see who leaves the meeting as whom",
      [decide_meeting] { decide_meeting(infer::MeetingVerdict::kUnsure); });
  AddUnknownActions(actions, session);
}

void ReviewView::AddUnknownActions(ActionTable& actions, Session& session) {
  unknown_.Attach(session);
  Action show;
  show.id = "review.unknown", show.title = "Animals without a name", show.menu = "Review";
  show.help = "See who they may be, and name them";
  show.run = [this] { unknown_wanted_ = wants_focus_ = true; };
  actions.Add(std::move(show));
  for (int digit = 1; digit <= 9; ++digit) {
    Action name;
    const std::string key = std::to_string(digit);
    name.id = "review.name." + key;
    name.title = "The animal without a name is animal " + key;
    name.scope = Scope::kReview;
    name.chords.push_back(ParseChord(key));
    name.run = [this, &session, digit] { Name(session, static_cast<size_t>(digit)); };
    actions.Add(std::move(name));
  }
}

// The one that is walked to; of others, what is selected in the picture.
void ReviewView::Name(Session& session, size_t digit) {
  const auto project = session.project_view();
  if (unknown_.active() && !unknown_.IsElsewhere(session)) {
    unknown_.Name(session, digit);
    return;
  }
  const auto animals =
      project ? NamedAnimals(*project) : std::vector<const datasets::CategoryRow*>();
  if (!session.selected_annotation || digit > animals.size()) return;
  RequestAssign(session, session.selected_annotation, animals[digit - 1]->id);
}

void ReviewView::Advance(UiContext& context) {
  if (unknown_wanted_) context.mode = Mode::kReview;
  // Whoever goes on to something else is not kept in the span that was played.
  const bool reviewed = std::exchange(reviews_, context.mode == Mode::kReview);
  if (reviewed && !reviews_) unknown_.SetActive(context.session, false);
}

void ReviewView::Show(Session& session, const datasets::ReviewItemRow& item) {
  session.selected_episode = item.id;
  session.GoTo(item.video_id, item.start_frame);
  shown_since_ = ImGui::GetTime();
  zoom_wanted_ = true;
}

void ReviewView::Describe(nlohmann::json& state) const {
  state["review"] = {
      {"decided", progress_.decided}, {"total", progress_.total},     {"reason", reason_},
      {"accept_x", accept_button_.x}, {"accept_y", accept_button_.y}, {"tabs_x", tabs_.x},
      {"unknown_x", unknown_tab_.x},  {"unknown_y", unknown_tab_.y},  {"tabs_y", tabs_.y}};
  meetings_.Describe(state);
  unknown_.Describe(state);
}

void ReviewView::Next(Session& session) {
  if (unknown_.active()) {
    unknown_.Next(session);
    return;
  }
  if (meetings_.active()) {
    meetings_.Next(session);
    return;
  }
  const auto project = session.project_view();
  if (!project) return;
  const auto* next = NextEpisode(*project, filter_, session.selected_episode);
  if (next) {
    Show(session, *next);
  } else {
    session.Say(Message::Kind::kSuccess, project->review_items.empty()
                                             ? "Nothing to review: predict a video first"
                                             : "Every episode is decided");
  }
}

void ReviewView::Decide(Session& session, Decision decision) {
  const auto project = session.project_view();
  const auto* item = project ? FindEpisode(*project, session.selected_episode) : nullptr;
  if (unknown_.active()) return;
  if (!item || !item->verdict.empty()) {
    Next(session);
    return;
  }
  RequestDecision(session, *item, decision, ImGui::GetTime() - shown_since_);
  advance_after_ = item->id;
}

void ReviewView::ZoomToEpisode(UiContext& context) {
  const auto frame = context.session.frame_view();
  if (!zoom_wanted_ || !frame || frame->frame != context.session.frame()) return;
  zoom_wanted_ = false;
  datasets::Polygons around;
  for (const annotate::Shape& shape : frame->predictions) {
    around.insert(around.end(), shape.polygons.begin(), shape.polygons.end());
  }
  if (!around.empty()) context.canvas_request.zoom_to = datasets::BoxOf(around);
}

void ReviewView::DrawFilters(UiContext& context, const ProjectView& project) {
  if (!ImGui::CollapsingHeader("Filter")) return;
  for (const std::string& reason : ReasonsIn(project)) {
    bool shown = !filter_.hidden_reasons.count(reason);
    if (ImGui::Checkbox((infer::TitleOf(reason) + "##" + reason).c_str(), &shown)) {
      if (shown) {
        filter_.hidden_reasons.erase(reason);
      } else {
        filter_.hidden_reasons.insert(reason);
      }
    }
  }
  ImGui::SetNextItemWidth(150 * context.scale);
  if (ImGui::BeginCombo("animal", filter_.animal.empty() ? "all" : filter_.animal.c_str())) {
    if (ImGui::Selectable("all", filter_.animal.empty())) filter_.animal.clear();
    for (const datasets::CategoryRow* row : NamedAnimals(project)) {
      if (ImGui::Selectable(row->name.c_str(), row->name == filter_.animal)) {
        filter_.animal = row->name;
      }
    }
    ImGui::EndCombo();
  }
  bool here = filter_.video_id != 0;
  if (ImGui::Checkbox("only this video", &here)) {
    filter_.video_id = here ? context.session.video_id() : 0;
  }
}

void ReviewView::DrawList(UiContext& context, const ProjectView& project) {
  // Looking into every item is too much for each drawing.
  if (shown_revision_ != project.revision || !(shown_filter_ == filter_)) {
    shown_ = FilterReview(project, filter_);
    shown_filter_ = filter_;
    shown_revision_ = project.revision;
  }
  const std::vector<size_t>& indices = shown_;
  int most_frames = 0;
  for (const datasets::VideoRow& video : project.videos) {
    most_frames = std::max(most_frames, video.frame_count);
  }
  const std::string widest =
      "100 %  " + std::to_string(most_frames) + "-" + std::to_string(most_frames);
  const float reasons_at =
      std::max(150 * context.scale, ImGui::CalcTextSize(widest.c_str()).x + 12 * context.scale);
  ImGui::BeginChild("episodes");
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(indices.size()));
  while (clipper.Step()) {
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
      const datasets::ReviewItemRow& item = project.review_items[indices[static_cast<size_t>(i)]];
      char text[96];
      const int last = item.end_frame - 1;
      const std::string to = last > item.start_frame ? "-" + std::to_string(last) : "";
      snprintf(text, sizeof text, "%2.0f %%  %d%s##%lld", 100 * item.score, item.start_frame,
               to.c_str(), static_cast<long long>(item.id));
      if (ImGui::Selectable(text, item.id == context.session.selected_episode)) {
        Show(context.session, item);
      }
      const auto video = std::find_if(project.videos.begin(), project.videos.end(),
                                      [&](const auto& row) { return row.id == item.video_id; });
      const std::string name =
          project.videos.size() > 1 && video != project.videos.end() ? video->name : "";
      if (ImGui::IsItemHovered()) {
        ImGui::SetTooltip("%s%s%s", name.c_str(), name.empty() ? "" : ": ", item.reason.c_str());
      }
      ImGui::SameLine(reasons_at);
      const std::string note =
          infer::TitleOf(item.verdict.empty() ? item.reason_code : item.verdict);
      ImGui::TextDisabled("%s", (name.empty() ? note : note + "   " + name).c_str());
    }
  }
  ImGui::EndChild();
}

void ReviewView::DrawReason(const datasets::ReviewItemRow* current) {
  if (!current) {
    ImGui::TextWrapped("Press Space for the most suspicious episode.");
    return;
  }
  ImGui::TextWrapped("%s", current->reason.c_str());
  ImGui::PushStyleColor(ImGuiCol_Text, MutedTextColor());
  const int last = current->end_frame - 1;
  const std::string span =
      last > current->start_frame
          ? "frames " + std::to_string(current->start_frame) + " to " + std::to_string(last)
          : "frame " + std::to_string(current->start_frame);
  ImGui::TextWrapped("%s, wrong with a chance of %.0f %%", span.c_str(), 100 * current->score);
  ImGui::TextWrapped("%s", infer::RemedyOf(*current).c_str());
  ImGui::PopStyleColor();
  if (!current->verdict.empty()) ImGui::Text("decided: %s", current->verdict.c_str());
}

void ReviewView::Draw(UiContext& context) {
  const auto shown = context.session.project_view();
  if (!shown) return;
  const int open = CountOpen(shown->meetings);
  const std::string meetings =
      (open > 0 ? "Meetings (" + std::to_string(open) + ")" : std::string("Meetings")) +
      "###meetings";
  if (!ImGui::BeginTabBar("what")) return;
  if (ImGui::BeginTabItem("Episodes")) {
    meetings_.SetActive(context.session, false);
    unknown_.SetActive(context.session, false);
    DrawEpisodes(context, *shown);
    ImGui::EndTabItem();
  }
  const ImGuiTabItemFlags flags = std::exchange(meetings_wanted_, false)
                                      ? ImGuiTabItemFlags_SetSelected
                                      : ImGuiTabItemFlags_None;
  const bool front = ImGui::BeginTabItem(meetings.c_str(), nullptr, flags);
  tabs_ = MiddleOfItem();
  if (front) {
    unknown_.SetActive(context.session, false);
    meetings_.SetActive(context.session, true);
    meetings_.Draw(context, *shown);
    if (context.mode == Mode::kReview && context.status_hint.empty()) {
      context.status_hint = "Space next, K keep, X exchange, U cannot tell";
    }
    ImGui::EndTabItem();
  }
  const size_t without = shown->unknown_animals.size();
  const std::string unknown =
      (without > 0 ? "Unknown (" + std::to_string(without) + ")" : std::string("Unknown")) +
      "###unknown";
  const ImGuiTabItemFlags comes = std::exchange(unknown_wanted_, false)
                                      ? ImGuiTabItemFlags_SetSelected
                                      : ImGuiTabItemFlags_None;
  const bool names = ImGui::BeginTabItem(unknown.c_str(), nullptr, comes);
  unknown_tab_ = MiddleOfItem();
  if (names) {
    meetings_.SetActive(context.session, false);
    unknown_.SetActive(context.session, true);
    unknown_.Draw(context, *shown);
    if (context.mode == Mode::kReview && context.status_hint.empty()) {
      context.status_hint = "Space next, 1-9 who it is, A as guessed, X skip; Ctrl+Z takes it back";
    }
    ImGui::EndTabItem();
  }
  ImGui::EndTabBar();
}

void ReviewView::DrawEpisodes(UiContext& context, const ProjectView& shown) {
  const ProjectView* project = &shown;
  if (project->review_items.empty()) {
    ImGui::TextWrapped(
        "Nothing to review yet. Train on your labels, predict, and the frames that are probably "
        "wrong are listed here, the worst first.");
    return;
  }
  const auto* current = FindEpisode(*project, context.session.selected_episode);
  if (advance_after_ && current && current->id == advance_after_ && !current->verdict.empty()) {
    advance_after_ = 0;
    Next(context.session);
    current = FindEpisode(*project, context.session.selected_episode);
  }
  ZoomToEpisode(context);
  const ReviewProgress progress = progress_ = ProgressOf(*project);
  reason_ = current ? current->reason : "";
  char text[128];
  snprintf(text, sizeof text, "%d of %d episodes", progress.decided, progress.total);
  ImGui::ProgressBar(progress.total ? static_cast<float>(progress.decided) / progress.total : 0,
                     ImVec2(-1, 0), text);
  if (progress.estimated_right >= 0) {
    ImGui::Text("about %.1f %% of frames right", 100 * progress.estimated_right);
  }
  // Also before the first decision, so that nothing below moves when it comes.
  ImGui::BeginDisabled(progress.decided == 0);
  if (ImGui::Button("Train again on the corrections")) context.actions.Run("learn.train");
  ImGui::EndDisabled();
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled)) {
    ImGui::SetTooltip(
        progress.decided == 0
            ? "Once an episode is decided"
            : "What you accepted or corrected is learned from; corrections count three times");
  }
  ImGui::Separator();
  // As high whatever it says: the buttons below stay under the mouse.
  ImGui::BeginChild("reason", ImVec2(0, kReasonLines * ImGui::GetTextLineHeightWithSpacing()));
  DrawReason(current);
  ImGui::EndChild();
  const float width = (ImGui::GetContentRegionAvail().x - 2 * 8 * context.scale) / 3;
  if (ImGui::Button("Accept (A)", ImVec2(width, 0))) Decide(context.session, Decision::kAccept);
  accept_button_ = ImGui::GetItemRectMin();
  if (current && ImGui::IsItemHovered()) {
    const int frames = current->end_frame - current->start_frame;
    ImGui::SetTooltip("%s", current->behavior_id ? "The predicted bout becomes a label"
                                                 : (std::to_string(frames) +
                                                    (frames == 1 ? " frame becomes a label"
                                                                 : " frames become labels") +
                                                    "; Ctrl+Z takes it back")
                                                       .c_str());
  }
  ImGui::SameLine();
  if (ImGui::Button("Reject (R)", ImVec2(width, 0))) Decide(context.session, Decision::kReject);
  ImGui::SameLine();
  if (ImGui::Button("Next (Space)", ImVec2(width, 0))) Next(context.session);
  if (ImGui::Button("I corrected it (C)", ImVec2(width * 1.5f, 0))) {
    Decide(context.session, Decision::kCorrected);
  }
  ImGui::SameLine();
  if (ImGui::Button("Skip (X)", ImVec2(width, 0))) Decide(context.session, Decision::kSkip);
  if (context.mode == Mode::kReview && context.status_hint.empty()) {
    context.status_hint = "Space next, A accept, R reject, C corrected; F2 to draw, Ctrl+T swaps";
  }
  DrawFilters(context, *project);
  DrawList(context, *project);
}

}  // namespace app
