// What is wrong with the parts of a video, beside what its index says (IndexDamage).
#pragma once

#include "datasets/store/connection.h"

namespace datasets {

extern const char* const kPartRows;  // a query of the rows that are not in order, for:
// Throws the Error that says what is wrong with the row.
void CheckPartRow(const Statement& row, int64_t id);

}  // namespace datasets
