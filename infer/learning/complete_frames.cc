#include "infer/learning/complete_frames.h"

#include <algorithm>

#include "datasets/shape/mask.h"
#include "datasets/shape/same_place.h"

namespace infer {
namespace {

using datasets::AnnotationRow;
using datasets::Id;
using datasets::ImageRow;
using datasets::PredictionRow;

}  // namespace

CompleteFrames::CompleteFrames(const datasets::Project& project,
                               const std::vector<LabeledImage>& frames)
    : project_(project) {
  std::set<Id> undecided, filled_in;  // videos
  for (const LabeledImage& frame : frames) {
    if (!frame.image.video_id || frame.image.IsDecided()) continue;
    undecided.insert(*frame.image.video_id);
    if (datasets::AnyFilledIn(frame.labels)) filled_in.insert(*frame.image.video_id);
  }
  for (const Id video : undecided) {
    if (const auto job = project.LatestPredictJob(video)) jobs_[video] = *job;
  }
  for (const Id video : filled_in) {
    std::map<int, Frame> all;  // also those that may not teach
    project.ForEachAnnotation(video,
                              [&](const ImageRow& image, const std::vector<AnnotationRow>& labels) {
                                if (!image.frame_index) return;
                                Frame& frame = all[*image.frame_index];
                                frame.decided = image.IsDecided();
                                frame.filled_in = datasets::AnyFilledIn(labels);
                                for (const AnnotationRow& label : labels) {
                                  if (!label.iscrowd) ++frame.animals[label.category_id];
                                }
                              });
    for (const int direction : {1, -1}) Expect(all, video, direction);
  }
}

// What is filled in comes from a frame at an end of its chain of labeled frames. What a person
// changes within the chain (one outline, mostly) is no end of it unless the frame is said to be
// done.
void CompleteFrames::Expect(const std::map<int, Frame>& frames, Id video_id, int direction) {
  Expected expected;
  int previous = -2;
  const auto visit = [&](int at, const Frame& frame) {
    if (at - previous != direction) expected = {};
    previous = at;
    auto& sides = expected_[{video_id, at}];
    (direction > 0 ? sides.first : sides.second) = expected;
    if (frame.decided || !(frame.filled_in || expected.filled_in)) expected = {};
    for (const auto& [animal, count] : frame.animals) {
      expected.animals[animal] = std::max(expected.animals[animal], count);
    }
    expected.filled_in = !frame.decided && (frame.filled_in || expected.filled_in);
  };
  if (direction > 0) {
    for (const auto& [at, frame] : frames) visit(at, frame);
  } else {
    for (auto it = frames.rbegin(); it != frames.rend(); ++it) visit(it->first, it->second);
  }
}

std::vector<PredictionRow> CompleteFrames::UnlabeledRows(const LabeledImage& frame) const {
  const ImageRow& image = frame.image;
  std::vector<PredictionRow> rows;
  if (!image.video_id || image.IsDecided()) return rows;
  const auto job = jobs_.find(*image.video_id);
  if (job == jobs_.end()) return rows;
  const cv::Size size(image.width, image.height);
  Animals labeled;
  std::vector<datasets::Rle> masks;  // of the labels; empty where one has no shape
  for (const AnnotationRow& label : frame.labels) {
    ++labeled[label.category_id];
    masks.push_back(label.HasShape() ? label.Mask(size) : datasets::Rle());
  }
  std::vector<PredictionRow> left;
  for (PredictionRow& row :
       project_.PredictionsAt(job->second, *image.video_id, *image.frame_index)) {
    if (!row.HasShape()) continue;
    const datasets::Rle mask = row.Mask(size);
    const auto same = std::find_if(masks.begin(), masks.end(), [&](const datasets::Rle& label) {
      return label.width > 0 && datasets::RleIou(mask, label) >= datasets::kSamePlace;
    });
    if (same != masks.end()) {
      --labeled[frame.labels[static_cast<size_t>(same - masks.begin())].category_id];
    } else {
      left.push_back(std::move(row));
    }
  }
  for (PredictionRow& row : left) {  // far from the label of its name: that says where it is
    if (labeled[row.category_id]-- <= 0) rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<datasets::Rle> CompleteFrames::Unlabeled(const LabeledImage& frame) const {
  std::vector<datasets::Rle> masks;
  const cv::Size size(frame.image.width, frame.image.height);
  for (const PredictionRow& row : UnlabeledRows(frame)) {
    cv::Mat mask = datasets::DecodeMask(row.Mask(size));
    for (const AnnotationRow& label : frame.labels) {  // what a person has drawn teaches
      if (label.HasShape()) mask.setTo(0, datasets::DecodeMask(label.Mask(size)));
    }
    masks.push_back(datasets::EncodeMask(mask));
  }
  return masks;
}

bool CompleteFrames::Lacks(const LabeledImage& frame) const {
  const ImageRow& image = frame.image;
  if (!image.video_id || image.IsDecided()) return false;
  const auto found = expected_.find({*image.video_id, *image.frame_index});
  if (found == expected_.end()) return false;
  const auto& [before, after] = found->second;
  const bool among = before.filled_in && after.filled_in;
  if (!datasets::AnyFilledIn(frame.labels) && !among) return false;
  Animals there;
  for (const AnnotationRow& label : frame.labels) {
    if (!label.iscrowd) ++there[label.category_id];
  }
  for (const PredictionRow& row : UnlabeledRows(frame)) ++there[row.category_id];
  for (const Animals* expected : {&before.animals, &after.animals}) {
    for (const auto& [animal, count] : *expected) {
      const auto own = there.find(animal);
      if (own == there.end() || own->second < count) return true;
    }
  }
  return false;
}

}  // namespace infer
