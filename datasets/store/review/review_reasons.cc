#include "datasets/store/review/review_reasons.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace datasets {
namespace {

constexpr uint32_t kDoubt = 0xD55E00, kRandom = 0x8899AA;

// The last line stands for every code that is not here.
const std::vector<ReviewReasonInfo> kReasons = {
    {ReviewReason::kAudit, "audit", "random check", Mending::kLook, kRandom},
    {ReviewReason::kLowScore, "low_score", "low score", Mending::kRemove, kDoubt},
    {ReviewReason::kVagueOutline, "vague_outline", "vague outline", Mending::kRedraw, kDoubt},
    {ReviewReason::kLowIdentityMargin, "low_identity_margin", "who is who", Mending::kSwap, kDoubt},
    {ReviewReason::kLooksLikeAnother, "looks_like_another", "looks like another",
     Mending::kSwapSpan, kDoubt},
    {ReviewReason::kMasksDisagree, "masks_disagree", "masks disagree", Mending::kRedraw, kDoubt},
    {ReviewReason::kOddArea, "odd_area", "odd area", Mending::kRedraw, kDoubt},
    {ReviewReason::kSuddenJump, "sudden_jump", "sudden jump", Mending::kRedraw, kDoubt},
    {ReviewReason::kTouching, "touching", "touching", Mending::kRedraw, kDoubt},
    {ReviewReason::kSeenBriefly, "seen_briefly", "seen briefly", Mending::kRemove, kDoubt},
    {ReviewReason::kAtBorder, "at_border", "at border", Mending::kRedraw, kDoubt},
    {ReviewReason::kAnimalMissing, "animal_missing", "animal missing", Mending::kAddOutline,
     kDoubt},
    {ReviewReason::kBridgedGap, "bridged_gap", "bridged gap", Mending::kRedraw, kDoubt},
    {ReviewReason::kOffPicture, "off_picture", "off picture", Mending::kRedraw, kDoubt},
    {ReviewReason::kDoubtfulBehavior, "doubtful_behavior", "doubtful behavior", Mending::kBout,
     kDoubt},
    {ReviewReason::kMissedBehavior, "missed_behavior", "missed behavior", Mending::kMissedBout,
     kDoubt},
    {ReviewReason::kOther, "other", "other", Mending::kRedraw, kDoubt},
};

bool ConcernsOneAnimal(const ReviewItemRow& item) {
  const nlohmann::json names = nlohmann::json::parse(item.animals_json, nullptr, false);
  return names.is_array() && names.size() == 1;
}

Mending MendingOf(const ReviewItemRow& item) {
  const ReviewReasonInfo& info = ReasonOf(item.reason_code);
  // An audit of a bout asks what any bout asks.
  if (item.behavior_id && info.mending != Mending::kMissedBout) return Mending::kBout;
  if (info.mending == Mending::kSwap && ConcernsOneAnimal(item)) return Mending::kRemove;
  return info.mending;
}

}  // namespace

const std::vector<ReviewReasonInfo>& ReviewReasons() { return kReasons; }

const ReviewReasonInfo& ReasonOf(std::string_view code) {
  const auto found = std::find_if(kReasons.begin(), kReasons.end(),
                                  [&](const auto& info) { return info.code == code; });
  return found == kReasons.end() ? kReasons.back() : *found;
}

const ReviewReasonInfo& InfoOf(ReviewReason reason) {
  const auto found = std::find_if(kReasons.begin(), kReasons.end(),
                                  [&](const auto& info) { return info.reason == reason; });
  return found == kReasons.end() ? kReasons.back() : *found;
}

std::string CodeOf(ReviewReason reason) { return std::string(InfoOf(reason).code); }

bool Is(const ReviewItemRow& item, ReviewReason reason) {
  return item.reason_code == InfoOf(reason).code;
}

std::string TitleOf(std::string_view code) {
  const ReviewReasonInfo& info = ReasonOf(code);
  if (info.code == code) return std::string(info.title);
  std::string words(code);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

std::string RemedyOf(const ReviewItemRow& item) {
  const int frames = item.end_frame - item.start_frame;
  const std::string count = std::to_string(frames) + " frames";
  switch (MendingOf(item)) {
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
    case Mending::kRedraw:
      break;
  }
  return frames == 1 ? "if wrong: redraw one outline"
                     : "if wrong: redraw the outline on the worst of " + count;
}

}  // namespace datasets
