#include "app/model/drawing/tag_layout.h"

#include <algorithm>

namespace app {
namespace {

constexpr float kGap = 3;             // window pixels between an animal and its tag
constexpr int kRowsTried = 12;        // up and down, before a tag is put over another
constexpr size_t kMostChecked = 300;  // animals in a crowd; beyond, only wanted names are shown

struct Rect {
  float left, top, right, bottom;
  bool Meets(const Rect& o) const {
    return left < o.right && o.left < right && top < o.bottom && o.top < bottom;
  }
};

class Layout {
 public:
  Layout(const std::vector<TagRequest>& requests, const Rect& area)
      : requests_(requests), area_(area) {}

  // Beside its animal, else farther up and down, else over another tag.
  TagPlace Near(const TagRequest& tag) {
    const std::vector<Rect> beside = Beside(tag);
    for (const Rect& rect : beside) {
      if (IsFree(rect)) return Take(rect, false);
    }
    for (int row = 1; row <= kRowsTried; ++row) {
      const float away = static_cast<float>(row) * (tag.height + 1);
      for (const Rect& from : {Moved(beside[0], -away), Moved(beside[1], away)}) {
        const Rect rect = Inside(from);
        if (IsFree(rect)) return Take(rect, true);
      }
    }
    return Take(beside[0], false);
  }

  // Above or below its animal where it covers nothing.
  TagPlace IfRoom(size_t index) {
    const std::vector<Rect> beside = Beside(requests_[index]);
    for (size_t i = 0; i < 2; ++i) {
      if (IsFree(beside[i]) && CoversNoOther(beside[i], index)) return Take(beside[i], false);
    }
    return {beside[0].left, beside[0].top, false, true};
  }

 private:
  static Rect Moved(const Rect& rect, float down) {
    return {rect.left, rect.top + down, rect.right, rect.bottom + down};
  }

  Rect Inside(const Rect& rect) const {
    const float width = rect.right - rect.left, height = rect.bottom - rect.top;
    const float x = std::clamp(rect.left, area_.left, std::max(area_.left, area_.right - width));
    const float y = std::clamp(rect.top, area_.top, std::max(area_.top, area_.bottom - height));
    return {x, y, x + width, y + height};
  }

  // Above, below, right and left of its animal.
  std::vector<Rect> Beside(const TagRequest& tag) const {
    const auto at = [&](float x, float y) { return Inside({x, y, x + tag.width, y + tag.height}); };
    const float middle_x = (tag.left + tag.right - tag.width) / 2;
    const float middle_y = (tag.top + tag.bottom - tag.height) / 2;
    return {at(middle_x, tag.top - kGap - tag.height), at(middle_x, tag.bottom + kGap),
            at(tag.right + kGap, middle_y), at(tag.left - kGap - tag.width, middle_y)};
  }

  bool IsFree(const Rect& rect) const {
    return std::none_of(taken_.begin(), taken_.end(),
                        [&](const Rect& other) { return rect.Meets(other); });
  }

  bool CoversNoOther(const Rect& rect, size_t index) const {
    for (size_t i = 0; i < requests_.size(); ++i) {
      const TagRequest& other = requests_[i];
      if (i != index && rect.Meets({other.left, other.top, other.right, other.bottom}))
        return false;
    }
    return true;
  }

  TagPlace Take(const Rect& rect, bool displaced) {
    taken_.push_back(rect);
    return {rect.left, rect.top, displaced, false};
  }

  const std::vector<TagRequest>& requests_;
  const Rect area_;
  std::vector<Rect> taken_;
};

}  // namespace

std::vector<TagPlace> PlaceTags(const std::vector<TagRequest>& requests, float area_left,
                                float area_top, float area_right, float area_bottom) {
  Layout layout(requests, {area_left, area_top, area_right, area_bottom});
  std::vector<TagPlace> places(requests.size());
  const bool crowd = requests.size() > kCrowd;
  for (size_t i = 0; i < requests.size(); ++i) {
    if (!crowd || requests[i].wanted) places[i] = layout.Near(requests[i]);
  }
  for (size_t i = 0; crowd && i < requests.size(); ++i) {
    if (requests[i].wanted) continue;
    places[i] = requests.size() > kMostChecked ? TagPlace{0, 0, false, true} : layout.IfRoom(i);
  }
  return places;
}

}  // namespace app
