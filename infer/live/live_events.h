// What a lab's own programs want to know at once: who enters or leaves a zone, who moves how.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "datasets/behavior/zones.h"
#include "infer/live/movement.h"

namespace infer {

struct SeenAnimal {
  int number = 0;    // from 0
  std::string name;  // as people read it
  const Blob* blob = nullptr;
  std::optional<Movement> movement;
};

struct LiveEvent {
  enum class Kind { kEnter, kLeave, kMovement };
  Kind kind = Kind::kEnter;
  int frame = 0;
  int64_t milliseconds = 0;  // of the picture, since the first one
  int number = 0;
  std::string name, what;  // the zone, or the class of movement
  cv::Point2d center;      // of the animal, pixels
};

const char* EventName(LiveEvent::Kind kind);  // "enter", "leave", "movement"

// One line: {"event": "enter", "zone": "nest", "animal": "animal_1", "number": 0, "frame": 90,
// "ms": 3000, "x": 310.5, "y": 200.1}; "leave" likewise; {"event": "movement", "movement":
// "locomotion", ...}.
std::string EventLine(const LiveEvent& event);

// An animal is in a zone when its center is; it has left when the center is more than three pixels
// outside. One that is not seen stays where it was. An animal that is first seen in a zone enters.
class EventDetector {
 public:
  // Zones of any video or of this one.
  EventDetector(std::vector<datasets::Zone> zones, const std::string& video);
  std::vector<LiveEvent> Add(int frame, int64_t milliseconds,
                             const std::vector<SeenAnimal>& animals);

 private:
  const std::vector<datasets::Zone> zones_;
  std::map<std::pair<int, size_t>, bool> inside_;  // number, zone
  std::map<int, Movement> movement_;
};

// "NAME=x1,y1,x2,y2,x3,y3,...": a polygon in pixels. Throws Error for anything else.
datasets::Zone ZoneOf(const std::string& text);

}  // namespace infer
