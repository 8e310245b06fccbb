// Labels of a frame carried through the video, as one Edit.
#pragma once

#include <string>
#include <vector>

#include "annotate/assist/carry_on.h"
#include "annotate/edit.h"
#include "datasets/project.h"

namespace annotate {

struct CarryRequest {
  datasets::Id video_id = 0;
  int frame = 0;                      // its labels are the seeds
  std::vector<datasets::Id> animals;  // only these; empty: all that have an outline there
  bool forward = true, backward = false;
  bool use_predictions = true;  // the newest ones of the video
  CarryOptions options;         // direction is set from the above
};

struct CarriedLabels {
  Edit edit;
  int frames = 0, labels = 0;
  int replaced = 0;            // earlier carried or interpolated labels, which give way
  std::vector<CarryEnd> ends;  // forward ones first
};

// All animals of the request end with the first that does (CarryOptions::together). A carried label
// is stored as an interpolated one (not a key frame) until somebody changes or confirms it; labels
// that a person made end the way. Reads pictures, so it takes a while; changes nothing: apply
// `edit`. Throws Error for a frame without outlines or an animal that has none there, Cancelled
// when the job was.
CarriedLabels CarryLabels(const datasets::Project& project, const CarryRequest& request,
                          datasets::Job& job);
// "Ada 57 frames on (frame 158: touches another animal), Bea 100 frames on".
std::string Describe(const datasets::Project& project, const CarryRequest& request,
                     const CarriedLabels& carried);

}  // namespace annotate
