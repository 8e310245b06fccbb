// Reads a large JSON file entry by entry, so that a file of 100 MB never stands in memory as a
// tree.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "datasets/base/encoding.h"

namespace datasets {

// `section`: the key at the top of the file, or "" when the file is one list. `index`: the place
// within that list, from 0; -1 when the section is no list and comes whole. `value` may be moved.
using JsonEntryVisitor =
    std::function<void(const std::string& section, int64_t index, nlohmann::json& value)>;

// Calls `visit` for each entry in file order. Throws Error(thing = `what`) for a file that cannot
// be read, is empty, is not JSON or ends early; the cause says at which byte and in which entry.
// Errors thrown by `visit` pass through. A file that is not UTF-8 is read as ReadTextFile says.
void ReadJsonEntries(const std::filesystem::path& path, const std::string& what,
                     const JsonEntryVisitor& visit);

// The whole file as a tree, with the same errors: for small files.
nlohmann::json ReadJsonFile(const std::filesystem::path& path, const std::string& what);

}  // namespace datasets
