#include "infer/run/finish_names.h"

#include <algorithm>

#include "datasets/store/writer.h"
#include "datasets/unknown_name.h"

namespace infer {
namespace {
constexpr size_t kRowsAWrite = 5000;
}

void WriteNames(datasets::Project& project, const PipelineResult& found,
                const std::vector<NamedTracklet>& names,
                const std::vector<datasets::Id>& categories, const std::vector<int>& max_instances,
                datasets::Job& job) {
  const auto& rows = found.record.rows();
  // Where a class has several animals its name says too little: the track's number is written.
  const bool numbered = std::any_of(max_instances.begin(), max_instances.end(),
                                    [](int instances) { return instances > 1; });
  datasets::Id unknown = 0;
  if (std::any_of(names.begin(), names.end(), [](const auto& name) { return name.unknown; })) {
    project.Write(
        [&](datasets::Writer& writer) { unknown = datasets::FindOrInsertUnknown(writer); });
  }
  for (size_t begin = 0; begin < rows.size(); begin += kRowsAWrite) {
    const size_t end = std::min(rows.size(), begin + kRowsAWrite);
    job.Advance(static_cast<double>(begin), static_cast<double>(rows.size()), "writing names");
    project.Write([&](datasets::Writer& writer) {
      for (size_t r = begin; r < end; ++r) {
        const NamedTracklet& name = names[static_cast<size_t>(rows[r].tracklet)];
        if (name.class_index < 0) {
          writer.DeletePrediction(found.rows[r]);
          continue;
        }
        const double score = rows[r].score * (0.5 + 0.5 * name.probability);
        writer.NamePrediction(
            found.rows[r],
            name.unknown ? unknown : categories[static_cast<size_t>(name.class_index)], score,
            numbered ? name.number : rows[r].tracklet);
      }
    });
  }
}

}  // namespace infer
