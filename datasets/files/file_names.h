// Names of files, and names of animals and videos as such: a project may come from a stranger, and
// what is written for one must stay in the folder that was asked for.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace datasets {

// A plain name in one folder: no slash, no leading dot, no control character, never empty, short
// enough for any ending of 60 bytes. Two different names give two different ones. A name that is a
// plain one stays as it is; other letters become %XX, as in addresses, and the end of a very long
// one its hash.
std::string FileNameFor(const std::string& name);

// ".png" of "a/B.PNG"; "" where there is none.
std::string LowerEnding(const std::filesystem::path& path);

// Endings of videos that FFmpeg commonly reads, lower case with the dot.
const std::vector<std::string>& VideoExtensions();
bool HasVideoEnding(const std::filesystem::path& path);

}  // namespace datasets
