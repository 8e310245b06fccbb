// Numbers of tracklets, names and points are int, -1 for none; containers count with size_t.
#pragma once

#include <cstddef>

namespace datasets {

// `number` is not negative.
inline size_t AsIndex(int number) { return static_cast<size_t>(number); }

}  // namespace datasets
