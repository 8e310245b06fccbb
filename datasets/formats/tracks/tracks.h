// Tables of where each animal was: `tracks` (one row a frame and animal) and Annolid's CSV.
#pragma once

#include <filesystem>

#include "datasets/exchange/options.h"

namespace datasets {

// video,frame,time_s,animal,track,x,y,area,bbox_x,bbox_y,bbox_width,bbox_height,score,confidence,
// source. Frames from 0; x, y: centroid of the mask in pixels, where pixel (i, j) covers [i, i +
// 1); where a video is calibrated, x_cm,y_cm too, on its floor (empty for other videos); area in
// pixels; score and confidence are empty for labels. Crowds are left out.
ExportReport ExportTracks(const Project& project, const std::filesystem::path& out,
                          const ExportOptions& options, Job& job);

// Annolid's columns: frame_number,x1,y1,x2,y2,cx,cy,instance_name,class_score,segmentation (COCO
// RLE as JSON),tracking_id. One video.
ExportReport ExportAnnolid(const Project& project, const std::filesystem::path& out,
                           const ExportOptions& options, Job& job);

}  // namespace datasets
