#include "app/cli/arguments.h"

namespace app {

std::filesystem::path ProjectFile(const std::string& text) {
  std::filesystem::path file = text;
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    std::filesystem::path with_extension = text + ".vole";
    if (std::filesystem::exists(with_extension, error)) return with_extension;
  }
  return file;
}

std::unique_ptr<datasets::Project> OpenProject(const std::string& text,
                                               datasets::Project::Access access) {
  return datasets::Project::Open(ProjectFile(text), access);
}

std::unique_ptr<datasets::Project> OpenProjectReadOnly(const std::string& text) {
  return OpenProject(text, datasets::Project::Access::kReadOnly);
}

}  // namespace app
