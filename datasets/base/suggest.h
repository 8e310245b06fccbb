// "Did you mean": the known name that a person most likely wanted to type.
#pragma once

#include <string>
#include <vector>

namespace datasets {

// The known name nearest to `given` by edit distance (Levenshtein, letters' case ignored), or ""
// when none is near enough to be a likely slip (more than a third of the longer name, at least 2,
// differs).
std::string ClosestName(const std::string& given, const std::vector<std::string>& known);

// "'a', 'b', 'c'", cut after `limit` names with "and N more"; "none" for an empty list.
std::string QuotedNames(const std::vector<std::string>& names, size_t limit = 12);

}  // namespace datasets
