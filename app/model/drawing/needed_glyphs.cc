#include "app/model/drawing/needed_glyphs.h"

#include <cstddef>
#include <utility>

namespace app {
namespace {

bool IsAlwaysLoaded(uint32_t character) {
  for (const uint16_t* range = AlwaysLoaded(); *range; range += 2) {
    if (character >= range[0] && character <= range[1]) return true;
  }
  return false;
}

}  // namespace

const uint16_t* AlwaysLoaded() {
  // Latin, Greek, Cyrillic, arrows, mathematical signs and the shapes that the panels use as icons.
  static const uint16_t ranges[] = {0x20,   0xFF,   0x100,  0x17F,  0x370,  0x3FF,  0x400,
                                    0x45F,  0x490,  0x491,  0x2010, 0x205E, 0x2190, 0x21FF,
                                    0x2200, 0x22FF, 0x23E9, 0x23FA, 0x25A0, 0x25FF, 0x2600,
                                    0x26FF, 0x2700, 0x27BF, 0};
  return ranges;
}

void NeededGlyphs::NeedOne(uint32_t character) {
  if (character < 0x80 || character > 0xFFFF || IsAlwaysLoaded(character)) return;
  news_ |= needed_.insert(static_cast<uint16_t>(character)).second;
}

void NeededGlyphs::Need(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    size_t length = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : 4;
    if (first >> 6 == 2 || i + length > text.size()) length = 1;  // no whole character
    uint32_t character = length == 1 ? (first < 0x80 ? first : 0) : first & (0xFFu >> (length + 1));
    for (size_t part = 1; part < length; ++part) {
      character = character << 6 | (static_cast<unsigned char>(text[i + part]) & 0x3Fu);
    }
    NeedOne(character);
    i += length;
  }
}

bool NeededGlyphs::TakeNews() { return std::exchange(news_, false); }

}  // namespace app
