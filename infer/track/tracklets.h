// Detections of consecutive frames -> tracklets: runs of frames in which one blob is followed
// without doubt, and soft links between them where doubt was (contacts, gaps, jumps).
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "infer/track/blob.h"
#include "train/base/predictor.h"

namespace infer {

struct TrackerOptions {
  int animals = 0;             // most animals that can be there at once; 0: not known
  bool more_may_come = false;  // `animals` is only what was seen at once so far
  double median_area = 0;      // of one animal, image pixels; 0: not known
  double fps = 25;
  cv::Size frame_size;
  double gap_seconds = 1;      // an animal that comes back within this may be the same
  double contact_seconds = 3;  // how long frames are held back to split a contact from both sides
};

struct Tracklet {
  int id = 0;
  int start_frame = 0, end_frame = 0;  // [start, end)
  bool contact = false;                // pieces of a merged blob
  bool beside = false;                 // near the place where another animal hides
};

// Log-odds that two tracklets are the same animal, from motion and overlap alone: positive speaks
// for, negative against. `from` ends before `to` starts.
struct Link {
  int from = 0, to = 0;
  double log_odds = 0;
};

struct TrackedFrame {
  int frame = 0;
  std::vector<Blob> blobs;
};

// Streaming and bounded: holds back at most `contact_seconds` of masks.
class Tracker {
 public:
  explicit Tracker(const TrackerOptions& options);
  ~Tracker();

  // Frames in increasing order. Returns the frames that are settled now, in order.
  std::vector<TrackedFrame> Add(int frame, const train::FrameDetections& found);
  std::vector<TrackedFrame> Finish();  // the rest

  // Everything so far, by id = position. Tracklets that are still followed end at the last frame.
  const std::vector<Tracklet>& tracklets() const;
  const std::vector<Link>& links() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace infer
