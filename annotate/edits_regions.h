// Builders of edits of regions; see edits.h.
#pragma once

#include "annotate/edit.h"
#include "datasets/store/records.h"

namespace annotate {

// Refused without a name or an outline, and with a name that an animal or another region has.
Edit AddRegion(datasets::RegionRow region);
// What was marked for it stays.
Edit DeleteRegion(datasets::Id region_id);

}  // namespace annotate
