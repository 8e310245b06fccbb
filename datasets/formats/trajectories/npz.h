// Arrays of NumPy: .npz, a zip archive of .npy files (numpy.lib.format, versions 1 to 3). Arrays of
// Python objects are pickles and are refused: they are programs.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace datasets {

struct NumpyArray {
  std::vector<size_t> shape;   // {} for a single value
  std::vector<double> values;  // in C order; whole numbers beyond 2^53 are rounded
};

// Those of `names` that the archive holds. Throws Error(thing = `what`) for a file that is no such
// archive, an array that is damaged or of objects, and more values than a recording can have.
std::map<std::string, NumpyArray> ReadNpz(const std::filesystem::path& path,
                                          const std::vector<std::string>& names,
                                          const std::string& what);
// One .npy; `place`: how errors call it.
NumpyArray ReadNpy(const std::string& bytes, const std::string& place);

}  // namespace datasets
