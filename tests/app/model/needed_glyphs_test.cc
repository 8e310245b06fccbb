#include "app/model/drawing/needed_glyphs.h"

#include <doctest/doctest.h>

namespace needed_glyphs_test {

TEST_CASE("only characters that are not loaded anyway are asked for, and once") {
  app::NeededGlyphs glyphs;
  glyphs.Need("mouse_1 Mäuse Ωmega мышь");
  CHECK_FALSE(glyphs.TakeNews());
  CHECK(glyphs.all().empty());
  glyphs.Need("鼠 一");
  CHECK(glyphs.TakeNews());
  CHECK_FALSE(glyphs.TakeNews());
  CHECK(glyphs.all() == std::set<uint16_t>{0x4E00, 0x9F20});
  glyphs.Need("一鼠");
  CHECK_FALSE(glyphs.TakeNews());
  glyphs.NeedOne(0xC950);
  CHECK(glyphs.TakeNews());
}

TEST_CASE("text that is no UTF-8 asks for nothing strange") {
  app::NeededGlyphs glyphs;
  glyphs.Need(std::string_view("\xE9\xBC", 2));           // cut in the middle
  glyphs.Need(std::string_view("\xA0\xFFmouse\xC3", 8));  // Windows-1252
  glyphs.Need("\xF0\x9F\x90\x81");                        // beyond what ImGui draws
  CHECK(glyphs.all().empty());
  CHECK_FALSE(glyphs.TakeNews());
}

}  // namespace needed_glyphs_test
