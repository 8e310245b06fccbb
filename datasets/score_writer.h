// Writes what a job finds out about behaviors (datasets/store/score_series.h), frame after frame.
#pragma once

#include <string>
#include <vector>

#include "datasets/project.h"

namespace datasets {

// Keeps the scores of one subject in one video while a job runs. Every full chunk is one
// transaction, so that a killed job leaves whole chunks and nothing else. One thread at a time.
class BehaviorScoreWriter {
 public:
  // Makes the series where they are missing. Throws Error for a job, video or behavior that the
  // project does not have, for no or repeated behaviors, and for a frame outside of the video.
  BehaviorScoreWriter(Project& project, Id job_id, Id video_id, const std::string& subject,
                      const std::vector<Id>& behavior_ids, int start_frame = 0);
  // The next frame: one probability a behavior in the order given, 0..1, or NaN for none. Throws
  // Error for other numbers, another count, and frames after the last of the video.
  void Add(const std::vector<float>& probabilities);
  void AddNone(int frames);  // the next frames have no scores (the subject is not there)
  // Commits what is left. Without it (cancelled, an exception) the rest of the chunk is not kept.
  void Finish();
  int next_frame() const { return start_frame_ + pending_frames(); }

 private:
  int pending_frames() const { return static_cast<int>(pending_.front().size()); }
  void Commit();
  Project& project_;
  int frame_count_ = 0;
  int start_frame_ = 0;                      // of what is pending
  std::vector<Id> series_ids_;               // by behavior
  std::vector<std::vector<float>> pending_;  // [behavior][frames since start_frame_]
};

}  // namespace datasets
