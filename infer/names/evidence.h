// From opinions of single frames to the evidence of whole tracklets, and to their names.
#pragma once

#include <functional>
#include <vector>

#include "infer/names/anchors.h"
#include "infer/names/identity.h"
#include "infer/track/track_record.h"
#include "train/base/predictor.h"

namespace infer {

struct EvidenceOptions {
  double fps = 25;
  // Neighboring frames look alike: this much video counts as one independent opinion.
  double seconds_an_opinion = 0.3;
  double floor = -3;       // no single frame says less than this about a class (natural log)
  double crop_weight = 1;  // of the masked crop's opinion
  // Of a window's opinion (infer/names/identity_vote.h). It and the crop's look at the same pixels,
  // so beside it the crop's weight is multiplied by `crop_beside_window`.
  double window_weight = 1;
  double crop_beside_window = 0.5;
  double window_seconds = 0.8;  // this much video counts as one opinion of windows
  double pixel_weight = 0.35;   // of the pixels' opinion, where there is a crop opinion too
  double pixel_weight_alone = 0.7;
};

// How far the opinions of each source can be trusted in this video, found without labels: the share
// of seconds in which a source agrees with the names decided from everything (0.5 = worthless).
struct SourceTrust {
  double pixels = -1, crop = -1, window = -1;  // -1: not enough to say
};

// [tracklets]; effective number of opinions of n frames is 1 + (n - 1) / correlation length (cf.
// effective sample size of correlated draws).
std::vector<TrackletEvidence> EvidenceOf(const TrackRecord& record,
                                         const std::vector<Tracklet>& tracklets,
                                         const train::ModelInfo& info,
                                         const EvidenceOptions& options);

SourceTrust TrustOf(const TrackRecord& record, const std::vector<NamedTracklet>& names,
                    const EvidenceOptions& options);

// The same where people said who is who: the share of anchored rows that a source names as they do.
SourceTrust TrustAtLabels(const TrackRecord& record, const std::vector<Anchor>& anchors);

struct DecidedNames {
  std::vector<NamedTracklet> names;
  std::vector<TrackletEvidence> evidence;  // that they were decided from in the end, with labels
  EvidenceOptions weights;                 // as each source was weighed in the end
};
// As NameTracklets, with what was weighed.
DecidedNames DecideNames(const TrackRecord& record, const std::vector<Tracklet>& tracklets,
                         const std::vector<Link>& links, const train::ModelInfo& info,
                         const EvidenceOptions& options, const std::vector<Anchor>& anchors = {},
                         const std::function<void()>& checkpoint = {});
IdentityOptions IdentityOptionsOf(const train::ModelInfo& info);

// Names for all tracklets: evidence, exclusion, links and what people labeled together, twice: the
// second time each source weighs what its agreement in the first round is worth.
std::vector<NamedTracklet> NameTracklets(
    const TrackRecord& record, const std::vector<Tracklet>& tracklets,
    const std::vector<Link>& links, const train::ModelInfo& info, const EvidenceOptions& options,
    const std::vector<Anchor>& anchors = {}, const std::function<void()>& checkpoint = {});

}  // namespace infer
