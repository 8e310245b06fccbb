// Whether a file's tables are Vole's and nothing else: a project may come from a stranger, and
// triggers, views or expressions in its tables would run whenever it is read or written.
#pragma once

#include <string>
#include <vector>

#include "datasets/store/connection.h"

namespace datasets {

// Throws DatabaseError unless the file has exactly the tables, indices and views that
// ProjectMigrations makes for this version, with the same texts (spaces aside).
void CheckSchema(Connection& connection, int version);

// The names of all tables of today's version, those that others refer to first.
const std::vector<std::string>& ProjectTables();

}  // namespace datasets
