// Places of a video's picture with a name (arenas, a nest), which behavior intervals may have as
// their subject.
#pragma once

#include <string>
#include <vector>

#include "datasets/store/records.h"

namespace datasets {

class Connection;
class Project;

struct RegionRow {
  Id id = 0;
  Id video_id = 0;
  std::string name;  // unique in the video
  Polygons polygons;
};

std::vector<RegionRow> RegionsOf(const Project& project, Id video_id);  // by id
std::vector<RegionRow> RegionsOf(Connection& connection, Id video_id);
Id InsertRegion(Connection& connection, const RegionRow& region);
void DeleteRegion(Connection& connection, Id region_id);

}  // namespace datasets
