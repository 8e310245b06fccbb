// Meetings as a person decides them: listed with what people know by now.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "datasets/project.h"
#include "datasets/store/meetings/meeting_records.h"

namespace infer {

struct KnownNames;    // infer/meetings/known_names.h
struct Meeting;       // infer/names/meetings.h
struct NameEvidence;  // infer/names/name_evidence.h

// In one transaction; a job without them was cancelled, or is of an older Vole.
void SaveMeetings(datasets::Project& project, datasets::Id job_id, datasets::Id video_id,
                  const NameEvidence& evidence, const std::vector<Meeting>& meetings);

struct ReviewedMeeting {
  // Names, numbers, ways and probability as they are with all that people have decided and changed
  // by hand so far: whoever has one name on both sides is one animal. Numbers are places in
  // ShownTracks (infer/meetings/known_names.h).
  datasets::MeetingRow row;
  std::optional<datasets::MeetingDecisionRow> decision;
  // A person has swapped names within it.
  bool by_hand = false;
  bool numbered = false;  // as in its list
  std::set<int> guessed;  // tracks whose name is unknown, which are called as they may be
  double frames = 0;      // of its animals until their names can change again: wrong if this one is

  double Worth() const { return frames * row.exchange; }
  // The program's decision does not stand by itself, and nobody has decided.
  bool IsOpen() const;
  std::string DecidedBy() const;  // none | program | person | unsure: a person cannot tell
  // The animal's name, with its number (from 1) where others have that name too.
  std::string Called(const datasets::MeetingAnimalRow& animal, const std::string& name) const;
  // The same for a person to read: "ann?" where that is a guess.
  std::string Shown(const datasets::MeetingAnimalRow& animal, const std::string& name) const;
};

struct MeetingList {
  bool known = false;     // false: the prediction is of an older Vole, and has no list
  int animals = 0;        // that there are numbers for: at most one means nobody to exchange with
  bool numbered = false;  // animals share names, and numbers tell them apart
  std::vector<ReviewedMeeting> meetings;  // by frame
  // Decisions on meetings that this prediction does not have; they stay for the next one.
  std::vector<datasets::MeetingDecisionRow> elsewhere;
  int Open() const;
};
// Throws Error where the prediction's evidence or a meeting is damaged.
MeetingList ListMeetings(datasets::Connection& connection, datasets::Id job_id,
                         datasets::Id video_id);
MeetingList ListMeetings(const datasets::Project& project, datasets::Id job_id,
                         datasets::Id video_id);
// Without ways and probability, which take a search over the whole video.
MeetingList ListShownMeetings(const KnownNames& known);

// By what a decision is worth, then by frame.
void SortByWorth(std::vector<ReviewedMeeting>& meetings);

// The two tracks that an exchange is about where nobody says: those that are here, or all; nullopt
// when these are not two.
std::optional<std::pair<int, int>> OnlyTwo(const datasets::MeetingRow& meeting);

}  // namespace infer
