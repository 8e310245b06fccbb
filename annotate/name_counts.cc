#include "annotate/edits.h"
#include "datasets/store/connection.h"
#include "datasets/store/reader.h"

namespace annotate {

using datasets::Id;

NameCounts CountNames(const datasets::Project& project, NameChange change, Id video_id, Id job_id,
                      int start_frame, int end_frame, Id category_id, Id other_category_id) {
  NameCounts counts;
  const bool swap = change == NameChange::kSwap;
  project.Read([&](datasets::Connection& connection) {
    auto labeled = connection.Query(
        "SELECT count(*), coalesce(sum(has_both), 0) FROM (SELECT"
        " count(DISTINCT category_id) = 2 AS has_both, max(category_id = ?4) AS has_first"
        " FROM images JOIN annotations ON annotations.image_id = images.id"
        " WHERE images.video_id = ?1 AND images.frame_index >= ?2 AND images.frame_index < ?3"
        " AND annotations.category_id IN (?4, ?5) GROUP BY images.id) WHERE has_first OR ?6",
        video_id, start_frame, end_frame, category_id, other_category_id, swap ? 1 : 0);
    labeled.Step();
    counts.labeled = static_cast<int>(labeled.Int(0));
    counts.labeled_with_both = static_cast<int>(labeled.Int(1));
    if (job_id == 0) return;
    int current = -1;
    bool has_first = false, has_other = false;
    const auto close_frame = [&] {
      counts.predicted += has_first || (swap && has_other);
      counts.predicted_with_both += has_first && has_other;
      has_first = has_other = false;
    };
    datasets::Reader(connection)
        .ForEachConfidence(job_id, video_id, [&](int frame, Id category, double) {
          if (frame < start_frame || frame >= end_frame) return;
          if (frame != current) close_frame();
          current = frame;
          has_first |= category == category_id;
          has_other |= category == other_category_id;
        });
    close_frame();
  });
  return counts;
}

}  // namespace annotate
