// Animals whose name the evidence does not carry: all are called by one category, for a name is
// never guessed. It is nobody in particular, may be several at once, and is nothing to learn from.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "datasets/project.h"
#include "datasets/store/records.h"
#include "datasets/store/writer.h"

namespace datasets {

inline constexpr char kUnknownKind[] = "unknown name";  // supercategory of that one

inline bool IsUnknown(const CategoryRow& category) {
  return category.supercategory == kUnknownKind;
}
// Nothing where the project has none.
std::optional<Id> UnknownOf(const std::vector<CategoryRow>& categories);
// Made where the project has none: called "unknown", or "unknown_2" and so on where an animal is
// called so.
Id FindOrInsertUnknown(Writer& writer);

// "unknown animal 7": one of them, by its number in its prediction (PredictionRow::tracklet).
std::string UnknownAnimalText(int number);
// The number in such a text; nothing where it is another.
std::optional<int> NumberOfUnknownAnimal(const std::string& text);

struct UnknownCount {  // animals counted once in each frame
  int64_t all = 0, unknown = 0;
};
// Of a prediction, with what people have said since, in the frames of [start_frame, end_frame).
UnknownCount CountUnknown(const Project& project, Id job_id, Id video_id, int start_frame = 0,
                          int end_frame = std::numeric_limits<int>::max());
// "the name is unknown on 120 of 1000 animal-frames"; "" where it is on none.
std::string UnknownText(const UnknownCount& count);

}  // namespace datasets
