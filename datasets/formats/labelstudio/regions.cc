#include "datasets/formats/labelstudio/regions.h"

#include <algorithm>
#include <map>
#include <set>

#include "datasets/files/json_members.h"

namespace datasets {

namespace {

using nlohmann::json;

void AddOnce(const std::string& text, std::vector<std::string>* texts) {
  const bool known = std::find(texts->begin(), texts->end(), text) != texts->end();
  if (!text.empty() && !known) texts->push_back(text);
}

// The texts of "polygonlabels", "labels" and the like.
void AddLabelsOf(const json& value, std::vector<std::string>* texts) {
  for (const auto& [key, names] : value.items()) {
    const bool is_labels = key.size() >= 6 && key.substr(key.size() - 6) == "labels";
    if (!is_labels || !names.is_array()) continue;
    for (const json& name : names) {
      if (name.is_string()) AddOnce(name.get<std::string>(), texts);
    }
  }
}

StudioTime TimeOf(const json& region) {
  const json& value = MemberOf(region, "value");
  if (TextMember(region, "type") == "timelinelabels") return StudioTime::kFrames;
  const bool seconds = MemberOf(value, "start").is_number() && MemberOf(value, "end").is_number();
  return seconds && TextMember(region, "type") == "labels" ? StudioTime::kSeconds
                                                           : StudioTime::kNone;
}

bool SamePlace(const json& a, const json& b) {
  const json &left = MemberOf(a, "value"), &right = MemberOf(b, "value");
  const char* const kKeys[] = {"x",      "y",       "width",   "height",  "rotation",
                               "points", "radiusX", "rle",     "radiusY", "ranges",
                               "start",  "end",     "sequence"};
  return std::all_of(std::begin(kKeys), std::end(kKeys),
                     [&](const char* key) { return MemberOf(left, key) == MemberOf(right, key); });
}

}  // namespace

std::vector<StudioRegion> TakeStudioRegions(json& annotation, const std::string& where,
                                            const std::string& author) {
  static const std::set<std::string> kRemarks = {"choices", "textarea", "rating",   "number",
                                                 "ranker",  "taxonomy", "datetime", "pairwise"};
  json& results = annotation["result"];
  if (!results.is_array()) results = json::array();
  std::map<std::string, std::vector<std::string>> all, alone;  // by id; of what is labels alone
  const auto is_alone = [](const json& result) {
    return TextMember(result, "type") == "labels" && TimeOf(result) == StudioTime::kNone;
  };
  for (const json& result : results) {
    AddLabelsOf(MemberOf(result, "value"), &all[TextMember(result, "id")]);
    if (is_alone(result)) {
      AddLabelsOf(MemberOf(result, "value"), &alone[TextMember(result, "id")]);
    }
  }
  std::vector<StudioRegion> regions;
  std::map<std::string, std::vector<size_t>> places;  // by id, in `regions`
  int64_t number = 0;
  for (json& result : results) {
    ++number;
    if (is_alone(result)) continue;
    const std::string id = TextMember(result, "id");
    StudioRegion one;
    one.where = where + ", region " + std::to_string(number);
    one.type = TextMember(result, "type");
    one.author = author;
    one.is_remark = kRemarks.count(one.type) > 0;
    one.time = TimeOf(result);
    AddLabelsOf(MemberOf(result, "value"), &one.labels);
    if (!id.empty() && !one.is_remark) {
      for (const std::string& label : alone[id]) AddOnce(label, &one.labels);
      if (one.labels.empty()) one.labels = all[id];
      std::vector<size_t>& before = places[id];
      const auto same = std::find_if(before.begin(), before.end(), [&](size_t at) {
        return SamePlace(regions[at].result, result);
      });
      if (same != before.end()) {
        for (const std::string& label : one.labels) AddOnce(label, &regions[*same].labels);
        continue;
      }
      before.push_back(regions.size());
    }
    one.result = std::move(result);
    regions.push_back(std::move(one));
  }
  return regions;
}

}  // namespace datasets
