// A project whose animals have key points, and what round trips compare.
#pragma once

#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "datasets/store/points.h"
#include "tests/support/label_project.h"
#include "tests/support/temp_dir.h"

namespace tests {

// "frame, animal, point" -> x, y, visibility (labels) or confidence (predictions, less 10 where
// hidden), rounded.
using PointsByPlace =
    std::map<std::tuple<int, std::string, std::string>, std::tuple<double, double, double>>;

inline double Rounded(double value) { return std::round(value * 1000) / 1000; }

inline std::map<datasets::Id, std::string> CategoryNames(const datasets::Project& project) {
  std::map<datasets::Id, std::string> names;
  for (const auto& category : project.Categories()) names[category.id] = category.name;
  return names;
}

inline PointsByPlace LabeledPoints(const datasets::Project& project) {
  PointsByPlace points;
  auto names = CategoryNames(project);
  std::vector<datasets::Id> videos = {0};
  for (const auto& video : project.Videos()) videos.push_back(video.id);
  for (const datasets::Id video : videos) {
    project.ForEachAnnotation(video, [&](const datasets::ImageRow& image,
                                         const std::vector<datasets::AnnotationRow>& rows) {
      for (size_t i = 0; i < rows.size(); ++i) {
        for (const datasets::KeyPoint& point : rows[i].key_points) {
          auto animal = names[rows[i].category_id];
          if (animal == "animal") animal += std::to_string(i);
          points[{image.frame_index.value_or(-1 - static_cast<int>(image.id)), animal,
                  point.name}] = {Rounded(point.x), Rounded(point.y), point.visibility};
        }
      }
    });
  }
  return points;
}

inline PointsByPlace PredictedPoints(const datasets::Project& project) {
  PointsByPlace points;
  auto names = CategoryNames(project);
  for (const auto& video : project.Videos()) {
    const auto job = project.LatestPredictJob(video.id);
    if (!job) continue;
    project.ForEachPrediction(*job, video.id, 0, video.frame_count,
                              [&](int frame, const std::vector<datasets::PredictionRow>& rows) {
                                for (size_t i = 0; i < rows.size(); ++i) {
                                  auto animal = names[rows[i].category_id];
                                  if (animal == "animal") animal += std::to_string(i);
                                  for (const datasets::PredictedPoint& point : rows[i].key_points) {
                                    points[{frame, animal, point.name}] = {
                                        Rounded(point.x), Rounded(point.y),
                                        Rounded(point.confidence) - (point.visible ? 0 : 10)};
                                  }
                                }
                              });
  }
  return points;
}

// Frames 3 and 7 of `clip`: ann and bob with nose, two ears and a tail, of which some are hidden or
// missing; predictions of the same animals on frames 4 and 8.
struct PoseProject {
  TempDir folder;
  std::unique_ptr<datasets::Project> project;

  void HidePredictedTails() {
    project->Write([](datasets::Writer& writer) {
      writer.connection().Run(
          "UPDATE prediction_points SET visible = 0 WHERE point_id IN"
          " (SELECT id FROM skeleton_points WHERE name = 'tail')");
    });
  }

  PoseProject() : project(LabelProject(folder.path())) {
    for (const char* name : {"other", "third"}) {
      std::filesystem::create_directory(folder / name);
    }
    using namespace datasets;
    const Id video = project->Videos()[0].id;
    project->Write([&](Writer& writer) {
      InsertSkeleton(writer.connection(),
                     MakeSkeleton("mouse", {"nose", "left ear", "right ear", "tail"},
                                  {{"nose", "left ear"}, {"nose", "right ear"}, {"nose", "tail"}},
                                  {{"left ear", "right ear"}}));
      const Skeleton skeleton = ReadSkeletons(writer.connection()).at(0);
      JobRow job;
      job.kind = "predict";
      job.state = "done";
      const Id job_id = writer.InsertJob(job);
      for (const int frame : {3, 7}) {
        const Id image = writer.FindOrInsertImage(video, frame, 64, 48);
        writer.SetImageState(image, ImageState::kDone);
        for (const int animal : {0, 1}) {
          const double x = 6.25 + 30 * animal + frame, y = 8.5 + frame;
          const double at[4][2] = {{x, y}, {x + 2, y + 3}, {x - 2, y + 3}, {x, y + 20}};
          AnnotationRow row;
          row.image_id = image;
          row.category_id = writer.FindOrInsertCategory(animal == 0 ? "ann" : "bob");
          PredictionRow found;
          found.job_id = job_id;
          found.video_id = video;
          found.frame_index = frame + 1;
          found.category_id = row.category_id;
          found.tracklet = animal;
          found.score = found.confidence = 0.75;
          for (size_t k = 0; k < 4; ++k) {
            const SkeletonPoint& point = skeleton.points[k];
            const int visibility = k == 3 ? animal : 2;  // ann has no tail, bob's is hidden
            if (visibility > 0) {
              row.key_points.push_back({point.name, at[k][0], at[k][1], visibility, point.id});
            }
            if (k != 1 || animal == 0) {
              found.key_points.push_back({point.name, at[k][0] + 1, at[k][1],
                                          0.5 + 0.125 * static_cast<double>(k), point.id});
            }
          }
          row.box = BoxOfPoints(row.key_points);
          found.box = row.box;
          writer.InsertAnnotation(row);
          writer.InsertPrediction(found);
        }
      }
    });
  }
};

}  // namespace tests
