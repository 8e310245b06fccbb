// What may stand beside what on a row of behaviors.
#pragma once

#include <vector>

#include "datasets/store/records.h"

namespace annotate {

// How a row of intervals (one video, subject, track and author) changes when `wanted` takes its
// place.
struct RowPlan {
  datasets::BehaviorIntervalRow wanted;  // maybe longer: joined with the same behavior it overlaps
  std::vector<datasets::BehaviorIntervalRow> changed;
  std::vector<datasets::BehaviorIntervalRow> added;  // right-hand remains of an interval cut in two
  std::vector<datasets::Id> deleted;
};

// The newer wins: an overlapping state of the same exclusion group gives way, and so does the
// opposite statement (present or explicitly not) about the same behavior; an overlapping equal
// statement is joined, and is a person's own if one of its parts was. What another author has
// marked stays as it is, but for decisions of reviewers (source accepted), which give way to newer
// ones. Point behaviors (one frame long) exclude nothing. `row` may hold `wanted` itself (by id).
RowPlan PlanInterval(const datasets::BehaviorIntervalRow& wanted,
                     const std::vector<datasets::BehaviorIntervalRow>& row,
                     const std::vector<datasets::BehaviorRow>& behaviors);

}  // namespace annotate
