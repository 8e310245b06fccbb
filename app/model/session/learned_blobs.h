// What the one-click blob, and the names of new outlines, learn from the labels of a project,
// aside, while a person labels.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "annotate/assist/assist.h"
#include "annotate/assist/naming.h"
#include "app/model/session/latest_worker.h"
#include "app/model/session/session.h"
#include "datasets/base/job.h"
#include "train/picture/picture_model.h"

namespace app {

// Null for a model that is empty, or that found less than 0.7 of what it was tried on.
annotate::AnimalModel BlobModelFrom(train::PictureModel model);

// The animals of one video, from up to 30 of its labeled frames; while it has fewer than four, from
// those of all videos. Learned again when there are half as many more, or another video is shown.
class LearnedBlobs {
 public:
  struct Animals {
    annotate::AnimalModel model;  // null where it found less than 0.7 of what it was tried on
    double typical_area = 0;      // median of the labels, pixels
    std::map<std::string, annotate::AnimalColor> colors;  // by name
  };

  // Called from the worker: `wake` after each lesson, `say` with why one failed. Learning takes
  // seconds, on a thread of its own.
  LearnedBlobs(std::filesystem::path project_file, std::function<void()> wake,
               std::function<void(const std::string&)> say);
  ~LearnedBlobs();  // cancels what it learns
  LearnedBlobs(const LearnedBlobs&) = delete;

  // Null while nothing was learned. For the GUI thread: never blocks.
  std::shared_ptr<const Animals> Of(const ProjectView& project, datasets::Id video_id);

 private:
  struct Lesson {
    datasets::Id video_id = 0;
    bool own_labels = false;  // or those of all videos
    int frames = 0;
    std::shared_ptr<datasets::Job> job;
  };
  static Lesson LessonFor(const ProjectView& project, datasets::Id video_id);
  void Learn(const Lesson& lesson);

  const std::filesystem::path project_file_;
  int64_t seen_revision_ = -1;  // the GUI thread's, as is the next
  datasets::Id seen_video_ = 0;
  std::mutex mutex_;
  std::optional<Lesson> newest_;  // asked for
  datasets::Id learned_video_ = 0;
  std::shared_ptr<const Animals> learned_;
  LatestWorker<Lesson> worker_;  // last: it ends before what it uses
};

}  // namespace app
