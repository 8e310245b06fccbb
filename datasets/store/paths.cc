#include "datasets/store/paths.h"

namespace datasets {

namespace fs = std::filesystem;

std::string PathFrom(const fs::path& folder, const fs::path& file) {
  const fs::path absolute = fs::weakly_canonical(file);
  const fs::path relative = absolute.lexically_relative(fs::weakly_canonical(folder));
  return (relative.empty() ? absolute : relative).generic_string();
}

}  // namespace datasets
