// Reading that a damaged or hostile file can bring down, in a process of its own: libhdf5 trusts
// what files say of themselves, and some of it makes it write where it must not.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "datasets/base/job.h"

namespace datasets {

// Runs `read` in a copy of this process and returns what it returned. An Error that it throws is
// thrown here; where the copy dies, or computes for more than `seconds`, Error(thing = `what`) says
// that the file is damaged. `read` must not use the project's database, nor threads; files that it
// writes stay. Throws Cancelled.
std::string ReadApart(const std::string& what, int seconds, Job& job,
                      const std::function<std::string()>& read);

// How long a sound file of this size may take at most: `least` and a second for each megabyte.
int SecondsToRead(const std::filesystem::path& file, int least);

}  // namespace datasets
