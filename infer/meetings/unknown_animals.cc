#include "infer/meetings/unknown_animals.h"

#include <algorithm>

#include "datasets/unknown_name.h"
#include "infer/meetings/known_names.h"

namespace infer {

std::vector<UnknownAnimal> UnknownAnimals(const datasets::Project& project, datasets::Id job_id,
                                          datasets::Id video_id) {
  std::vector<UnknownAnimal> animals;
  const auto unknown = datasets::UnknownOf(project.Categories());
  if (!unknown) return animals;
  project.Read([&](datasets::Connection& connection) {
    const auto known = LoadKnownNames(connection, job_id, video_id);
    if (!known) return;
    const bool numbered = known->IsNumbered();
    for (size_t t = 0; t < known->evidence.runs.size(); ++t) {
      const NamedRun& run = known->evidence.runs[t];
      if (!run.unknown) continue;
      datasets::PredictionRow row;
      row.category_id = *unknown;
      row.tracklet = numbered ? run.number : static_cast<int>(t);
      row.frame_index = run.start_frame;
      datasets::Correct(known->corrections, &row);
      if (row.category_id != *unknown || row.rejected) continue;
      animals.push_back({row.tracklet, run.start_frame, run.end_frame,
                         known->evidence.categories[static_cast<size_t>(run.class_index)],
                         run.chance});
    }
  });
  std::stable_sort(animals.begin(), animals.end(),
                   [](const auto& a, const auto& b) { return a.start_frame < b.start_frame; });
  return animals;
}

}  // namespace infer
