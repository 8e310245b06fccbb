#include "infer/meetings/unknown_animals.h"

#include <algorithm>

#include "datasets/unknown_name.h"
#include "infer/meetings/known_names.h"

namespace infer {
namespace {

// Where nobody has said who `row` is, nor that it is nobody, in frames [start, end).
std::vector<std::pair<int, int>> Unnamed(
    const std::vector<datasets::PredictionCorrectionRow>& corrections, datasets::PredictionRow row,
    int start, int end) {
  std::vector<int> edges = {start, end};
  for (const datasets::PredictionCorrectionRow& correction : corrections) {
    for (const int edge : {correction.start_frame, correction.end_frame}) {
      if (edge > start && edge < end) edges.push_back(edge);
    }
  }
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  std::vector<std::pair<int, int>> spans;
  for (size_t e = 0; e + 1 < edges.size(); ++e) {
    datasets::PredictionRow now = row;
    now.frame_index = edges[e];
    datasets::Correct(corrections, &now);
    if (now.category_id != row.category_id || now.rejected) continue;
    if (!spans.empty() && spans.back().second == edges[e]) {
      spans.back().second = edges[e + 1];
    } else {
      spans.emplace_back(edges[e], edges[e + 1]);
    }
  }
  return spans;
}

}  // namespace

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
      auto spans = Unnamed(known->corrections, row, run.start_frame, run.end_frame);
      if (spans.empty()) continue;
      const int first = spans.front().first, end = spans.back().second;
      animals.push_back({row.tracklet, first, end, std::move(spans),
                         known->evidence.categories[static_cast<size_t>(run.class_index)],
                         run.chance});
    }
  });
  std::stable_sort(animals.begin(), animals.end(),
                   [](const auto& a, const auto& b) { return a.start_frame < b.start_frame; });
  return animals;
}

}  // namespace infer
