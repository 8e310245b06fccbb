// A picture of groups: a panel for each measure, a box for each group, a dot for each unit.
#pragma once

#include "datasets/behavior/drawing.h"
#include "datasets/groups/group_statistics.h"

namespace datasets {

// A box from the lower to the upper quartile with a line at the median, whiskers to the last unit
// within one and a half box lengths (Tukey 1977), every unit as a dot, and n below. A group of
// fewer than five is dots and a line at the median alone: quartiles of four say nothing.
Drawing BoxPlot(const std::vector<Group>& groups);

}  // namespace datasets
