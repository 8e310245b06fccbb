#include "datasets/behavior/animal_points.h"

#include <algorithm>

#include "datasets/base/error.h"
#include "datasets/base/suggest.h"
#include "datasets/store/points.h"

namespace datasets {
namespace {

int PlaceAmong(const std::vector<std::string>& names, const std::string& name) {
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? -1 : static_cast<int>(found - names.begin());
}

[[noreturn]] void RefusePoint(const std::string& option, const std::string& value,
                              const std::vector<std::string>& names, const std::string& form) {
  if (names.empty()) {
    throw Error("option '" + option + "'", "the project has no key points",
                "make a skeleton (vole skeleton --help), label and predict its points");
  }
  throw Error("option '" + option + "'", "'" + value + "' is not " + form,
              "the project's points are " + QuotedNames(names, names.size()));
}

}  // namespace

PointsOfVideo::PointsOfVideo(const Project& project, const VideoRow& video, Id job_id,
                             const std::vector<std::string>& names)
    : project_(project), video_id_(video.id), job_id_(job_id) {
  for (const std::string& name : names) places_.emplace(name, places_.size());
  if (names.empty()) return;
  bool any_labeled = false;
  project.Read([&](Connection& connection) {
    any_labeled = AnyLabelPoints(connection);
    any_predicted_ = job_id_ != 0 && AnyPredictedPoints(connection, job_id_, video_id_);
  });
  if (!any_labeled) return;
  project.ForEachAnnotation(
      video.id, [&](const ImageRow& image, const std::vector<AnnotationRow>& rows) {
        for (const AnnotationRow& row : rows) {
          if (!image.frame_index || row.iscrowd) continue;
          AnimalPoints points(places_.size());
          bool any = false;
          for (const KeyPoint& point : row.key_points) {
            const auto place = places_.find(point.name);
            if (place == places_.end() || point.visibility == 0) continue;
            points[place->second] = {point.x, point.y, 1};
            any = true;
          }
          if (any) labeled_[*image.frame_index].emplace(row.category_id, std::move(points));
        }
      });
}

std::map<Id, AnimalPoints> PointsOfVideo::At(int frame,
                                             const std::vector<PredictionRow>& predicted) const {
  std::map<Id, AnimalPoints> points;
  const auto labeled = labeled_.find(frame);
  if (labeled != labeled_.end()) points = labeled->second;
  std::map<Id, double> scores;
  for (const PredictionRow& row : predicted) {
    if (row.rejected || row.key_points.empty()) continue;
    if (labeled != labeled_.end() && labeled->second.count(row.category_id)) continue;
    const auto [score, is_new] = scores.emplace(row.category_id, row.score);
    if (!is_new && row.score <= score->second) continue;
    score->second = row.score;
    AnimalPoints& own = points[row.category_id];
    own.assign(places_.size(), {});
    for (const PredictedPoint& point : row.key_points) {
      const auto place = places_.find(point.name);
      if (place != places_.end()) own[place->second] = {point.x, point.y, point.confidence};
    }
  }
  return points;
}

std::map<Id, AnimalPoints> PointsOfVideo::At(int frame) const {
  return At(frame, any_predicted_ ? project_.PredictionsAt(job_id_, video_id_, frame)
                                  : std::vector<PredictionRow>());
}

PointChoice ChoosePoints(const std::vector<std::string>& names, const std::string& zone_point,
                         const std::string& heading, double least) {
  PointChoice choice;
  choice.names = names;
  choice.least = least;
  choice.zone = PlaceAmong(names, zone_point);
  if (!zone_point.empty() && choice.zone < 0) {
    RefusePoint("zone-point", zone_point, names, "one of the project's points");
  }
  if (heading.empty()) return choice;
  // Names may hold colons themselves.
  for (size_t at = heading.find(':'); at != std::string::npos; at = heading.find(':', at + 1)) {
    const int from = PlaceAmong(names, heading.substr(0, at));
    const int to = PlaceAmong(names, heading.substr(at + 1));
    if (from < 0 || to < 0 || from == to) continue;
    choice.heading_from = from;
    choice.heading_to = to;
    return choice;
  }
  RefusePoint("heading", heading, names, "two of the project's points, as in tail:nose");
}

}  // namespace datasets
