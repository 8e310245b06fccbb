// Motion as CSV tables.
#pragma once

#include <string>
#include <vector>

#include "datasets/behavior/motion.h"

namespace datasets {

std::string MotionCsvHeading(const std::vector<ZoneMask>& zones);
// One line; names of animals as in the meter.
std::string MotionCsvLine(const std::string& video, const std::vector<std::string>& animals,
                          size_t zones, const FrameTimes& times, const AnimalMotion& motion);
std::string ContactCsv(const std::vector<ContactPair>& contacts);
std::string MotionSummaryCsv(const std::vector<MotionSummary>& summaries, double pixels_per_cm);

}  // namespace datasets
