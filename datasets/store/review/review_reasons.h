// Why an episode stands in the review queue, for the program that finds it, the list that shows it
// and the key that mends it. Reasons that signs of trouble give are found in infer/review/sign.h;
// those here are known to whoever handles a queue.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "datasets/store/machine_records.h"

namespace datasets {

// What mends an episode; decides the words of the remedy.
enum class Mending {
  kLook,
  kRedraw,
  kRemove,
  kSwap,
  kSwapSpan,
  kAddOutline,
  kBout,
  kMissedBout,
  kPoints
};

struct ReviewReason {
  std::string_view code;   // as stored in review_items and review_decisions; never changes
  std::string_view title;  // a few plain words for a list
  Mending mending = Mending::kRedraw;
  uint32_t color = 0xD55E00;  // on the timeline, 0xRRGGBB
};

// Drawn at random, to check the confidences.
inline constexpr ReviewReason kAuditReason = {"audit", "random check", Mending::kLook, 0x8899AA};
inline constexpr ReviewReason kDoubtfulBehavior = {"doubtful_behavior", "doubtful behavior",
                                                   Mending::kBout};
// No bout, but nearly one.
inline constexpr ReviewReason kMissedBehavior = {"missed_behavior", "missed behavior",
                                                 Mending::kMissedBout};
// Of key points, from the frames before and after.
inline constexpr ReviewReason kPointJump = {"point_jump", "a point jumps", Mending::kPoints,
                                            0xCC79A7};
inline constexpr ReviewReason kOddBone = {"odd_bone", "odd distance of points", Mending::kPoints,
                                          0xCC79A7};
inline constexpr ReviewReason kSidesExchanged = {"sides_exchanged", "left and right exchanged",
                                                 Mending::kPoints, 0xCC79A7};
// Of a program that is newer than this one.
inline constexpr ReviewReason kOtherReason = {"other", "other"};

bool Is(const ReviewItemRow& item, const ReviewReason& reason);
bool IsOfPoints(const std::string& reason_code);  // of key points, not of names and outlines

// What mending such an episode takes, in plain words, with the key that does it.
std::string RemedyOf(const ReviewItemRow& item, const ReviewReason& reason);

}  // namespace datasets
