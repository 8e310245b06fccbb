// Where names go on the picture so that none covers another. No ImGui.
#pragma once

#include <cstddef>
#include <vector>

namespace app {

struct TagRequest {                                // all in window pixels
  float left = 0, top = 0, right = 0, bottom = 0;  // box of the animal
  float width = 0, height = 0;                     // of its tag
  bool wanted = false;                             // shown in any crowd
};

struct TagPlace {
  float x = 0, y = 0;      // upper left corner
  bool displaced = false;  // not beside its animal: draw a line to it
  bool hidden = false;     // there is no room for it
};

// Tags keep inside the area where they fit. Tried in order: above the animal, below, right, left,
// then farther and farther up and down. Earlier requests choose first. In a crowd (more than
// kCrowd) names would cover what they name: wanted ones choose first, and others are hidden where
// they would stand on a name or on another animal.
constexpr size_t kCrowd = 40;
std::vector<TagPlace> PlaceTags(const std::vector<TagRequest>& requests, float area_left,
                                float area_top, float area_right, float area_bottom);

}  // namespace app
