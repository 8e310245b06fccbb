// What videos differ in by design (treatment, day, cage): factors, and at most one value of each
// for a video.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "datasets/store/connection.h"
#include "datasets/store/records.h"

namespace datasets {

struct FactorRow {
  Id id = 0;
  std::string name;  // unique, not empty
};

struct FactorValueRow {
  Id id = 0;
  Id factor_id = 0, video_id = 0;  // together unique
  std::string value;               // not empty
};

std::vector<FactorRow> ReadFactors(Connection& connection);  // by id
// In whatever case; the one of exactly this name first.
std::optional<FactorRow> FactorByName(Connection& connection, const std::string& name);
std::vector<FactorValueRow> ReadFactorValues(Connection& connection);  // by video, factor
std::optional<FactorValueRow> ReadFactorValue(Connection& connection, Id factor_id, Id video_id);

// Throw Error where the database refuses: a name or a pair that is there already, an empty text, a
// video that is not there.
Id InsertFactor(Connection& connection, const std::string& name);
void DeleteFactor(Connection& connection, Id id);  // refused while a video has a value
Id InsertFactorValue(Connection& connection, Id factor_id, Id video_id, const std::string& value);
void UpdateFactorValue(Connection& connection, Id id, const std::string& value);
void DeleteFactorValue(Connection& connection, Id id);

}  // namespace datasets
