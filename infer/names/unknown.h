// Names that the evidence does not carry are not given: the animal is unknown, with a best guess
// that only a review is told.
#pragma once

#include <vector>

#include "infer/names/anchors.h"
#include "infer/names/evidence.h"
#include "infer/names/identity.h"
#include "infer/track/track_record.h"

namespace infer {

// [K] the chance that who looks like an animal of this class in this video is that animal, and not
// another whose looks have changed since it was learned. However long a video is, its pictures
// share their light and their day, so that they count as a few independent ones at most.
std::vector<double> ChancesOfLooks(const TrackRecord& record,
                                   const std::vector<NamedTracklet>& names,
                                   const EvidenceOptions& weights);

// Marks names whose chance is below `below`, of a video whose animals have names. The chances are
// first lowered by those of looks, but where a label of the video leads: over the links that the
// names use, and to those who can have no other name, since all others who could are seen beside
// them. Where it leads without a doubt, names are given whatever looks say. Within a contact an
// animal is unknown where it is on both sides of it. `max_instances`: [K] animals of each class.
void LeaveUnknown(const TrackRecord& record, const std::vector<Tracklet>& tracklets,
                  const std::vector<Link>& links, const std::vector<Anchor>& anchors,
                  const std::vector<int>& max_instances, const EvidenceOptions& weights,
                  double below, std::vector<NamedTracklet>& names);

}  // namespace infer
