// A report from the window, with the options of `vole report`.
#pragma once

#include <memory>

#include "app/model/requests/exchange_requests.h"
#include "app/model/results/report_choice.h"
#include "app/model/session/session.h"

namespace app {

// As a job, which makes the folder where there is none. `news` is told what came of it: each file
// that was written on a line of its own, or why there is no report, in one line.
void RequestReport(Session& session, const ReportChoice& choice,
                   std::shared_ptr<ExchangeNews> news);
void RequestOpenFolder(Session& session, const std::string& folder);

}  // namespace app
