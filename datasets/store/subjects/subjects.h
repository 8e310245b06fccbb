// Whom machines' statements about behavior are of: they know animals by name, and so must follow
// it.
#pragma once

#include <string>

#include "datasets/store/connection.h"

namespace datasets {

// An animal has got another name: scores, predicted bouts, their episodes, and what models held
// back go with it. Where a region of the video has the old name nobody can tell whose they are:
// those stay. People's own rows are theirs to change (annotate/).
void RenameSubject(Connection& connection, const std::string& before, const std::string& after);

}  // namespace datasets
