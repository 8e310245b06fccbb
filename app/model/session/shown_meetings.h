// Meetings as a person walks through them: what is open, what is next, how it looked on both sides.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "app/model/session/animal_cuts.h"
#include "app/model/session/latest_worker.h"
#include "app/model/session/session.h"
#include "infer/meetings/meeting_decision.h"
#include "infer/meetings/meeting_review.h"

namespace app {

// Reads the meetings of the newest predictions, and again only what decisions and corrections have
// changed.
class MeetingLoader {
 public:
  struct Meetings {
    std::vector<infer::ReviewedMeeting> all;  // what a decision is worth most first
    // Of predictions that have no list, or a damaged one: the reason, by video.
    std::map<datasets::Id, std::string> without_list;
    std::set<datasets::Id> numbered;    // videos whose animals share names
    std::vector<ShownUnknown> unknown;  // without a name, longest first
    int named_unknown = 0;              // that had none until a person named them
  };
  Meetings Load(const datasets::Project& project,
                const std::map<datasets::Id, datasets::Id>& predict_job);

 private:
  struct Loaded {
    datasets::Id job_id = 0;
    std::vector<datasets::Id> changes;  // decisions and corrections
    std::vector<infer::ReviewedMeeting> meetings;
    std::vector<ShownUnknown> unknown;
    int named_unknown = 0;
    std::string why_none;
    bool numbered = false;
  };
  std::map<datasets::Id, Loaded> of_video_;
};

int CountOpen(const std::vector<infer::ReviewedMeeting>& meetings);
// "3 meetings are open", "" when none is.
std::string OpenMeetingsText(const std::vector<infer::ReviewedMeeting>& meetings);
const infer::ReviewedMeeting* FindMeeting(const ProjectView& project, datasets::Id id);
// The open one after `current` in the order of the list, the first one after the last; null when
// no other is open.
const infer::ReviewedMeeting* NextMeeting(const ProjectView& project, datasets::Id current);

// a, b: the tracks that change names, for an exchange (ReviewedMeeting's numbers).
void RequestMeetingDecision(Session& session, datasets::Id meeting, infer::MeetingVerdict verdict,
                            int a, int b, double seconds);

// One animal on one side of a meeting.
struct MeetingSide : AnimalCut {
  int number = 0;  // of the track, as ReviewedMeeting has it
  bool after = false;
  MeetingSide(AnimalCut cut, int of, bool comes_after)
      : AnimalCut(std::move(cut)), number(of), after(comes_after) {}
};

// Cuts them out on a thread of its own.
class MeetingPictures {
 public:
  struct Sides {
    datasets::MeetingRow meeting;  // that they show
    std::vector<MeetingSide> sides;
  };
  MeetingPictures(std::filesystem::path project_file, std::function<void()> wake,
                  std::function<void(const std::string&)> say);
  // Null until they are there. For the GUI thread: never blocks. Asked again when names change.
  std::shared_ptr<const Sides> Of(const infer::ReviewedMeeting& meeting);

 private:
  void Read(const infer::ReviewedMeeting& meeting);

  const std::filesystem::path project_file_;
  std::mutex mutex_;
  datasets::MeetingRow asked_;
  std::shared_ptr<const Sides> sides_;
  LatestWorker<infer::ReviewedMeeting> worker_;  // last: it ends before what it uses
};

}  // namespace app
