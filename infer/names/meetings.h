// Where in a video the animals' names can have changed hands.
//
// A meeting is a span in which continuity cannot tell two or more animals apart: one blob of
// several, a gap, a jump, one that comes (back) while another could be meant. Outside of all
// meetings every name goes on along a tracklet, so that no frame there can change one.
#pragma once

#include <functional>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "infer/names/identity.h"
#include "infer/track/track_record.h"

namespace infer {

// A tracklet as the search for meetings sees it; [n] parallel to the tracklets. Dropped tracklets
// and those without a frame have number -1.
struct NamedRun {
  int start_frame = 0, end_frame = 0;  // of its rows, [start, end)
  int number = -1;                     // track, see NamedTracklet
  int class_index = -1;
  bool unknown = false;        // the class is a guess, as in NamedTracklet
  double chance = 1;           // that it is right
  bool contact = false;        // or where another one hides
  cv::Point2f first, last;     // centroids, image pixels
  cv::Rect2f around;           // of all its centroids
  float body = 0;              // length, pixels
  float split_agreement = -1;  // mean over frames that were cut out of a blob; -1: none
};
std::vector<NamedRun> NamedRunsOf(const TrackRecord& record, const std::vector<Tracklet>& tracklets,
                                  const std::vector<NamedTracklet>& names);

struct MeetingAnimal {
  int number = 0;
  int before = -1,
      after = -1;  // tracklets in which it was alone last, and is alone again; -1: none
  float split_agreement = -1;
  bool away = false;  // nowhere to be seen meanwhile: it may be meant, no more
};

// That the animal which entered as one number left as another.
struct MeetingWay {
  int before_number = 0, after_number = 0;
  double probability = 0;
  double appearance = 0, motion = 0;  // log-odds that they speak for it, each by itself
};

struct Meeting {
  enum class Kind { kContact, kGap, kJump };
  Kind kind = Kind::kJump;
  int start_frame = 0, end_frame = 0;  // [start, end): last frame before to first frame after
  std::vector<MeetingAnimal> animals;  // by number, at least two
  std::vector<MeetingWay> ways;
  // A contact that lasts to the last frame: `after` is then the last piece of it, not a tracklet in
  // which the animal is alone again.
  bool to_end = false;
  double exchange = 0;  // probability that a name changes hands
};
std::string NameOf(Meeting::Kind kind);

struct MeetingOptions {
  int numbers = 0;    // how many animals there can be: sum of max_instances
  bool open = false;  // numbers were given to animals as they came; who is not there yet is no one
  double fps = 25;
  int start_frame = 0, end_frame = 0;  // predicted, [start, end)
};

// By start_frame; without probabilities. None where there is one animal only.
std::vector<Meeting> FindMeetings(const std::vector<NamedRun>& runs, const MeetingOptions& options);

// Fills in ways and exchange: marginal probabilities over all names of the video together.
void JudgeMeetings(std::vector<Meeting>& meetings, const std::vector<TrackletEvidence>& evidence,
                   const std::vector<NamedTracklet>& names, const std::vector<Link>& links,
                   const IdentityOptions& options, const std::function<void()>& checkpoint = {});

// Below this chance of an exchange the program's decision stands by itself.
inline constexpr double kDecidedExchange = 0.01;

}  // namespace infer
