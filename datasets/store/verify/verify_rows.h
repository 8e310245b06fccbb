// Looks at every row of a project file for damage: the part of Verify (datasets/verify.h) that
// needs nothing but the database.
#pragma once

#include "datasets/base/job.h"
#include "datasets/store/connection.h"
#include "datasets/store/verify/findings.h"

namespace datasets {

// Each row is looked at by itself: one that cannot be read is a finding, and the next is looked at.
// Throws nothing but Cancelled.
void VerifyRows(Connection& connection, Job& job, Findings* findings);

}  // namespace datasets
