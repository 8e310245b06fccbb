#include "datasets/formats/via/via.h"

#include <cmath>

#include "datasets/base/error.h"
#include "datasets/exchange/format.h"
#include "datasets/files/csv.h"
#include "datasets/files/json_entries.h"
#include "datasets/formats/via/via_reading.h"

namespace datasets {

using nlohmann::json;

std::string ViaText(const json& object, const std::string& key) {
  return ViaValue(MemberOf(object, key));
}

std::string ViaValue(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return std::to_string(value.get<int64_t>());
  if (value.is_number()) return CsvNumber(value.get<double>(), 6);
  if (!value.is_object()) return "";
  for (const auto& [name, set] : value.items()) {
    if (set.is_boolean() && set.get<bool>()) return name;
  }
  return "";
}

double ViaNumber(const json& value, const std::string& where) {
  const auto number = value.is_number()   ? std::optional<double>(value.get<double>())
                      : value.is_string() ? ParseNumber(value.get<std::string>())
                                          : std::nullopt;
  if (!number || std::abs(*number) > 1e9) {
    throw Error(where, "a coordinate or a time is no number", "correct or remove it in the file");
  }
  return *number;
}

ImportReport ImportVia(Project& project, const std::filesystem::path& path,
                       const ImportOptions& options, Job& job) {
  const std::string what = "VIA file '" + path.filename().string() + "'";
  job.Advance(0, 0, "reading " + path.filename().string());
  const json tree = IsViaTable(path) ? ReadViaTable(path, what) : ReadJsonFile(path, what);
  ViaReading reading{project,
                     path,
                     what,
                     options,
                     job,
                     FramePlacer(project, path, options),
                     BadEntries(options.skip_bad),
                     {}};
  if (!tree.is_object()) throw Error(what, "it is no object", "give a project of VIA 2 or 3");
  if (tree.contains("metadata") && tree.contains("file") && tree.contains("view")) {
    ReadVia3(tree, reading);
  } else {
    ReadVia2(tree, reading);
  }
  ViaContent& content = reading.content;
  LabelBatch& labels = content.labels;
  reading.bad.Finish(&labels.warnings, labels.images().empty() && content.intervals.empty());
  reading.placer.AddNotes(&labels.warnings);
  for (const auto& [kind, count] : content.left_out) {
    labels.warnings.push_back(std::to_string(count) + " " + kind + " were left out");
  }
  CheckIntervals(project, content.ethogram, content.intervals);
  ImportReport of_behaviors;
  ImportReport report = StoreLabels(project, labels, options, job, [&](Writer& writer) {
    WriteIntervals(project, content.ethogram, content.intervals, writer, &of_behaviors, job);
  });
  report.behaviors = of_behaviors.behaviors;
  report.intervals = of_behaviors.intervals;
  report.already_present += of_behaviors.already_present;
  return report;
}

namespace {

bool IsLikeVia(const FileStart& start) {
  if (start.HasKey("_via_settings") || start.HasKey("_via_img_metadata")) return true;
  // VIA 2's "annotations as JSON" are the pictures alone; its and VIA 3's tables.
  const auto says = [&](const char* text) { return start.text.find(text) != std::string::npos; };
  if (says("\"filename\"") && says("\"regions\"") && says("\"file_attributes\"")) return true;
  if (start.HasLine({"region_shape_attributes", "region_attributes"})) return true;
  if (start.HasLine({"file_list", "metadata"})) return true;
  if (start.HasKey("metadata") && start.HasKey("view") && start.HasKey("file")) return true;
  return start.HasKey("project") && start.text.find("vid_list") != std::string::npos;
}

}  // namespace

Format ViaFormat() {
  return {"via",
          ImportVia,
          nullptr,
          "a JSON project, or its annotations as JSON or CSV",
          "regions and temporal segments of VIA 2 and 3",
          IsLikeVia};
}

}  // namespace datasets
