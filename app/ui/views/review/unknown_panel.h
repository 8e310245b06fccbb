// Animals without a name in the review panel: how each looks and who it may be; a digit names it.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "app/gl/small_picture.h"
#include "app/model/session/unknown_pictures.h"
#include "app/ui/view.h"

namespace app {

class UnknownPanel {
 public:
  void Attach(Session& session);
  bool active() const { return active_; }
  void SetActive(Session& session, bool active);
  void Next(Session& session);
  void Name(Session& session, size_t digit);  // from 1: of the named animals
  void NameAsGuessed(Session& session);
  // Whether something else is selected in the picture, which a digit means then.
  bool IsElsewhere(const Session& session) const;
  void Draw(UiContext& context, const ProjectView& project);
  void Describe(nlohmann::json& state) const;

 private:
  void Show(Session& session, const ShownUnknown& unknown);
  void GiveName(Session& session, datasets::Id category);
  void MoveOn(Session& session, const ProjectView& project);
  void DrawCurrent(UiContext& context, const ProjectView& project, const ShownUnknown& unknown);
  // True when it was clicked.
  bool DrawCut(UiContext& context, const AnimalCut& cut, ImU32 color, float width,
               const std::string& tip);
  void DrawCandidates(UiContext& context, const ProjectView& project, const ShownUnknown& unknown);
  void DrawList(UiContext& context, const ProjectView& project);

  bool active_ = false;
  std::optional<UnknownKey> current_, after_;  // after_: in the list when current_ was named
  bool naming_ = false;                        // move on once the view has the name
  int64_t named_at_ = 0;                       // revision of the view then
  // Set where the name was refused; another digit is for another animal only after either.
  std::shared_ptr<std::atomic<bool>> refused_;
  int open_ = 0, total_ = 0;
  std::string guess_;
  std::map<std::string, ImVec2> middles_;  // window pixels
  std::unique_ptr<UnknownPictures> pictures_;
  std::shared_ptr<const UnknownPictures::Pictures> shown_;
  std::map<const AnimalCut*, std::unique_ptr<SmallPicture>> textures_;  // of shown_
};

}  // namespace app
