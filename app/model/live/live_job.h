// A recording as a job of the window: it begins at once, whatever else runs.
#pragma once

#include <memory>

#include "app/model/live/live_setup.h"
#include "app/model/live/live_watch.h"
#include "app/model/session/session.h"

namespace app {

// Returns the job; cancelling it is the way to end the recording, in good order. `watch` has begun.
int64_t StartLiveJob(Session& session, const LiveSetup& setup, std::shared_ptr<LiveWatch> watch);

}  // namespace app
