#include <algorithm>
#include <sstream>

#include "datasets/base/encoding.h"
#include "datasets/base/error.h"
#include "datasets/files/csv.h"
#include "datasets/files/file_names.h"
#include "datasets/files/json_members.h"
#include "datasets/formats/via/via_reading.h"

namespace datasets {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr char kAttributes[] = "# ATTRIBUTE = ";

// A field that holds JSON, with the quotes inside doubled once, or twice.
json JsonField(const CsvTable& table, size_t row, const std::string& column) {
  const std::string& text = table.Text(row, column);
  json value = json::parse(text.empty() ? "{}" : text, nullptr, false);
  if (value.is_discarded()) {
    std::string single;
    for (size_t i = 0; i < text.size(); ++i) {
      single += text[i];
      if (text[i] == '"' && i + 1 < text.size() && text[i + 1] == '"') ++i;
    }
    value = json::parse(single, nullptr, false);
  }
  if (value.is_discarded()) {
    throw Error(table.Where(row), "its " + column + " cannot be read", "export it from VIA again");
  }
  return value;
}

json Via2Tree(const CsvTable& table) {
  const std::string name_column = table.Has("filename") ? "filename" : "#filename";
  json pictures = json::object();
  for (size_t row = 0; row < table.rows(); ++row) {
    const std::string& name = table.Text(row, name_column);
    if (name.empty()) throw Error(table.Where(row), "it names no picture", "correct the file");
    json& picture = pictures[name + table.Text(row, "file_size")];
    if (picture.is_null()) picture = {{"filename", name}, {"regions", json::array()}};
    const json shape = JsonField(table, row, "region_shape_attributes");
    if (shape.empty()) continue;  // a picture without a region
    picture["regions"].push_back(
        {{"shape_attributes", shape},
         {"region_attributes", JsonField(table, row, "region_attributes")}});
  }
  return {{"_via_img_metadata", pictures}};
}

// The table of segments has names of attributes and numbers of their options, of checkboxes
// several ("1,3"): they are called "behavior 1", "behavior 3".
void NameOptions(const json& values, json* attributes) {
  for (const auto& [attribute, value] : values.items()) {
    if (!value.is_string()) continue;
    std::stringstream numbers(value.get<std::string>());
    json options = json::object();
    bool all = true;
    for (std::string number; all && std::getline(numbers, number, ',');) {
      all = ParseNumber(number).has_value();
      options[number] = attribute + " " + number.substr(all ? number.find_first_not_of(' ') : 0);
    }
    if (all && !options.empty()) (*attributes)[attribute]["options"].update(options);
  }
}

// `text`: of the whole file, whose first lines say what the attributes of `table` are.
json Via3Tree(const CsvTable& table, const std::string& text) {
  const bool whole = table.Has("temporal_coordinates");
  json tree = {{"file", json::object()},
               {"view", json::object()},
               {"metadata", json::object()},
               {"attribute", json::object()}};
  std::stringstream lines(text);
  for (std::string line; whole && std::getline(lines, line);) {
    if (line.rfind(kAttributes, 0) != 0) continue;
    const json attributes = json::parse(line.substr(sizeof kAttributes - 1), nullptr, false);
    if (attributes.is_object()) tree["attribute"] = attributes;
  }
  std::map<std::string, std::string> views;  // by file
  for (size_t row = 0; row < table.rows(); ++row) {
    const json files = JsonField(table, row, "file_list");
    if (!files.is_array() || files.empty() || !files[0].is_string()) {
      throw Error(table.Where(row), "it names no file", "correct the file");
    }
    const auto name = files[0].get<std::string>();
    const auto [view, added] = views.emplace(name, std::to_string(views.size() + 1));
    const std::string& id = view->second;
    json z = whole ? JsonField(table, row, "temporal_coordinates") : json::array();
    for (const char* column : {"temporal_segment_start", "temporal_segment_end"}) {
      if (!whole && !table.Text(row, column).empty()) z.push_back(table.Text(row, column));
    }
    if (added) {
      const bool timed = z.is_array() && !z.empty();
      tree["file"][id] = {{"fname", name}, {"src", name}, {"type", timed ? "4" : "2"}};
      tree["view"][id] = {{"fid_list", {id}}};
    } else if (z.is_array() && !z.empty()) {
      tree["file"][id]["type"] = "4";
    }
    json values = JsonField(table, row, "metadata");
    if (!whole) NameOptions(values, &tree["attribute"]);
    json entry = {{"vid", id}, {"z", z}, {"av", std::move(values)}};
    entry["xy"] = table.Has("spatial_coordinates") ? JsonField(table, row, "spatial_coordinates")
                                                   : json::array();
    tree["metadata"]["line " + std::to_string(table.line(row))] = std::move(entry);
  }
  return tree;
}

}  // namespace

bool IsViaTable(const fs::path& path) { return LowerEnding(path) == ".csv"; }

json ReadViaTable(const fs::path& path, const std::string& what) {
  const std::string text = ReadTextFile(path, what);
  const CsvTable table = CsvTable::OfText(
      text, what, {{"region_shape_attributes", "region_attributes"}, {"file_list", "metadata"}});
  if (table.Has("file_list")) return Via3Tree(table, text);
  table.Require({"region_shape_attributes", "region_attributes"});
  return Via2Tree(table);
}

}  // namespace datasets
