// What the readers of VIA 2 and 3 share. Internal to datasets/formats/via.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "datasets/exchange/bad_entries.h"
#include "datasets/exchange/frame_place.h"
#include "datasets/exchange/label_batch.h"
#include "datasets/files/json_members.h"
#include "datasets/formats/behaviors/behaviors.h"

namespace datasets {

struct ViaContent {
  LabelBatch labels;
  std::vector<BehaviorRow> ethogram;
  std::vector<IncomingInterval> intervals;
  std::map<std::string, int64_t> left_out;  // "points" -> how many
};

struct ViaReading {
  Project& project;
  const std::filesystem::path& path;
  const std::string what;
  const ImportOptions& options;
  Job& job;
  FramePlacer placer;
  BadEntries bad;
  ViaContent content;
};

// The tables that VIA 2 (a region a row) and VIA 3 (a region or temporal segment a row) export, as
// the tree of a project with what they say. Throws Error naming the line for what is no such table.
bool IsViaTable(const std::filesystem::path& path);  // by its ending
nlohmann::json ReadViaTable(const std::filesystem::path& path, const std::string& what);
// `tree`: the whole file.
void ReadVia2(const nlohmann::json& tree, ViaReading& reading);
void ReadVia3(const nlohmann::json& tree, ViaReading& reading);

std::string ViaText(const nlohmann::json& object, const std::string& key);
// Text of a text or a number; of checkboxes ({"a": true}) the first that is set.
std::string ViaValue(const nlohmann::json& value);
double ViaNumber(const nlohmann::json& value, const std::string& where);

}  // namespace datasets
