// The review queue as a person walks through it: filters, what is next, how far one is.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "app/model/session/session.h"

namespace app {

struct ReviewFilter {
  std::set<std::string> hidden_reasons;  // reason codes that are left out
  std::string animal;                    // "" = all
  datasets::Id video_id = 0;             // 0 = all
  bool operator==(const ReviewFilter& other) const {
    return hidden_reasons == other.hidden_reasons && animal == other.animal &&
           video_id == other.video_id;
  }
};

// Indices into project.review_items that pass the filter, the most suspicious first.
std::vector<size_t> FilterReview(const ProjectView& project, const ReviewFilter& filter);
std::vector<std::string> ReasonsIn(const ProjectView& project);

struct ReviewProgress {
  int decided = 0, total = 0;
  // Share of predicted frames that are probably right: decided ones count as right, open ones by
  // the calibrated probability of their episode; frames outside the queue count as right. -1 when
  // nothing is predicted.
  double estimated_right = -1;
};
ReviewProgress ProgressOf(const ProjectView& project);

// The next open episode after `current` in queue order (the first when current is 0 or gone); null
// when all are decided.
const datasets::ReviewItemRow* NextEpisode(const ProjectView& project, const ReviewFilter& filter,
                                           datasets::Id current);
const datasets::ReviewItemRow* FindEpisode(const ProjectView& project, datasets::Id id);

enum class Decision { kAccept, kReject, kCorrected, kSkip };
void RequestDecision(Session& session, const datasets::ReviewItemRow& item, Decision decision,
                     double seconds);

}  // namespace app
