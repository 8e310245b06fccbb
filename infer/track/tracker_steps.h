// Inside of Tracker: what it knows between frames, and the steps of one frame. Only for
// tracklets.cc, tracker_contacts.cc and tracker_hidden.cc.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "infer/track/contact.h"
#include "infer/track/follow.h"
#include "infer/track/tracklets.h"

namespace infer {

constexpr double kEnterContact = 8;  // log-odds that a piece is the animal that walked in
constexpr double kOverlapOdds = 7;   // log-odds of one unit of IoU
constexpr int kKnownFrames = 5;      // seen alone so often, it is an animal

struct Lost {
  Follow follow;
  int end_frame = 0;  // one past the last
  int visits = 0;     // of others to where animals hide, after which they went on
};

struct Tracker::Impl {
  TrackerOptions options;
  std::vector<Tracklet> tracklets;
  std::vector<Link> links;
  std::vector<Follow> active;
  std::vector<Lost> lost;
  // Animals that went out of sight, until they are seen again, however long: where one of them may
  // come out, an animal that hides there itself may be taken for it.
  std::vector<Lost> hidden;
  std::vector<cv::Point2d> doors;  // where known animals ever went out of sight, or came up
  std::deque<TrackedFrame> pending;
  std::map<int, Contact> contacts;  // open ones
  int next_contact = 0;
  double usual_step = 0;  // pixels an animal moves a frame
  int most_seen = 0;      // animals that are known for sure, at once
  const train::FrameDetections* found = nullptr;
  int NewTracklet(int frame, bool contact);
  // Most animals that can be there at once, as far as that is known by now; 0: not known.
  int Most() const;
  void CountKnown();
  void AddLink(int from, int to, double log_odds);

  // One frame's bookkeeping.
  struct Step {
    int frame = 0;
    std::vector<Blob> blobs;
    std::vector<std::vector<Fit>> fits;    // [active][blob]
    std::vector<int> blob_of;              // active -> blob, or -1
    std::vector<int> active_of;            // blob -> active, or -1
    std::vector<std::vector<int>> merged;  // blob -> further actives inside of it
    std::vector<Follow> next;
    std::vector<bool> settled;     // actives that go on
    std::vector<size_t> appeared;  // of `next`: nobody was followed into them
  };
  void MergeFragments(Step& step);
  void Match(Step& step);

  // The network cut touching animals itself, but not where their usual areas and motion allow it:
  // the pieces are joined again, to be cut by time.
  bool Disputed(const Step& step, size_t d, size_t e) const;
  void RejoinDisputed(Step& step);
  // Actives that found no blob of their own but lie inside of one that is too big for its owner.
  void FindMerges(Step& step);
  bool Certain(const Step& step, size_t i, size_t d) const;
  Follow Continue(const Follow& before, Blob blob, const Fit& fit);
  Follow Begin(Blob blob);

  // Links from animals that were lost a moment ago to one that appears.
  void LinkToLost(int to, const Blob& blob);
  void Lose(const Follow& follow, int frame) { lost.push_back({follow, frame}); }
  void Hide(const Follow& follow, int frame);
  bool IsHiddenAt(const Lost& gone, const Blob& blob, bool was_there = false) const;
  // Whether one that came up may be it, and is not known yet.
  bool IsClaimed(const Lost& gone) const;
  // Whether active i, as blob now, is where another one hides, for long enough to come out: at the
  // place where that went out of sight, or half out of sight itself at any door.
  bool IsBeside(int frame, size_t i, const Blob& blob) const;
  bool IsAtDoor(const Blob& blob) const;
  void AddDoor(const Blob& blob);
  // What comes up where one hides may be that one: until it is known it only claims to be, so that
  // a false alarm at a door is forgotten, not the animal. Of two that come up at once each claims
  // another one.
  void Claim(Step& step, Follow& follow);
  // `tracklet` goes away from where others hide, one of which it may be.
  void LinkToHidden(const Follow& from, int tracklet);
  // Whether blob d, which goes on as active i, may be one that was hidden there.
  bool MayBeHidden(const Step& step, size_t i, size_t d) const;
  void ForgetFound();  // who is known to be in sight again; all, where every animal is

  // A contact that ends without its members coming apart together: nobody can check it from behind,
  // so its pieces are cut where the animals hid each other, and may change names there.
  void CloseContact(int id, std::vector<Follow>* leaving = nullptr);

  // Blobs, followed animals and links that start at `from_frame` or later get new tracklets.
  void Rename(const std::map<int, int>& renamed, int from_frame, std::vector<Follow>* leaving);
  static std::vector<int> ContactsOf(const std::vector<Follow>& members);

  // Several animals in blob d: owner + merged (+ `extra` lost or unknown ones).
  void Split(Step& step, size_t d, std::vector<Follow> members, bool from_unknown);

  // Members `own` of a contact go on alone; with `whole` set that is all of them.
  void Depart(Step& step, const Contact* whole, const std::vector<size_t>& members,
              const std::vector<size_t>& own, const std::vector<std::vector<double>>& direct);

  // Contacts that end in this frame, each member with a blob of its own.
  void EndContacts(Step& step);

  // True when blob d is so big that somebody else must be in it, though nobody was followed in.
  bool HoldsMore(const Step& step, size_t d, double usual_area) const;
  std::optional<Follow> LostNear(const Blob& blob);
  Follow Unknown() const;
  void Place(Step& step, size_t d);
  std::vector<TrackedFrame> Add(int frame, const train::FrameDetections& detections);
  void ForgetOld(int frame);
  std::vector<TrackedFrame> Release(bool all);
};

}  // namespace infer
