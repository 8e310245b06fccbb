#include "datasets/store/verify/verify_parts.h"

#include "datasets/base/error.h"

namespace datasets {

const char* const kPartRows =
    "SELECT one.id, part, earlier, name FROM (SELECT *, (SELECT count(*) FROM video_parts AS other"
    " WHERE other.video_id = each.video_id AND other.part < each.part) AS earlier"
    " FROM video_parts AS each) AS one JOIN videos ON videos.id = video_id"
    " WHERE part != earlier OR (part = 0 AND one.path != videos.path)";

void CheckPartRow(const Statement& row, int64_t) {
  const std::string video = " of the video '" + row.Text(3) + "'";
  if (row.Int(1) == row.Int(2)) {
    throw Error("part 1" + video, "the video's own path leads elsewhere");
  }
  throw Error("part " + std::to_string(row.Int(1) + 1) + video,
              std::to_string(row.Int(2)) + " parts come before it");
}

}  // namespace datasets
