// The regions of one annotation of Label Studio. Internal to datasets/formats/labelstudio.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace datasets {

// How a stretch of time in a video is marked.
enum class StudioTime { kNone, kFrames, kSeconds };

struct StudioRegion {
  nlohmann::json result;
  std::string where, type, author;
  std::vector<std::string> labels;  // what it is called, or what happens in it, each once
  bool is_remark = false;           // an answer about a region or the whole, no place of its own
  StudioTime time = StudioTime::kNone;
};

// Takes the regions out of `annotation`. A place and its labels can be several results of one id:
// of a shape beside its labels, or of several sets of labels; here they are one region, whichever
// comes first. `where`: of the task, for messages; `author`: of all of them.
std::vector<StudioRegion> TakeStudioRegions(nlohmann::json& annotation, const std::string& where,
                                            const std::string& author);

}  // namespace datasets
