// A file format as the table of formats holds it; each format's room defines its own.
#pragma once

#include <filesystem>

#include "datasets/base/job.h"
#include "datasets/exchange/file_start.h"
#include "datasets/exchange/options.h"

namespace datasets {

class Project;

struct Format {
  const char* name;
  // Null where it cannot be read, or not be written. As Import and Export of formats.h promise.
  ImportReport (*import)(Project&, const std::filesystem::path&, const ImportOptions&, Job&);
  ExportReport (*export_to)(const Project&, const std::filesystem::path&, const ExportOptions&,
                            Job&);
  const char* path;         // what PATH is: "a JSON file", "a folder", ...
  const char* description;  // one line
  // Whether a file or folder looks like this format; null where that cannot be told.
  bool (*is_like)(const FileStart&) = nullptr;
};

}  // namespace datasets
