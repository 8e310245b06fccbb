// Builders of edits of calibrations; see edits.h.
#pragma once

#include "annotate/edit.h"
#include "datasets/space/calibration.h"

namespace annotate {

// In place of the one that the video has. Refused as CheckCalibration refuses it.
Edit CalibrateVideo(datasets::Id video_id, datasets::Calibration calibration);
// Changes nothing where there is none.
Edit ClearCalibration(datasets::Id video_id);

}  // namespace annotate
