// How enumerations are spelled and videos are named in the project file.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/store/machine_records.h"

namespace datasets {

const char* NameOf(ImageState state);                    // new started done empty
const char* NameOf(LabelSource source);                  // drawn accepted imported interpolated
const char* NameOf(PredictionCorrectionRow::Kind kind);  // swap reject
// Throw Error for an unknown word.
ImageState ImageStateOf(const std::string& name);
LabelSource LabelSourceOf(const std::string& name);

// A color (0xRRGGBB) for the n-th animal or behavior; neighbors are told apart by the color-blind
// too (after Okabe and Ito, 2008: eight colors; later rounds are lighter).
uint32_t PaletteColor(int n);

// A name that none of the videos has: the stem, or with _2, _3, ...
std::string UniqueVideoName(const std::string& stem, const std::vector<VideoRow>& videos);
// The row of a video file that is about to join the others, named after the file.
VideoRow NewVideoRow(const std::filesystem::path& project_folder, const std::filesystem::path& file,
                     const VideoIndex& index, const std::vector<VideoRow>& others);

}  // namespace datasets
