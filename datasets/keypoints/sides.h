// Which points are each other's mirror image, told by their names.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace datasets {

// Pairs (left, right) of names that differ in the side alone: left and right in any spelling
// ("leftear", "ear_RIGHT"), or an L and an R that stand by themselves ("wingL", "forelegR4",
// "l_eye"). Each name stands in one pair at most.
std::vector<std::pair<std::string, std::string>> PartnersByName(
    const std::vector<std::string>& names);

// "leftear and rightear, wingL and wingR", for a sentence.
std::string PairsText(const std::vector<std::pair<std::string, std::string>>& pairs);

}  // namespace datasets
