// The newest pictures of a training: what the network outlines in labeled frames at this moment.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "app/gl/small_picture.h"
#include "app/model/session/training_watch.h"
#include "app/ui/view.h"

namespace app {

class SamplePictures {
 public:
  // Two a row as wide as the panel, newest first; a click goes to the frame. GUI thread.
  void Draw(UiContext& context, const ProjectView& project,
            const std::vector<std::shared_ptr<const infer::ShownSample>>& samples);

 private:
  void DrawOne(UiContext& context, const ProjectView& project, const infer::ShownSample& shown,
               float width);

  std::map<const infer::ShownSample*,
           std::pair<std::shared_ptr<const infer::ShownSample>, SmallPicture>>
      pictures_;
};

}  // namespace app
