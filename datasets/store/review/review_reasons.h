// Why an episode stands in the review queue: one line each in review_reasons.cc, for the program
// that finds it, the list that shows it and the key that mends it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/store/machine_records.h"

namespace datasets {

enum class ReviewReason {
  kAudit,              // drawn at random, to check the confidences
  kLowScore,           // may be no animal
  kVagueOutline,       // uncertain along its border
  kLowIdentityMargin,  // two animals may be exchanged, or the track may be no animal
  kLooksLikeAnother,   // here, though not over the whole track
  kMasksDisagree,      // the outline jumps from frame to frame
  kOddArea,            // far from the animal's usual area
  kSuddenJump,         // body lengths away from where it was heading
  kTouching,           // cut out of a merged blob
  kSeenBriefly,        // a short track
  kAtBorder,           // of the picture
  kAnimalMissing,      // fewer animals than there can be
  kBridgedGap,         // carried over from the frames around
  kOffPicture,         // does not follow what the picture shows
  kDoubtfulBehavior,   // a bout of behavior
  kMissedBehavior,     // no bout, but nearly one
  kOther,              // of a program that is newer than this one
};

// What mends an episode; decides the words of the remedy.
enum class Mending { kLook, kRedraw, kRemove, kSwap, kSwapSpan, kAddOutline, kBout, kMissedBout };

struct ReviewReasonInfo {
  ReviewReason reason;
  std::string_view code;   // as stored in review_items and review_decisions; never changes
  std::string_view title;  // a few plain words for a list
  Mending mending;
  uint32_t color;  // on the timeline, 0xRRGGBB
};

const std::vector<ReviewReasonInfo>& ReviewReasons();
// kOther's line for a code that is not in the table.
const ReviewReasonInfo& ReasonOf(std::string_view code);
const ReviewReasonInfo& InfoOf(ReviewReason reason);
std::string CodeOf(ReviewReason reason);
bool Is(const ReviewItemRow& item, ReviewReason reason);

// The title, or for a code of another program the code in words.
std::string TitleOf(std::string_view code);
// What mending such an episode takes, in plain words, with the key that does it.
std::string RemedyOf(const ReviewItemRow& item);

}  // namespace datasets
