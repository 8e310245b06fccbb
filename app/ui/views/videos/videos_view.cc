#include "app/ui/views/videos/videos_view.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/model/requests/label_requests.h"
#include "app/model/requests/note_requests.h"
#include "app/ui/item_middle.h"
#include "app/ui/window.h"

namespace app {
void VideosView::AddActions(ActionTable& actions, Session& session) {
  const auto add = [&](const char* id, const char* title, const char* help,
                       std::function<void()> run) {
    Action action;
    action.id = id, action.title = title, action.menu = "Videos", action.help = help;
    action.run = std::move(run);
    actions.Add(std::move(action));
  };
  // Of what is chosen; says so where nothing is.
  const auto chosen = [&session]() -> std::vector<datasets::Id> {
    if (session.chosen_videos.empty()) {
      session.Say(Message::Kind::kInfo, "No video is chosen: choose some in the table (F6)");
    }
    return session.chosen_videos;
  };
  add("videos.choose_all", "Choose all videos that are listed", "In the table of videos (F6)",
      [this] { asks_all_ = true; });
  add("videos.report", "Report on the chosen videos...", "One report of all of them",
      [this, chosen] { asks_report_ = !chosen().empty(); });
  add("videos.find", "Find the chosen videos again...",
      "Their files, by name in a folder and all below it", [this, &session, chosen] {
        const std::vector<datasets::Id> videos = chosen();
        if (videos.empty() || !choose_folder) return;
        Session* asked = &session;
        choose_folder(
            [asked, videos](const std::string& folder) { RequestFindIn(*asked, videos, folder); });
      });
  add("videos.remove", "Remove the chosen videos...", "Their files stay; asks before",
      [this, chosen] { asks_to_remove_ = opens_removal_ = !chosen().empty(); });
  const auto mark = [&](const char* id, const char* title, const char* split, const char* help) {
    add(id, title, help, [&session, chosen, split] {
      const std::vector<datasets::Id> videos = chosen();
      if (!videos.empty()) RequestSplit(session, videos, split);
    });
  };
  mark("videos.val", "Keep the chosen videos for validation", "val",
       "Their frames that are labeled now judge a training, and never train; nor do their bouts "
       "while all labeled frames are kept");
  mark("videos.test", "Keep the chosen videos for the test", "test",
       "Their frames that are labeled now are left for the last test, and never train; nor do "
       "their bouts while all labeled frames are kept");
  mark("videos.train", "Let the chosen videos train", "",
       "Their labeled frames and bouts train again, and are held back as chance has it");
}

void VideosView::Advance(UiContext& context) {
  note_.LeaveIfHidden();
  const auto project = context.session.project_view();
  if (!project) return;
  if (std::exchange(asks_all_, false)) {
    Refresh(context.session, *project);
    ChooseAll(context.session, *project);
  }
  if (std::exchange(asks_report_, false) && report) {
    std::vector<std::string> names;
    for (const datasets::VideoRow* video : Chosen(context.session, *project)) {
      names.push_back(video->name);
    }
    report(std::move(names));
  }
  if (opens_removal_) context.mode = Mode::kVideos;  // asks on its page
}

void VideosView::Describe(nlohmann::json& state) const {
  state["videos"] = {{"found", found_.size()}, {"asks_to_remove", asks_to_remove_}};
  state["videos"]["at"] = nlohmann::json::object();
  for (const auto& [name, at] : middles_) state["videos"]["at"][name] = {at.x, at.y};
}

std::vector<const datasets::VideoRow*> VideosView::Chosen(const Session& session,
                                                          const ProjectView& project) const {
  std::vector<const datasets::VideoRow*> chosen;
  for (const datasets::VideoRow& video : project.videos) {
    const auto& ids = session.chosen_videos;
    if (std::find(ids.begin(), ids.end(), video.id) != ids.end()) chosen.push_back(&video);
  }
  return chosen;
}

// Counts and looks for the rows again when anything has changed that they rest on. What is not
// listed any more is not chosen any more.
void VideosView::Refresh(Session& session, const ProjectView& project) {
  query_.text = filter_;
  const auto counts = feed_ ? feed_->counts() : nullptr;
  const bool is_fresh = revision_ == project.revision && counts_ == counts;
  if (is_fresh && query_ == found_for_) return;
  if (!is_fresh) facts_ = FactsOf(project, counts.get());
  revision_ = project.revision;
  counts_ = counts;
  found_for_ = query_;
  found_ = FindVideos(project, facts_, query_);
  chosen_ = ChosenRows(found_.size());
  const std::vector<datasets::Id> before = std::exchange(session.chosen_videos, {});
  for (size_t i = 0; i < found_.size(); ++i) {
    const datasets::Id id = project.videos[found_[i]].id;
    if (std::find(before.begin(), before.end(), id) == before.end()) continue;
    chosen_.Choose(i);
    session.chosen_videos.push_back(id);
  }
}

void VideosView::Choose(Session& session, const ProjectView& project, size_t row) {
  const ImGuiIO& io = ImGui::GetIO();
  chosen_.Click(row, io.KeyCtrl, io.KeyShift);
  session.chosen_videos.clear();
  for (size_t i = 0; i < found_.size(); ++i) {
    if (chosen_.Has(i)) session.chosen_videos.push_back(project.videos[found_[i]].id);
  }
}

void VideosView::ChooseAll(Session& session, const ProjectView& project) {
  session.chosen_videos.clear();
  for (size_t i = 0; i < found_.size(); ++i) {
    chosen_.Choose(i);
    session.chosen_videos.push_back(project.videos[found_[i]].id);
  }
}

void VideosView::DrawFilter(UiContext& context, const ProjectView& project) {
  const float scale = context.scale;
  ImGui::SetNextItemWidth(240 * scale);
  ImGui::InputTextWithHint("##filter", "Part of a name or note", filter_, sizeof filter_);
  middles_["filter"] = MiddleOfItem();
  ImGui::SameLine();
  ImGui::SetNextItemWidth(140 * scale);
  int filter = static_cast<int>(query_.filter);
  if (ImGui::Combo("##which", &filter, kVideoFilterNames, IM_ARRAYSIZE(kVideoFilterNames))) {
    query_.filter = static_cast<VideoFilter>(filter);
  }
  ImGui::SameLine();
  if (ImGui::Button("Choose all")) context.actions.Run("videos.choose_all");
  middles_["all"] = MiddleOfItem();
  ImGui::SameLine();
  if (ImGui::Button("Add videos...")) context.actions.Run("project.add_videos");
  ImGui::SameLine();
  ImGui::TextDisabled("%zu of %zu videos, %zu chosen", found_.size(), project.videos.size(),
                      context.session.chosen_videos.size());
}

void VideosView::DrawBatch(UiContext& context) {
  struct Batch {
    const char* text;
    const char* action;
  };
  static constexpr Batch kBatches[] = {
      {"Predict", "learn.predict_chosen"}, {"Report...", "videos.report"},
      {"Find again...", "videos.find"},    {"For validation", "videos.val"},
      {"For the test", "videos.test"},     {"For training", "videos.train"},
      {"Remove...", "videos.remove"}};
  const bool any = !context.session.chosen_videos.empty();
  ImGui::BeginDisabled(!any);
  for (const Batch& batch : kBatches) {
    if (&batch != kBatches) ImGui::SameLine();
    if (ImGui::Button(batch.text)) context.actions.Run(batch.action);
    middles_[batch.action] = MiddleOfItem();
    const Action* action = context.actions.Find(batch.action);
    if (action && ImGui::IsItemHovered()) {
      ImGui::SetTooltip("%s\n%s", action->title.c_str(), action->help.c_str());
    }
  }
  ImGui::EndDisabled();
}

// Of the one video that is chosen.
void VideosView::DrawNote(UiContext& context) {
  const std::vector<datasets::Id>& chosen = context.session.chosen_videos;
  const auto facts = chosen.size() == 1 ? facts_.find(chosen[0]) : facts_.end();
  if (facts == facts_.end()) {
    ImGui::AlignTextToFramePadding();  // as high as with a note
    ImGui::TextDisabled(chosen.empty() ? "A click chooses a video, Ctrl or Shift several; a double "
                                         "click opens it"
                                       : "A note is written about one video at a time");
    return;
  }
  Session& session = context.session;
  const datasets::Id id = chosen[0];
  note_.Draw("Note about this video", 420 * context.scale, std::to_string(id), facts->second.note,
             [&session, id](const std::string& note) {
               RequestNote(session, id, std::nullopt, note, std::nullopt);
             });
  middles_["note"] = MiddleOfItem();
  ImGui::SameLine();
  if (ImGui::Checkbox("flag", &facts->second.flagged)) {
    RequestNote(session, id, std::nullopt, std::nullopt, facts->second.flagged);
  }
  middles_["flag"] = MiddleOfItem();
  if (ImGui::IsItemHovered()) ImGui::SetTooltip("To be found again (the list above can show them)");
}

void VideosView::DrawPicture(const datasets::VideoRow& video, float height) {
  const float width = height * OverviewFeed::kPictureWidth / OverviewFeed::kPictureHeight;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImGui::Dummy(ImVec2(width, height));
  in_sight_.push_back(video.id);
  auto known = pictures_.find(video.id);
  if (known == pictures_.end()) {
    const std::optional<cv::Mat> made = feed_->PictureOf(video.id);
    if (!made || made->empty()) return;
    known = pictures_.emplace(video.id, std::make_unique<SmallPicture>(*made)).first;
  }
  const auto texture = static_cast<intptr_t>(known->second->texture());
  ImGui::GetWindowDrawList()->AddImage(reinterpret_cast<ImTextureID>(texture), at,
                                       ImVec2(at.x + width, at.y + height));
}

void VideosView::DrawRemoval(UiContext& context, const ProjectView& project) {
  if (!asks_to_remove_) return;
  if (std::exchange(opens_removal_, false)) ImGui::OpenPopup("Remove videos");
  ImGui::SetNextWindowSize(ImVec2(440 * context.scale, 0));
  if (!ImGui::BeginPopupModal("Remove videos", nullptr, ImGuiWindowFlags_AlwaysAutoResize)) {
    asks_to_remove_ = false;  // Escape
    return;
  }
  const std::vector<const datasets::VideoRow*> chosen = Chosen(context.session, project);
  int labeled = 0, bouts = 0;
  for (const datasets::VideoRow* video : chosen) {
    labeled += facts_[video->id].labeled;
    bouts += facts_[video->id].bouts;
  }
  const std::string what =
      chosen.size() == 1 ? chosen[0]->name : std::to_string(chosen.size()) + " videos";
  ImGui::TextWrapped(
      "Remove %s, with %d labeled frames, %d bouts and all predictions? The files of the videos "
      "stay. Ctrl+Z does not bring back what is removed; a copy of the project is made before.",
      what.c_str(), labeled, bouts);
  const bool removes = ImGui::Button("Remove") && !chosen.empty();
  middles_["remove"] = MiddleOfItem();
  ImGui::SameLine();
  if (ImGui::Button("Cancel") || removes || chosen.empty()) {
    if (removes) {
      std::vector<datasets::VideoRow> rows;
      for (const datasets::VideoRow* video : chosen) rows.push_back(*video);
      RequestRemoveVideos(context.session, rows);
      context.session.chosen_videos.clear();
    }
    asks_to_remove_ = false;
    ImGui::CloseCurrentPopup();
  }
  ImGui::EndPopup();
}

void VideosView::Draw(UiContext& context) {
  const auto project = context.session.project_view();
  if (!project) {
    ImGui::TextDisabled("Opening...");
    return;
  }
  if (project->videos.empty()) {
    ImGui::TextWrapped("Drop videos, or folders of them, on the window, or add them here.");
    if (ImGui::Button("Add videos...")) context.actions.Run("project.add_videos");
    return;
  }
  if (!feed_) {
    feed_ = std::make_unique<OverviewFeed>(
        context.session.project_file(), [] { Window::Wake(); }, context.session.SayError());
  }
  feed_->WantCounts(project->revision);
  Refresh(context.session, *project);
  middles_.clear();
  DrawFilter(context, *project);
  DrawBatch(context);
  DrawNote(context);
  in_sight_.clear();
  DrawTable(context, *project);
  DrawRemoval(context, *project);
  feed_->WantPictures(in_sight_);
}

}  // namespace app
