// What a person asks for on frames that are proposed for labeling, as requests to the session.
#pragma once

#include <vector>

#include "app/model/session/session.h"
#include "datasets/sample/sample.h"

namespace app {

// Frames of the video that are proposed and that nobody has labeled yet; increasing.
std::vector<int> ProposedFrames(const ProjectView& project, datasets::Id video_id);
// Chooses frames of the current video as a job; they become rows of the project, beside those that
// are labeled or proposed already.
void RequestProposals(Session& session, const datasets::SampleOptions& options);
void RequestDropProposals(Session& session, datasets::Id video_id, const std::vector<int>& frames);
// To the next one that nobody has labeled yet (`direction` 1) or to the one before (-1), round and
// round; says so where there is none.
void GoToProposal(Session& session, int direction);

}  // namespace app
