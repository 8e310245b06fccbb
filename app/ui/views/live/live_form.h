// The form of what is to be followed live: source, animals, where it goes.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "app/model/live/live_setup.h"
#include "app/ui/view.h"

namespace app {

class LiveForm {
 public:
  using Chosen = std::function<void(const std::string&)>;
  // Ask for a file that is there, and for one to write.
  std::function<void(const char* title, Chosen)> choose_file;
  std::function<void(const char* title, const std::string& suggested, Chosen)> choose_new_file;

  void Draw(UiContext& context, std::map<std::string, ImVec2>& middles);
  // What was filled in. Throws Error for a source that is not named, a model that is gone, and what
  // does not go together.
  LiveSetup Setup(const Session& session) const;
  void Recorded() { setup_.out.clear(); }  // the next one needs a file of its own

 private:
  enum class Zones { kNone, kRegions, kFile };
  void DrawSource(UiContext& context, std::map<std::string, ImVec2>& middles);
  void DrawModel(const ProjectView& project);
  void DrawZones(const ProjectView& project);

  LiveSetup setup_;
  datasets::Id model_ = 0;  // 0: none
  Zones zones_ = Zones::kNone;
  datasets::Id regions_of_ = 0;  // a video
  std::string zones_file_;
};

}  // namespace app
