// Which animal a new outline is, as long as nobody has said so.
#pragma once

#include <map>
#include <string>

#include "annotate/assist/naming.h"
#include "app/model/session/session.h"

namespace app {

struct NewOutline {
  const datasets::Polygons& polygons;
  const cv::Mat& picture;  // BGR, of the frame; empty when it is not there yet
};

// An animal that has none of `labels`, which are those of the view's frame as they are now. In this
// order: the name of the prediction under the outline; the likeliest one by looks and place; who
// the animal without a name under it may be; the first of the list. 0 when every animal is labeled.
// `colors` by name; null: not known.
datasets::Id NameForNewOutline(const NewOutline& outline, const ProjectView& project,
                               const FrameView& view, const std::vector<annotate::Shape>& labels,
                               const std::map<std::string, annotate::AnimalColor>* colors);

}  // namespace app
