// A statement as people read it: one sheet of paper, and a paragraph for a methods section.
#pragma once

#include <string>

#include "infer/statement/statement.h"

namespace infer {

// Plain sentences, the numbers of which all stand in the statement.
std::string MethodsParagraph(const Statement& statement, const std::string& version);

// A page of HTML that needs no other file and prints to one sheet.
std::string StatementPage(const Statement& statement, const std::string& version);

}  // namespace infer
