// The layout of the project file and how an older one becomes today's.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/store/connection.h"

namespace datasets {

constexpr int kApplicationId = 0x564F4C45;  // "VOLE", in the file's header

// Step i brings version i to version i + 1; the newest version is the number of steps.
using Migrations = std::vector<std::string>;
const Migrations& ProjectMigrations();

int SchemaVersion(Connection& connection);
// Of a project file that was written by an older Vole, without opening it; 0 for any other file.
int OlderVersion(const std::filesystem::path& file);
// Throws Error unless the file is a Vole project of a version that this program knows, with its
// tables and nothing else (schema_check.h). Reads the header and the list of tables only.
void CheckIsProject(Connection& connection, const Migrations& migrations);
// Runs the missing steps, each with its version number in one transaction, after leaving a copy
// FILE.v<N>.bak beside the file (not for an empty one, nor without `leave_copy`). A failing step
// leaves the version before it.
void Migrate(Connection& connection, const Migrations& migrations, bool leave_copy = true);

// The tables that only people change (through Edits, see annotate/edit.h), in an order in which
// later ones refer to earlier ones. No foreign key cascades into them but from a label to its
// points, which edits take away first.
const std::vector<std::string>& HumanTables();

}  // namespace datasets
