#include "app/ui/views/live/live_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/model/drawing/clock_text.h"
#include "app/ui/item_middle.h"
#include "app/ui/window.h"
#include "datasets/base/error.h"
#include "datasets/store/names.h"

namespace app {
namespace {

constexpr float kSideWidth = 330;         // at scale 1
constexpr double kStallSeconds = 2;       // from when on it is said that no picture comes
constexpr double kDiskWarnSeconds = 600;  // that the disk still lasts
constexpr double kDiskWarnBytes = 1e9;

void WarningText(const std::string& text) {
  ImGui::PushStyleColor(ImGuiCol_Text, WarningColor());
  ImGui::TextWrapped("%s", text.c_str());
  ImGui::PopStyleColor();
}

void FigureRow(const char* name, const std::string& value, const char* help = "") {
  ImGui::TableNextRow();
  ImGui::TableNextColumn();
  ImGui::PushStyleColor(ImGuiCol_Text, MutedTextColor());
  ImGui::TextUnformatted(name);
  ImGui::PopStyleColor();
  if (*help && ImGui::IsItemHovered()) ImGui::SetTooltip("%s", help);
  ImGui::TableNextColumn();
  ImGui::TextUnformatted(value.c_str());
}

// Text on the picture, in a box that makes it readable anywhere.
void Tag(ImDrawList& list, ImVec2 at, const std::string& text, ImU32 color) {
  const ImVec2 size = ImGui::CalcTextSize(text.c_str());
  list.AddRectFilled(ImVec2(at.x - 3, at.y - 1), ImVec2(at.x + size.x + 3, at.y + size.y + 1),
                     IM_COL32(0, 0, 0, 170), 3);
  list.AddText(at, color, text.c_str());
}

}  // namespace

LiveView::LiveView()
    : watch_(std::make_shared<LiveWatch>([] { Window::Wake(); })),
      seen_(std::make_shared<const LiveWatch::View>()) {}

void LiveView::AddActions(ActionTable& actions, Session& session) {
  const auto add = [&](const char* id, const char* title, const char* help,
                       std::function<void()> run, std::function<bool()> enabled) {
    Action action;
    action.id = id, action.title = title, action.menu = "Videos", action.help = help;
    action.run = std::move(run);
    action.enabled = std::move(enabled);
    actions.Add(std::move(action));
  };
  add(
      "live.start", "Start recording live",
      "From the source that is chosen on the page Live (F7); outlines at once",
      [this, &session] { Start(session); }, [this] { return !watch_->running(); });
  add(
      "live.stop", "Stop recording live", "The recording becomes a video of the project",
      [this, &session] { Stop(session); }, [this] { return watch_->running(); });
}

void LiveView::Start(Session& session) {
  if (!session.project_view()) return;
  try {
    LiveSetup setup = form_.Setup(session);
    if (!watch_->Begin(ShortSourceName(setup))) return;
    const bool numbers = setup.model.empty() && setup.points.empty();
    clicks_ = numbers ? std::make_shared<infer::LiveClicks>() : nullptr;
    setup.clicks = clicks_;
    started_ = setup;
    picture_.reset();
    saw_animals_ = stopping_ = false;
    job_ = StartLiveJob(session, setup, watch_);
  } catch (const std::exception& error) {
    session.Say(Message::Kind::kError, error.what());
  }
}

void LiveView::Stop(Session& session) {
  stopping_ = true;
  session.CancelJob(job_);
}

void LiveView::Advance(UiContext& context) {
  watch_->SetWatched(context.mode == Mode::kLive);
  const bool ran = seen_->running;
  if (auto news = watch_->Look(seen_version_)) seen_ = std::move(news);
  if (auto picture = watch_->TakePicture()) {
    saw_animals_ |= !picture->animals.empty();
    picture_ = std::move(picture);
  }
  if (!ran || seen_->running) return;
  if (seen_->failed || seen_->video_id == 0) return;  // the job's own message says it
  form_.Recorded();
  context.session.Say(Message::Kind::kSuccess, seen_->outcome);
  // Whoever watched it sees what came of it; whoever does something else is not called away.
  if (context.mode != Mode::kLive) return;
  context.session.ShowLater(seen_->video_id, 0);
  context.mode = Mode::kLabel;
}

bool LiveView::TakesClicks() const {
  return clicks_ && seen_->running && !seen_->figures.outlines && !saw_animals_;
}

std::string LiveView::HintText() const {
  if (!seen_->running) return "Choose where pictures come from, then Start";
  if (!picture_) return "Waiting for the first picture";
  if (TakesClicks()) {
    return "The ground is being learned: animals must move. Click them in the order of their "
           "numbers, if that matters";
  }
  return "Recording; every second is stored. The project can be worked on meanwhile";
}

void LiveView::DrawOutlines(UiContext& context, ImVec2 origin, float scale) const {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const auto at = [&](const cv::Point2d& point) {
    return ImVec2(origin.x + static_cast<float>(point.x) * scale,
                  origin.y + static_cast<float>(point.y) * scale);
  };
  std::vector<ImVec2> ring;
  for (const datasets::Zone& zone : seen_->zones) {
    if (zone.outline.empty()) continue;
    ring.clear();
    for (const cv::Point2d& point : zone.outline) ring.push_back(at(point));
    list.AddPolyline(ring.data(), static_cast<int>(ring.size()), IM_COL32(255, 255, 255, 120),
                     ImDrawFlags_Closed, 1.5f * context.scale);
    list.AddText(at(zone.outline.front()), IM_COL32(255, 255, 255, 200), zone.name.c_str());
  }
  for (const LiveWatch::Animal& animal : picture_->animals) {
    const ImU32 color = ToImColor(datasets::PaletteColor(animal.number));
    float left = 1e9f, top = 1e9f;
    for (const datasets::Ring& polygon : animal.outline) {
      ring.clear();
      for (const cv::Point2d& point : polygon) {
        ring.push_back(at(point));
        left = std::min(left, ring.back().x);
        top = std::min(top, ring.back().y);
      }
      list.AddPolyline(ring.data(), static_cast<int>(ring.size()), color, ImDrawFlags_Closed,
                       2 * context.scale);
    }
    std::string text = animal.name;
    if (!animal.movement.empty()) text += "  " + animal.movement;
    const float line = ImGui::GetTextLineHeight() + 4;
    Tag(list, ImVec2(std::max(left, origin.x + 4), std::max(top - line, origin.y + 2)), text,
        color);
  }
}

void LiveView::DrawClicks(UiContext& context, ImVec2 origin, float scale) const {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const auto clicks = clicks_->All();
  for (size_t i = 0; i < clicks.size(); ++i) {
    const ImVec2 at(origin.x + static_cast<float>(clicks[i].point.x) * scale,
                    origin.y + static_cast<float>(clicks[i].point.y) * scale);
    const ImU32 color = ToImColor(datasets::PaletteColor(static_cast<int>(i)));
    list.AddCircle(at, 7 * context.scale, color, 0, 2 * context.scale);
    Tag(list, ImVec2(at.x + 10 * context.scale, at.y - ImGui::GetTextLineHeight() / 2),
        std::to_string(i + 1), color);
  }
}

void LiveView::DrawPicture(UiContext& context, ImVec2 area) {
  const ImVec2 corner = ImGui::GetCursorScreenPos();
  if (!picture_ || picture_->bgr.empty()) {
    const std::string text = seen_->running ? "Waiting for the first picture..." : "No picture yet";
    const ImVec2 size = ImGui::CalcTextSize(text.c_str());
    ImGui::GetWindowDrawList()->AddRectFilled(corner, ImVec2(corner.x + area.x, corner.y + area.y),
                                              ImGui::GetColorU32(ImGuiCol_FrameBg), 4);
    ImGui::GetWindowDrawList()->AddText(
        ImVec2(corner.x + (area.x - size.x) / 2, corner.y + (area.y - size.y) / 2),
        MutedTextColor(), text.c_str());
    return;
  }
  const cv::Mat& bgr = picture_->bgr;
  const float scale =
      std::min(area.x / static_cast<float>(bgr.cols), area.y / static_cast<float>(bgr.rows));
  const ImVec2 size(static_cast<float>(bgr.cols) * scale, static_cast<float>(bgr.rows) * scale);
  const ImVec2 origin(corner.x + (area.x - size.x) / 2, corner.y + (area.y - size.y) / 2);
  if (uploaded_ != picture_) texture_.Show(bgr, scale);
  uploaded_ = picture_;
  ImGui::SetCursorScreenPos(origin);
  ImGui::InvisibleButton("##picture", size);
  const bool clicked = ImGui::IsItemClicked();
  ImGui::GetWindowDrawList()->AddImage(
      reinterpret_cast<ImTextureID>(static_cast<intptr_t>(texture_.texture())), origin,
      ImVec2(origin.x + size.x, origin.y + size.y));
  picture_at_ = origin;
  picture_scale_ = scale;
  if (clicked && TakesClicks()) {
    const ImVec2 mouse = ImGui::GetMousePos();
    clicks_->Add({picture_->frame, {(mouse.x - origin.x) / scale, (mouse.y - origin.y) / scale}});
  }
  ImGui::PushClipRect(origin, ImVec2(origin.x + size.x, origin.y + size.y), true);
  DrawOutlines(context, origin, scale);
  if (TakesClicks()) DrawClicks(context, origin, scale);
  ImGui::PopClipRect();
}

void LiveView::DrawFigures() {
  const LiveWatch::View& view = *seen_;
  const infer::LiveFigures& figures = view.figures;
  if (view.running && figures.silent_seconds > kStallSeconds) {
    WarningText(fmt::format("No picture for {:.0f} s; waiting for {}", figures.silent_seconds,
                            view.source));
  }
  const auto lasts = DiskLasts(view);
  if (view.running &&
      ((lasts && *lasts < kDiskWarnSeconds) ||
       (view.free_bytes > 0 && static_cast<double>(view.free_bytes) < kDiskWarnBytes))) {
    WarningText("The disk is nearly full: " + BytesInWords(view.free_bytes) + " left");
  }
  if (!ImGui::BeginTable("figures", 2, ImGuiTableFlags_SizingStretchProp)) return;
  FigureRow("recorded", ClockText(figures.seconds));
  FigureRow("frames", fmt::format("{}, {:.1f} a second", figures.frames, figures.fps));
  FigureRow("dropped", std::to_string(figures.dropped),
            "Recorded, but not outlined: they came while the one before was looked at");
  if (figures.unrecorded > 0) {
    FigureRow("lost", std::to_string(figures.unrecorded),
              "Not even recorded: the computer is too slow for these pictures");
  }
  if (figures.latency_99_ms > 0) {
    FigureRow("outlines after",
              fmt::format("{:.0f} ms (99 %: {:.0f} ms)", figures.latency_ms, figures.latency_99_ms),
              "From the picture to its outlines: half of them, and 99 of 100, take no longer");
  }
  if (figures.events > 0) {
    FigureRow("events", figures.unsent > 0 ? fmt::format("{}, {} could not be sent", figures.events,
                                                         figures.unsent)
                                           : std::to_string(figures.events));
  }
  FigureRow("file", BytesInWords(view.recorded_bytes));
  if (view.free_bytes > 0) {
    FigureRow("disk",
              BytesInWords(view.free_bytes) + " free" +
                  (lasts && *lasts < 100 * 3600 ? fmt::format(", lasts {:.1f} h", *lasts / 3600)
                                                : std::string()));
  }
  ImGui::EndTable();
  if (TakesClicks() && !clicks_->All().empty()) {
    if (ImGui::SmallButton("Take the last click back")) clicks_->TakeBack();
    middles_["take_back"] = MiddleOfItem();
  }
}

void LiveView::DrawNews() {
  if (!seen_->outcome.empty()) {
    ImGui::Separator();
    ImGui::PushStyleColor(ImGuiCol_Text, seen_->failed ? ErrorColor() : MutedTextColor());
    ImGui::TextWrapped("%s", seen_->outcome.c_str());
    ImGui::PopStyleColor();
  }
  if (seen_->lines.empty()) return;
  ImGui::Separator();
  ImGui::PushStyleColor(ImGuiCol_Text, MutedTextColor());
  for (auto line = seen_->lines.rbegin(); line != seen_->lines.rend(); ++line) {
    ImGui::TextWrapped("%s", line->c_str());
  }
  ImGui::PopStyleColor();
}

void LiveView::Draw(UiContext& context) {
  middles_.clear();
  context.status_hint = HintText();
  const ImVec2 whole = ImGui::GetContentRegionAvail();
  const float side = std::min(kSideWidth * context.scale, whole.x * 0.5f);
  const float gap = ImGui::GetStyle().ItemSpacing.x;
  const bool runs = seen_->running;
  ImGui::BeginChild("live_picture", ImVec2(whole.x - side - gap, whole.y));
  DrawPicture(context, ImGui::GetContentRegionAvail());
  ImGui::EndChild();
  ImGui::SameLine();
  ImGui::BeginChild("live_side", ImVec2(side, whole.y));
  ImGui::PushFont(context.fonts.heading);
  ImGui::TextUnformatted(runs ? seen_->source.c_str() : "Record live");
  ImGui::PopFont();
  const ImVec2 button(150 * context.scale, 32 * context.scale);
  if (runs) {
    ImGui::BeginDisabled(stopping_);
    if (ImGui::Button(stopping_ ? "Ending..." : "Stop", button)) Stop(context.session);
    middles_["stop"] = MiddleOfItem();
    ImGui::EndDisabled();
    if (seen_->opened) {
      ImGui::TextWrapped("Into %s", seen_->file.filename().string().c_str());
      if (ImGui::IsItemHovered()) ImGui::SetTooltip("%s", seen_->file.string().c_str());
    } else {
      ImGui::TextWrapped(started_.model.empty() ? "Opening the source..."
                                                : "Opening the source and the model...");
    }
    DrawFigures();
  } else {
    form_.Draw(context, middles_);
    ImGui::Spacing();
    if (ImGui::Button("Start", button)) Start(context.session);
    middles_["start"] = MiddleOfItem();
    if (ImGui::IsItemHovered()) {
      ImGui::SetTooltip(
          "The recording and its tracks are stored every second; the first seconds, with animals "
          "that move, teach the ground");
    }
    if (!seen_->outcome.empty() && seen_->figures.frames > 0) {
      ImGui::Separator();
      DrawFigures();
    }
  }
  DrawNews();
  if (!runs && seen_->video_id != 0 && ImGui::Button("Open the recording")) {
    context.session.GoTo(seen_->video_id, 0);
    context.mode = Mode::kLabel;
  }
  ImGui::EndChild();
}

void LiveView::Describe(nlohmann::json& state) const {
  nlohmann::json live = {{"running", seen_->running},
                         {"opened", seen_->opened},
                         {"frames", seen_->figures.frames},
                         {"dropped", seen_->figures.dropped},
                         {"lost", seen_->figures.unrecorded},
                         {"silent", seen_->figures.silent_seconds > kStallSeconds},
                         {"outlines", seen_->figures.outlines},
                         {"takes_clicks", TakesClicks()},
                         {"clicks", clicks_ ? clicks_->All().size() : 0},
                         {"lines", seen_->lines},
                         {"outcome", seen_->outcome},
                         {"failed", seen_->failed},
                         {"video_id", seen_->video_id},
                         {"shown_frame", picture_ ? picture_->frame : -1},
                         {"picture", {picture_at_.x, picture_at_.y, picture_scale_}}};
  live["animals"] = nlohmann::json::array();
  if (picture_) {
    for (const LiveWatch::Animal& animal : picture_->animals) {
      live["animals"].push_back({animal.name, animal.center.x, animal.center.y});
    }
  }
  live["at"] = nlohmann::json::object();
  for (const auto& [name, at] : middles_) live["at"][name] = {at.x, at.y};
  state["live"] = std::move(live);
}

}  // namespace app
