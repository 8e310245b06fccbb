// How pixels of a video become centimetres, one row a video that was calibrated; see
// space/calibration.h.
#pragma once

#include <optional>

#include "datasets/space/calibration.h"
#include "datasets/store/connection.h"
#include "datasets/store/records.h"

namespace datasets {

struct CalibrationRow {
  Id id = 0;
  Id video_id = 0;
  Calibration calibration;
};

// Throws Error for a row that is damaged (see vole verify).
std::optional<CalibrationRow> ReadCalibration(Connection& connection, Id video_id);
// Throw Error where the video has one already, or is not there; the calibration itself is not
// checked.
Id InsertCalibration(Connection& connection, Id video_id, const Calibration& calibration);
void UpdateCalibration(Connection& connection, Id id, const Calibration& calibration);
void DeleteCalibration(Connection& connection, Id id);

// Throws Error for text that is no calibration.
Calibration CalibrationFromText(const std::string& text);

}  // namespace datasets
