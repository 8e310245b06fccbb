// VGG Image Annotator (https://www.robots.ox.ac.uk/~vgg/software/via/): projects of VIA 2 (regions
// on pictures) and of VIA 3 (regions on pictures and video, temporal segments), as JSON.
#pragma once

#include <filesystem>

#include "datasets/exchange/options.h"

namespace datasets {

// VIA 2: a project (_via_img_metadata), or its annotations exported as JSON. Rectangles, polygons,
// circles and ellipses; points and lines are left out and counted. The name of the animal is the
// region's attribute name, label, class or type, else its only one, else "animal"; an attribute
// track or track_id that is a whole number is the track.
// VIA 3: regions likewise, on the frame that is nearest to their time; temporal segments become
// behaviors, called as their attribute's option. Labels and behaviors come in together.
ImportReport ImportVia(Project& project, const std::filesystem::path& path,
                       const ImportOptions& options, Job& job);

}  // namespace datasets
