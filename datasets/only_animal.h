// What animals are called that nothing tells apart.
#pragma once

#include <string>

#include "datasets/project.h"

namespace datasets {

inline constexpr char kAnyAnimal[] = "animal";

// The name of the project's only animal; kAnyAnimal where it has none or several. That the name of
// some is not known (datasets/unknown_name.h) makes them no other animals.
std::string OnlyAnimal(const Project& project);

}  // namespace datasets
