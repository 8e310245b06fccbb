#include "datasets/only_animal.h"

#include "datasets/unknown_name.h"

namespace datasets {

std::string OnlyAnimal(const Project& project) {
  std::string only;
  for (const CategoryRow& category : project.Categories()) {
    if (IsUnknown(category)) continue;
    if (!only.empty()) return kAnyAnimal;
    only = category.name;
  }
  return only.empty() ? kAnyAnimal : only;
}

}  // namespace datasets
