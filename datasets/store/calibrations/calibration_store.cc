#include "datasets/store/calibrations/calibration_store.h"

#include "datasets/base/error.h"

namespace datasets {

Calibration CalibrationFromText(const std::string& text) {
  return CalibrationFromJson(nlohmann::json::parse(text, nullptr, false));
}

std::optional<CalibrationRow> ReadCalibration(Connection& connection, Id video_id) {
  auto row =
      connection.Query("SELECT id, calibration FROM calibrations WHERE video_id = ?", video_id);
  if (!row.Step()) return {};
  return CalibrationRow{row.Int(0), video_id, CalibrationFromText(row.Text(1))};
}

Id InsertCalibration(Connection& connection, Id video_id, const Calibration& calibration) {
  return connection.Insert("INSERT INTO calibrations (video_id, calibration) VALUES (?, ?)",
                           video_id, CalibrationToJson(calibration).dump());
}

void UpdateCalibration(Connection& connection, Id id, const Calibration& calibration) {
  connection.Run("UPDATE calibrations SET calibration = ? WHERE id = ?",
                 CalibrationToJson(calibration).dump(), id);
}

void DeleteCalibration(Connection& connection, Id id) {
  connection.Run("DELETE FROM calibrations WHERE id = ?", id);
}

}  // namespace datasets
