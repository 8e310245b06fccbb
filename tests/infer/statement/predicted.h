// A predicted video whose frames a reviewer checks, for tests of what may be stated about it.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "annotate/edits.h"
#include "annotate/history.h"
#include "datasets/store/writer.h"
#include "infer/review/review_data.h"
#include "infer/review/review_job.h"
#include "infer/statement/statement.h"
#include "tests/support/label_project.h"
#include "tests/support/temp_dir.h"

namespace tests {

// `animals` voles on every frame of a video of 400 frames, ("vole", or "vole_1" ...), 20 pixels
// apart. The frames of `doubtful` stand in the queue as an episode.
struct Predicted {
  explicit Predicted(int seed_jobs = 0, int animals = 1, std::pair<int, int> doubtful = {0, 0})
      : project(LabelProject(folder.path(), kFrames)) {
    infer::ReviewData data;
    data.video_id = project->Videos().at(0).id;
    data.end_frame = kFrames;
    data.fps = 25;
    for (int a = 0; a < animals; ++a) {
      data.classes.push_back(animals == 1 ? "vole" : "vole_" + std::to_string(a + 1));
      data.max_instances.push_back(1);
      data.tracklets.push_back({0, kFrames, -1, 1.f});
    }
    project->Write([&](datasets::Writer& writer) {
      for (const auto& name : data.classes) {
        data.categories.push_back(writer.FindOrInsertCategory(name));
      }
      datasets::JobRow job;
      job.kind = "predict";
      job.state = "done";
      for (int i = 0; i <= seed_jobs; ++i)
        job_id = writer.InsertJob(job);  // the number is the seed
      datasets::Id predictions = 0;      // ids as the store gives them
      for (int frame = 0; frame < kFrames; ++frame) {
        for (int a = 0; a < animals; ++a) {
          datasets::PredictionRow row;
          row.job_id = job_id;
          row.video_id = data.video_id;
          row.frame_index = frame;
          row.category_id = data.categories[static_cast<size_t>(a)];
          row.tracklet = a;
          row.score = 0.9;
          row.polygons = {Square(a)};
          row.box = {5.0 + 20 * a, 5, 10, 10};
          infer::ReviewAnimal animal;
          writer.InsertPrediction(row);
          animal.prediction = ++predictions;
          animal.frame = frame;
          animal.class_index = animal.tracklet = a;
          if (frame >= doubtful.first && frame < doubtful.second) {
            for (const auto sign : {infer::Sign::kJump, infer::Sign::kOddArea}) {
              animal.signs[static_cast<size_t>(sign)] = 1;
            }
          }
          data.animals.push_back(animal);
        }
      }
    });
    infer::SaveReviewData(*project, job_id, data);
    categories = data.categories;
  }

  static datasets::Ring Square(int animal, double shift = 0) {
    const double x = 5 + 20 * animal + shift;
    return {{x, 5}, {x + 10, 5}, {x + 10, 15}, {x, 15}};
  }

  void DrawRandom(int frames) {
    datasets::Job job;
    infer::RebuildReviewQueue(*project, job_id, job, frames);
  }

  void Decide(const datasets::ReviewItemRow& item, annotate::Verdict verdict) {
    annotate::History(*project, "Ada").Apply(annotate::DecideEpisode(item, verdict, 0));
  }

  // Decides open random frames as a reviewer who knows the truth; `most` of them.
  void Check(const std::set<int>& wrong, int most = 1 << 30) {
    for (const auto& item : OpenRandom()) {
      if (most-- <= 0) break;
      Decide(item, wrong.count(item.start_frame) ? annotate::Verdict::kRejected
                                                 : annotate::Verdict::kAccepted);
    }
  }

  std::vector<datasets::ReviewItemRow> OpenRandom() const { return Open(true); }

  // Every open episode that is no random frame.
  void DecideEpisodes(annotate::Verdict verdict) {
    for (const auto& item : Open(false)) Decide(item, verdict);
  }

  // As a person draws it.
  void Label(int frame, int animal, double shift = 0) {
    project->Write([&](datasets::Writer& writer) {
      datasets::AnnotationRow label;
      label.image_id = writer.FindOrInsertImage(1, frame, 64, 48);
      writer.SetImageState(label.image_id, datasets::ImageState::kStarted);
      label.category_id = categories.at(static_cast<size_t>(animal));
      label.polygons = {Square(animal, shift)};
      label.box = {5 + 20 * animal + shift, 5, 10, 10};
      label.area = 100;
      label.author = "Ada";
      writer.InsertAnnotation(label);
    });
  }

  infer::Statement State() const { return infer::StateOf(*project, project->Videos().at(0)); }

  static constexpr int kFrames = 400;
  TempDir folder;
  std::unique_ptr<datasets::Project> project;
  datasets::Id job_id = 0;
  std::vector<datasets::Id> categories;

 private:
  std::vector<datasets::ReviewItemRow> Open(bool random) const {
    std::vector<datasets::ReviewItemRow> open;
    for (const auto& item : project->ReviewItems(job_id)) {
      if (item.verdict.empty() && (item.reason_code == "audit") == random) open.push_back(item);
    }
    return open;
  }
};

}  // namespace tests
