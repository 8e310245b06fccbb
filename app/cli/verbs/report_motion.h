// What `vole report` says about motion.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "datasets/report/report.h"

namespace app {

// A table of the animals. Each video in its own unit: in the heading where it is the same for all,
// else beside each number.
std::string MotionText(const std::vector<datasets::MotionSummary>& summaries);
// Adds "motion" and "contacts" to `json`.
void AddMotionJson(const datasets::Report& report, nlohmann::ordered_json& json);

}  // namespace app
