#include "datasets/store/verify/verify_calibrations.h"

#include "datasets/store/calibrations/calibration_store.h"

namespace datasets {

const char* const kCalibrationRows =
    "SELECT calibrations.id, calibration, width, height FROM calibrations"
    " JOIN videos ON videos.id = video_id";

void CheckCalibrationRow(const Statement& row, int64_t) {
  CheckCalibration(CalibrationFromText(row.Text(1)), static_cast<int>(row.Int(2)),
                   static_cast<int>(row.Int(3)));
}

}  // namespace datasets
