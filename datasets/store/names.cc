#include "datasets/store/names.h"

#include <array>
#include <set>

#include "datasets/base/encoding.h"
#include "datasets/base/error.h"
#include "datasets/store/paths.h"

namespace datasets {
namespace {

constexpr std::array<const char*, 4> kImageStates = {"new", "started", "done", "empty"};
constexpr std::array<const char*, 4> kLabelSources = {"drawn", "accepted", "imported",
                                                      "interpolated"};

template <class Names>
int IndexOf(const Names& names, const std::string& name, const char* what) {
  for (size_t i = 0; i < names.size(); ++i) {
    if (name == names[i]) return static_cast<int>(i);
  }
  throw Error(std::string(what) + " '" + name + "'", "there is no such one",
              "run 'vole verify' on the project");
}

}  // namespace

const char* NameOf(ImageState state) { return kImageStates.at(static_cast<size_t>(state)); }

const char* NameOf(LabelSource source) { return kLabelSources.at(static_cast<size_t>(source)); }

const char* NameOf(PredictionCorrectionRow::Kind kind) {
  return kind == PredictionCorrectionRow::Kind::kSwap ? "swap" : "reject";
}

ImageState ImageStateOf(const std::string& name) {
  return static_cast<ImageState>(IndexOf(kImageStates, name, "image state"));
}

LabelSource LabelSourceOf(const std::string& name) {
  return static_cast<LabelSource>(IndexOf(kLabelSources, name, "label source"));
}

uint32_t PaletteColor(int n) {
  constexpr std::array<uint32_t, 8> kColors = {0xE69F00, 0x56B4E9, 0x009E73, 0xF0E442,
                                               0x0072B2, 0xD55E00, 0xCC79A7, 0x999999};
  const uint32_t color = kColors[static_cast<size_t>(n) % kColors.size()];
  const int round = n / static_cast<int>(kColors.size()) % 3;
  uint32_t lighter = 0;
  for (int shift = 0; shift <= 16; shift += 8) {
    const uint32_t part = (color >> shift) & 0xff;
    lighter |= (part + (255 - part) * static_cast<uint32_t>(round) / 3) << shift;
  }
  return lighter;
}

std::string UniqueVideoName(const std::string& stem, const std::vector<VideoRow>& videos) {
  std::set<std::string> taken;
  for (const VideoRow& video : videos) taken.insert(video.name);
  std::string name = stem;
  for (int number = 2; taken.count(name); ++number) name = stem + "_" + std::to_string(number);
  return name;
}

VideoRow NewVideoRow(const std::filesystem::path& project_folder, const std::filesystem::path& file,
                     const VideoIndex& index, const std::vector<VideoRow>& others) {
  VideoRow video;
  video.name = UniqueVideoName(TextOrWindows1252(file.stem().string()), others);
  video.path = PathFrom(project_folder, file);
  video.fingerprint = index.fingerprint;
  video.width = index.width;
  video.height = index.height;
  video.frame_count = index.frame_count();
  video.fps = index.fps;
  return video;
}

}  // namespace datasets
