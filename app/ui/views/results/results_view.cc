#include "app/ui/views/results/results_view.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/model/requests/result_requests.h"
#include "app/ui/window.h"
#include "datasets/files/file_names.h"

namespace app {
namespace {

using datasets::ResultPart;

constexpr float kCurvesHeight = 190;  // three curves, at scale 1

const char* TitleOf(ResultPart part) {
  static constexpr const char* kTitles[] = {"Save the time budget...", "Save the ethogram...",
                                            "Save the trajectories...", "Save the heat maps...",
                                            "Save the curves..."};
  return kTitles[static_cast<int>(part)];
}

void WrappedNote(const std::string& text) {
  ImGui::PushStyleColor(ImGuiCol_Text, MutedTextColor());
  ImGui::TextWrapped("%s", text.c_str());
  ImGui::PopStyleColor();
}

}  // namespace

void ResultsView::AddActions(ActionTable& actions, Session& session) {
  for (const ResultPart part : datasets::kResultParts) {
    Action action;
    action.id = std::string("results.save-") + datasets::NameOf(part);
    action.title = TitleOf(part);
    action.menu = "Results";
    action.help = "Of the video in view, as a table (.csv) or a picture (.svg, .png)";
    action.run = [this, &session, part] { Save(session, part, ".csv"); };
    actions.Add(std::move(action));
  }
}

// What is saved is what the project says when the file is named, measured by then or not.
void ResultsView::Save(Session& session, ResultPart part, const char* ending) {
  const datasets::VideoRow* video = session.video();
  if (!video) {
    session.Say(Message::Kind::kError, "There is no video to save results of: add one first");
    return;
  }
  if (!choose) return;
  Session* asked = &session;
  const bool is_shown = content_ && content_->video_id == video->id;
  const int64_t shown_revision = is_shown ? content_->revision : -1;
  choose(datasets::FileNameFor(video->name) + "-" + datasets::NameOf(part) + ending,
         [asked, saves = saves_, id = video->id, part, shown_revision](const std::string& file) {
           const auto project = asked->project_view();
           const int64_t revision = project ? project->revision : 0;
           if (shown_revision < revision) {
             asked->SayLater(Message::Kind::kInfo, "It is saved as soon as the video is measured");
           }
           saves->Add({id, revision, part, file});
           Window::Wake();
         });
}

void ResultsView::Want(Session& session, datasets::Id video_id, int64_t revision) {
  if (!feed_) {
    feed_ = std::make_unique<ResultsFeed>(
        session.project_file(), [] { Window::Wake(); }, session.SayError());
  }
  feed_->Want(video_id, revision);
}

void ResultsView::ServeSaves(Session& session) {
  const auto project = session.project_view();
  const std::optional<datasets::Id> id = saves_->video_id();
  if (!id || !project) return;
  if (std::none_of(project->videos.begin(), project->videos.end(),
                   [&](const datasets::VideoRow& video) { return video.id == *id; })) {
    saves_->Drop(*id);
    session.Say(Message::Kind::kError,
                "Results were not saved: their video is not in the project any more");
    return;
  }
  Want(session, *id, project->revision);
  saves_->Serve(feed_->content(), [&](const ResultSaves::Wish& wish,
                                      std::shared_ptr<const datasets::VideoResults> results) {
    RequestSaveResult(session, std::move(results), wish.part, wish.file);
  });
  // What cannot be measured would keep the page from other videos.
  if (saves_->video_id() == id && feed_->TakeFailed() == id) {
    saves_->Drop(*id);
    session.Say(Message::Kind::kError, "Results were not saved: they could not be measured");
  }
}

void ResultsView::Advance(UiContext& context) {
  if (std::exchange(asks_for_label_, false)) context.mode = Mode::kLabel;
  ServeSaves(context.session);
}

void ResultsView::Describe(nlohmann::json& state) const {
  const auto content = feed_ ? feed_->content() : nullptr;
  state["results"] = {{"revision", content ? content->revision : -1},
                      {"video_id", content ? content->video_id : 0},
                      {"rows", content ? content->bouts.size() : 0},
                      {"animals", content ? content->animals.size() : 0},
                      {"unit", content ? content->results->unit : ""},
                      {"no_motion", content ? content->results->no_motion : ""},
                      {"saving", saves_->waiting()},
                      {"unknown", content ? UnknownNote(content->results->unknown) : ""},
                      {"no_scores", content ? content->results->no_scores : ""},
                      {"curves", {curves_low_.x, curves_low_.y, curves_high_.x, curves_high_.y}},
                      {"save_budget", {save_budget_.x, save_budget_.y}},
                      {"tip_frame", tip_frame_}};
}

void ResultsView::DrawSaving(UiContext& context, ResultPart part) {
  const bool of_behavior = part == ResultPart::kBudget || part == ResultPart::kEthogram;
  const bool is_known =
      of_behavior ? !content_->results->scores.series.empty() : !content_->results->curves.empty();
  ImGui::PushID(static_cast<int>(part));
  ImGui::BeginDisabled(!is_known);
  if (ImGui::SmallButton("Save...")) ImGui::OpenPopup("endings");
  if (part == ResultPart::kBudget) {
    save_budget_ = {(ImGui::GetItemRectMin().x + ImGui::GetItemRectMax().x) / 2,
                    (ImGui::GetItemRectMin().y + ImGui::GetItemRectMax().y) / 2};
  }
  ImGui::EndDisabled();
  if (ImGui::BeginPopup("endings")) {
    if (ImGui::MenuItem("Table (CSV)")) Save(context.session, part, ".csv");
    if (ImGui::MenuItem("Picture (SVG)")) Save(context.session, part, ".svg");
    if (ImGui::MenuItem("Picture (PNG)")) Save(context.session, part, ".png");
    ImGui::EndPopup();
  }
  ImGui::PopID();
}

void ResultsView::DrawHeading(UiContext& context, const ShownResults& shown, bool is_old) {
  const datasets::VideoResults& results = *shown.results;
  ImGui::PushFont(context.fonts.heading);
  ImGui::TextUnformatted(results.video.name.c_str());
  ImGui::PopFont();
  std::string about = results.from_labels      ? "Places from labels, as nothing is predicted. "
                      : results.curves.empty() ? ""
                                               : "Places from the newest prediction. ";
  about += results.unit == "cm" ? "Lengths in centimetres."
           : results.curves.empty()
               ? ""
               : "Lengths in pixels: calibrate the video (vole calibrate) for centimetres.";
  if (is_old) {
    const ResultsFeed::Progress progress = feed_->progress();
    char text[64];
    snprintf(text, sizeof text, " Being brought up to date (%.0f %%)...", 100 * progress.part);
    about += text;
  }
  WrappedNote(about);
  const std::string unknown = UnknownNote(shown.results->unknown);
  if (!unknown.empty() && results.no_motion.empty()) {  // which says it where the curves would be
    ImGui::PushStyleColor(ImGuiCol_Text, WarningColor());
    ImGui::TextWrapped("%s", unknown.c_str());
    ImGui::PopStyleColor();
  }
}

void ResultsView::DrawTableRow(UiContext& context, const Shown& shown, size_t row) {
  const datasets::VideoResults& results = *shown->results;
  const auto muted = ImGui::ColorConvertU32ToFloat4(MutedTextColor());
  ImGui::TableNextRow();
  ImGui::TableNextColumn();
  if (row >= results.budget.size()) {
    ImGui::TextUnformatted(results.not_scored[row - results.budget.size()].c_str());
    ImGui::TableNextColumn();
    ImGui::TextColored(muted, "not known");
    return;
  }
  const datasets::BudgetRow& budget = results.budget[row];
  ImGui::TextUnformatted(budget.subject.empty() ? "whole frame" : budget.subject.c_str());
  ImGui::TableNextColumn();
  ImGui::TextUnformatted(budget.behavior.c_str());
  if (ImGui::IsItemHovered()) ImGui::SetTooltip("%s", budget.behavior.c_str());
  ImGui::TableNextColumn();
  ImGui::Text("%d", budget.bouts);
  ImGui::TableNextColumn();
  if (budget.is_point) {
    ImGui::TextColored(muted, "-");
  } else {
    ImGui::Text("%.1f s", budget.seconds);
  }
  ImGui::TableNextColumn();
  if (budget.is_point) {
    ImGui::TextColored(muted, "-");
  } else {
    ImGui::Text("%.1f %%", 100 * budget.proportion);
  }
  ImGui::TableNextColumn();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = std::max(ImGui::GetContentRegionAvail().x, 8.f);
  const float height = ImGui::GetTextLineHeight();
  ImGui::InvisibleButton("##strip", ImVec2(width, height));
  const int frames = std::max(results.video.frame_count, 1);
  if (ImGui::IsItemClicked()) {
    context.session.GoToFrame(static_cast<int>((ImGui::GetMousePos().x - at.x) / width * frames));
  }
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw->AddRectFilled(at, ImVec2(at.x + width, at.y + height),
                      ImGui::GetColorU32(ImGuiCol_FrameBg));
  while (strips_.size() <= row) strips_.emplace_back();
  const GLuint texture = strips_[row].Of(
      {shown, 0, static_cast<double>(frames), static_cast<int64_t>(row)}, static_cast<int>(width),
      static_cast<int>(height), [&](cv::Mat* picture) {
        PaintCover(
            FoldSpans(shown->bouts[row], 0, frames, picture->cols),
            [&](const TimelineSpan&, float part) {
              const uint32_t color = shown->colors[row];
              return RowColor(static_cast<uint8_t>(color >> 16), static_cast<uint8_t>(color >> 8),
                              static_cast<uint8_t>(color),
                              static_cast<uint8_t>(255 * (0.35f + 0.65f * part)));
            },
            picture);
      });
  draw->AddImage(reinterpret_cast<ImTextureID>(static_cast<intptr_t>(texture)), at,
                 ImVec2(at.x + std::floor(width), at.y + std::floor(height)));
  const float now =
      at.x + static_cast<float>(context.session.frame()) / static_cast<float>(frames) * width;
  draw->AddLine(ImVec2(now, at.y), ImVec2(now, at.y + height), AccentColor());
}

void ResultsView::DrawTable(UiContext& context, const Shown& shown, float width) {
  const datasets::VideoResults& results = *shown->results;
  ImGui::BeginGroup();
  ImGui::AlignTextToFramePadding();
  ImGui::TextUnformatted("Time budget");
  ImGui::SameLine();
  DrawSaving(context, ResultPart::kBudget);
  ImGui::SameLine(0, 24 * context.scale);
  ImGui::TextUnformatted("Ethogram");
  ImGui::SameLine();
  DrawSaving(context, ResultPart::kEthogram);
  if (!results.no_scores.empty()) {
    ImGui::PushTextWrapPos(ImGui::GetCursorPosX() + width);
    ImGui::TextDisabled("%s", results.no_scores.c_str());
    if (results.scores.series.empty()) {
      ImGui::TextDisabled("Mark behaviors (F3), import them, or let a network score the video.");
    }
    ImGui::PopTextWrapPos();
  }
  const size_t rows =
      results.budget.size() + (results.scores.series.empty() ? 0 : results.not_scored.size());
  constexpr ImGuiTableFlags kFlags =
      ImGuiTableFlags_ScrollY | ImGuiTableFlags_RowBg | ImGuiTableFlags_BordersInnerV;
  const float height = std::max(ImGui::GetContentRegionAvail().y, 60 * context.scale);
  if (rows > 0 && ImGui::BeginTable("budget", 6, kFlags, ImVec2(width, height))) {
    const float scale = context.scale;
    ImGui::TableSetupScrollFreeze(0, 1);
    ImGui::TableSetupColumn("animal", ImGuiTableColumnFlags_WidthFixed, 90 * scale);
    ImGui::TableSetupColumn("behavior", ImGuiTableColumnFlags_WidthFixed, 110 * scale);
    ImGui::TableSetupColumn("bouts", ImGuiTableColumnFlags_WidthFixed, 42 * scale);
    ImGui::TableSetupColumn("time", ImGuiTableColumnFlags_WidthFixed, 62 * scale);
    ImGui::TableSetupColumn("share", ImGuiTableColumnFlags_WidthFixed, 54 * scale);
    ImGui::TableSetupColumn("when", ImGuiTableColumnFlags_WidthStretch);
    ImGui::TableHeadersRow();
    ImGuiListClipper clipper;
    clipper.Begin(static_cast<int>(rows));
    while (clipper.Step()) {
      for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
        ImGui::PushID(i);
        DrawTableRow(context, shown, static_cast<size_t>(i));
        ImGui::PopID();
      }
    }
    ImGui::EndTable();
  }
  ImGui::EndGroup();
}

void ResultsView::DrawPicture(const cv::Mat& bgr, size_t slot, float width) {
  const float height = width * static_cast<float>(bgr.rows) / static_cast<float>(bgr.cols);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImGui::Dummy(ImVec2(width, height));
  if (!ImGui::IsItemVisible()) return;
  if (pictures_.size() <= slot) pictures_.resize(slot + 1);
  if (!pictures_[slot]) pictures_[slot] = std::make_unique<SmallPicture>(bgr);
  const auto texture = static_cast<intptr_t>(pictures_[slot]->texture());
  ImGui::GetWindowDrawList()->AddImage(reinterpret_cast<ImTextureID>(texture), at,
                                       ImVec2(at.x + width, at.y + height));
}

void ResultsView::DrawAnimals(UiContext& context, const ShownResults& shown) {
  const datasets::VideoResults& results = *shown.results;
  ImGui::BeginGroup();
  ImGui::AlignTextToFramePadding();
  ImGui::TextUnformatted("Ways");
  ImGui::SameLine();
  DrawSaving(context, ResultPart::kTrajectory);
  ImGui::SameLine(0, 24 * context.scale);
  ImGui::TextUnformatted("Time in each place");
  ImGui::SameLine();
  DrawSaving(context, ResultPart::kOccupancy);
  ImGui::BeginChild("animals");
  if (!results.no_motion.empty()) WrappedNote(results.no_motion);
  if (!results.no_background.empty()) WrappedNote(results.no_background);
  const float width = (ImGui::GetContentRegionAvail().x - 8 * context.scale) / 2;
  const char* unit = results.unit.c_str();
  for (size_t i = 0; i < shown.animals.size(); ++i) {
    const ShownResults::Animal& animal = shown.animals[i];
    const datasets::AnimalCurves& curves = results.curves[i];
    ImGui::PushStyleColor(ImGuiCol_Text, ToImColor(curves.color));
    ImGui::TextUnformatted(curves.animal.c_str());
    ImGui::PopStyleColor();
    if (animal.motion) {
      const datasets::MotionSummary& motion = *animal.motion;
      const bool cm = motion.distance_cm.has_value();
      const auto mean = cm ? motion.mean_speed_cm_s : motion.mean_speed_px_s;
      ImGui::SameLine();
      const double seen = 100.0 * static_cast<double>(motion.frames_seen) /
                          static_cast<double>(std::max<int64_t>(motion.frames, 1));
      if (mean) {
        ImGui::TextDisabled("seen %.1f %%, went %.4g %s, %.3g %s/s", seen,
                            cm ? *motion.distance_cm : motion.distance_px, unit, *mean, unit);
      } else {
        ImGui::TextDisabled("seen %.1f %%, way not known", seen);
      }
    }
    DrawPicture(animal.ways, 2 * i, width);
    ImGui::SameLine(0, 8 * context.scale);
    DrawPicture(animal.times, 2 * i + 1, width);
    ImGui::TextDisabled("green: first place, black: last");
    ImGui::SameLine(width + 8 * context.scale);
    ImGui::TextDisabled("yellow: %.2g s", animal.most_seconds);
  }
  for (const std::string& animal : results.not_seen) {
    if (results.curves.empty()) break;
    ImGui::TextUnformatted(animal.c_str());
    ImGui::SameLine();
    ImGui::TextDisabled("not known: never labeled or predicted here");
  }
  ImGui::EndChild();
  ImGui::EndGroup();
}

void ResultsView::Draw(UiContext& context) {
  Session& session = context.session;
  const auto project = session.project_view();
  if (!project) return;
  if (!session.video()) {
    ImGui::TextWrapped("Results of a video stand here once there is one.");
    if (ImGui::Button("Add videos...")) context.actions.Run("project.add_videos");
    return;
  }
  // What is to be saved is measured first, of whichever video.
  Want(session, saves_->video_id().value_or(session.video_id()), project->revision);
  content_ = feed_->content();
  if (pictures_of_ != content_) {
    pictures_.clear();
    strips_.clear();  // they hold what they were made of
    curves_.clear();
    pictures_of_ = content_;
  }
  if (context.status_hint.empty()) {
    context.status_hint = "A click on a bout or a curve goes there; the wheel zooms the timeline";
  }
  if (!content_ || content_->video_id != session.video_id()) {
    const ResultsFeed::Progress progress = feed_->progress();
    ImGui::TextUnformatted("Measuring...");
    ImGui::ProgressBar(static_cast<float>(progress.part), ImVec2(300 * context.scale, 0));
    ImGui::TextDisabled("%s", progress.text.c_str());
    return;
  }
  DrawHeading(context, *content_, content_->revision != project->revision);
  const bool any_curve = !content_->animals.empty();
  const float room = ImGui::GetContentRegionAvail().y;
  const float curves = any_curve ? std::min(kCurvesHeight * context.scale, 0.45f * room) : 0;
  const float gap = any_curve ? ImGui::GetStyle().ItemSpacing.y : 0;
  ImGui::BeginChild("upper", ImVec2(0, -curves - gap), false, ImGuiWindowFlags_NoScrollbar);
  const float width = std::floor(ImGui::GetContentRegionAvail().x * 0.52f);
  DrawTable(context, content_, width);
  ImGui::SameLine(width + 16 * context.scale);
  DrawAnimals(context, *content_);
  ImGui::EndChild();
  tip_frame_ = -1;
  if (any_curve) DrawCurves(context, content_, curves);
}

}  // namespace app
