// All that is known of the names of one video in one prediction: what they were decided from, what
// people have decided since, and what they are called after changes by hand.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "datasets/store/connection.h"
#include "datasets/store/meetings/meeting_records.h"
#include "infer/names/name_evidence.h"

namespace infer {

struct KnownNames {
  NameEvidence evidence;
  std::vector<datasets::MeetingRow> meetings;  // as stored
  datasets::Id job_id = 0;
  std::vector<datasets::MeetingDecisionRow> decisions;
  std::vector<datasets::PredictionCorrectionRow> corrections;  // in order
  std::vector<KnownSame> same;
  // By decision, sorted; where its meeting is still there.
  std::map<datasets::Id, std::vector<datasets::Id>> took_part;

  // Nothing was decided since, nor taken back.
  bool IsAsPredicted() const;
  // Some animals share a name: predictions hold the number of a track for its tracklet.
  bool IsNumbered() const;
};
// Nullopt for a prediction that keeps no evidence. Throws Error for what is damaged.
std::optional<KnownNames> LoadKnownNames(datasets::Connection& connection, datasets::Id job_id,
                                         datasets::Id video_id);

// The names of the tracklets as the evidence and all decisions have them; without what was changed
// by hand.
std::vector<NamedTracklet> NamesOf(const KnownNames& known);

// Whether a decision, of this or another prediction, is about a meeting of this one.
bool IsAbout(const datasets::MeetingDecisionRow& decision, const datasets::MeetingRow& meeting,
             const KnownNames& known);

// What a track is called in a frame after all corrections. A track is known by a place in a list:
// the numbers of the evidence first, then what corrections make beside them.
class ShownTracks {
 public:
  struct Track {
    datasets::Id category_id = 0;
    int number = -1;  // of those that share the name; -1: the name is its alone
  };

  explicit ShownTracks(const KnownNames& known);
  // `tracklet`: of the evidence, with a number. The place of what it is called in `frame`.
  int At(int tracklet, int frame) const;
  const Track& track(int place) const { return tracks_[static_cast<size_t>(place)]; }

 private:
  const KnownNames& known_;
  std::vector<Track> tracks_;
  std::map<std::pair<datasets::Id, int>, int> place_of_;
};

}  // namespace infer
