// The timeline's content, prepared off the GUI thread and folded to pixels when drawn: what a lane
// shows in a pixel never depends on how many frames or predictions lie beneath it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "datasets/project.h"
#include "datasets/video/frame_times.h"

namespace app {

// Least value over any span of frames in O(log n).
class MinPyramid {
 public:
  static constexpr uint8_t kNothing = 255;  // no value in this frame
  explicit MinPyramid(std::vector<uint8_t> values);
  int size() const { return levels_.empty() ? 0 : static_cast<int>(levels_[0].size()); }
  uint8_t at(int frame) const { return levels_[0][static_cast<size_t>(frame)]; }
  // kNothing when no frame of [start, end) has a value; the span is clipped.
  uint8_t Least(int start, int end) const;

 private:
  std::vector<std::vector<uint8_t>> levels_;
};

// Highest probability of a behavior over any span of frames.
class ScoreCurve {
 public:
  // One value a bin of frames, 0..254 for 0..1 and MinPyramid::kNothing for none.
  ScoreCurve(std::vector<uint8_t> peaks, int frames_a_bin);
  uint8_t Peak(int start_frame, int end_frame) const;  // kNothing where there is none

 private:
  int frames_a_bin_;
  MinPyramid doubts_;  // 254 - value, so that the least doubt is the highest value
};

struct TimelineSpan {  // [start_frame, end_frame)
  int start_frame = 0, end_frame = 0;
  datasets::Id id = 0;  // of the interval or episode; kUnknown: the tracklet, from 1
  uint32_t color = 0;
  bool present = true;   // false: an explicit "not this behavior"
  bool machine = false;  // a prediction, drawn lighter
  bool is_point = false;
  int reach = 0;  // the last end of all spans of the row up to this one; see OrderSpans
  bool flagged = false;
};

struct TimelineLane {
  enum class Kind { kFrameMarks, kQueue, kConfidence, kUnknown, kBehavior };
  Kind kind = Kind::kBehavior;
  std::string title;
  uint32_t color = 0;
  datasets::Id category_id = 0;  // kConfidence
  datasets::Id behavior_id = 0;  // kBehavior
  std::string subject;           // kBehavior: animal, region or "" for the whole frame
  std::optional<datasets::Id> track_id;
  std::vector<TimelineSpan> spans;               // in order, see OrderSpans
  std::shared_ptr<const MinPyramid> confidence;  // 0..254 for confidence 0..1; where there are
                                                 // spans too, the job runs and only they are meant
  std::shared_ptr<const ScoreCurve> scores;      // kBehavior: of the newest job that scored it
  datasets::Id series_id = 0;                    // of scores
};

struct TimelineContent {
  datasets::Id video_id = 0;
  int64_t revision = 0;
  int frame_count = 0;
  datasets::FrameTimes times;
  std::vector<int> flagged_frames;  // by a person, in order; of bouts see TimelineSpan
  std::vector<TimelineLane> lanes;
  std::optional<datasets::Id> behavior_job;  // that predicted the bouts
  bool scores_are_final = false;             // it has ended
};

// Colors of frame marks.
inline constexpr uint32_t kDoneColor = 0x3FA66B, kStartedColor = 0xE0B040, kEmptyColor = 0x7A86C8;

// Subjects that get behavior rows: named ones of the project (regions, animals) and those that have
// intervals already. Throws datasets::Error when the store does. `confidences_of` (of the same
// video): its confidence curves are taken over, which are most of the work; `scores_of`: its curves
// of probabilities, where the job that wrote them has ended.
std::shared_ptr<const TimelineContent> LoadTimeline(const datasets::Project& project,
                                                    datasets::Id video_id, int64_t revision,
                                                    const TimelineContent* confidences_of = nullptr,
                                                    const TimelineContent* scores_of = nullptr);

// Curves folded to `pixels` values over [first_frame, first_frame + frames), each of at least one
// frame: the least confidence, and the highest probability, beneath each.
std::vector<uint8_t> FoldCurve(const MinPyramid& curve, double first_frame, double frames,
                               int pixels);
std::vector<uint8_t> FoldCurve(const ScoreCurve& curve, double first_frame, double frames,
                               int pixels);

// By start_frame, each with its `reach`. Spans may overlap: a later one lies on top.
void OrderSpans(std::vector<TimelineSpan>* spans);
// Index of the first span of ordered ones that ends after `frame`; O(log n). Of those behind it,
// some may end before.
size_t FirstSpanAfter(const std::vector<TimelineSpan>& spans, int frame);
// The topmost span at a place of the row, null when there is none: `frame` may lie `slack` frames
// beside it, but what it lies in wins. Predicted spans are drawn on the lower part of the row: in
// the upper part they stand behind a person's.
const TimelineSpan* SpanAt(const std::vector<TimelineSpan>& spans, double frame, double slack,
                           bool lower_part);

// What one pixel of an interval lane shows: its part covered, 0..1, and the span that covers most.
struct PixelCover {
  float part = 0;
  const TimelineSpan* span = nullptr;
};
// Folds ordered spans to `pixels` columns over [first_frame, first_frame + frames). Overlapping
// spans are drawn in order; cost is the number of visible spans plus the number of pixels.
std::vector<PixelCover> FoldSpans(const std::vector<TimelineSpan>& spans, double first_frame,
                                  double frames, int pixels);

}  // namespace app
