// Results of a video as files, from the window.
#pragma once

#include <memory>
#include <string>

#include "app/model/session/session.h"
#include "datasets/report/results.h"

namespace app {

// In the order of the changes, also while a job runs; says where the file is, or why there is none.
void RequestSaveResult(Session& session, std::shared_ptr<const datasets::VideoResults> results,
                       datasets::ResultPart part, const std::string& file);

}  // namespace app
