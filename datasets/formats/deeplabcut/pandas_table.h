// Tables that pandas keeps in HDF5 (DataFrame.to_hdf): DeepLabCut's .h5 files, in both layouts,
// "fixed" (labels, networks on labeled pictures) and "table" (networks on videos). The names of the
// columns of the second are a pickle of texts; it is read as such, and nothing in it is run.
#pragma once

#include <string>
#include <vector>

#include "datasets/hdf5/h5_file.h"

namespace datasets {

// Whether there is a table of pandas in the file.
bool HasPandasTable(const H5File& file);

// The first table of the file as DataFrame.to_csv would write it, cut into cells: a line for each
// level of the columns' names, which begins with the level's name, then the rows, which begin with
// the row's name (its parts in cells of their own). Numbers have all digits; gaps are empty.
// Throws Error for a table of another kind, and for Python objects in it.
std::vector<std::vector<std::string>> PandasCells(const H5File& file);

}  // namespace datasets
