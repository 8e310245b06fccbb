// What `vole report` prints: readable tables and the parts of its JSON object.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "datasets/behavior/agreement.h"
#include "datasets/behavior/budget.h"
#include "datasets/behavior/exploration.h"

namespace app {

// Columns that say the same on every row (one video, no author, a single bin) are left out.
std::string BudgetText(const std::vector<datasets::BudgetRow>& rows);
// Figures with their intervals, a line for each behavior, and the confusion matrix.
std::string AgreementText(const datasets::PairAgreement& pair);
std::string ExplorationText(const std::vector<datasets::ExplorationRow>& rows);
nlohmann::ordered_json ExplorationJson(const std::vector<datasets::ExplorationRow>& rows);

// `rows` as a table without the columns (other than those from `kept` on) that never vary.
std::string VaryingTableText(const std::vector<std::vector<std::string>>& rows, size_t kept);
// "0.123", or "-" for what is not defined.
std::string FigureText(const std::optional<double>& value, int decimals = 3);

}  // namespace app
