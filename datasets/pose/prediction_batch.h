// Machines' key points that a file holds, on their way into the project.
#pragma once

#include <string>
#include <vector>

#include "datasets/exchange/label_batch.h"
#include "datasets/exchange/options.h"

namespace datasets {

struct IncomingPrediction {
  Id video_id = 0;
  int frame_index = 0;
  std::string name;   // of the animal
  int tracklet = -1;  // number of the track in the file
  double score = 0;   // 0..1
  Box box;
  std::vector<PredictedPoint> points;
};

// Labels and predictions in one transaction. The predictions become a job of their own, done, that
// says where they came from (`source`); where such a job holds the very same predictions, nothing
// is added. The labels alone go through StoreLabels.
ImportReport StorePose(Project& project, const LabelBatch& labels,
                       const std::vector<IncomingPrediction>& predictions,
                       const std::string& source, const ImportOptions& options, Job& job);

}  // namespace datasets
