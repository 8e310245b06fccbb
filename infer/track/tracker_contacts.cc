#include <algorithm>
#include <cmath>
#include <map>

#include "infer/track/contact_split.h"
#include "infer/track/tracker_steps.h"

namespace infer {

void Tracker::Impl::CloseContact(int id, std::vector<Follow>* leaving) {
  const auto open = contacts.find(id);
  if (open == contacts.end()) return;
  const HiddenFrame hidden = MostHidden(open->second);
  if (hidden.trust < 0.9 && open->second.members.size() > 1) {
    std::map<int, int> renamed;
    for (int member : open->second.members) {
      Tracklet& piece = tracklets[static_cast<size_t>(member)];
      if (hidden.frame <= piece.start_frame || hidden.frame >= piece.end_frame) continue;
      const int end_frame = piece.end_frame;
      piece.end_frame = hidden.frame;
      const int rest = NewTracklet(hidden.frame, true);
      tracklets[static_cast<size_t>(rest)].end_frame = end_frame;
      AddLink(member, rest, kEnterContact * hidden.trust);
      renamed[member] = rest;
    }
    Rename(renamed, hidden.frame, leaving);
  }
  contacts.erase(open);
}

void Tracker::Impl::Rename(const std::map<int, int>& renamed, int from_frame,
                           std::vector<Follow>* leaving) {
  for (TrackedFrame& held : pending) {
    if (held.frame < from_frame) continue;
    for (Blob& blob : held.blobs) {
      const auto other = renamed.find(blob.tracklet);
      if (other != renamed.end()) blob.tracklet = other->second;
    }
  }
  const auto rename = [&](Follow& follow) {
    const auto other = renamed.find(follow.tracklet);
    if (other != renamed.end()) follow.tracklet = other->second;
  };
  for (Follow& follow : active) rename(follow);
  for (Lost& gone : lost) rename(gone.follow);
  if (leaving) std::for_each(leaving->begin(), leaving->end(), rename);
}

std::vector<int> Tracker::Impl::ContactsOf(const std::vector<Follow>& members) {
  std::vector<int> ids;
  for (const Follow& member : members) {
    if (member.contact >= 0) ids.push_back(member.contact);
  }
  return ids;
}

void Tracker::Impl::Split(Step& step, size_t d, std::vector<Follow> members, bool from_unknown) {
  const Blob& merged = step.blobs[d];
  const int contact_before = members[0].contact;
  bool same = contact_before >= 0 && contacts.count(contact_before) > 0;
  if (same) {
    std::vector<int> now, then = contacts[contact_before].members;
    for (const Follow& member : members) now.push_back(member.tracklet);
    std::sort(now.begin(), now.end());
    std::sort(then.begin(), then.end());
    same = now == then;
  }
  std::vector<SplitTemplate> templates;
  for (const Follow& member : members) {
    SplitTemplate t;
    if (member.last.area > 0) t.blob = &member.last;
    t.velocity = member.velocity;
    t.usual_area = member.usual_area;
    t.class_weights = ClassWeights(member);
    templates.push_back(t);
  }
  std::vector<Blob> pieces = SplitMerged(merged, templates, *found);
  Contact* contact = nullptr;
  if (same) {
    contact = &contacts[contact_before];
  } else {
    for (int id : ContactsOf(members)) CloseContact(id, &members);
    const int id = next_contact++;
    contact = &contacts[id];
    contact->id = id;
    contact->from_unknown = from_unknown;
    for (const Follow& member : members) contact->usual_area += member.usual_area;
  }
  for (size_t i = 0; i < members.size(); ++i) {
    Blob& piece = pieces[i];
    if (piece.area < 0.1 * members[i].usual_area || piece.area < 1) {
      if (members[i].tracklet >= 0) {
        Lose(members[i], step.frame);
        Hide(members[i], step.frame);
      }
      if (same) contact->members.clear();  // never equal again: the next frame starts anew
      continue;
    }
    Follow next = members[i].last.area > 0 ? Continue(members[i], piece, FitOf(members[i], piece))
                                           : Begin(piece);
    if (members[i].usual_area > 0) next.usual_area = members[i].usual_area;
    next.contact = contact->id;
    if (!same) {
      next.tracklet = NewTracklet(step.frame, true);
      if (members[i].tracklet >= 0) AddLink(members[i].tracklet, next.tracklet, kEnterContact);
      contact->members.push_back(next.tracklet);
    }
    next.last.tracklet = next.tracklet;
    step.next.push_back(std::move(next));
  }
  contact->frames.push_back({step.frame, merged});
}

void Tracker::Impl::Depart(Step& step, const Contact* whole, const std::vector<size_t>& members,
                           const std::vector<size_t>& own,
                           const std::vector<std::vector<double>>& direct) {
  BackSplit split;
  split.agreement = direct;
  std::vector<int> back;  // tracklets of the pieces after the cut
  if (whole) {
    std::vector<const Blob*> after;
    for (size_t i : own) after.push_back(&step.blobs[static_cast<size_t>(step.blob_of[i])]);
    Contact ordered = *whole;
    ordered.members.clear();
    for (size_t i : members) ordered.members.push_back(active[i].tracklet);
    for (size_t b = 0; b < own.size(); ++b) back.push_back(NewTracklet(step.frame, true));
    split = SplitBackwards(ordered, after, direct, back, pending);
  }
  for (size_t b = 0; b < own.size(); ++b) {
    const size_t i = own[b];
    const size_t d = static_cast<size_t>(step.blob_of[i]);
    Follow next = Continue(active[i], step.blobs[d], step.fits[i][d]);
    next.usual_area = 0.5 * (next.usual_area + next.last.area);
    next.contact = -1;
    next.tracklet = NewTracklet(step.frame, false);
    next.last.tracklet = next.tracklet;
    int to = next.tracklet;
    if (split.cut_frame >= 0) {
      to = back[b];
      tracklets[static_cast<size_t>(to)].start_frame = split.cut_frame;
      tracklets[static_cast<size_t>(to)].end_frame = step.frame;
      AddLink(to, next.tracklet, kEnterContact);
    }
    for (size_t a = 0; a < members.size(); ++a) {
      Tracklet& piece = tracklets[static_cast<size_t>(active[members[a]].tracklet)];
      if (split.cut_frame >= 0) piece.end_frame = std::max(piece.start_frame, split.cut_frame);
      AddLink(piece.id, to, kOverlapOdds * split.trust * split.agreement[a][b]);
    }
    step.next.push_back(std::move(next));
    step.settled[i] = true;
    step.active_of[d] = -2;  // done
  }
}

void Tracker::Impl::EndContacts(Step& step) {
  std::map<int, std::vector<size_t>> ending;
  for (size_t i = 0; i < active.size(); ++i) {
    if (active[i].contact >= 0) ending[active[i].contact].push_back(i);
  }
  for (auto& [id, members] : ending) {
    const auto open = contacts.find(id);
    bool apart = open != contacts.end() && open->second.members.size() == members.size();
    bool all_stay = true;
    for (size_t i : members) {
      const int d = step.blob_of[i];
      const bool alone = d >= 0 && step.merged[static_cast<size_t>(d)].empty();
      apart = apart && alone;
      all_stay = all_stay && !alone;
    }
    if (all_stay) continue;
    std::vector<size_t> own;  // members with a blob of their own
    for (size_t i : members) {
      const int d = step.blob_of[i];
      if (d >= 0 && step.merged[static_cast<size_t>(d)].empty()) own.push_back(i);
    }
    std::vector<std::vector<double>> direct(members.size(), std::vector<double>(own.size(), 0));
    for (size_t a = 0; a < members.size(); ++a) {
      for (size_t b = 0; b < own.size(); ++b) {
        direct[a][b] = step.fits[members[a]][static_cast<size_t>(step.blob_of[own[b]])].iou;
      }
    }
    if (!apart) CloseContact(id);
    Depart(step, apart ? &open->second : nullptr, members, own, direct);
    contacts.erase(id);
  }
}

bool Tracker::Impl::HoldsMore(const Step& step, size_t d, double usual_area) const {
  if (Most() < 2 || static_cast<int>(step.blobs.size()) >= Most()) return false;
  const double one =
      std::clamp(usual_area, options.median_area, 1.3 * std::max(options.median_area, 1e-9));
  return options.median_area > 0 && step.blobs[d].area > 1.6 * one;
}

std::optional<Follow> Tracker::Impl::LostNear(const Blob& blob) {
  for (size_t i = lost.size(); i-- > 0;) {
    const Lost& gone = lost[i];
    if (blob.frame - gone.end_frame > options.gap_seconds * options.fps) continue;
    const double reach = 1.5 * BodyLength(gone.follow.usual_area);
    const cv::Rect grown(blob.region.x - cvRound(reach), blob.region.y - cvRound(reach),
                         blob.region.width + 2 * cvRound(reach),
                         blob.region.height + 2 * cvRound(reach));
    if (!grown.contains(cv::Point(gone.follow.last.centroid))) continue;
    Follow follow = gone.follow;
    lost.erase(lost.begin() + static_cast<ptrdiff_t>(i));
    hidden.erase(
        std::remove_if(hidden.begin(), hidden.end(),
                       [&](const Lost& h) { return h.follow.tracklet == follow.tracklet; }),
        hidden.end());
    return follow;
  }
  return std::nullopt;
}

Follow Tracker::Impl::Unknown() const {
  Follow follow;
  follow.usual_area = options.median_area;
  return follow;
}

}  // namespace infer
