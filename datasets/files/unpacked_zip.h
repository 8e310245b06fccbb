// What lies in a .zip of a stranger, for as long as it is read. Labels are unpacked; pictures,
// films and further archives are not, since no format reads them: their names can be put there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "datasets/base/job.h"

namespace datasets {

// By its first bytes. Not of what is a zip only inside: .npz, .xlsx, .ods, ...
bool IsZipFile(const std::filesystem::path& file);

// What an archive may come to; more is refused.
struct UnpackLimits {
  uint64_t bytes = uint64_t{20} << 30;         // of all that is unpacked
  uint64_t entries = 1000000;                  // files and folders
  uint64_t ratio = 200;                        // unpacked to packed, of an entry and of all,
  uint64_t unsuspected = uint64_t{100} << 20;  // where they unpack to more bytes than these
};

class UnpackedZip {
 public:
  // Into a new folder called as the archive is, in a temporary one. Throws Error that names the
  // archive and the entry: damaged, encrypted, a link, a name that leads out of the folder or
  // stands there twice, more than the limits, no room on the disk; Cancelled.
  UnpackedZip(const std::filesystem::path& file, Job& job, const UnpackLimits& limits = {});
  // Removes the folder.
  ~UnpackedZip();
  UnpackedZip(const UnpackedZip&) = delete;
  UnpackedZip& operator=(const UnpackedZip&) = delete;

  const std::filesystem::path& file() const { return file_; }
  const std::filesystem::path& folder() const { return folder_; }
  const std::vector<std::filesystem::path>& files() const { return files_; }  // unpacked, sorted
  const std::vector<std::filesystem::path>& left_out() const { return left_out_; }  // pictures, ...
  // Puts an empty file where each of those would lie: whether a picture is there tells tools apart.
  void AddNames(Job& job) const;
  // A text in which places of the folder are called by what they are in the archive.
  std::string InWords(std::string text) const;

 private:
  friend std::optional<std::filesystem::path> ArchiveAround(const std::filesystem::path&);
  void Unpack(Job& job, const UnpackLimits& limits);
  void Remove();

  const std::filesystem::path file_;
  std::filesystem::path temporary_, folder_;
  std::vector<std::filesystem::path> files_, left_out_;
  const UnpackedZip* outer_;
};

// The archive from which this thread has unpacked the file or folder just now; nothing where it is
// a loose one. Names of videos and pictures are looked for beside the archive.
std::optional<std::filesystem::path> ArchiveAround(const std::filesystem::path& inside);

}  // namespace datasets
