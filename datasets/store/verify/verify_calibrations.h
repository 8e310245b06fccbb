// What is wrong with the calibrations of a project.
#pragma once

#include "datasets/store/connection.h"

namespace datasets {

extern const char* const kCalibrationRows;  // a query, for:
// Throws Error where the calibration of the row cannot be used with its video.
void CheckCalibrationRow(const Statement& row, int64_t id);

}  // namespace datasets
