#include "app/model/tag_layout.h"

#include <algorithm>

namespace app {
namespace {

constexpr float kGap = 3;             // window pixels between an animal and its tag
constexpr int kRowsTried = 12;        // up and down, before a tag is put over another
constexpr size_t kMostChecked = 300;  // tags that are kept apart; beyond, nobody could read them

struct Rect {
  float left, top, right, bottom;
  bool Meets(const Rect& o) const {
    return left < o.right && o.left < right && top < o.bottom && o.top < bottom;
  }
};

}  // namespace

std::vector<TagPlace> PlaceTags(const std::vector<TagRequest>& requests, float area_left,
                                float area_top, float area_right, float area_bottom) {
  std::vector<TagPlace> places;
  std::vector<Rect> taken;
  for (const TagRequest& tag : requests) {
    const float middle_x = (tag.left + tag.right - tag.width) / 2;
    const float middle_y = (tag.top + tag.bottom - tag.height) / 2;
    const float above = tag.top - kGap - tag.height, below = tag.bottom + kGap;
    const auto inside = [&](float x, float y) {
      const float x_limit = std::max(area_left, area_right - tag.width);
      const float y_limit = std::max(area_top, area_bottom - tag.height);
      const float at_x = std::clamp(x, area_left, x_limit);
      const float at_y = std::clamp(y, area_top, y_limit);
      return Rect{at_x, at_y, at_x + tag.width, at_y + tag.height};
    };
    const auto is_free = [&](const Rect& rect) {
      return std::none_of(taken.begin(), taken.end(),
                          [&](const Rect& other) { return rect.Meets(other); });
    };
    Rect chosen = inside(middle_x, above);
    bool displaced = false, found = taken.size() >= kMostChecked || is_free(chosen);
    const Rect beside[] = {inside(middle_x, below), inside(tag.right + kGap, middle_y),
                           inside(tag.left - kGap - tag.width, middle_y)};
    for (const Rect& rect : beside) {
      if (found) break;
      if (is_free(rect)) chosen = rect, found = true;
    }
    for (int row = 1; row <= kRowsTried && !found; ++row) {
      for (const float y : {above - static_cast<float>(row) * (tag.height + 1),
                            below + static_cast<float>(row) * (tag.height + 1)}) {
        const Rect rect = inside(middle_x, y);
        if (!is_free(rect)) continue;
        chosen = rect, found = displaced = true;
        break;
      }
    }
    taken.push_back(chosen);
    places.push_back({chosen.left, chosen.top, displaced});
  }
  return places;
}

}  // namespace app
