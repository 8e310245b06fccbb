#include "infer/points/points_in_time.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "datasets/store/points.h"
#include "datasets/store/review/review_reasons.h"
#include "datasets/store/writer.h"
#include "datasets/unknown_name.h"
#include "infer/points/point_track.h"

namespace infer {
namespace {

using datasets::Id;

constexpr int kFramesAtOnce = 1024;
constexpr size_t kPointsAWrite = 1000;

struct Animal {
  std::string name;
  std::optional<int> unknown;  // its number, where its name is not known
  std::vector<Id> rows;        // beside the track's frames
  PointTrack track;
};

const datasets::ReviewReason& ReasonOfFault(PointFaultKind kind) {
  switch (kind) {
    case PointFaultKind::kJump:
      return datasets::kPointJump;
    case PointFaultKind::kBone:
      return datasets::kOddBone;
    case PointFaultKind::kSides:
      break;
  }
  return datasets::kSidesExchanged;
}

std::vector<TrackedPoint> ByPlace(const datasets::PredictionRow& row,
                                  const datasets::Skeleton& skeleton) {
  std::vector<TrackedPoint> points(skeleton.points.size());
  for (const datasets::PredictedPoint& point : row.key_points) {
    for (size_t place = 0; place < points.size(); ++place) {
      if (skeleton.points[place].id != point.point_id) continue;
      points[place] = {{point.x, point.y}, point.confidence, true, point.visible};
    }
  }
  return points;
}

// All of the video: some 40 bytes a point.
std::vector<Animal> ReadAnimals(const datasets::Project& project, Id job_id,
                                const datasets::VideoRow& video, const datasets::Skeleton& skeleton,
                                datasets::Job& job) {
  struct Row {
    Id category = 0, id = 0;
    int tracklet = 0, frame = 0;
    std::vector<TrackedPoint> points;
  };
  std::vector<Row> all;  // by frame
  std::set<Id> shared;   // names of several animals in one frame
  const auto unknown = datasets::UnknownOf(project.Categories());
  if (unknown) shared.insert(*unknown);  // of different ones in different frames
  for (int first = 0; first < video.frame_count; first += kFramesAtOnce) {
    job.Advance(first, video.frame_count, "following points through time");
    project.ForEachPrediction(
        job_id, video.id, first, std::min(video.frame_count, first + kFramesAtOnce),
        [&](int frame, const std::vector<datasets::PredictionRow>& rows) {
          std::set<Id> here;
          for (const datasets::PredictionRow& row : rows) {
            if (!here.insert(row.category_id).second) shared.insert(row.category_id);
            if (row.key_points.empty()) continue;
            all.push_back({row.category_id, row.id, row.tracklet, frame, ByPlace(row, skeleton)});
          }
        });
  }
  constexpr int kAllOfName = -1;
  std::map<std::pair<Id, int>, Animal> animals;  // by name, and tracklet where the name is shared
  for (Row& row : all) {
    const bool is_shared = shared.count(row.category) > 0;
    Animal& animal = animals[{row.category, is_shared ? row.tracklet : kAllOfName}];
    animal.rows.push_back(row.id);
    animal.track.frames.push_back(row.frame);
    animal.track.points.push_back(std::move(row.points));
  }
  std::map<Id, std::string> names;
  for (const datasets::CategoryRow& category : project.Categories()) {
    names[category.id] = category.name;
  }
  std::vector<Animal> found;
  for (auto& [key, animal] : animals) {
    animal.name = names[key.first];
    if (key.first == unknown) animal.unknown = key.second;
    found.push_back(std::move(animal));
  }
  return found;
}

std::vector<datasets::PredictedPoint> Stored(const std::vector<TrackedPoint>& points,
                                             const datasets::Skeleton& skeleton) {
  std::vector<datasets::PredictedPoint> stored;
  for (size_t place = 0; place < points.size(); ++place) {
    if (!points[place].found) continue;
    const datasets::SkeletonPoint& point = skeleton.points[place];
    stored.push_back({point.name, points[place].at.x, points[place].at.y, points[place].confidence,
                      point.id, points[place].visible});
  }
  return stored;
}

// Faults of these frames alone; of one that goes on outside, the part inside.
void KeepThoseIn(int start_frame, int end_frame, const PointTrack& track,
                 std::vector<PointFault>& faults) {
  const auto at = [&](int frame) {
    return static_cast<size_t>(std::lower_bound(track.frames.begin(), track.frames.end(), frame) -
                               track.frames.begin());
  };
  const size_t begin = at(start_frame), end = at(end_frame);
  for (PointFault& fault : faults) {
    if (fault.begin >= begin && fault.end <= end) continue;
    fault.begin = std::max(fault.begin, begin);
    fault.end = std::min(fault.end, end);
    fault.mended = false;
  }
  faults.erase(std::remove_if(faults.begin(), faults.end(),
                              [](const PointFault& fault) { return fault.begin >= fault.end; }),
               faults.end());
}

void WriteChanged(datasets::Project& project, const Animal& animal,
                  const std::vector<PointFault>& faults, const datasets::Skeleton& skeleton) {
  std::set<size_t> changed;
  for (const PointFault& fault : faults) {
    for (size_t t = fault.begin; t < fault.end; ++t) changed.insert(t);
  }
  const std::vector<size_t> all(changed.begin(), changed.end());
  for (size_t first = 0; first < all.size(); first += kPointsAWrite) {
    project.Write([&](datasets::Writer& writer) {
      for (size_t i = first; i < std::min(all.size(), first + kPointsAWrite); ++i) {
        datasets::ReplacePointsOfPrediction(writer.connection(), animal.rows[all[i]],
                                            Stored(animal.track.points[all[i]], skeleton));
      }
    });
  }
}

datasets::ReviewItemRow EpisodeOf(const Animal& animal, const PointFault& fault,
                                  const datasets::Skeleton& skeleton) {
  datasets::ReviewItemRow item;
  item.start_frame = animal.track.frames[fault.begin];
  item.end_frame = animal.track.frames[fault.end - 1] + 1;
  item.reason_code = ReasonOfFault(fault.kind).code;
  const std::string called =
      animal.unknown ? datasets::UnknownAnimalText(*animal.unknown) : animal.name;
  item.reason = called + ": " + Describe(fault, skeleton);
  // As likely wrong as right where it is just out of the usual; what was put back is likely right.
  item.score = fault.mended ? 0.2 : 1 - 0.5 / std::max(1.0, fault.strength);
  nlohmann::json animals = nlohmann::json::array({animal.name});
  if (animal.unknown) animals.push_back(called);
  item.animals_json = animals.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return item;
}

}  // namespace

bool ConcernsPoints(const datasets::ReviewItemRow& item) {
  return datasets::IsOfPoints(item.reason_code);
}

PointsInTime JudgePointsInTime(datasets::Project& project, Id job_id,
                               const datasets::VideoRow& video, const datasets::Skeleton& skeleton,
                               int start_frame, int end_frame, datasets::Job& job) {
  PointsInTime result;
  std::vector<datasets::ReviewItemRow> items;
  for (Animal& animal : ReadAnimals(project, job_id, video, skeleton, job)) {
    std::vector<PointFault> faults = FindPointFaults(animal.track, skeleton, video.fps);
    KeepThoseIn(start_frame, end_frame, animal.track, faults);
    MendPoints(skeleton, video.fps, animal.track, faults);
    WriteChanged(project, animal, faults, skeleton);
    for (const PointFault& fault : faults) {
      result.exchanges += fault.kind == PointFaultKind::kSides;
      result.exchanges_put_back += fault.mended;
      items.push_back(EpisodeOf(animal, fault, skeleton));
      items.back().video_id = video.id;
    }
  }
  std::vector<datasets::ReviewItemRow> kept = project.ReviewItems(job_id);
  const auto is_replaced = [&](const datasets::ReviewItemRow& item) {
    return ConcernsPoints(item) && item.verdict.empty() && item.start_frame < end_frame &&
           start_frame < item.end_frame;
  };
  kept.erase(std::remove_if(kept.begin(), kept.end(), is_replaced), kept.end());
  result.episodes = static_cast<int>(items.size());
  kept.insert(kept.end(), items.begin(), items.end());
  project.Write([&](datasets::Writer& writer) { writer.ReplaceReviewItems(job_id, kept); });
  return result;
}

}  // namespace infer
