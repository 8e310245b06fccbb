// Groups whose members nobody named: how many there are, and numbers that stay theirs.
#pragma once

#include <string>
#include <vector>

#include "infer/names/identity.h"
#include "infer/track/track_record.h"
#include "infer/track/tracklets.h"
#include "train/base/predictor.h"

namespace infer {

// What a prediction is told about the number of animals.
struct GroupPlan {
  // With the number that was asked for in max_instances, else as the labels have it.
  train::ModelInfo info;
  // One class, several of it: as many as the video shows, whatever the labels showed in one frame.
  bool open = false;
};

// `asked`: "auto", or a number. Throws Error, with the limit, for more animals than can be told
// apart, and for a number where the model names its animals.
GroupPlan PlanGroup(const train::ModelInfo& info, const std::string& asked);

// The most animals at once that the video shows for longer than a moment, >= 1. Counts tracklets
// that look like animals and last.
int AnimalsAtOnce(const TrackRecord& record, const std::vector<Tracklet>& tracklets,
                  const train::ModelInfo& info, double fps);

// Links over long absences, from place and size: an animal that was lost for longer than the
// tracker remembers, and one that appears where nothing was followed. `links` are the tracker's.
std::vector<Link> ReturnLinks(const TrackRecord& record, const std::vector<Tracklet>& tracklets,
                              const std::vector<Link>& links, double fps);

// [tracklets] a number each, from 0 in the order of appearance; -1 for dropped ones. Tracklets that
// `names` gave one number keep one number where a link or the place connects them; where nothing
// does, whoever comes is a new animal.
std::vector<int> OpenNumbers(const TrackRecord& record, const std::vector<Tracklet>& tracklets,
                             const std::vector<Link>& links,
                             const std::vector<NamedTracklet>& names, double fps);

}  // namespace infer
