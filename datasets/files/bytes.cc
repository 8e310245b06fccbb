#include "datasets/files/bytes.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "datasets/base/error.h"

namespace datasets {

MappedFile::MappedFile(const std::filesystem::path& file, const std::string& what) {
  const auto Refuse = [&](const std::string& cause) {
    throw Error(what, cause, "check the name of the file");
  };
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) Refuse(std::string("the file cannot be opened: ") + std::strerror(errno));
  struct stat status {};
  const bool plain = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  void* place = MAP_FAILED;
  if (plain && status.st_size > 0) {
    place =
        ::mmap(nullptr, static_cast<size_t>(status.st_size), PROT_READ, MAP_PRIVATE, descriptor, 0);
  }
  ::close(descriptor);
  if (!plain) Refuse("this is not a plain file");
  if (status.st_size == 0) Refuse("the file is empty");
  if (place == MAP_FAILED) Refuse("the file cannot be read");
  bytes_ = {static_cast<const uint8_t*>(place), static_cast<size_t>(status.st_size)};
}

MappedFile::~MappedFile() {
  if (bytes_.data) ::munmap(const_cast<uint8_t*>(bytes_.data), bytes_.size);
}

std::string Shown(const std::string& text) {
  constexpr size_t kLongest = 80;
  std::string shown = text.substr(0, kLongest);
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 32 || static_cast<unsigned char>(c) >= 127) c = '?';
  }
  return text.size() > kLongest ? shown + "..." : shown;
}

}  // namespace datasets
