// Which labeled frames show an animal that has no label there: it must not be learned as ground.
#pragma once

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "datasets/project.h"
#include "infer/learning/labeled_frames.h"

namespace infer {

// Speaks of frames that nobody has marked as done or empty: whoever does that says that nothing is
// missing. Reads all labels of videos with filled-in ones once.
class CompleteFrames {
 public:
  CompleteFrames(const datasets::Project& project, const std::vector<LabeledImage>& frames);

  // The newest predictions there, as corrected, that neither have a label of their name nor overlap
  // one: a person who mended one outline of the frame has not yet said anything about them. Without
  // the pixels of labels.
  std::vector<datasets::Rle> Unlabeled(const LabeledImage& frame) const;
  // Whether it was filled in, or lies among frames that were, and has no label of an animal that
  // the frames have from which that was carried or interpolated, nor a prediction of it.
  bool Lacks(const LabeledImage& frame) const;

 private:
  using Animals = std::map<datasets::Id, int>;  // category -> how many
  struct Frame {
    Animals animals;
    bool decided = false, filled_in = false;
  };
  struct Expected {
    Animals animals;
    bool filled_in = false;  // a frame on this side, without a gap, was
  };
  void Expect(const std::map<int, Frame>& frames, datasets::Id video_id, int direction);
  std::vector<datasets::PredictionRow> UnlabeledRows(const LabeledImage& frame) const;

  const datasets::Project& project_;
  std::map<datasets::Id, datasets::Id> jobs_;  // video -> its newest prediction
  // Video and frame -> from the frames before and after.
  std::map<std::pair<datasets::Id, int>, std::pair<Expected, Expected>> expected_;
};

}  // namespace infer
