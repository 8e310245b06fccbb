// What to do about a damaged or replaced project file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "datasets/base/job.h"

namespace datasets {

// Puts `copy` in the place of the project `file`, and removes what SQLite had left beside that
// (-wal, -shm, -journal), which would be applied to a copy that it does not belong to. The project
// that was there is kept, whole, under the returned name (empty: there was none). `copy` stays.
// Throws Error, and leaves all as it was, for a copy that is no project or is damaged, and for a
// project that another program has open.
std::filesystem::path RestoreProject(const std::filesystem::path& file,
                                     const std::filesystem::path& copy);

struct Recovered {
  int64_t saved = 0;
  int64_t left_out = 0;  // rows that do not fit (they refer to rows that are lost), or whose place
                         // was found empty between others
  std::string damage;    // what ended the reading of the table, or ""
};

// Saves what can still be read of a damaged project as a new one, table by table (the result), row
// by row: what lies on sound pages of the file. The damaged file is only read. Rows of tables that
// Vole has not made stay behind. Throws Error where `out` exists or cannot be written, for a file
// in which no project can be recognized, and Cancelled.
std::map<std::string, Recovered> RecoverProject(const std::filesystem::path& file,
                                                const std::filesystem::path& out, Job& job);

}  // namespace datasets
