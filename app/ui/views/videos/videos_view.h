// The page of all videos: what is done and what is left to do in each, and what can be asked of
// several at once.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/gl/small_picture.h"
#include "app/model/file_choice.h"
#include "app/model/overview/overview_feed.h"
#include "app/ui/note_field.h"
#include "app/ui/view.h"

namespace app {

class VideosView : public View {
 public:
  const char* id() const override { return "videos"; }
  const char* title() const override { return "Videos"; }
  void AddActions(ActionTable& actions, Session& session) override;
  void Advance(UiContext& context) override;
  void Draw(UiContext& context) override;
  void Describe(nlohmann::json& state) const override;

  // Asks for a folder; calls back with its path.
  std::function<void(std::function<void(const std::string&)>)> choose_folder;
  // Opens the report of these videos.
  std::function<void(std::vector<std::string> names)> report;

 private:
  void Refresh(Session& session, const ProjectView& project);
  void TakeSort();
  void DrawFilter(UiContext& context, const ProjectView& project);
  void DrawBatch(UiContext& context);
  void DrawNote(UiContext& context);
  void DrawTable(UiContext& context, const ProjectView& project);
  void DrawRow(UiContext& context, const ProjectView& project, size_t row);
  void DrawPicture(const datasets::VideoRow& video, float height);
  void DrawRemoval(UiContext& context, const ProjectView& project);
  void Choose(Session& session, const ProjectView& project, size_t row);
  void ChooseAll(Session& session, const ProjectView& project);
  std::vector<const datasets::VideoRow*> Chosen(const Session& session,
                                                const ProjectView& project) const;

  std::unique_ptr<OverviewFeed> feed_;
  FactsByVideo facts_;
  std::shared_ptr<const PredictedFrames> counts_;  // that facts_ rest on
  int64_t revision_ = -1;                          // the same
  VideoQuery query_, found_for_;
  char filter_[96] = "";
  std::vector<size_t> found_;  // places in the project's list
  ChosenRows chosen_;          // rows of found_
  std::map<datasets::Id, std::unique_ptr<SmallPicture>> pictures_;
  std::vector<datasets::Id> in_sight_;
  NoteField note_;
  bool asks_to_remove_ = false, opens_removal_ = false, asks_all_ = false, asks_report_ = false;
  std::map<std::string, ImVec2> middles_;  // of buttons and rows in sight, window pixels
};

}  // namespace app
