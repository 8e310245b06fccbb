#include "datasets/calibrated.h"

#include "datasets/base/error.h"
#include "datasets/store/calibrations/calibration_store.h"

namespace datasets {

std::optional<Calibration> CalibrationOf(const Project& project, const VideoRow& video) {
  std::optional<Calibration> calibration;
  try {
    project.Read([&](Connection& connection) {
      const auto row = ReadCalibration(connection, video.id);
      if (!row) return;
      calibration = row->calibration;
    });
    if (calibration) CheckCalibration(*calibration, video.width, video.height);
  } catch (const Error& error) {
    throw Error("calibration of '" + video.name + "'", error.what(),
                "calibrate the video again (vole calibrate), or --clear it");
  }
  return calibration;
}

std::optional<FloorMap> FloorOf(const Project& project, const VideoRow& video,
                                double pixels_per_cm) {
  if (pixels_per_cm > 0) return FloorMap::Uniform(pixels_per_cm);
  const auto calibration = CalibrationOf(project, video);
  if (!calibration) return {};
  return FloorMap(*calibration);
}

}  // namespace datasets
