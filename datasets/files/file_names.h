// Names of animals and videos as names of files: a project may come from a stranger, and what is
// written for one must stay in the folder that was asked for.
#pragma once

#include <filesystem>
#include <string>

namespace datasets {

// A plain name in one folder: no slash, no leading dot, no control character, never empty, short
// enough for any ending of 60 bytes. Two different names give two different ones. A name that is a
// plain one stays as it is; other letters become %XX, as in addresses, and the end of a very long
// one its hash.
std::string FileNameFor(const std::string& name);

}  // namespace datasets
