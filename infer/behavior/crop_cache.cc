#include "infer/behavior/crop_cache.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "datasets/base/error.h"
#include "datasets/base/fingerprint.h"
#include "datasets/files/atomic_file.h"

namespace infer {
namespace {

namespace fs = std::filesystem;
using datasets::Error;

constexpr char kMagic[8] = {'V', 'O', 'L', 'E', 'P', 'I', 'C', '1'};
constexpr char kEnding[] = ".pictures";

std::string KeyHashOf(const std::string& text) {
  datasets::Fingerprint fingerprint;
  fingerprint.AddText(text);
  return fingerprint.Hex();
}

class File {
 public:
  File(const fs::path& path, int flags) : path_(path), fd_(open(path.c_str(), flags, 0644)) {
    if (fd_ < 0) Fail();
  }
  ~File() { close(fd_); }
  int fd() const { return fd_; }
  void Write(const void* data, size_t bytes, int64_t at) {
    const char* from = static_cast<const char*>(data);
    while (bytes > 0) {
      const ssize_t written = pwrite(fd_, from, bytes, at);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) Fail();
      from += written;
      at += written;
      bytes -= static_cast<size_t>(written);
    }
  }
  [[noreturn]] void Fail() const {
    throw Error("prepared pictures '" + path_.string() + "'",
                std::string("they cannot be written (") + std::strerror(errno) + ")",
                "make room on the disk, or give a smaller --cache-mb");
  }

 private:
  fs::path path_;
  int fd_;
};

void KeepWithin(const fs::path& folder, int64_t most_bytes) {
  struct Old {
    fs::file_time_type when;
    fs::path path;
    int64_t bytes;
  };
  std::vector<Old> files;
  int64_t sum = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().extension() != kEnding) continue;
    struct stat info {};
    if (stat(entry.path().c_str(), &info) != 0) continue;
    files.push_back({entry.last_write_time(ignored), entry.path(), info.st_blocks * 512});
    sum += files.back().bytes;
  }
  std::sort(files.begin(), files.end(), [](const Old& a, const Old& b) { return a.when < b.when; });
  for (const Old& file : files) {
    if (sum <= most_bytes) break;
    fs::remove(file.path, ignored);
    sum -= file.bytes;
  }
}

}  // namespace

int64_t PictureCache::BytesNeeded(const train::BehaviorInput& input, size_t subjects, int frames) {
  const int64_t each = static_cast<int64_t>(input.stored_bytes()) + 1 + 4 * train::kMotionFeatures;
  return static_cast<int64_t>(subjects) * frames * each + 4096;
}

PictureCache::PictureCache(const fs::path& folder, BehaviorPictures& pictures,
                           const train::BehaviorInput& input, int start_frame, int end_frame,
                           int64_t most_bytes, datasets::Job& job)
    : input_(input),
      subjects_(pictures.subjects()),
      start_frame_(start_frame),
      end_frame_(end_frame) {
  const std::string key = pictures.Fingerprint() + std::to_string(start_frame) + ":" +
                          std::to_string(end_frame) + std::to_string(subjects_);
  const fs::path file = folder / (KeyHashOf(key) + kEnding);
  if (Open(file)) {
    was_there_ = true;
    std::error_code ignored;
    fs::last_write_time(file, fs::file_time_type::clock::now(), ignored);
    return;
  }
  const int64_t needed = BytesNeeded(input, subjects_, end_frame - start_frame);
  if (needed > most_bytes) {
    throw Error("prepared pictures",
                "they need " + std::to_string(needed >> 20) + " MB, more than the " +
                    std::to_string(most_bytes >> 20) + " MB allowed",
                "raise --cache-mb, or take fewer frames (--frames) or smaller pictures");
  }
  fs::create_directories(folder);
  KeepWithin(folder, most_bytes - needed);
  Make(file, pictures, most_bytes, job);
  if (!Open(file)) {
    throw Error("prepared pictures '" + file.string() + "'", "they cannot be read back",
                "check the disk");
  }
}

PictureCache::~PictureCache() {
  if (data_) munmap(const_cast<uchar*>(data_), bytes_);
}

void PictureCache::Make(const fs::path& file, BehaviorPictures& pictures, int64_t,
                        datasets::Job& job) {
  const fs::path part = datasets::MakeTemporaryFor(file);
  try {
    File out(part, O_CREAT | O_TRUNC | O_RDWR);
    const int64_t each = static_cast<int64_t>(input_.stored_bytes());
    const int64_t frames = end_frame_ - start_frame_;
    const int64_t header = 4096;
    const auto traces = pictures.Run(
        start_frame_, end_frame_, job, [&](int frame, size_t subject, const cv::Mat& stored) {
          if (stored.empty()) return;  // a hole in the file
          VOLE_CHECK(stored.isContinuous() &&
                     static_cast<int64_t>(stored.total() * stored.elemSize()) == each);
          const int64_t place = (frame - start_frame_) * static_cast<int64_t>(subjects_) +
                                static_cast<int64_t>(subject);
          out.Write(stored.data, static_cast<size_t>(each), header + place * each);
        });
    int64_t at = header + frames * static_cast<int64_t>(subjects_) * each;
    for (const SubjectTrace& trace : traces) {
      out.Write(trace.seen.data(), trace.seen.size(), at);
      at += static_cast<int64_t>(trace.seen.size());
      out.Write(trace.motion.data(), trace.motion.size() * sizeof(float), at);
      at += static_cast<int64_t>(trace.motion.size() * sizeof(float));
    }
    if (ftruncate(out.fd(), at) != 0) out.Fail();
    out.Write(&at, sizeof(at), 8);
    out.Write(kMagic, sizeof(kMagic), 0);
    datasets::ReplaceFile(part, file);
  } catch (...) {
    std::error_code ignored;
    fs::remove(part, ignored);
    throw;
  }
}

bool PictureCache::Open(const fs::path& file) {
  const int fd = open(file.c_str(), O_RDONLY);
  if (fd < 0) return false;
  struct stat info {};
  const int64_t frames = end_frame_ - start_frame_, subjects = static_cast<int64_t>(subjects_);
  const int64_t pictures = 4096 + frames * subjects * static_cast<int64_t>(input_.stored_bytes());
  const int64_t expected =
      pictures + subjects * frames * (1 + 4 * static_cast<int64_t>(train::kMotionFeatures));
  if (fstat(fd, &info) != 0 || info.st_size != expected) {
    close(fd);
    return false;
  }
  void* memory = mmap(nullptr, static_cast<size_t>(expected), PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  if (memory == MAP_FAILED) return false;
  data_ = static_cast<const uchar*>(memory);
  bytes_ = static_cast<size_t>(expected);
  if (std::memcmp(data_, kMagic, sizeof(kMagic)) != 0) {
    munmap(memory, bytes_);
    data_ = nullptr;
    return false;
  }
  const uchar* at = data_ + pictures;
  traces_.assign(subjects_, {});
  for (SubjectTrace& trace : traces_) {
    trace.seen.assign(at, at + frames);
    at += frames;
    trace.motion.resize(static_cast<size_t>(frames * train::kMotionFeatures));
    std::memcpy(trace.motion.data(), at, trace.motion.size() * sizeof(float));
    at += trace.motion.size() * sizeof(float);
  }
  return true;
}

cv::Mat PictureCache::Get(size_t subject, int frame) const {
  VOLE_CHECK(frame >= start_frame_ && frame < end_frame_ && subject < subjects_);
  const size_t place = static_cast<size_t>(frame - start_frame_) * subjects_ + subject;
  const int side = input_.stored_side();
  return {side, side, CV_8UC(input_.channels()),
          const_cast<uchar*>(data_ + 4096 + place * input_.stored_bytes())};
}

}  // namespace infer
