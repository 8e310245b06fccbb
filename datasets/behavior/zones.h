// Places of the arena that somebody drew: polygons, circles and rectangles of the picture.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "datasets/shape/mask.h"
#include "datasets/shape/polygon.h"
#include "datasets/space/floor_map.h"

namespace datasets {

struct Zone {
  std::string name;
  Ring outline;        // a circle as a polygon of 128 corners
  std::string video;   // only in this video; "" = in all
  bool in_cm = false;  // the outline lies on the floor, in centimetres, else in the picture
};

// {"zones": [{"name": "nest", "polygon": [[x, y], ...]},
//            {"name": "center", "circle": [x, y, radius]},
//            {"name": "left", "rectangle": [x, y, width, height], "video": "day1"}]}
// in pixels of the video, or just the list; with "unit": "cm" beside the list or in a zone, in
// centimetres on the floor of a calibrated video. Throws Error naming the zone for what is
// malformed, two zones of one name in one video, and a file without any.
// Where not `may_be_in_cm`, zones in centimetres are refused: whoever asks looks at pixels alone.
std::vector<Zone> ReadZones(const std::filesystem::path& path, bool may_be_in_cm = false);
std::vector<Zone> ZonesFromJson(const nlohmann::json& json, const std::string& what);

// The zones of one video as masks of its size, and outlines in its pixels. Throws Error for a zone
// that covers no pixel of it, and for one in centimetres without a floor or partly behind the
// camera.
struct ZoneMask {
  std::string name;
  Ring outline;
  Rle mask;
  double area = 0;
};
std::vector<ZoneMask> ZoneMasks(const std::vector<Zone>& zones, const std::string& video,
                                int height, int width, const std::optional<FloorMap>& floor = {});
std::vector<std::string> ZoneNames(const std::vector<ZoneMask>& zones);

}  // namespace datasets
