#include "annotate/edits_calibration.h"

#include "datasets/store/calibrations/calibration_store.h"

namespace annotate {

using datasets::Writer;

namespace {

// Of a row, also of a damaged one, which can only be replaced or removed.
datasets::Id CalibrationIdOf(Recorder& recorder, datasets::Id video_id) {
  auto row =
      recorder.connection().Query("SELECT id FROM calibrations WHERE video_id = ?", video_id);
  return row.Step() ? row.Int(0) : 0;
}

}  // namespace

Edit CalibrateVideo(datasets::Id video_id, datasets::Calibration calibration) {
  return {"Calibrate video", Place{video_id, 0}, [=](Recorder& recorder) {
            const auto video = recorder.reader().VideoById(video_id);
            if (!video) throw datasets::Error("calibration", "its video is gone", "choose another");
            datasets::CheckCalibration(calibration, video->width, video->height);
            const datasets::Id id = CalibrationIdOf(recorder, video_id);
            if (id != 0) {
              recorder.Change("calibrations", id, [&](Writer& writer) {
                datasets::UpdateCalibration(writer.connection(), id, calibration);
              });
            } else {
              recorder.Insert("calibrations", [&](Writer& writer) {
                return datasets::InsertCalibration(writer.connection(), video_id, calibration);
              });
            }
          }};
}

Edit ClearCalibration(datasets::Id video_id) {
  return {"Remove calibration", Place{video_id, 0}, [=](Recorder& recorder) {
            const datasets::Id id = CalibrationIdOf(recorder, video_id);
            if (id == 0) return;
            recorder.Change("calibrations", id, [&](Writer& writer) {
              datasets::DeleteCalibration(writer.connection(), id);
            });
          }};
}

}  // namespace annotate
