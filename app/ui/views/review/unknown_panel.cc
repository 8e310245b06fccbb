#include "app/ui/views/review/unknown_panel.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/model/requests/unknown_requests.h"
#include "app/ui/item_middle.h"
#include "app/ui/window.h"
#include "datasets/store/names.h"

namespace app {
namespace {

constexpr int kCutsInRow = 3;

ImU32 NamedColor(const ProjectView& project, datasets::Id category) {
  for (size_t i = 0; i < project.categories.size(); ++i) {
    if (project.categories[i].id != category) continue;
    const uint32_t color = project.categories[i].color;
    return ToImColor(color ? color : datasets::PaletteColor(static_cast<int>(i)));
  }
  return WarningColor();
}

std::string SpanText(const ShownUnknown& unknown) {
  return std::to_string(unknown.animal.start_frame) + "-" +
         std::to_string(unknown.animal.end_frame - 1);
}

const ShownUnknown* FindOpen(const ProjectView& project, const std::optional<UnknownKey>& key) {
  return key ? FindUnknown(project, *key) : nullptr;
}

}  // namespace

void UnknownPanel::Attach(Session& session) {
  pictures_ = std::make_unique<UnknownPictures>(
      session.project_file(), [] { Window::Wake(); }, session.SayError());
}

void UnknownPanel::SetActive(Session& session, bool active) {
  if (active_ && !active) {
    session.SetPlaying(false, 1);
    session.SetLoop({});
  }
  active_ = active;
}

void UnknownPanel::Show(Session& session, const ShownUnknown& unknown) {
  current_ = KeyOf(unknown);
  naming_ = false;
  session.selected_annotation = 0;
  session.GoTo(unknown.video_id, unknown.animal.start_frame);
  session.SetLoop(std::make_pair(unknown.animal.start_frame, unknown.animal.end_frame));
  session.SetPlaying(true, 1);
}

void UnknownPanel::Next(Session& session) {
  const auto project = session.project_view();
  if (!project) return;
  const ShownUnknown* next = NextUnknown(*project, FindOpen(*project, current_));
  if (next) {
    Show(session, *next);
    return;
  }
  session.SetPlaying(false, 1);
  session.SetLoop({});
  session.Say(Message::Kind::kSuccess, project->unknown_animals.empty()
                                           ? "Every animal has a name"
                                           : "No other animal is without a name");
}

void UnknownPanel::MoveOn(Session& session, const ProjectView& project) {
  naming_ = false;
  const ShownUnknown* next = FindOpen(project, after_);
  if (next) {
    Show(session, *next);
  } else {
    Next(session);
  }
}

void UnknownPanel::GiveName(Session& session, datasets::Id category) {
  const auto project = session.project_view();
  const ShownUnknown* unknown = project ? FindOpen(*project, current_) : nullptr;
  if (!unknown) {
    Next(session);
    return;
  }
  // Whoever types ahead means the next one, which is not known before this one has its name.
  if (naming_ && !*refused_ && project->revision == named_at_) return;
  const ShownUnknown* after = NextUnknown(*project, unknown);
  after_ = after ? std::optional(KeyOf(*after)) : std::nullopt;
  naming_ = true;
  named_at_ = project->revision;
  refused_ = std::make_shared<std::atomic<bool>>(false);
  RequestNameUnknown(session, *unknown, category, [refused = refused_] { *refused = true; });
}

void UnknownPanel::Name(Session& session, size_t digit) {
  const auto project = session.project_view();
  if (!project) return;
  const auto animals = NamedAnimals(*project);
  if (digit > animals.size()) {
    session.Say(Message::Kind::kInfo, "There is no animal " + std::to_string(digit) + " yet");
    return;
  }
  GiveName(session, animals[digit - 1]->id);
}

void UnknownPanel::NameAsGuessed(Session& session) {
  const auto project = session.project_view();
  const ShownUnknown* unknown = project ? FindOpen(*project, current_) : nullptr;
  GiveName(session, unknown ? unknown->animal.guess : 0);
}

bool UnknownPanel::IsElsewhere(const Session& session) const {
  const auto view = session.frame_view();
  if (!view || !session.selected_annotation) return false;
  if (!current_ || current_->video_id != session.video_id()) return true;
  for (const datasets::PredictionRow& row : view->prediction_rows) {
    if (row.id == -session.selected_annotation) return row.tracklet != current_->tracklet;
  }
  return !session.playing() && session.selected_annotation > 0;
}

void UnknownPanel::Describe(nlohmann::json& state) const {
  state["unknown"] = {{"active", active_},
                      {"open", open_},
                      {"total", total_},
                      {"tracklet", current_ ? current_->tracklet : -1},
                      {"guess", guess_},
                      {"pictures", shown_ ? shown_->cuts.size() : 0},
                      {"candidates", shown_ ? shown_->candidates.size() : 0},
                      {"at", nlohmann::json::object()}};
  for (const auto& [name, at] : middles_) state["unknown"]["at"][name] = {at.x, at.y};
}

bool UnknownPanel::DrawCut(UiContext& context, const AnimalCut& cut, ImU32 color, float width,
                           const std::string& tip) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const ImVec2 end(at.x + width, at.y + width);
  ImDrawList* draw = ImGui::GetWindowDrawList();
  ImGui::PushID(&cut);
  const bool clicked = ImGui::InvisibleButton("##cut", ImVec2(width, width));
  ImGui::PopID();
  const bool hovered = ImGui::IsItemHovered();
  if (hovered) ImGui::SetTooltip("%s", tip.c_str());
  const auto texture = textures_.find(&cut);
  if (texture == textures_.end()) {
    draw->AddRect(at, end, ImGui::GetColorU32(ImGuiCol_TextDisabled));
    const ImVec2 size = ImGui::CalcTextSize("no label");
    draw->AddText(ImVec2(at.x + (width - size.x) / 2, at.y + (width - size.y) / 2),
                  ImGui::GetColorU32(ImGuiCol_TextDisabled), "no label");
    return clicked;
  }
  draw->AddImage(reinterpret_cast<ImTextureID>(static_cast<intptr_t>(texture->second->texture())),
                 at, end);
  draw->PushClipRect(at, end, true);
  const float scale = width / kSidePixels;
  std::vector<ImVec2> points;
  for (const datasets::Ring& ring : cut.outline) {
    points.clear();
    for (const cv::Point2d& point : ring) {
      points.emplace_back(at.x + static_cast<float>(point.x) * scale,
                          at.y + static_cast<float>(point.y) * scale);
    }
    draw->AddPolyline(points.data(), static_cast<int>(points.size()), color, ImDrawFlags_Closed,
                      1.5f * context.scale);
  }
  draw->PopClipRect();
  if (hovered) draw->AddRect(at, end, AccentColor(), 0, 0, 2 * context.scale);
  return clicked;
}

// Beside each other: each animal that it may be, from a label, under its digit; a click names.
void UnknownPanel::DrawCandidates(UiContext& context, const ProjectView& project,
                                  const ShownUnknown& unknown) {
  const float gap = 6 * context.scale;
  const float width = (ImGui::GetContentRegionAvail().x - (kCutsInRow - 1) * gap) / kCutsInRow;
  const auto animals = NamedAnimals(project);
  for (size_t i = 0; i < shown_->candidates.size() && i < animals.size(); ++i) {
    const UnknownPictures::Candidate& candidate = shown_->candidates[i];
    if (i % kCutsInRow != 0) ImGui::SameLine(0, gap);
    ImGui::BeginGroup();
    const ImU32 color = NamedColor(project, candidate.category_id);
    const bool guessed = candidate.category_id == unknown.animal.guess;
    const std::string key = i < 9 ? std::to_string(i + 1) + "  " : "";
    if (DrawCut(context, candidate.cut, color, width,
                "It is " + animals[i]->name + ": a click names all that is followed of it")) {
      GiveName(context.session, candidate.category_id);
    }
    middles_[animals[i]->name] = MiddleOfItem();
    ImGui::PushTextWrapPos(ImGui::GetCursorPosX() + width);
    ImGui::TextColored(ImGui::ColorConvertU32ToFloat4(color), "%s%s", key.c_str(),
                       animals[i]->name.c_str());
    if (guessed) ImGui::TextDisabled("perhaps %.0f %%", 100 * unknown.animal.chance);
    ImGui::PopTextWrapPos();
    ImGui::EndGroup();
  }
}

void UnknownPanel::DrawCurrent(UiContext& context, const ProjectView& project,
                               const ShownUnknown& unknown) {
  std::vector<datasets::Id> animals;
  for (const datasets::CategoryRow* animal : NamedAnimals(project)) animals.push_back(animal->id);
  const auto pictures = pictures_->Of(unknown, animals);
  if (pictures != shown_) {
    shown_ = pictures;
    textures_.clear();
    const auto load = [&](const AnimalCut& cut) {
      if (!cut.bgr.empty()) textures_[&cut] = std::make_unique<SmallPicture>(cut.bgr);
    };
    if (shown_) {
      for (const AnimalCut& cut : shown_->cuts) load(cut);
      for (const auto& candidate : shown_->candidates) load(candidate.cut);
    }
  }
  if (!shown_) {
    ImGui::TextDisabled("looking at it ...");
    return;
  }
  const float gap = 6 * context.scale;
  const float width = (ImGui::GetContentRegionAvail().x - (kCutsInRow - 1) * gap) / kCutsInRow;
  const ImU32 own = ToImColor(datasets::PaletteColor(unknown.animal.tracklet));
  for (size_t i = 0; i < shown_->cuts.size(); ++i) {
    if (i > 0) ImGui::SameLine(0, gap);
    const AnimalCut& cut = shown_->cuts[i];
    if (DrawCut(context, cut, own, width,
                "Frame " + std::to_string(cut.frame) + "; click to go there")) {
      context.session.SetPlaying(false, 1);
      context.session.GoToFrame(cut.frame);
    }
  }
  ImGui::TextDisabled("is it");
  DrawCandidates(context, project, unknown);
}

void UnknownPanel::DrawList(UiContext& context, const ProjectView& project) {
  ImGui::BeginChild("unknown animals");
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(project.unknown_animals.size()));
  while (clipper.Step()) {
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
      const ShownUnknown& unknown = project.unknown_animals[static_cast<size_t>(i)];
      ImGui::PushID(i);
      if (ImGui::Selectable(SpanText(unknown).c_str(), current_ && KeyOf(unknown) == *current_)) {
        Show(context.session, unknown);
      }
      ImGui::PopID();
      std::string note = GuessText(project, unknown);
      for (const datasets::VideoRow& video : project.videos) {
        if (project.videos.size() > 1 && video.id == unknown.video_id) note += "   " + video.name;
      }
      ImGui::SameLine(92 * context.scale);
      ImGui::TextDisabled("%s", note.c_str());
    }
  }
  ImGui::EndChild();
}

void UnknownPanel::Draw(UiContext& context, const ProjectView& project) {
  middles_.clear();
  open_ = static_cast<int>(project.unknown_animals.size());
  total_ = open_ + project.named_unknown;
  if (total_ == 0) {
    ImGui::TextWrapped(
        "Every animal has a name. One whose looks say too little for a name is called unknown and "
        "listed here, so that you can say who it is.");
    return;
  }
  Session& session = context.session;
  const ShownUnknown* current = FindOpen(project, current_);
  if (naming_ && !current) {
    MoveOn(session, project);
    current = FindOpen(project, current_);
  }
  guess_ = current ? GuessText(project, *current) : "";
  char text[96];
  snprintf(text, sizeof text, "%d of %d named", total_ - open_, total_);
  ImGui::ProgressBar(static_cast<float>(total_ - open_) / static_cast<float>(total_), ImVec2(-1, 0),
                     text);
  if (open_ == 0) {
    ImGui::TextWrapped(
        "Every animal has a name. Predict again: the names that you gave are evidence then.");
    return;
  }
  if (current) {
    ImGui::TextWrapped("Frames %d to %d: %s", current->animal.start_frame,
                       current->animal.end_frame - 1,
                       guess_.empty() ? "nobody knows who it is" : guess_.c_str());
    const bool here = current->video_id == session.video_id();
    if (here && (session.playing() || session.selected_annotation == 0)) {
      context.canvas_request.follows = current->animal.tracklet;
    }
  } else {
    ImGui::TextWrapped("Press Space for the animal that is followed longest.");
  }
  const float width = (ImGui::GetContentRegionAvail().x - 2 * 8 * context.scale) / 3;
  ImGui::BeginDisabled(!current);
  if (ImGui::Button("As guessed (A)", ImVec2(width * 1.2f, 0))) NameAsGuessed(session);
  middles_["as_guessed"] = MiddleOfItem();
  ImGui::SameLine();
  if (ImGui::Button("Skip (X)", ImVec2(width * 0.8f, 0))) Next(session);
  ImGui::EndDisabled();
  ImGui::SameLine();
  if (ImGui::Button("Next (Space)", ImVec2(width, 0))) Next(session);
  if (current) DrawCurrent(context, project, *current);
  ImGui::Separator();
  DrawList(context, project);
}

}  // namespace app
