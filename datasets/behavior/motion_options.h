// What is measured of the motion of animals, and scored from it.
#pragma once

#include <string>

#include "datasets/base/options.h"

namespace datasets {

// Automatic scores after Annolid (Yang et al. 2023, and its program's postprocessing): a zone is
// entered by mask overlap, contact is touching masks, freezing an unchanged mask and little flow.
struct MotionOptions {
  double contact_px = 2;       // masks of single-label networks never overlap: neighbors touch
  double zone_overlap = 1e-5;  // in a zone where more than this share of the mask lies in it
  bool zone_by_center = false;
  std::string zone_point, heading;  // names of key points
  double point_confidence = 0.2;
  double max_gap = 0.2;  // seconds without being seen that end neither a step nor a bout
  double min_step_px = 0;
  double pixels_per_cm = 0;
  bool flow = false;
  double freeze_iou = 0.9, freeze_flow_px = 0.12;
  int freeze_frames = 5, freeze_loss = 3, freeze_most = 10;
  template <class Visitor>
  void Visit(Visitor&& v) {
    v.Field("contact-px", contact_px, "masks at most so many pixels apart touch", Range{0, 1000});
    v.Field("zone-overlap", zone_overlap,
            "in a zone where more than this share of the animal's mask lies in it", Range{0, 1});
    v.Field("zone-by-center", zone_by_center, "in a zone where the mask's center lies inside");
    v.Field("zone-point", zone_point, "in a zone where this key point lies inside, as nose");
    v.Field("heading", heading, "the way an animal looks, between two key points, as tail:nose");
    v.Field("point-confidence", point_confidence,
            "zones, headings and, without outline, place and speed take key points from this "
            "confidence on",
            Range{0, 1});
    v.Field("max-gap", max_gap,
            "seconds without an animal, or in zones without the key point they go by, that end "
            "neither a "
            "step nor a bout",
            Range{0, 1e6});
    v.Field("min-step", min_step_px, "steps below so many pixels count as standing still",
            Range{0, 1e6});
    v.Field("pixels-per-cm", pixels_per_cm,
            "this scale in place of the video's calibration; 0: the calibration, or pixels only",
            Range{0, 1e6});
    v.Field("flow", flow, "freezing also needs little optical flow (decodes the video, slow)");
    v.Field("freeze-iou", freeze_iou, "a mask that overlaps its predecessor so much is still",
            Range{0, 1});
    v.Field("freeze-flow", freeze_flow_px, "mean flow in the mask below this, pixels per frame",
            Range{0, 1000});
    v.Field("freeze-frames", freeze_frames, "freezing from this count of still frames",
            Range{1, 1e6});
    v.Field("freeze-loss", freeze_loss, "what a frame with movement takes off the count",
            Range{1, 1e6});
    v.Field("freeze-most", freeze_most, "where the count stops to grow", Range{1, 1e6});
  }
};

}  // namespace datasets
