#include "app/ui/fonts.h"

#include <imgui.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "app/model/drawing/needed_glyphs.h"
#include "app/ui/font_files.h"

namespace app {
namespace {

std::string PackagedFont(const char* name) {
  for (const char* folder : {"/usr/share/fonts/truetype/dejavu/", "/usr/share/fonts/TTF/",
                             "/usr/share/fonts/dejavu-sans-fonts/"}) {
    const std::string path = std::string(folder) + name;
    if (std::filesystem::exists(path)) return path;
  }
  return "";
}

// Pairs of first and last as ImGui takes them; they must live as long as the fonts.
std::vector<ImWchar> RangesOf(const std::set<uint16_t>& characters) {
  std::vector<ImWchar> ranges;
  for (const uint16_t character : characters) {
    if (!ranges.empty() && ranges.back() + 1 == character) {
      ranges.back() = character;
    } else {
      ranges.push_back(character);
      ranges.push_back(character);
    }
  }
  ranges.push_back(0);
  return ranges;
}

class FontLoader {
 public:
  FontLoader(float scale, const std::set<uint16_t>& needed) : scale_(scale) {
    for (const uint16_t* range = AlwaysLoaded(); *range; ++range) usual_.push_back(*range);
    for (const ImWchar limit : RangesOf(needed)) usual_.push_back(limit);  // ends in 0
  }

  // Those of `others` are merged into each of the three sizes.
  Fonts Load(const std::vector<FontFile>& others) {
    ImGui::GetIO().Fonts->Clear();
    ranges_.clear();
    for (const FontFile& other : others) ranges_.push_back(RangesOf(other.characters));
    const std::string regular = PackagedFont("DejaVuSans.ttf");
    const std::string bold = PackagedFont("DejaVuSans-Bold.ttf");
    Fonts fonts;
    if (regular.empty()) {
      ImFontConfig config;
      config.SizePixels = std::round(13 * scale_);
      fonts.body = ImGui::GetIO().Fonts->AddFontDefault(&config);
      Merge(others, config.SizePixels);
      fonts.heading = fonts.small = fonts.body;
    } else {
      fonts.body = LoadOne(regular, 14.5f, others);
      fonts.heading = LoadOne(bold.empty() ? regular : bold, 19, others);
      fonts.small = LoadOne(regular, 12, others);
    }
    built_ = ImGui::GetIO().Fonts->Build();
    return fonts;
  }
  bool built() const { return built_; }

 private:
  ImFont* LoadOne(const std::string& file, float size, const std::vector<FontFile>& others) {
    const float pixels = std::round(size * scale_);
    ImFont* font =
        ImGui::GetIO().Fonts->AddFontFromFileTTF(file.c_str(), pixels, nullptr, usual_.data());
    Merge(others, pixels);
    return font;
  }
  void Merge(const std::vector<FontFile>& others, float pixels) {
    for (size_t i = 0; i < others.size(); ++i) {
      std::error_code ignored;
      if (!std::filesystem::is_regular_file(others[i].file, ignored)) continue;
      ImFontConfig config;
      config.MergeMode = true;
      config.FontNo = others[i].face;
      ImGui::GetIO().Fonts->AddFontFromFileTTF(others[i].file.c_str(), pixels, &config,
                                               ranges_[i].data());
    }
  }

  const float scale_;
  bool built_ = false;
  std::vector<ImWchar> usual_;
  std::vector<std::vector<ImWchar>> ranges_;
};

std::set<uint16_t> MissingIn(const ImFont& font, const std::set<uint16_t>& needed) {
  std::set<uint16_t> missing;
  for (const uint16_t character : needed) {
    if (!font.FindGlyphNoFallback(character)) missing.insert(character);
  }
  return missing;
}

}  // namespace

Fonts LoadFonts(float scale, const std::set<uint16_t>& needed, std::set<uint16_t>* missing) {
  FontLoader loader(scale, needed);
  Fonts fonts = loader.Load({});
  *missing = MissingIn(*fonts.body, needed);
  if (missing->empty()) return fonts;
  const std::vector<FontFile> others = FontsWith(*missing);
  if (others.empty()) return fonts;
  fonts = loader.Load(others);
  if (!loader.built()) fonts = loader.Load({});  // a file that is no font that ImGui reads
  *missing = MissingIn(*fonts.body, needed);
  return fonts;
}

}  // namespace app
