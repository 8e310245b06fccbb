// How likely a reviewer would change what was predicted for one animal in one frame.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "datasets/store/review/review_reasons.h"
#include "infer/names/identity.h"
#include "infer/track/track_record.h"
#include "train/base/predictor.h"

namespace infer {

// Signs of trouble, each 0 (none) .. 1 (as bad as it gets).
enum class Sign : size_t {
  kLowScore,      // 1 - detection score
  kVagueBorder,   // 1 - certainty along the mask's border
  kNameDoubt,     // 2 (1 - probability of the tracklet's name)
  kOtherName,     // the frames around speak for another name
  kJoltBefore,    // 1 - overlap with the frame before, motion taken out
  kJoltAfter,     // the same with the frame after
  kOddArea,       // |log (area / usual area of this animal here)| against its usual spread
  kJump,          // body lengths away from where motion leads
  kTouching,      // cut out of a merged blob
  kSplitDispute,  // the cut from before and the cut from after differ
  kBrief,         // the tracklet is short
  kBorder,        // at the edge of the picture
  kMissing,       // another animal is missing in this frame
  kFilled,        // made up to bridge a gap
  kOffPicture,    // likely to overlap a label by less than half, by what the picture shows
  kCount
};
constexpr size_t kSigns = static_cast<size_t>(Sign::kCount);
using Signs = std::array<float, kSigns>;

// What a sign counts before anything of a video was checked, and the reason that a reviewer reads.
struct SignInfo {
  Sign sign;
  datasets::ReviewReason reason;
  double weight;  // in PriorModel
  // Factor of `weight` where outlines were judged by the picture: what the sign says of an outline
  // the picture says better; at a contact it knows less.
  double hint;
};
const std::array<SignInfo, kSigns>& SignTable();  // by Sign

// [rows of the record]; rows of dropped tracklets get zeros.
std::vector<Signs> SignsOf(const TrackRecord& record, const std::vector<Tracklet>& tracklets,
                           const std::vector<NamedTracklet>& names, const train::ModelInfo& info,
                           double fps);

struct ConfidenceModel {  // logistic in the signs
  std::array<double, kSigns> weights{};
  double bias = 0;
  double Wrong(const Signs& signs) const;  // probability
};
// What holds before anything of a video was checked: weights set by reason, not by data. Where
// outlines were judged by the picture (ReviewData::picture_overlap), the signs that only hint at a
// bad outline say little more.
ConfidenceModel PriorModel(bool judged_by_picture = false);

struct Example {
  Signs signs{};
  bool wrong = false;
  double weight = 1;
  int frame = 0;
};

// Maximum a posteriori with a Gaussian prior around `prior` (its strength is that of a few dozen
// examples), by Newton's method with halved steps.
ConfidenceModel FitModel(const std::vector<Example>& examples,
                         const ConfidenceModel& prior = PriorModel());

// Each example's probability from a model that was fitted without its block of time (`folds`
// blocks of neighbouring frames).
std::vector<double> CrossValidated(const std::vector<Example>& examples,
                                   const ConfidenceModel& prior = PriorModel(), int folds = 5);

// Expected calibration error over `bins` bins of equal mass (Naeini et al. 2015, adaptive bins):
// sum of share * |mean probability - share wrong|. -1 for fewer than 10 examples.
double ExpectedCalibrationError(const std::vector<double>& probabilities,
                                const std::vector<Example>& examples, int bins = 10);

}  // namespace infer
