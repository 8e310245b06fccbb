#include "datasets/store/review/review_reasons.h"

#include <nlohmann/json.hpp>

namespace datasets {
namespace {

bool ConcernsOneAnimal(const ReviewItemRow& item) {
  const nlohmann::json names = nlohmann::json::parse(item.animals_json, nullptr, false);
  return names.is_array() && names.size() == 1;
}

Mending MendingOf(const ReviewItemRow& item, const ReviewReason& reason) {
  // An audit of a bout asks what any bout asks.
  if (item.behavior_id && reason.mending != Mending::kMissedBout) return Mending::kBout;
  if (reason.mending == Mending::kSwap && ConcernsOneAnimal(item)) return Mending::kRemove;
  return reason.mending;
}

}  // namespace

bool Is(const ReviewItemRow& item, const ReviewReason& reason) {
  return item.reason_code == reason.code;
}

bool IsOfPoints(const std::string& reason_code) {
  return reason_code == kPointJump.code || reason_code == kOddBone.code ||
         reason_code == kSidesExchanged.code;
}

std::string RemedyOf(const ReviewItemRow& item, const ReviewReason& reason) {
  const int frames = item.end_frame - item.start_frame;
  const std::string count = std::to_string(frames) + " frames";
  switch (MendingOf(item, reason)) {
    case Mending::kLook:
      return "a random check: usually one look";
    case Mending::kRemove:
      return "if it is no animal: R takes its outline out of " +
             (frames == 1 ? "the frame" : count);
    case Mending::kSwap:
      return "if wrong: one swap (Ctrl+T) mends all frames from here on";
    case Mending::kSwapSpan:
      return "if wrong: swap the two over this span (Animals panel), or from here on (Ctrl+T)";
    case Mending::kAddOutline:
      return "if wrong: one outline on a frame, then carry it on (Ctrl+Shift+B)";
    case Mending::kBout:
      return "A: it happened; R: it did not; or drag the bout's ends on the timeline";
    case Mending::kMissedBout:
      return "A: nothing happened; R: it did happen; or draw it on the timeline";
    case Mending::kPoints:
      return "if wrong: drag the points to where they belong";
    case Mending::kRedraw:
      break;
  }
  return frames == 1 ? "if wrong: redraw one outline"
                     : "if wrong: redraw the outline on the worst of " + count;
}

}  // namespace datasets
