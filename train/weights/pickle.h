// Reads Python pickles without running anything: values become plain data, a global stays a name,
// and a call stays a note of what would have been called. (Opcodes: CPython's Lib/pickletools.py.)
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "datasets/files/bytes.h"

namespace train {

using PickleIndex = uint32_t;

// Values refer to others by index, so nesting of any depth needs no recursion.
struct PickleValue {
  enum class Kind {
    kNone,
    kBool,        // integer
    kInteger,     // integer
    kBigInteger,  // text: little-endian bytes of more than 8
    kReal,        // real
    kText,        // text
    kTuple,       // items
    kList,        // items
    kDict,        // items: key, value, key, value, ...; an OrderedDict too
    kGlobal,      // text: "module name"
    kPersistent,  // items[0]: the identifier
    kCall,        // text: "module name" of what would be called; items[0]: a kTuple of arguments
  };
  Kind kind = Kind::kNone;
  int64_t integer = 0;
  double real = 0;
  std::string text;
  std::vector<PickleIndex> items;
};

struct Pickle {
  std::vector<PickleValue> values;
  PickleIndex root = 0;
  size_t bytes_used = 0;

  const PickleValue& operator[](PickleIndex index) const { return values[index]; }
};

// Reads the pickle that `bytes` begin with. `allowed` decides about each global, by "module name"
// ("collections OrderedDict" is always allowed and becomes a dict); `file` is named in errors.
// Throws Error for a global that is not allowed (by its name), for opcodes that make or change
// objects, for pickles that are truncated or make no sense, and for more than a million values.
Pickle ReadPickle(datasets::Bytes bytes, const std::function<bool(const std::string&)>& allowed,
                  const std::string& file);

}  // namespace train
