// Labels of a frame carried through the video, as one Edit.
#pragma once

#include <memory>
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

// What the edit did, once it was applied: labels that people made meanwhile stay, and end the way.
struct CarryOutcome {
  int frames = 0, labels = 0;
  int replaced = 0;  // earlier carried or interpolated labels, which gave way
};

struct CarriedLabels {
  Edit edit;
  int frames = 0, labels = 0;             // that the edit is about to make
  std::vector<CarryEnd> ends;             // forward ones first
  std::vector<datasets::Id> left_behind;  // outlined at the frame, and not wherever this leads
  std::shared_ptr<const CarryOutcome> outcome;
};

// Why nothing may be carried or filled in on a frame: "is marked as done", ...; "": it may.
std::string ClosedBy(const datasets::ImageRow& image);

// Key points of an animal go with its outline; interpolated ones give way to carried ones.
// All animals of the request end with the first that does (CarryOptions::together). A carried label
// is stored as an interpolated one (not a key frame) until somebody changes or accepts it
// (AcceptFilledIn); one that took a model's outline names its job, and teaches no network before
// that. Labels that a person made, frames that are done or empty and those that are
// kept for testing end the way. Reads pictures, so it takes a while; changes nothing: apply `edit`,
// which throws Error where the labels of the frame have changed meanwhile. Throws Error for a frame
// without outlines or one that is kept for testing, an animal that has none there, and an outline
// that cannot be carried (with large holes, or hardly in the picture); Cancelled when the job was.
CarriedLabels CarryLabels(const datasets::Project& project, const CarryRequest& request,
                          datasets::Job& job);

// A person has looked at what was filled in (carried or interpolated) on [start_frame, end_frame):
// it counts as theirs from now on. Throws Error where nothing is.
Edit AcceptFilledIn(datasets::Id video_id, int start_frame, int end_frame);
// "Ada 57 frames on (frame 158: touches another animal), Bea 100 frames on".
std::string Describe(const datasets::Project& project, const CarryRequest& request,
                     const CarriedLabels& carried);

// --- without a walk through the video
struct FilledLabel {
  int frame = 0;
  datasets::AnnotationRow row;  // its animal, outline and key points
};
// Stores them as interpolated labels, which are no key frames, at each frame that is not closed at
// this moment, of each animal that has no label there. Throws Error when none of them can stay.
Edit AddFilledIn(datasets::Id video_id, int place, std::vector<FilledLabel> labels,
                 const std::string& label);

struct NextFrame {
  std::vector<FilledLabel> labels;
  std::vector<datasets::Id> lost;  // animals that moved, or changed, too much
};
// The outlines of a frame on the next one, which exists: followed by motion and fitted there, but
// of animals that have a label there. Throws Error for a frame without labels or one that is kept
// for testing, and where the next one is closed.
NextFrame CarryToNext(const datasets::Project& project, datasets::Id video_id, int frame);

// Labels of the animals (category_id 0: of all) between their nearest own ones before and after the
// frame, which the frame may be itself; at most a second apart, neither of them kept for testing.
// Frames that are closed, or have a label of the animal, are left out. Throws Error when nothing is
// left, with the cause.
std::vector<FilledLabel> InterpolateAround(const datasets::Project& project, datasets::Id video_id,
                                           int frame, datasets::Id category_id);

}  // namespace annotate
