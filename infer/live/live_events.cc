#include "infer/live/live_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"

namespace infer {
namespace {

constexpr double kLeaveMargin = 3;  // pixels

// Pixels to the outline, negative outside.
double Depth(const datasets::Ring& ring, const cv::Point2d& point) {
  const std::vector<cv::Point2f> corners(ring.begin(), ring.end());
  return cv::pointPolygonTest(corners, cv::Point2f(point), true);
}

double Tenths(double value) { return std::round(value * 10) / 10; }

}  // namespace

const char* EventName(LiveEvent::Kind kind) {
  switch (kind) {
    case LiveEvent::Kind::kEnter:
      return "enter";
    case LiveEvent::Kind::kLeave:
      return "leave";
    case LiveEvent::Kind::kMovement:
      break;
  }
  return "movement";
}

std::string EventLine(const LiveEvent& event) {
  const bool moves = event.kind == LiveEvent::Kind::kMovement;
  const nlohmann::ordered_json line = {
      {"event", EventName(event.kind)}, {moves ? "movement" : "zone", event.what},
      {"animal", event.name},           {"number", event.number},
      {"frame", event.frame},           {"ms", event.milliseconds},
      {"x", Tenths(event.center.x)},    {"y", Tenths(event.center.y)}};
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

EventDetector::EventDetector(std::vector<datasets::Zone> zones, const std::string& video)
    : zones_([&] {
        std::vector<datasets::Zone> here;
        for (datasets::Zone& zone : zones) {
          if (zone.video.empty() || zone.video == video) here.push_back(std::move(zone));
        }
        return here;
      }()) {}

std::vector<LiveEvent> EventDetector::Add(int frame, int64_t milliseconds,
                                          const std::vector<SeenAnimal>& animals) {
  std::vector<LiveEvent> events;
  for (const SeenAnimal& animal : animals) {
    LiveEvent event;
    event.frame = frame;
    event.milliseconds = milliseconds;
    event.number = animal.number;
    event.name = animal.name;
    event.center = animal.blob->centroid;
    for (size_t z = 0; z < zones_.size(); ++z) {
      bool& inside = inside_[{animal.number, z}];
      const double depth = Depth(zones_[z].outline, event.center);
      const bool now = inside ? depth > -kLeaveMargin : depth > 0;
      if (now == inside) continue;
      inside = now;
      event.kind = now ? LiveEvent::Kind::kEnter : LiveEvent::Kind::kLeave;
      event.what = zones_[z].name;
      events.push_back(event);
    }
    if (!animal.movement) continue;
    const auto [known, first] = movement_.try_emplace(animal.number, *animal.movement);
    if (!first && known->second == *animal.movement) continue;
    known->second = *animal.movement;
    event.kind = LiveEvent::Kind::kMovement;
    event.what = MovementName(*animal.movement);
    events.push_back(event);
  }
  return events;
}

datasets::Zone ZoneOf(const std::string& text) {
  const std::string thing = "zone '" + text + "'";
  const char* const remedy = "write NAME=x1,y1,x2,y2,x3,y3,... in pixels, three corners or more";
  const size_t equal = text.find('=');
  if (equal == std::string::npos || equal == 0) throw datasets::Error(thing, "no name", remedy);
  nlohmann::json corners = nlohmann::json::array();
  std::vector<double> numbers;
  const char* at = text.c_str() + equal + 1;
  while (*at) {
    char* end = nullptr;
    const double number = std::strtod(at, &end);
    if (end == at || (*end && *end != ',') || (*end && !end[1]) || !std::isfinite(number)) {
      throw datasets::Error(thing, "it does not list numbers", remedy);
    }
    numbers.push_back(number);
    at = *end ? end + 1 : end;
  }
  if (numbers.size() < 6 || numbers.size() % 2) {
    throw datasets::Error(thing, fmt::format("it has {} numbers", numbers.size()), remedy);
  }
  for (size_t i = 0; i < numbers.size(); i += 2) corners.push_back({numbers[i], numbers[i + 1]});
  return datasets::ZonesFromJson({{{"name", text.substr(0, equal)}, {"polygon", corners}}},
                                 "--zone")
      .front();
}

}  // namespace infer
