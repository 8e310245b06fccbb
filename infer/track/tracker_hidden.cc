// Animals out of sight, and those that come near them: where one may come out, another that is
// there may be taken for it.
#include <algorithm>
#include <cmath>

#include "infer/track/tracker_steps.h"

namespace infer {
namespace {

// An animal that went out of sight comes up within so many body lengths of its place.
constexpr double kHiddenReach = 1.25;
constexpr double kLeftReach = 1.6;  // and who was there has left only beyond these
// Hidden for so long, it may come out whenever another one is there; before, it was only missed.
constexpr double kHiddenSeconds = 0.2;
// Of its full area: so little is seen of an animal at the edge of what hides the other one (its
// inside may be wide, with other doors), and so much again of one that has come away from there.
constexpr double kPartSeen = 0.65, kWholeAgain = 0.8;
// So much is more than one animal, though each is hidden in part.
constexpr double kMoreSeen = 1.25;
// Log-odds that an animal which leaves the hiding place of another is that one; that it is the one
// that came, kEnterContact. So about one in fifty: where looks say nothing, a person is asked. Each
// visit after which nobody came out makes it less likely that anybody is there, as when an animal
// was taken out of the cage.
constexpr double kCameOut = 4, kLessAVisit = 2;
// A step like this beside one that is hidden may be the other one's.
constexpr double kJumpIou = 0.4, kJumpDistance = 0.3;
constexpr size_t kMostHidden = 32, kMostDoors = 256;

}  // namespace

void Tracker::Impl::Hide(const Follow& follow, int frame) {
  if (follow.frames_alone < kKnownFrames) return;
  if (hidden.size() >= kMostHidden) hidden.erase(hidden.begin());
  hidden.push_back({follow, frame});
  AddDoor(follow.last);
}

bool Tracker::Impl::IsHiddenAt(const Lost& gone, const Blob& blob, bool was_there) const {
  return cv::norm(gone.follow.last.centroid - blob.centroid) <=
         (was_there ? kLeftReach : kHiddenReach) *
             std::max(BodyLength(gone.follow.usual_area), BodyLength(options.median_area));
}

bool Tracker::Impl::IsClaimed(const Lost& gone) const {
  return std::any_of(active.begin(), active.end(),
                     [&](const Follow& follow) { return follow.claims == gone.follow.tracklet; });
}

bool Tracker::Impl::IsAtDoor(const Blob& blob) const {
  const double reach = kHiddenReach * BodyLength(options.median_area);
  return std::any_of(doors.begin(), doors.end(), [&](const cv::Point2d& door) {
    return cv::norm(door - blob.centroid) <= reach;
  });
}

void Tracker::Impl::AddDoor(const Blob& blob) {
  const double apart = BodyLength(options.median_area) / 2;
  const bool known = std::any_of(doors.begin(), doors.end(), [&](const cv::Point2d& door) {
    return cv::norm(door - blob.centroid) < apart;
  });
  if (!known && doors.size() < kMostDoors) doors.push_back(blob.centroid);
}

void Tracker::Impl::LinkToHidden(const Follow& from, int tracklet) {
  const auto is_near = [&](const Lost& gone) { return IsHiddenAt(gone, from.last, true); };
  const bool any_near = std::any_of(hidden.begin(), hidden.end(), is_near);
  for (Lost& gone : hidden) {
    if (IsClaimed(gone) || (any_near && !is_near(gone))) continue;
    AddLink(gone.follow.tracklet, tracklet, kCameOut - kLessAVisit * std::log1p(gone.visits));
    ++gone.visits;
  }
}

bool Tracker::Impl::IsBeside(int frame, size_t i, const Blob& blob) const {
  const Follow& follow = active[i];
  const double share = blob.area / std::max(1.0, follow.full_area);
  const bool is_part =
      (share < (follow.beside ? kWholeAgain : kPartSeen) || share > kMoreSeen) && IsAtDoor(blob);
  return std::any_of(hidden.begin(), hidden.end(), [&](const Lost& gone) {
    return frame - gone.end_frame >= kHiddenSeconds * options.fps && !IsClaimed(gone) &&
           (is_part || IsHiddenAt(gone, blob, follow.beside));
  });
}

void Tracker::Impl::Claim(Step& step, Follow& follow) {
  const auto is_claimed_now = [&](const Lost& gone) {
    return std::any_of(step.next.begin(), step.next.end(),
                       [&](const Follow& next) { return next.claims == gone.follow.tracklet; });
  };
  if (!hidden.empty()) AddDoor(follow.last);
  const Lost* nearest = nullptr;
  double least = 1e18;
  for (const Lost& gone : hidden) {
    const double away = cv::norm(gone.follow.last.centroid - follow.last.centroid);
    if (IsClaimed(gone) || is_claimed_now(gone)) continue;
    if (!IsHiddenAt(gone, follow.last) || away >= least) continue;
    least = away;
    nearest = &gone;
  }
  if (nearest) follow.claims = nearest->follow.tracklet;
}

bool Tracker::Impl::MayBeHidden(const Step& step, size_t i, size_t d) const {
  const Blob& blob = step.blobs[d];
  if (std::none_of(hidden.begin(), hidden.end(),
                   [&](const Lost& gone) { return !IsClaimed(gone) && IsHiddenAt(gone, blob); })) {
    return false;
  }
  if (step.fits[i][d].iou < kJumpIou && step.fits[i][d].distance > kJumpDistance) return true;
  for (size_t other = 0; other < step.blobs.size(); ++other) {  // it comes up, or this one does
    if (other != d && step.active_of[other] == -1 && step.fits[i][other].near) return true;
  }
  return false;
}

void Tracker::Impl::ForgetFound() {
  int known = 0;
  for (Follow& follow : active) {
    if (follow.frames_alone < kKnownFrames) continue;
    ++known;
    if (follow.claims < 0) continue;
    hidden.erase(
        std::remove_if(hidden.begin(), hidden.end(),
                       [&](const Lost& gone) { return gone.follow.tracklet == follow.claims; }),
        hidden.end());
    follow.claims = -1;
  }
  if (Most() > 0 && known >= Most()) hidden.clear();
}

}  // namespace infer
