#include "datasets/behavior/zones.h"

#include <cmath>
#include <fstream>
#include <set>

#include "datasets/base/error.h"

namespace datasets {
namespace {

constexpr int kCircleCorners = 128;

std::vector<double> Numbers(const nlohmann::json& list, size_t count, const std::string& what) {
  std::vector<double> numbers;
  if (list.is_array()) {
    for (const nlohmann::json& value : list) {
      if (value.is_number() && std::isfinite(value.get<double>())) numbers.push_back(value);
    }
  }
  if (!list.is_array() || list.size() != count || numbers.size() != count) {
    throw Error(what, "it does not hold " + std::to_string(count) + " numbers", "correct it");
  }
  return numbers;
}

Ring OutlineOf(const nlohmann::json& zone, const std::string& what) {
  Ring ring;
  if (zone.contains("polygon")) {
    if (!zone["polygon"].is_array()) throw Error(what, "its polygon is no list", "correct it");
    for (const nlohmann::json& point : zone["polygon"]) {
      const auto xy = Numbers(point, 2, what);
      ring.emplace_back(xy[0], xy[1]);
    }
  } else if (zone.contains("circle")) {
    const auto circle = Numbers(zone["circle"], 3, what);
    if (!(circle[2] > 0)) throw Error(what, "its radius is not above 0", "correct it");
    for (int i = 0; i < kCircleCorners; ++i) {
      const double angle = 2 * CV_PI * i / kCircleCorners;
      ring.emplace_back(circle[0] + circle[2] * std::cos(angle),
                        circle[1] + circle[2] * std::sin(angle));
    }
  } else if (zone.contains("rectangle")) {
    const auto box = Numbers(zone["rectangle"], 4, what);
    if (!(box[2] > 0) || !(box[3] > 0)) {
      throw Error(what, "its width or height is not above 0", "correct it");
    }
    ring = {{box[0], box[1]},
            {box[0] + box[2], box[1]},
            {box[0] + box[2], box[1] + box[3]},
            {box[0], box[1] + box[3]}};
  } else {
    throw Error(what, "it has no outline", "give a polygon, a circle or a rectangle");
  }
  CheckRing(ring, what);
  return ring;
}

bool IsInCm(const nlohmann::json& json, bool otherwise, const std::string& what) {
  if (!json.is_object() || !json.contains("unit")) return otherwise;
  const nlohmann::json& unit = json["unit"];
  if (unit != "cm" && unit != "px") {
    throw Error(what, "its unit " + unit.dump() + " is not known", "write \"px\" or \"cm\"");
  }
  return unit == "cm";
}

// Straight on the floor is bent in the picture of a lens: sides become many short ones.
Ring InPicture(const Zone& zone, const std::string& video, const std::optional<FloorMap>& floor) {
  if (!zone.in_cm) return zone.outline;
  const std::string thing = "zone '" + zone.name + "'";
  if (!floor) {
    throw Error(thing, "it is in cm, and the video '" + video + "' is not calibrated",
                "calibrate it (vole calibrate), or give the zone in pixels");
  }
  constexpr int kPieces = 16;
  Ring ring;
  for (size_t i = 0; i < zone.outline.size(); ++i) {
    const cv::Point2d from = zone.outline[i], to = zone.outline[(i + 1) % zone.outline.size()];
    for (int piece = 0; piece < kPieces; ++piece) {
      const auto pixel = floor->PixelOf(from + (to - from) * (piece / double{kPieces}));
      if (!pixel) {
        throw Error(thing,
                    "a part of it is behind the camera of '" + video + "', or out of its lens",
                    "make it smaller");
      }
      ring.push_back(*pixel);
    }
  }
  return ring;
}

}  // namespace

std::vector<Zone> ZonesFromJson(const nlohmann::json& json, const std::string& what) {
  const bool wrapped = json.is_object() && json.contains("zones");
  const nlohmann::json& list = wrapped ? json["zones"] : json;
  const bool in_cm = IsInCm(json, false, what);
  if (!list.is_array() || list.empty()) {
    throw Error(what, "it holds no zone", "write a list: {\"zones\": [{\"name\": ...}]}");
  }
  std::vector<Zone> zones;
  std::set<std::pair<std::string, std::string>> names;
  for (const nlohmann::json& entry : list) {
    if (!entry.is_object() || !entry.contains("name") || !entry["name"].is_string() ||
        entry["name"].get<std::string>().empty()) {
      throw Error(what, "zone " + std::to_string(zones.size() + 1) + " has no name", "name it");
    }
    Zone zone;
    zone.name = entry["name"];
    const std::string where = what + ", zone '" + zone.name + "'";
    if (entry.contains("video")) {
      if (!entry["video"].is_string()) throw Error(where, "its video is no name", "correct it");
      zone.video = entry["video"];
    }
    zone.in_cm = IsInCm(entry, in_cm, where);
    zone.outline = OutlineOf(entry, where);
    if (!names.insert({zone.video, zone.name}).second) {
      throw Error(where, "another zone has the same name", "rename one of them");
    }
    zones.push_back(std::move(zone));
  }
  return zones;
}

std::vector<Zone> ReadZones(const std::filesystem::path& path, bool may_be_in_cm) {
  const std::string what = "zones '" + path.filename().string() + "'";
  std::ifstream file(path);
  if (!file) throw Error(what, "the file cannot be read", "check the path " + path.string());
  const nlohmann::json json = nlohmann::json::parse(file, nullptr, false);
  if (json.is_discarded()) throw Error(what, "it is not JSON", "correct the file");
  std::vector<Zone> zones = ZonesFromJson(json, what);
  for (const Zone& zone : zones) {
    if (zone.in_cm && !may_be_in_cm) {
      throw Error(what + ", zone '" + zone.name + "'", "it is in cm, which only reports take",
                  "give its place in pixels of the video");
    }
  }
  return zones;
}

std::vector<ZoneMask> ZoneMasks(const std::vector<Zone>& zones, const std::string& video,
                                int height, int width, const std::optional<FloorMap>& floor) {
  std::vector<ZoneMask> masks;
  for (const Zone& zone : zones) {
    if (!zone.video.empty() && zone.video != video) continue;
    ZoneMask mask{zone.name, InPicture(zone, video, floor), {}, 0};
    mask.mask = RlePolygon(mask.outline, height, width);
    mask.area = RleArea(mask.mask);
    if (mask.area == 0) {
      throw Error("zone '" + zone.name + "'",
                  "it covers no pixel of the video '" + video + "' (" + std::to_string(width) +
                      " x " + std::to_string(height) + ")",
                  zone.in_cm ? "give its place in cm from the floor's first corner"
                             : "give its place in pixels of the video");
    }
    masks.push_back(std::move(mask));
  }
  return masks;
}

std::vector<std::string> ZoneNames(const std::vector<ZoneMask>& zones) {
  std::vector<std::string> names;
  for (const ZoneMask& zone : zones) names.push_back(zone.name);
  return names;
}

}  // namespace datasets
