// What a file or folder shows of itself before it is read: enough to tell formats apart.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace datasets {

struct FileStart {
  // Throws Error where there is nothing, or nothing that can be read.
  explicit FileStart(const std::filesystem::path& path);

  std::filesystem::path path;
  bool is_folder = false;
  std::string extension;          // with the dot, in lower case
  std::string text;               // of a file: its first 64 KiB, as UTF-8
  std::vector<std::string> keys;  // where it is a JSON object: its own keys, as far as `text` goes
  std::vector<std::vector<std::string>>
      lines;  // else its first lines, cut at , ; or tab, lower case
  std::vector<std::filesystem::path>
      entries;  // of a folder: files in and beneath it, some hundreds

  bool HasKey(const std::string& key) const;
  // An HDF5 file that shows these names of groups or datasets in its beginning.
  bool HasHdf5(const std::vector<std::string>& names) const;
  // One of the first lines holds all of these.
  bool HasLine(const std::vector<std::string>& columns) const;
};

}  // namespace datasets
