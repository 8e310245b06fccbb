#include "datasets/files/unpacked_zip.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <zip.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <functional>
#include <memory>
#include <set>

#include "datasets/base/encoding.h"
#include "datasets/base/error.h"
#include "datasets/files/file_names.h"

namespace datasets {

namespace fs = std::filesystem;

namespace {

thread_local const UnpackedZip* innermost_zip = nullptr;

// Pictures, films and archives.
bool StaysPacked(const fs::path& path) {
  static const std::set<std::string> kEndings = {".jpg",  ".jpeg", ".png",  ".bmp", ".tif", ".tiff",
                                                 ".webp", ".gif",  ".heic", ".zip", ".pt",  ".pth"};
  return kEndings.count(LowerEnding(path)) > 0 || HasVideoEnding(path);
}

// What systems put into every folder.
bool IsClutter(const fs::path& path) {
  const std::string name = path.filename().string();
  return *path.begin() == "__MACOSX" || name.rfind("._", 0) == 0 || name == ".DS_Store" ||
         name == "Thumbs.db" || name == "desktop.ini";
}

struct CloseZip {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct CloseEntry {
  void operator()(zip_file_t* entry) const { zip_fclose(entry); }
};

// One entry that is a file.
struct PackedFile {
  zip_uint64_t index = 0;
  fs::path path;  // within the archive, plain
  uint64_t size = 0, packed = 0;
};

class ZipOfStranger {
 public:
  ZipOfStranger(const fs::path& file, const UnpackLimits& limits)
      : thing_("'" + file.filename().string() + "'"), limits_(limits) {
    int code = 0;
    archive_.reset(zip_open(file.c_str(), ZIP_RDONLY, &code));
    std::error_code failed;
    bytes_ = fs::file_size(file, failed);
    if (archive_ && !failed) return;
    if (code == ZIP_ER_OPEN || code == ZIP_ER_READ) throw Error(thing_, "it cannot be read");
    if (code == ZIP_ER_MEMORY) throw Error(thing_, "its table of contents needs too much memory");
    throw Error(thing_, "the archive is damaged or cut short", "get it again");
  }

  // Of all entries, so that no bad one is passed over in silence.
  std::vector<PackedFile> Files(Job& job) const {
    const zip_int64_t count = zip_get_num_entries(archive_.get(), 0);
    if (count > 0 && static_cast<uint64_t>(count) > limits_.entries) {
      throw Error(thing_,
                  "it holds " + std::to_string(count) + " entries, more than " +
                      std::to_string(limits_.entries),
                  "unpack it, and import what is in it");
    }
    std::vector<PackedFile> files;
    std::set<fs::path> names;
    for (zip_int64_t i = 0; i < count; ++i) {
      job.ThrowIfCancelled();
      zip_stat_t stat;
      zip_stat_init(&stat);
      const auto index = static_cast<zip_uint64_t>(i);
      constexpr zip_uint64_t kNeeded = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE;
      if (zip_stat_index(archive_.get(), index, ZIP_FL_ENC_RAW, &stat) != 0 ||
          (stat.valid & kNeeded) != kNeeded) {
        throw Error(thing_, "its entry number " + std::to_string(i + 1) + " is damaged",
                    "get it again");
      }
      const std::string name = stat.name;
      const fs::path path = PlainPath(name);
      if (IsLink(index)) RefuseEntry(name, "is a link to another file", kUnpackByHand);
      if (path.empty() || name.back() == '/' || name.back() == '\\') continue;  // a folder
      if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) && stat.encryption_method != ZIP_EM_NONE) {
        RefuseEntry(name, "is encrypted", "unpack it with its password, and import what is in it");
      }
      if (!names.insert(path).second) RefuseEntry(name, "stands there twice", kUnpackByHand);
      if (!IsClutter(path)) files.push_back({index, path, stat.size, stat.comp_size});
    }
    return files;
  }

  void CheckSizes(const std::vector<PackedFile>& files, const fs::path& disk) const {
    uint64_t bytes = 0, packed = 0;
    for (const PackedFile& file : files) {
      if (IsBomb(file.size, file.packed)) RefuseBomb(file);
      // Sizes are claims of a stranger: their sum may pass 64 bits.
      bytes = file.size > limits_.bytes - bytes ? limits_.bytes + 1 : bytes + file.size;
      if (bytes > limits_.bytes) {
        RefuseEntry(file.path.string(),
                    "makes it more than " + std::to_string(limits_.bytes >> 20) + " MB of labels",
                    kUnpackByHand);
      }
      packed += file.packed;
    }
    if (IsBomb(bytes, std::min(packed, bytes_))) {  // entries may share what is packed
      throw Error(
          thing_,
          "it would unpack to " + std::to_string(bytes >> 20) + " MB, far more than labels do",
          "if it can be trusted, unpack it, and import what is in it");
    }
    std::error_code failed;
    const fs::space_info space = fs::space(disk, failed);
    constexpr uint64_t kSpared = uint64_t{64} << 20;
    if (failed || bytes + (bytes > kSpared ? kSpared : 0) <= space.available) return;
    throw Error(thing_,
                "unpacking it needs " + std::to_string(bytes >> 20) + " MB in '" + disk.string() +
                    "', where " + std::to_string(space.available >> 20) + " MB are free",
                "free some, or name a folder of another disk in TMPDIR");
  }

  // `unpacked` is called with bytes as they come.
  void Write(const PackedFile& file, const fs::path& to,
             const std::function<void(uint64_t)>& unpacked) const {
    const std::string name = file.path.generic_string();
    std::error_code failed;
    fs::create_directories(to.parent_path(), failed);
    if (failed || fs::exists(to, failed)) {
      RefuseEntry(name, "cannot be written: its name is too long, or a file and a folder, too",
                  kUnpackByHand);
    }
    const std::unique_ptr<zip_file_t, CloseEntry> entry(
        zip_fopen_index(archive_.get(), file.index, 0));
    if (!entry) {
      const int code = zip_error_code_zip(zip_get_error(archive_.get()));
      if (code == ZIP_ER_COMPNOTSUPP) {
        RefuseEntry(name, "is packed in a way that is not known here", kUnpackByHand);
      }
      RefuseEntry(name, "is damaged", "get it again");
    }
    std::ofstream out(to, std::ios::binary);
    std::vector<char> part(size_t{1} << 18);
    uint64_t bytes = 0;
    while (true) {
      const zip_int64_t read = zip_fread(entry.get(), part.data(), part.size());
      if (read < 0) RefuseEntry(name, "is damaged: its check sum is wrong", "get it again");
      if (read == 0) break;
      bytes += static_cast<uint64_t>(read);
      if (bytes > file.size) RefuseEntry(name, "is larger than the archive says", "get it again");
      out.write(part.data(), read);
      unpacked(static_cast<uint64_t>(read));
    }
    if (bytes != file.size) RefuseEntry(name, "is cut short", "get it again");
    out.close();
    if (!out) {
      throw Error("'" + to.string() + "'", "it cannot be written (is the disk full?)",
                  "free some, or name a folder of another disk in TMPDIR");
    }
  }

 private:
  static constexpr const char* kUnpackByHand = "unpack it by hand, and import what is in it";

  [[noreturn]] void RefuseEntry(const std::string& name, const std::string& cause,
                                const std::string& remedy) const {
    throw Error(thing_, "its entry '" + ShownText(name) + "' " + cause, remedy);
  }
  [[noreturn]] void RefuseBomb(const PackedFile& file) const {
    RefuseEntry(
        file.path.generic_string(),
        "would unpack to " + std::to_string(file.size >> 20) + " MB, far more than labels do",
        "if it can be trusted, unpack it by hand, and import what is in it");
  }

  bool IsBomb(uint64_t size, uint64_t packed) const {
    return size > limits_.unsuspected && size / limits_.ratio > packed;
  }

  bool IsLink(zip_uint64_t index) const {
    zip_uint8_t system = 0;
    zip_uint32_t attributes = 0;
    if (zip_file_get_external_attributes(archive_.get(), index, 0, &system, &attributes) != 0) {
      return false;
    }
    return (system == ZIP_OPSYS_UNIX || system == ZIP_OPSYS_OS_X) && S_ISLNK(attributes >> 16);
  }

  // Without "." and doubled slashes. Throws Error for a name that leads out of the folder.
  fs::path PlainPath(const std::string& name) const {
    if (!IsUtf8(name)) {
      RefuseEntry(name, "has a name that is not UTF-8",
                  "unpack it by hand, or pack it with a tool that writes UTF-8");
    }
    if (std::any_of(name.begin(), name.end(),
                    [](unsigned char c) { return c < 0x20 || c == 0x7f; })) {
      RefuseEntry(name, "has a name with signs that cannot be seen", kUnpackByHand);
    }
    std::string plain = name;
    std::replace(plain.begin(), plain.end(), '\\', '/');
    const bool drive = plain.size() > 1 && plain[1] == ':' && std::isalpha(plain[0] & 0x7f);
    if (drive || plain[0] == '/') {
      RefuseEntry(name, "has a path from the root of a disk", kUnpackByHand);
    }
    fs::path path;
    for (const fs::path& part : fs::path(plain)) {
      if (part == "..") RefuseEntry(name, "leads out of the archive's folder", "do not trust it");
      if (!part.empty() && part != ".") path /= part;
    }
    return path;
  }

  const std::string thing_;
  const UnpackLimits limits_;
  uint64_t bytes_ = 0;  // of the archive
  std::unique_ptr<zip_t, CloseZip> archive_;
};

}  // namespace

bool IsZipFile(const fs::path& file) {
  static const std::set<std::string> kOnlyInside = {".npz", ".xlsx", ".ods", ".docx"};
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored) || kOnlyInside.count(LowerEnding(file))) return false;
  char start[4] = {};
  std::ifstream(file, std::ios::binary).read(start, sizeof start);
  const std::string bytes(start, sizeof start);
  return bytes == "PK\x03\x04" || bytes == "PK\x05\x06";  // the second: nothing is in it
}

UnpackedZip::UnpackedZip(const fs::path& file, Job& job, const UnpackLimits& limits)
    : file_(file), outer_(innermost_zip) {
  std::error_code failed;
  const fs::path place = fs::temp_directory_path(failed);
  std::string pattern = (place / "vole-unpacked-XXXXXX").string();
  if (failed || !mkdtemp(pattern.data())) {
    throw Error("the folder for temporary files '" + place.string() + "'",
                "nothing can be written there", "name another one in TMPDIR");
  }
  temporary_ = fs::canonical(pattern, failed);
  if (failed) temporary_ = pattern;
  try {
    std::string name = file.stem().string();
    if (name.empty() || name == "." || name == "..") name = "archive";
    folder_ = temporary_ / name;  // names of folders are names of videos to some formats
    if (!fs::create_directory(folder_, failed)) {
      throw Error("'" + folder_.string() + "'", "it cannot be made: " + failed.message());
    }
    Unpack(job, limits);
  } catch (...) {
    Remove();
    throw;
  }
  innermost_zip = this;
}

UnpackedZip::~UnpackedZip() {
  innermost_zip = outer_;
  Remove();
}

void UnpackedZip::Remove() {
  std::error_code ignored;
  fs::remove_all(temporary_, ignored);
}

void UnpackedZip::Unpack(Job& job, const UnpackLimits& limits) {
  const ZipOfStranger archive(file_, limits);
  std::vector<PackedFile> wanted;
  double total = 0, done = 0;
  for (const PackedFile& packed : archive.Files(job)) {
    if (StaysPacked(packed.path)) {
      left_out_.push_back(folder_ / packed.path);
      continue;
    }
    wanted.push_back(packed);
    total += static_cast<double>(packed.size);
  }
  archive.CheckSizes(wanted, temporary_);
  const std::string text = "unpacking " + file_.filename().string();
  for (const PackedFile& packed : wanted) {
    job.Advance(done, total, text);
    archive.Write(packed, folder_ / packed.path, [&](uint64_t bytes) {
      done += static_cast<double>(bytes);
      job.Advance(done, total, text);
    });
    files_.push_back(folder_ / packed.path);
  }
  std::sort(files_.begin(), files_.end());
}

void UnpackedZip::AddNames(Job& job) const {
  for (const fs::path& path : left_out_) {
    job.ThrowIfCancelled();
    std::error_code ignored;
    fs::create_directories(path.parent_path(), ignored);
    if (!fs::exists(path, ignored)) std::ofstream(path, std::ios::binary);
  }
}

std::string UnpackedZip::InWords(std::string text) const {
  const std::string name = file_.filename().string(), folder = folder_.string();
  for (size_t at; (at = text.find(folder)) != std::string::npos;) {
    const size_t after = at + folder.size();
    const bool inside = after < text.size() && text[after] == '/';
    text.replace(at, folder.size() + (inside ? 1 : 0), name + (inside ? ": " : ""));
  }
  return text;
}

std::optional<fs::path> ArchiveAround(const fs::path& inside) {
  for (const UnpackedZip* zip = innermost_zip; zip; zip = zip->outer_) {
    std::error_code failed;
    const fs::path whole = fs::weakly_canonical(inside, failed);
    if (failed) continue;
    const auto [own, ignored] =
        std::mismatch(zip->temporary_.begin(), zip->temporary_.end(), whole.begin(), whole.end());
    if (own == zip->temporary_.end()) return zip->file_;
  }
  return std::nullopt;
}

}  // namespace datasets
