// What is wrong with the notes of a project.
#pragma once

#include "datasets/store/connection.h"

namespace datasets {

extern const char* const kNoteRows;  // a query of the rows that are not in order, for:
// Throws the Error that says what is wrong with the row.
void CheckNoteRow(const Statement& row);

}  // namespace datasets
