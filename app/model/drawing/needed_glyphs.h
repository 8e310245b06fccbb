// Which characters the window is going to draw, so that only those of all the world's scripts are
// loaded. One thread.
#pragma once

#include <cstdint>
#include <set>
#include <string_view>

namespace app {

class NeededGlyphs {
 public:
  // The characters of a text in UTF-8 that a font of Latin, Greek and Cyrillic may not have.
  // Those beyond U+FFFF are left out: ImGui draws none.
  void Need(std::string_view text);
  void NeedOne(uint32_t character);
  // True once after something was needed that was not before.
  bool TakeNews();
  const std::set<uint16_t>& all() const { return needed_; }

 private:
  std::set<uint16_t> needed_;
  bool news_ = false;
};

// What every start of the window loads: pairs of first and last character, ended by 0.
const uint16_t* AlwaysLoaded();

}  // namespace app
