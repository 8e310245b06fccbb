// Motion as CSV tables.
#pragma once

#include <string>
#include <vector>

#include "datasets/behavior/motion.h"

namespace datasets {

// One line an animal and frame. With `cm` the table has x_cm, y_cm, step_cm, speed_cm_s and
// nearest_cm too, on the floor; empty in videos that have no calibration. x, y, lengths and
// distances in pixels of the video (`area_px`: their number), speeds in pixels a second, times in
// seconds from the start, angles in degrees clockwise on the screen: `angle_deg` of the long axis
// in [0, 180), `heading_deg` in [0, 360) where it was asked for. For each key point NAME_x, NAME_y
// (pixels) and NAME_confidence (0 to 1, of a person's point 1); empty where there is none. What
// only outlines say (area to `angle_deg`, `same_iou`, `flow_px`, `freezing`) is empty where nobody
// outlined the animal, and the means of a summary where nobody ever did.
struct MotionColumns {
  std::vector<std::string> zones, points;  // names
  bool heading = false, cm = false;
};
std::string MotionCsvHeading(const MotionColumns& columns);
// Names of animals as in the meter.
std::string MotionCsvLine(const std::string& video, const std::vector<std::string>& animals,
                          const MotionColumns& columns, const FrameTimes& times,
                          const AnimalMotion& motion);
std::string ContactCsv(const std::vector<ContactPair>& contacts);
// Centimetres where any of them has some; empty for the others.
std::string MotionSummaryCsv(const std::vector<MotionSummary>& summaries);

}  // namespace datasets
