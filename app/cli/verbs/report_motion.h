// The part of `vole report` about motion: where the animals are, how they move, whom they touch.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "datasets/behavior/motion_run.h"

namespace app {

struct MotionFiles {
  bool automatic = false;
  std::string motion, motion_summary, contacts, zones, trajectory, occupancy;
  int cells = 64;

  template <class Visitor>
  void Visit(Visitor&& v) {
    v.Field("automatic", automatic,
            "score zones, contact and freezing from the masks, as the author 'automatic'");
    v.Field("zones", zones,
            "JSON file with zones: polygons, circles, rectangles in pixels, or \"unit\": \"cm\"");
    v.Field("motion", motion,
            "write place, shape, speed, contacts and key points of each frame as a table");
    v.Field("motion-summary", motion_summary, "write distance and speed of each animal");
    v.Field("contacts", contacts, "write how often and how long each pair of animals touches");
    v.Field("trajectory", trajectory, "draw the animals' ways (.png or .svg)");
    v.Field("occupancy", occupancy, "draw where the animals spend their time (.png or .svg)");
    v.Field("cells", cells, "squares of --occupancy along the longer side",
            datasets::Range{4, 400});
  }
  bool Wanted() const {
    return automatic || !motion.empty() || !motion_summary.empty() || !contacts.empty() ||
           !zones.empty() || !trajectory.empty() || !occupancy.empty();
  }
};

// Measures each chosen video ("" = all that have predictions, or labels), writes the files, adds
// a table to `text`, adds "motion" and "contacts" to `json`, and returns the automatic scores. Of
// several videos each has a picture of its own: NAME-VIDEO.png.
datasets::BehaviorScores ReportMotion(const datasets::Project& project, const std::string& video,
                                      const FrameSpan& span, datasets::MotionInput input,
                                      const MotionFiles& files, Console& console,
                                      nlohmann::ordered_json& json, std::string& text);

}  // namespace app
