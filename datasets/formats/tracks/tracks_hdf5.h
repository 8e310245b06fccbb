// Tracks and behaviors as one HDF5 file, for Python (h5py), R (rhdf5) and MATLAB (h5read).
//
// Each table is a group of columns of one length; numbers of rows count from 0. Version 1:
//
//   attributes of the file: format "vole", version 1, what "labels" | "predictions" | "final"
//   videos/    name, path (texts), frames, fps (average), width_px, height_px
//   animals/   name
//   tracks/    one row an animal and frame, by video and frame:
//              video (row of videos), frame (from 0), time_s (when the frame begins to be shown),
//              animal (row of animals), track (-1: none), x_px, y_px (centroid of the mask, else
//              the middle of the box), area_px2, left_px, top_px, box_width_px, box_height_px,
//              is_predicted (0, 1), score, confidence (NaN: a label)
//   behaviors/ name, exclusion_group (texts), is_point (0, 1)
//   bouts/     one row a bout, by video and start:
//              video, behavior (rows), subject, rater (texts), start_frame, end_frame (half-open),
//              start_s, end_s, is_present (0: explicitly not)
//
// px: pixels, x to the right and y down; pixel (i, j) covers [i, i + 1) x [j, j + 1).
#pragma once

#include <filesystem>

#include "datasets/exchange/options.h"

namespace datasets {

// Outlines, key points, crowds and single pictures are left out and counted.
ExportReport ExportTracksHdf5(const Project& project, const std::filesystem::path& out,
                              const ExportOptions& options, Job& job);

}  // namespace datasets
