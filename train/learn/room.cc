#include "train/learn/room.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>

namespace train {

std::string WhyNoRoom(const std::filesystem::path& file, uint64_t bytes) {
  std::string name = file.string() + ".room-XXXXXX";
  const int descriptor = ::mkostemp(name.data(), O_CLOEXEC);
  if (descriptor < 0) return std::strerror(errno);
  ::unlink(name.c_str());
  const int error = bytes > 0 ? ::posix_fallocate(descriptor, 0, static_cast<off_t>(bytes)) : 0;
  ::close(descriptor);
  // File systems that set nothing aside find out when they are written to.
  return error == 0 || error == EOPNOTSUPP || error == EINVAL ? "" : std::strerror(error);
}

std::string MegabyteWords(uint64_t bytes) {
  const uint64_t megabytes = (bytes + 999999) / 1000000;
  return std::to_string(megabytes) + " MB";
}

}  // namespace train
