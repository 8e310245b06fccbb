#include "app/cli/verbs/report_motion.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/cli/verbs/report_text.h"
#include "datasets/files/json_values.h"

namespace app {

namespace {

// A way that could not be measured is not one of 0.
std::optional<double> KnownWay(std::optional<double> way, const std::optional<double>& mean) {
  return mean ? way : std::nullopt;
}

}  // namespace

std::string MotionText(const std::vector<datasets::MotionSummary>& summaries) {
  size_t scaled = 0;
  for (const auto& one : summaries) scaled += one.distance_cm ? 1 : 0;
  const bool mixed = scaled > 0 && scaled < summaries.size();
  const std::string unit = mixed ? "" : scaled > 0 ? " cm" : " px";
  const std::string speed = mixed ? "" : unit + "/s";
  std::vector<std::vector<std::string>> table = {{"video", "animal", "seen %", "distance" + unit,
                                                  "mean" + speed, "max" + speed, "area px",
                                                  "elongation"}};
  const auto number = [](const std::optional<double>& value, int decimals,
                         const std::string& behind = "") {
    return value ? fmt::format("{:.{}f}{}", *value, decimals, behind) : "-";
  };
  for (const datasets::MotionSummary& one : summaries) {
    const bool cm = one.distance_cm.has_value();
    const std::string own = !mixed ? "" : cm ? " cm" : " px";
    const std::string own_speed = mixed ? own + "/s" : "";
    table.push_back(
        {one.video, one.animal,
         fmt::format("{:.1f}", 100.0 * static_cast<double>(one.frames_seen) /
                                   static_cast<double>(std::max<int64_t>(1, one.frames))),
         number(cm ? KnownWay(one.distance_cm, one.mean_speed_cm_s)
                   : KnownWay(one.distance_px, one.mean_speed_px_s),
                1, own),
         number(cm ? one.mean_speed_cm_s : one.mean_speed_px_s, 1, own_speed),
         number(cm ? one.max_speed_cm_s : one.max_speed_px_s, 1, own_speed),
         number(one.mean_area_px, 0), number(one.mean_elongation, 2)});
  }
  return VaryingTableText(table, 1);
}

void AddMotionJson(const datasets::Report& report, nlohmann::ordered_json& json) {
  json["motion"] = json["contacts"] = nlohmann::ordered_json::array();
  for (const datasets::MotionSummary& one : report.motion) {
    json["motion"].push_back(
        {{"video", one.video},
         {"animal", one.animal},
         {"frames", one.frames},
         {"frames_seen", one.frames_seen},
         {"seen_s", one.seen_s},
         {"distance_px", datasets::OrNull(KnownWay(one.distance_px, one.mean_speed_px_s))},
         {"mean_speed_px_s", datasets::OrNull(one.mean_speed_px_s)},
         {"max_speed_px_s", datasets::OrNull(one.max_speed_px_s)},
         {"mean_area_px", datasets::OrNull(one.mean_area_px)},
         {"mean_elongation", datasets::OrNull(one.mean_elongation)},
         {"unit", one.distance_cm ? "cm" : "px"},
         {"distance_cm", datasets::OrNull(KnownWay(one.distance_cm, one.mean_speed_cm_s))},
         {"mean_speed_cm_s", datasets::OrNull(one.mean_speed_cm_s)},
         {"max_speed_cm_s", datasets::OrNull(one.max_speed_cm_s)}});
  }
  for (const datasets::ContactPair& pair : report.contacts) {
    json["contacts"].push_back({{"video", pair.video},
                                {"first", pair.first},
                                {"second", pair.second},
                                {"bouts", pair.bouts},
                                {"frames", pair.frames},
                                {"seconds", pair.seconds}});
  }
}

}  // namespace app
