#include "app/ui/font_files.h"

#include <fontconfig/fontconfig.h>

#include <memory>

namespace app {
namespace {

struct Destroy {
  void operator()(FcPattern* pattern) const { FcPatternDestroy(pattern); }
  void operator()(FcCharSet* set) const { FcCharSetDestroy(set); }
};

// The font that fontconfig takes first for these characters.
FontFile BestFor(const std::set<uint16_t>& characters) {
  FontFile found;
  const std::unique_ptr<FcCharSet, Destroy> wanted(FcCharSetCreate());
  for (const uint16_t character : characters) FcCharSetAddChar(wanted.get(), character);
  const std::unique_ptr<FcPattern, Destroy> pattern(FcPatternCreate());
  FcPatternAddCharSet(pattern.get(), FC_CHARSET, wanted.get());
  FcPatternAddBool(pattern.get(), FC_SCALABLE, FcTrue);
  FcPatternAddBool(pattern.get(), FC_COLOR, FcFalse);
  FcPatternAddString(pattern.get(), FC_FAMILY, reinterpret_cast<const FcChar8*>("sans-serif"));
  FcConfigSubstitute(nullptr, pattern.get(), FcMatchPattern);
  FcDefaultSubstitute(pattern.get());
  FcResult result = FcResultNoMatch;
  const std::unique_ptr<FcPattern, Destroy> match(FcFontMatch(nullptr, pattern.get(), &result));
  FcChar8* file = nullptr;
  FcCharSet* has = nullptr;
  if (!match || FcPatternGetString(match.get(), FC_FILE, 0, &file) != FcResultMatch ||
      FcPatternGetCharSet(match.get(), FC_CHARSET, 0, &has) != FcResultMatch) {
    return found;
  }
  found.file = reinterpret_cast<const char*>(file);
  int index = 0;
  FcPatternGetInteger(match.get(), FC_INDEX, 0, &index);
  found.face = index & 0xFFFF;  // above are named instances of variable fonts
  for (const uint16_t character : characters) {
    if (FcCharSetHasChar(has, character)) found.characters.insert(character);
  }
  return found;
}

}  // namespace

std::vector<FontFile> FontsWith(std::set<uint16_t> characters) {
  std::vector<FontFile> fonts;
  if (characters.empty() || !FcInit()) return fonts;
  while (!characters.empty()) {
    FontFile best = BestFor(characters);
    // A font for all of them has none of some: then for one of them alone.
    if (best.characters.empty()) {
      best = BestFor({*characters.begin()});
      if (best.characters.empty()) {  // nobody has this one
        characters.erase(characters.begin());
        continue;
      }
    }
    for (const uint16_t character : best.characters) characters.erase(character);
    fonts.push_back(std::move(best));
  }
  return fonts;
}

}  // namespace app
