#include "app/ui/views/timeline/timeline_view.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/model/drawing/clock_text.h"
#include "app/ui/window.h"

namespace app {
namespace {

constexpr float kTitleWidth = 150;

}  // namespace

TimelineView::TimelineView() = default;
TimelineView::~TimelineView() = default;

void TimelineView::AddActions(ActionTable& actions, Session& session) {
  feed_ = std::make_unique<TimelineFeed>(
      session.project_file(), [] { Window::Wake(); }, session.SayError());
  const auto add = [&](const char* id, const char* title, const char* keys,
                       std::function<void()> run, const char* help = "",
                       Scope scope = Scope::kAlways, const char* menu = "Go") {
    Action action;
    action.id = id, action.title = title, action.menu = menu, action.help = help;
    action.scope = scope;
    if (*keys) action.chords.push_back(ParseChord(keys));
    action.run = std::move(run);
    actions.Add(std::move(action));
  };
  const auto step = [&session](int frames) {
    session.SetPlaying(false, session.speed());
    session.GoToFrame(session.frame() + frames);
  };
  add("go.next", "Next frame", "Right", [step] { step(1); });
  add("go.previous", "Previous frame", "Left", [step] { step(-1); });
  add("go.next10", "10 frames on", "Shift+Right", [step] { step(10); });
  add("go.previous10", "10 frames back", "Shift+Left", [step] { step(-10); });
  add("go.first", "First frame", "Home", [&session] { session.GoToFrame(0); });
  add("go.last", "Last frame", "End", [&session] { session.GoToFrame(session.frame_count() - 1); });
  add("go.to", "Go to frame or time...", "Ctrl+G", [this] { asks_for_frame_ = true; });
  const auto play = [&session] { session.SetPlaying(!session.playing(), session.speed()); };
  add("go.play", "Play or pause", "Space", play, "", Scope::kLabeling);
  add("go.play_behavior", "Play or pause", "Space", play, "", Scope::kBehavior, "");
  add("go.play_page", "Play or pause", "Space", play, "", Scope::kPage, "");
  add("go.play_anywhere", "Play or pause, in every mode", "Ctrl+Space", play);
  add("go.faster", "Twice as fast", "Up",
      [&session] { session.SetPlaying(session.playing(), session.speed() * 2); });
  add("go.slower", "Half as fast", "Down",
      [&session] { session.SetPlaying(session.playing(), session.speed() / 2); });
  const auto bout = [this, &session](int direction) {
    const auto project = session.project_view();
    if (!project) return;
    const auto* row = NextBout(*project, session.video_id(), session.frame(), direction);
    if (!row) return;
    session.GoToFrame(row->start_frame);
    session.selected_interval = row->id;  // what Delete and S are about now
    selected_bout_.reset();
  };
  add("go.next_bout", "Next bout", "PageDown", [bout] { bout(1); });
  add("go.previous_bout", "Previous bout", "PageUp", [bout] { bout(-1); });
  add("behavior.play_inside", "Play inside the selected bout", "Shift+Space", [&session] {
    const auto project = session.project_view();
    if (!project) return;
    const auto* row = FindInterval(*project, session.video_id(), session.selected_interval);
    if (!row) return;
    session.SetLoop(std::make_pair(row->start_frame, row->end_frame));
    session.GoToFrame(row->start_frame);
    session.SetPlaying(true, session.speed());
  });
  add("behavior.play_all", "Leave the bout's loop", "", [&session] { session.SetLoop({}); });
  add(
      "behavior.split", "Split the selected bout here", "S",
      [&session] {
        if (session.selected_interval) {
          RequestSplitInterval(session, session.selected_interval, session.frame());
        }
      },
      "", Scope::kBehavior, "Behavior");
  add(
      "behavior.delete", "Delete the selected bout", "Delete",
      [&session] {
        if (session.selected_interval) RequestDeleteInterval(session, session.selected_interval);
      },
      "", Scope::kBehavior, "Behavior");
  add(
      "behavior.end", "End what runs", "Enter",
      [this, &session] { EndOpenBehaviors(session, open_behaviors_); },
      "Every behavior that was started ends after this frame", Scope::kBehavior, "Behavior");
  add(
      "behavior.cancel", "Forget what was started", "Escape", [this] { open_behaviors_.clear(); },
      "", Scope::kBehavior, "Behavior");
  AddBoutActions(actions, session);
  add(
      "behavior.subject", "Mark for the next animal or region", "Tab",
      [&session] {
        const auto project = session.project_view();
        if (!project) return;
        const std::vector<std::string> subjects = Subjects(*project, session.video_id());
        const auto at = std::find(subjects.begin(), subjects.end(), session.selected_subject);
        session.selected_subject =
            at == subjects.end() || at + 1 == subjects.end() ? subjects.front() : *(at + 1);
      },
      "Whose rows the digits mark; a click on a row or on a region does it too", Scope::kBehavior,
      "Behavior");
  for (int i = 1; i <= 9; ++i) {
    const std::string digit = std::to_string(i);
    add(("behavior.key" + digit).c_str(), ("Behavior " + digit).c_str(), digit.c_str(),
        [this, &session, i] {
          const auto project = session.project_view();
          if (!project || project->behaviors.size() < static_cast<size_t>(i)) return;
          PressBehavior(session, open_behaviors_, project->behaviors[static_cast<size_t>(i - 1)].id,
                        session.selected_subject);
        },
        "", Scope::kBehavior, "");
  }
  add(
      "timeline.whole", "Whole video on the timeline", "Shift+W", [this] { frames_shown_ = 0; }, "",
      Scope::kAlways, "View");
}

bool TimelineView::OnKey(const Chord& chord, UiContext& context) {
  const auto project = context.session.project_view();
  if (context.mode != Mode::kBehavior || !project) return false;
  const datasets::BehaviorRow* behavior = BehaviorOfKey(*project, chord);
  if (!behavior) return false;
  PressBehavior(context.session, open_behaviors_, behavior->id, context.session.selected_subject);
  return true;
}

void TimelineView::Describe(nlohmann::json& state) const {
  nlohmann::json lanes = nlohmann::json::object();
  for (const auto& [title, y] : lane_middles_) lanes[title] = y;
  const auto content = feed_ ? feed_->content() : nullptr;
  state["timeline"] = {{"left", lanes_left_},
                       {"width", lanes_width_},
                       {"first_frame", first_frame_},
                       {"frames_shown", frames_shown_},
                       {"lanes", lanes},
                       {"revision", content ? content->revision : -1},
                       {"running", open_behaviors_.size()},
                       {"flags", content ? content->flagged_frames.size() : 0},
                       {"dragging", drag_.part != Drag::Part::kNone}};
}

float TimelineView::XOf(double frame) const {
  return lanes_left_ + static_cast<float>((frame - first_frame_) / frames_shown_ * lanes_width_);
}

double TimelineView::FrameAt(float x) const {
  return first_frame_ + (x - lanes_left_) / lanes_width_ * frames_shown_;
}

void TimelineView::ShowFrame(int frame) {
  if (frame >= first_frame_ && frame < first_frame_ + frames_shown_) return;
  first_frame_ = frame - frames_shown_ * 0.1;
}

void TimelineView::DrawTransport(UiContext& context) {
  Session& session = context.session;
  const datasets::VideoRow* video = session.video();
  if (ImGui::Button(session.playing() ? "Pause" : "Play", ImVec2(70 * context.scale, 0))) {
    session.SetPlaying(!session.playing(), session.speed());
  }
  ImGui::SameLine();
  float speed = static_cast<float>(session.speed());
  ImGui::SetNextItemWidth(110 * context.scale);
  if (ImGui::SliderFloat("##speed", &speed, 0.1f, 16, "", ImGuiSliderFlags_Logarithmic)) {
    session.SetPlaying(session.playing(), speed);
  }
  if (ImGui::IsItemHovered()) ImGui::SetTooltip("Speed (Up and Down arrows)");
  ImGui::SameLine();
  ImGui::Text("%.2gx", session.speed());
  ImGui::SameLine(lanes_left_ - ImGui::GetWindowPos().x + 90 * context.scale);
  ImGui::SetNextItemWidth(100 * context.scale);
  if (std::exchange(asks_for_frame_, false)) ImGui::SetKeyboardFocusHere();
  if (!typing_frame_) snprintf(frame_text_, sizeof frame_text_, "%d", session.frame());
  if (ImGui::InputText("##frame", frame_text_, sizeof frame_text_,
                       ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_AutoSelectAll)) {
    if (const auto frame = FrameOfText(frame_text_, context.TimesOf(*video))) {
      session.SetPlaying(false, session.speed());
      session.GoToFrame(*frame);
    } else {
      session.Say(Message::Kind::kError, std::string(frame_text_) +
                                             " is neither a frame nor a time: type for example "
                                             "1250 or 2:07");
    }
  }
  typing_frame_ = ImGui::IsItemActive();
  if (ImGui::IsItemHovered()) {
    ImGui::SetTooltip("Frame number, or a time as 2:07: type one and press Enter (Ctrl+G)");
  }
  ImGui::SameLine();
  const datasets::FrameTimes times = context.TimesOf(*video);
  ImGui::Text("%s / %s", ClockText(times.Between(0, session.frame())).c_str(),
              ClockText(times.Between(0, video->frame_count)).c_str());
  if (!open_behaviors_.empty()) {
    ImGui::SameLine();
    ImGui::TextColored(ImGui::ColorConvertU32ToFloat4(WarningColor()),
                       "%zu running since frame %d: same key ends, Enter ends all, Escape forgets",
                       open_behaviors_.size(), open_behaviors_.front().start_frame);
  }
}

void TimelineView::DrawStrip(UiContext& context, const TimelineContent& content) {
  const float height = 12 * context.scale;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float left = lanes_left_, width = lanes_width_;
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw->AddRectFilled(ImVec2(left, at.y), ImVec2(left + width, at.y + height),
                      ImGui::GetColorU32(ImGuiCol_FrameBg), 3 * context.scale);
  const double count = std::max(content.frame_count, 1);
  const float half = height / 2;
  for (const TimelineLane& lane : content.lanes) {
    if (lane.kind == TimelineLane::Kind::kFrameMarks) {
      DrawDense(0, lane, {content_, 0, count, 0}, draw, at.y, half);
    } else if (lane.kind == TimelineLane::Kind::kQueue) {
      DrawDense(1, lane, {content_, 0, count, 1}, draw, at.y + half, half);
    }
  }
  const float from = left + static_cast<float>(first_frame_ / count) * width;
  const float to = left + static_cast<float>((first_frame_ + frames_shown_) / count) * width;
  draw->AddRect(ImVec2(from, at.y - 1), ImVec2(std::max(to, from + 3), at.y + height + 1),
                AccentColor(), 2, 0, 1.5f * context.scale);
  const float here = left + static_cast<float>(context.session.frame() / count) * width;
  draw->AddLine(ImVec2(here, at.y), ImVec2(here, at.y + height), ImGui::GetColorU32(ImGuiCol_Text));
  ImGui::SetCursorScreenPos(ImVec2(left, at.y));
  ImGui::InvisibleButton("##strip", ImVec2(width, height));
  if (ImGui::IsItemActive()) {
    const double frame = (ImGui::GetIO().MousePos.x - left) / width * count;
    first_frame_ = frame - frames_shown_ / 2;
    context.session.GoToFrame(static_cast<int>(frame));
  }
  if (ImGui::IsItemHovered()) ImGui::SetTooltip("The whole video: drag to go anywhere");
}

void TimelineView::DrawRuler(UiContext& context, const TimelineContent& content, float left,
                             float width) {
  const float height = 18 * context.scale;
  const ImVec2 at(left, ImGui::GetCursorScreenPos().y);
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const double wanted = frames_shown_ * 90 * context.scale / width;
  const double magnitude = std::pow(10, std::floor(std::log10(std::max(wanted, 1.0))));
  double step = magnitude;
  for (double factor : {1.0, 2.0, 5.0, 10.0}) {
    step = factor * magnitude;
    if (step >= wanted) break;
  }
  step = std::max(step, 1.0);
  for (double f = std::ceil(std::max(first_frame_, 0.0) / step) * step;
       f < std::min<double>(first_frame_ + frames_shown_, content.frame_count); f += step) {
    const float x = XOf(f);
    draw->AddLine(ImVec2(x, at.y + height * 0.6f), ImVec2(x, at.y + height), MutedTextColor());
    char text[24];
    snprintf(text, sizeof text, "%.0f", f);
    draw->AddText(context.fonts.small, context.fonts.small->FontSize, ImVec2(x + 3, at.y),
                  MutedTextColor(), text);
  }
  const auto& flags = content.flagged_frames;
  const auto first = std::lower_bound(flags.begin(), flags.end(), static_cast<int>(first_frame_));
  for (auto flag = first; flag != flags.end() && *flag < first_frame_ + frames_shown_; ++flag) {
    DrawFlag(draw, ImVec2(XOf(*flag + 0.5), at.y + height), 0.7f * height);
  }
  ImGui::SetCursorScreenPos(at);
  ImGui::InvisibleButton("##ruler", ImVec2(width, height));
  if (ImGui::IsItemActive()) {
    context.session.SetPlaying(false, context.session.speed());
    context.session.GoToFrame(static_cast<int>(std::floor(FrameAt(ImGui::GetIO().MousePos.x))));
  }
}

void TimelineView::HandleZoom(UiContext& context, const TimelineContent& content) {
  const ImGuiIO& io = ImGui::GetIO();
  const double count = std::max(content.frame_count, 1);
  if (std::exchange(shown_video_, content.video_id) != content.video_id) frames_shown_ = 0;
  if (frames_shown_ <= 0) {
    first_frame_ = 0;
    frames_shown_ = count;
  }
  if (ImGui::IsWindowHovered(ImGuiHoveredFlags_ChildWindows) && io.MousePos.x >= lanes_left_) {
    if (io.MouseWheel != 0 && !io.KeyShift) {
      const double at = FrameAt(io.MousePos.x);
      const double fresh = std::clamp(frames_shown_ * std::pow(0.8, io.MouseWheel), 10.0, count);
      first_frame_ = at - (at - first_frame_) * fresh / frames_shown_;
      frames_shown_ = fresh;
    } else if (io.MouseWheel != 0 || io.MouseWheelH != 0) {
      first_frame_ -= (io.MouseWheel + io.MouseWheelH) * frames_shown_ * 0.1;
    }
    if (io.MouseDown[2]) first_frame_ -= io.MouseDelta.x / lanes_width_ * frames_shown_;
  }
  if (last_frame_ != context.session.frame()) {
    last_frame_ = context.session.frame();
    ShowFrame(last_frame_);
  }
  frames_shown_ = std::min(frames_shown_, count);
  first_frame_ = std::clamp(first_frame_, 0.0, std::max(count - frames_shown_, 0.0));
}

// Until a person says otherwise, the digits mark rows that are there.
void TimelineView::ChooseSubject(Session& session, const ProjectView& project) {
  const std::pair<datasets::Id, int64_t> now(session.video_id(), project.revision);
  if (session.selected_subject != given_subject_ || now == subject_given_at_) return;
  subject_given_at_ = now;
  const std::vector<std::string> subjects = Subjects(project, session.video_id());
  if (std::find(subjects.begin(), subjects.end(), given_subject_) == subjects.end()) {
    given_subject_ = session.selected_subject = subjects.front();
  }
}

void TimelineView::Draw(UiContext& context) {
  const datasets::VideoRow* video = context.session.video();
  const auto project = context.session.project_view();
  if (!video || !project) {
    ImGui::TextDisabled("The timeline shows here once the project has a video.");
    return;
  }
  ChooseSubject(context.session, *project);
  for (OpenBehavior& running : open_behaviors_) {
    if (running.video_id == video->id) running.last_frame = context.session.frame();
  }
  feed_->Want(video->id, project->revision);
  const auto content = feed_->content();
  // Views that were drawn before this one see it only in the next picture.
  if (context.timeline != content) Window::Wake();
  context.timeline = content;
  const float pad = 8 * context.scale;
  lanes_left_ = ImGui::GetWindowPos().x + kTitleWidth * context.scale + pad;
  lanes_width_ =
      std::max(50.0f, ImGui::GetWindowPos().x + ImGui::GetWindowWidth() - lanes_left_ - 2 * pad);
  DrawTransport(context);
  if (!content || content->video_id != video->id) {
    ImGui::TextDisabled("Reading the timeline...");
    return;
  }
  content_ = content;
  behavior_job_ = content->behavior_job;
  HandleZoom(context, *content);
  context.shown_span = {video->id, lanes_left_, lanes_width_, first_frame_, frames_shown_};
  DrawStrip(context, *content);
  DrawRuler(context, *content, lanes_left_, lanes_width_);
  ImGui::BeginChild("lanes", ImVec2(0, 0), false, ImGuiWindowFlags_NoScrollWithMouse);
  const float height = lane_height_ = 20 * context.scale, gap = 3 * context.scale;
  float top = ImGui::GetCursorScreenPos().y;
  const bool hovered = ImGui::IsWindowHovered();
  lane_middles_.clear();
  size_t slot = 2;  // after the two of the strip
  for (const TimelineLane& lane : content->lanes) {
    lane_middles_.emplace_back(lane.title, top + height / 2);
    if (hovered) HandleLaneMouse(context, lane, top, height);
    if (ImGui::IsRectVisible(ImVec2(lanes_left_, top), ImVec2(lanes_left_ + 1, top + height))) {
      DrawLane(context, slot, lane, top, height);
    }
    top += height + gap;
    slot += 2;
  }
  while (pictures_.size() > slot) pictures_.pop_back();  // of rows that are gone
  FinishDrag(context, *content);
  if (follows_) {
    const Session& session = context.session;
    const bool found = session.ShowsFrame() && session.selected_annotation != 0;
    if (found || session.frame() != follows_->first) {
      follows_.reset();
    } else {
      context.canvas_request.follows = follows_->second;
    }
  }
  const ImGuiIO& io = ImGui::GetIO();
  if (hovered && io.MousePos.x < lanes_left_ && io.MouseWheel != 0) {  // over the titles: rows move
    ImGui::SetScrollY(ImGui::GetScrollY() - io.MouseWheel * 2 * (height + gap));
  }
  ImGui::Dummy(ImVec2(1, static_cast<float>(content->lanes.size()) * (height + gap)));
  const float x = XOf(context.session.frame() + 0.5);
  if (x >= lanes_left_ && x <= lanes_left_ + lanes_width_) {
    ImGui::GetWindowDrawList()->AddLine(ImVec2(x, ImGui::GetWindowPos().y), ImVec2(x, top),
                                        ImGui::GetColorU32(ImGuiCol_Text), 1.5f * context.scale);
  }
  if (context.mode == Mode::kBehavior && context.status_hint.empty()) {
    context.status_hint =
        "1-9 starts or ends a behavior; drag edges; Shift+drag draws a bout; Shift+Alt+drag: not "
        "this behavior; wheel zooms";
  }
  if (project->behaviors.empty() && context.mode == Mode::kBehavior) {
    ImGui::TextDisabled("No behaviors yet: add some in the Behaviors panel on the right.");
  }
  ImGui::EndChild();
}

}  // namespace app
