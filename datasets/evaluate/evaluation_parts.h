// What comparisons of files and of a project have in common.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "datasets/evaluate/evaluation_files.h"
#include "datasets/formats/coco/coco.h"

namespace datasets {

bool InRange(const EvaluationOptions& options, int frame);
std::string FileOf(const std::filesystem::path& path);  // "COCO file 'x.json'"
// `masks`: with its mask. Throws Error(thing = `where`) for a mask without a size.
EvalObject ToEvalObject(const CocoObject& object, const CocoImage& image, bool masks,
                        const std::string& where);
// Tracks of different videos are different animals, whatever their numbers; < 0: none.
int64_t TrackOfVideo(int64_t track, int64_t video);
// Tracks that both sides can be compared by; see EvaluateFiles.
void ChooseTracks(EvaluationSet& set, bool prefer_categories);
// Whether both sides know a category.
bool SharesCategory(const EvaluationSet& set);
// Whether a name says who is who: no category repeats on an image, and both sides know one.
bool NamesTell(const EvaluationSet& set);
// The same after ChooseTracks, and the names were chosen for tracks.
bool HaveNames(const EvaluationSet& set);
// Throws Error for a choice that is none.
void CheckMatch(const EvaluationOptions& options);
// Figures of key points; `pairs`: of partners, as the project knows them. Objects have tracks as
// ChooseTracks leaves them.
nlohmann::json PointFiguresOf(const EvaluationSet& set,
                              const std::vector<std::pair<std::string, std::string>>& partners,
                              const EvaluationOptions& options);

}  // namespace datasets
