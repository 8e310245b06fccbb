// Lenses measured: from what is straight in the room, and from pictures of a checkerboard.
#pragma once

#include <filesystem>
#include <vector>

#include "datasets/base/job.h"
#include "datasets/space/calibration.h"

namespace datasets {

struct FittedLens {
  Lens lens;
  double error_px = 0;  // root mean square: of the points from their lines, of the board's corners
  int used = 0, looked_at = 0;  // pictures with the board; lines
};

// Each line: pixels of a straight edge, three at least. The distortion that makes the lines
// straight (plumb lines, Brown 1971; residuals in the distorted picture, so that shrinking
// everything gains nothing, as Devernay & Faugeras 2001 say): k1, and k2 from 12 points on. The
// focal length cannot be told from lines: it is taken to be the picture's longer side, its middle
// the picture's. Throws Error for fewer points, points outside of the picture, and lines that say
// nothing about the distortion (all through the middle).
FittedLens FitLensToLines(const std::vector<std::vector<cv::Point2d>>& lines, int width,
                          int height);

// Zhang's method (2000) as in OpenCV, on at most 30 pictures of a video or a folder that show the
// board, spread evenly. `columns`, `rows`: squares. Throws Error when fewer than 5 pictures show
// it, when their size is not width x height, and for what cannot be read; Cancelled.
FittedLens FitLensToCheckerboard(const std::filesystem::path& video_or_folder, int columns,
                                 int rows, double square_cm, int width, int height, Job& job);

}  // namespace datasets
