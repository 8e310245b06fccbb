// Whether the animal is where it can be, and looks as it did a frame before.
#include <fmt/format.h>

#include <algorithm>

#include "infer/names/identity.h"
#include "infer/review/doubt.h"

namespace infer {
namespace {

using datasets::Mending;

constexpr datasets::ReviewReason kMasksDisagree = {"masks_disagree", "masks disagree",
                                                   Mending::kRedraw};

// 1 - overlap with the frame before, motion taken out.
double JoltOf(const AnimalFrame& row) { return row.previous_iou < 0 ? 0 : 1 - row.previous_iou; }

std::vector<double> JoltBefore(const Observed& observed) { return EachRow(observed, JoltOf); }

// What the same animal's row one frame later says, over tracklets.
std::vector<double> JoltAfter(const Observed& observed) {
  const std::vector<AnimalFrame>& rows = observed.record.rows();
  std::vector<double> values(rows.size(), 0);
  struct Seen {
    int frame = -2;
    size_t row = 0;
  };
  std::vector<Seen> last(kMostAnimals);  // by number
  for (size_t r = 0; r < rows.size(); ++r) {
    const NamedTracklet& name = observed.NameOf(rows[r]);
    if (name.class_index < 0) continue;
    Seen& before = last[static_cast<size_t>(std::max(0, name.number))];
    if (before.frame == rows[r].frame - 1) values[before.row] = JoltOf(rows[r]);
    before = {rows[r].frame, r};
  }
  return values;
}

std::string TellJolt(const Doubt& doubt) {
  return fmt::format("the outline of {} jumps from frame to frame: overlap {:.2f}", doubt.Own(),
                     1 - std::max(doubt.Value(Sign::kJoltBefore), doubt.Value(Sign::kJoltAfter)));
}

std::vector<double> Jump(const Observed& observed) {
  return EachRow(observed, [](const AnimalFrame& row) { return double(row.jump); });
}

std::string TellJump(const Doubt& doubt) {
  return fmt::format("{} jumps {:.1f} body lengths or more away from where it was heading",
                     doubt.Own(), doubt.Value(Sign::kJump));
}

std::vector<double> Missing(const Observed& observed) {
  int animals = 0;
  for (int most : observed.info.max_instances) animals += most;
  const std::vector<AnimalFrame>& rows = observed.record.rows();
  std::vector<double> values(rows.size(), 0);
  for (size_t begin = 0, end = 0; begin < rows.size(); begin = end) {
    int here = 0;
    for (; end < rows.size() && rows[end].frame == rows[begin].frame; ++end) {
      here += observed.NameOf(rows[end]).class_index >= 0;
    }
    std::fill(values.begin() + static_cast<ptrdiff_t>(begin),
              values.begin() + static_cast<ptrdiff_t>(end), animals > here ? 1 : 0);
  }
  return values;
}

std::string TellMissing(const Doubt& doubt) {
  int animals = 0;
  for (int most : doubt.data.max_instances) animals += most;
  const std::string both = doubt.any_of_them ? "" : doubt.Both();
  return fmt::format("{} not found {}, though {} can be there", both.empty() ? "an animal" : both,
                     doubt.Span(), animals == 1 ? "it" : "all of them");
}

std::vector<double> Filled(const Observed& observed) {
  return EachRow(observed, [](const AnimalFrame& row) { return double(row.filled); });
}

std::string TellFilled(const Doubt& doubt) {
  return fmt::format("{} was not seen {}; its outline is carried over from the frames around",
                     doubt.Own(), doubt.Span());
}

}  // namespace

SignInfo JoltBeforeSign() { return {kMasksDisagree, 2, kHint, JoltBefore, TellJolt}; }
SignInfo JoltAfterSign() { return {kMasksDisagree, 2, kHint, JoltAfter, TellJolt}; }

SignInfo JumpSign() {
  return {{"sudden_jump", "sudden jump", Mending::kRedraw}, 2, kNoHint, Jump, TellJump};
}

// Another animal is not there, though it can be. The queue tells it of a whole frame.
SignInfo MissingSign() {
  return {{"animal_missing", "animal missing", Mending::kAddOutline},
          1.5,
          kNoHint,
          Missing,
          TellMissing};
}

SignInfo FilledSign() {
  return {{"bridged_gap", "bridged gap", Mending::kRedraw}, 2.5, kNoHint, Filled, TellFilled};
}

}  // namespace infer
