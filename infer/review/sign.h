// A sign of trouble: what makes one animal in one frame doubtful, and the reason that a reviewer
// reads then. Each is defined in a file of infer/review/signs/ and stands in sign_list.inc.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "datasets/store/review/review_reasons.h"
#include "infer/names/identity.h"
#include "infer/track/track_record.h"
#include "train/base/predictor.h"

namespace infer {

enum class Sign : size_t {
#define SIGN(name) k##name,
#include "infer/review/sign_list.inc"
#undef SIGN
  kCount
};

constexpr size_t kSigns = static_cast<size_t>(Sign::kCount);
using Signs = std::array<float, kSigns>;  // each 0 (none) .. 1 (as bad as it gets)

// What is known of a video once its animals are followed and named.
struct Observed {
  const TrackRecord& record;
  const std::vector<Tracklet>& tracklets;
  const std::vector<NamedTracklet>& names;  // parallel
  const train::ModelInfo& info;
  double fps;

  const NamedTracklet& NameOf(const AnimalFrame& row) const {
    return names[static_cast<size_t>(row.tracklet)];
  }
};

struct Doubt;  // infer/review/doubt.h

struct SignInfo {
  datasets::ReviewReason reason;  // two signs may share one
  double weight;                  // in PriorModel: before anything of a video was checked
  // Factor of `weight` where outlines were judged by the picture: what the sign says of an outline
  // the picture says better; at a contact it knows less.
  double hint;
  // [rows of the record]. Values are clipped to 0..1; those of dropped tracklets do not count.
  std::vector<double> (*measure)(const Observed& observed);
  // The reason in one sentence, with the figures of this case.
  std::string (*tell)(const Doubt& doubt);
  bool between_two = false;  // concerns the animal that it could be instead, too
};
constexpr double kHint = 0.1, kContactHint = 0.3, kNoHint = 1;  // of SignInfo::hint

#define SIGN(name) SignInfo name##Sign();
#include "infer/review/sign_list.inc"
#undef SIGN

const std::array<SignInfo, kSigns>& SignTable();  // by Sign
const SignInfo& InfoOf(Sign sign);

// `value(row)` of each row whose tracklet has a name, 0 for the others.
template <class Value>
std::vector<double> EachRow(const Observed& observed, Value value) {
  std::vector<double> values;
  values.reserve(observed.record.rows().size());
  for (const AnimalFrame& row : observed.record.rows()) {
    values.push_back(observed.NameOf(row).class_index < 0 ? 0 : value(row));
  }
  return values;
}

// [rows of the record]; rows of dropped tracklets get zeros.
std::vector<Signs> SignsOf(const Observed& observed);

}  // namespace infer
