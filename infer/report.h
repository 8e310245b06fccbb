// What a prediction came to, in a few figures.
#pragma once

#include "datasets/project.h"

namespace infer {

struct PredictionReport {
  int frames = 0;              // frames with at least one animal
  double animals_a_frame = 0;  // mean over those
  double mean_confidence = 0;  // over animals
  double share_flagged = 0;    // of the predicted span that lies in an episode (audit left out)
  int episodes = 0;            // open and decided, audit left out
  int audits = 0;
};

PredictionReport ReportOf(const datasets::Project& project, datasets::Id job_id,
                          datasets::Id video_id);

}  // namespace infer
