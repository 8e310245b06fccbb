// What comparisons of files and of a project have in common.
#pragma once

#include <filesystem>
#include <string>

#include "datasets/evaluate/evaluation_files.h"
#include "datasets/formats/coco/coco.h"

namespace datasets {

bool InRange(const EvaluationOptions& options, int frame);
std::string FileOf(const std::filesystem::path& path);  // "COCO file 'x.json'"
// `masks`: with its mask. Throws Error(thing = `where`) for a mask without a size.
EvalObject ToEvalObject(const CocoObject& object, const CocoImage& image, bool masks,
                        const std::string& where);
// Tracks that both sides can be compared by; see EvaluateFiles.
void ChooseTracks(EvaluationSet& set, bool prefer_categories);

}  // namespace datasets
