#include "app/model/timeline/timeline_lanes.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "datasets/base/error.h"
#include "datasets/recorded_job.h"
#include "datasets/store/connection.h"
#include "datasets/store/names.h"
#include "datasets/store/notes/note_store.h"
#include "datasets/unknown_name.h"
#include "infer/meetings/unknown_animals.h"
#include "infer/review/reasons.h"

namespace app {
namespace {

using datasets::Id;

constexpr uint32_t kProposedColor = 0x8FA3B8;  // of frames that nobody has labeled yet

TimelineLane FrameMarks(const datasets::Project& project, Id video_id) {
  TimelineLane lane;
  lane.kind = TimelineLane::Kind::kFrameMarks;
  lane.title = "Labeled frames";
  for (const datasets::ImageRow& image : project.ImagesOfVideo(video_id)) {
    TimelineSpan mark;
    mark.start_frame = image.frame_index.value_or(0);
    mark.end_frame = mark.start_frame + 1;
    mark.color = image.state == datasets::ImageState::kDone    ? kDoneColor
                 : image.state == datasets::ImageState::kEmpty ? kEmptyColor
                 : image.state == datasets::ImageState::kNew   ? kProposedColor
                                                               : kStartedColor;
    mark.is_point = true;
    lane.spans.push_back(mark);
  }
  return lane;
}

TimelineLane Queue(const datasets::Project& project, Id video_id, const std::set<Id>& jobs) {
  TimelineLane lane;
  lane.kind = TimelineLane::Kind::kQueue;
  lane.title = "To review";
  std::vector<datasets::ReviewItemRow> items;
  for (const Id job : jobs) {
    for (datasets::ReviewItemRow& item : project.ReviewItems(job)) items.push_back(std::move(item));
  }
  for (const datasets::ReviewItemRow& item : items) {
    if (item.video_id != video_id || !item.verdict.empty()) continue;
    TimelineSpan span;
    span.start_frame = item.start_frame;
    span.end_frame = item.end_frame;
    span.id = item.id;
    span.color = infer::ReasonOf(item.reason_code).color;
    lane.spans.push_back(span);
  }
  return lane;
}

std::vector<TimelineLane> ConfidenceLanes(const datasets::Project& project,
                                          const std::vector<datasets::CategoryRow>& categories,
                                          Id video_id, Id job_id, int frame_count) {
  std::map<Id, std::vector<uint8_t>> values;
  project.ForEachConfidence(job_id, video_id, [&](int frame, Id category, double confidence) {
    if (frame < 0 || frame >= frame_count) return;
    auto& row = values.try_emplace(category, frame_count, MinPyramid::kNothing).first->second;
    const double clipped = std::clamp(confidence, 0.0, 1.0);
    const auto value = static_cast<uint8_t>(std::lround(clipped * 254));
    row[static_cast<size_t>(frame)] = std::min(row[static_cast<size_t>(frame)], value);
  });
  std::vector<TimelineLane> lanes;
  for (const datasets::CategoryRow& category : categories) {
    const auto it = values.find(category.id);
    if (it == values.end() || datasets::IsUnknown(category)) continue;  // nobody in particular
    TimelineLane lane;
    lane.kind = TimelineLane::Kind::kConfidence;
    lane.title = category.name + ": confidence";
    lane.color = category.color;
    lane.category_id = category.id;
    lane.confidence = std::make_shared<const MinPyramid>(std::move(it->second));
    lanes.push_back(std::move(lane));
  }
  return lanes;
}

// Animals without a name, each as long as it is followed.
std::optional<TimelineLane> UnknownLane(const datasets::Project& project, Id video_id, Id job_id) {
  TimelineLane lane;
  lane.kind = TimelineLane::Kind::kUnknown;
  try {
    for (const auto& animal : infer::UnknownAnimals(project, job_id, video_id)) {
      TimelineSpan span;
      span.start_frame = animal.start_frame;
      span.end_frame = animal.end_frame;
      span.id = animal.tracklet + 1;
      span.color = datasets::PaletteColor(animal.tracklet);
      lane.spans.push_back(span);
    }
  } catch (const datasets::DatabaseError&) {
    throw;
  } catch (const datasets::Error&) {  // its evidence is damaged, which the panel of meetings says
    return std::nullopt;
  }
  if (lane.spans.empty()) return std::nullopt;
  for (const datasets::CategoryRow& category : project.Categories()) {
    if (datasets::IsUnknown(category)) lane.title = category.name, lane.color = category.color;
  }
  return lane;
}

bool Runs(const datasets::Project& project, std::optional<Id> job_id) {
  const std::vector<datasets::JobRow> jobs = project.Jobs();
  return std::any_of(jobs.begin(), jobs.end(), [&](const datasets::JobRow& row) {
    return row.id == job_id && datasets::IsOpen(row);
  });
}

// Of a prediction that still runs: where it has found the animal. How sure it is of that, it knows
// only at its end.
void ShowAsFound(TimelineLane* lane, const std::string& animal) {
  lane->title = animal + ": found so far";
  for (int frame = 0; frame < lane->confidence->size(); ++frame) {
    if (lane->confidence->at(frame) == MinPyramid::kNothing) continue;
    if (!lane->spans.empty() && lane->spans.back().end_frame == frame) {
      ++lane->spans.back().end_frame;
      continue;
    }
    TimelineSpan span;
    span.start_frame = frame;
    span.end_frame = frame + 1;
    span.color = 0x8899AA;
    lane->spans.push_back(span);
  }
}

std::vector<TimelineLane> BehaviorLanes(const datasets::Project& project, Id video_id,
                                        std::optional<Id> job_id) {
  using Key = std::pair<std::string, Id>;  // subject, behavior
  std::map<Key, TimelineLane> rows;
  std::map<Id, const datasets::BehaviorRow*> known;
  const std::vector<datasets::BehaviorRow> behaviors = project.Behaviors();
  for (const datasets::BehaviorRow& behavior : behaviors) known[behavior.id] = &behavior;
  const auto row = [&](const std::string& subject, Id behavior_id) -> TimelineLane* {
    const auto behavior = known.find(behavior_id);
    if (behavior == known.end()) return nullptr;
    TimelineLane& lane = rows[{subject, behavior_id}];
    lane.title = subject.empty() ? behavior->second->name : subject + ": " + behavior->second->name;
    lane.color = behavior->second->color;
    lane.behavior_id = behavior_id;
    lane.subject = subject;
    return &lane;
  };
  std::set<std::string> subjects;
  for (const datasets::BehaviorIntervalRow& interval : project.BehaviorIntervals(video_id)) {
    TimelineLane* lane = row(interval.subject, interval.behavior_id);
    if (!lane) continue;
    subjects.insert(interval.subject);
    lane->track_id = interval.track_id;
    lane->spans.push_back({interval.start_frame, interval.end_frame, interval.id, lane->color,
                           interval.present, false, known[interval.behavior_id]->is_point, 0,
                           interval.flagged});
  }
  if (job_id) {
    for (const auto& predicted : project.BehaviorPredictions(*job_id, video_id)) {
      TimelineLane* lane = row(predicted.subject, predicted.behavior_id);
      if (!lane) continue;
      lane->spans.push_back({predicted.start_frame, predicted.end_frame, predicted.id, lane->color,
                             true, true, known[predicted.behavior_id]->is_point});
    }
  }
  for (const auto& series : job_id ? project.BehaviorSeries(*job_id, video_id)
                                   : std::vector<datasets::BehaviorSeriesRow>()) {
    if (TimelineLane* lane = row(series.subject, series.behavior_id)) lane->series_id = series.id;
    subjects.insert(series.subject);
  }
  for (const auto& region : project.Regions(video_id)) subjects.insert(region.name);
  if (subjects.empty()) subjects.insert("");
  for (const std::string& subject : subjects) {
    for (const datasets::BehaviorRow& behavior : behaviors) row(subject, behavior.id);
  }
  std::vector<TimelineLane> lanes;
  for (auto& [key, lane] : rows) {
    lanes.push_back(std::move(lane));
  }
  return lanes;
}

template <class ValueOf>
std::vector<uint8_t> Fold(double first_frame, double frames, int pixels, const ValueOf& value_of) {
  std::vector<uint8_t> values(static_cast<size_t>(std::max(pixels, 0)));
  const double per_pixel = frames / std::max(pixels, 1);
  for (size_t x = 0; x < values.size(); ++x) {
    const double at = first_frame + static_cast<double>(x) * per_pixel;
    const int start = static_cast<int>(std::floor(at));
    values[x] = value_of(start, std::max(start + 1, static_cast<int>(std::floor(at + per_pixel))));
  }
  return values;
}

datasets::FrameTimes TimesOf(const datasets::Project& project, const datasets::VideoRow& video) {
  try {
    return datasets::FrameTimes(project.IndexOf(video));
  } catch (const datasets::BusyError&) {
    throw;
  } catch (const datasets::Error&) {  // the picture says what is wrong with it
    return datasets::FrameTimes(video.fps);
  }
}

std::vector<int> FlaggedFrames(const datasets::Project& project, Id video_id) {
  std::vector<int> frames;
  project.Read([&](datasets::Connection& connection) {
    for (const datasets::NoteRow& note : datasets::ReadNotes(connection)) {
      if (note.video_id != video_id || !note.flagged || !note.frame_index) continue;
      frames.push_back(*note.frame_index);
    }
  });
  return frames;
}

constexpr int64_t kMostCurveBytes = 64 << 20;  // of one video

void AddScores(const datasets::Project& project, const TimelineContent* before,
               TimelineContent* content) {
  int64_t series = 0;
  for (const TimelineLane& lane : content->lanes) series += lane.series_id != 0;
  const int64_t bytes = 2 * series * content->frame_count;
  const int frames_a_bin = static_cast<int>(1 + bytes / kMostCurveBytes);
  for (TimelineLane& lane : content->lanes) {
    if (!lane.series_id) continue;
    for (const TimelineLane& old : before ? before->lanes : std::vector<TimelineLane>()) {
      if (old.series_id == lane.series_id && before->scores_are_final) lane.scores = old.scores;
    }
    if (lane.scores) continue;
    lane.scores = std::make_shared<const ScoreCurve>(
        project.BehaviorScorePeaks(lane.series_id, content->frame_count, frames_a_bin),
        frames_a_bin);
  }
}

}  // namespace

ScoreCurve::ScoreCurve(std::vector<uint8_t> peaks, int frames_a_bin)
    : frames_a_bin_(frames_a_bin), doubts_([&] {
        for (uint8_t& value : peaks) {
          if (value != MinPyramid::kNothing) value = static_cast<uint8_t>(254 - value);
        }
        return std::move(peaks);
      }()) {}

uint8_t ScoreCurve::Peak(int start_frame, int end_frame) const {
  const int start = std::max(0, start_frame) / frames_a_bin_;
  const int end = (std::max(0, end_frame) + frames_a_bin_ - 1) / frames_a_bin_;
  const uint8_t doubt = doubts_.Least(start, end);
  return doubt == MinPyramid::kNothing ? doubt : static_cast<uint8_t>(254 - doubt);
}

MinPyramid::MinPyramid(std::vector<uint8_t> values) {
  levels_.push_back(std::move(values));
  while (levels_.back().size() > 1) {
    const std::vector<uint8_t>& below = levels_.back();
    std::vector<uint8_t> level((below.size() + 1) / 2);
    for (size_t i = 0; i < level.size(); ++i) {
      level[i] = std::min(below[2 * i], 2 * i + 1 < below.size() ? below[2 * i + 1] : kNothing);
    }
    levels_.push_back(std::move(level));
  }
}

uint8_t MinPyramid::Least(int start, int end) const {
  size_t a = static_cast<size_t>(std::max(start, 0));
  size_t b = static_cast<size_t>(std::clamp(end, 0, size()));
  uint8_t least = kNothing;
  // Odd ends are looked at on their own level; the even rest moves one level up.
  for (size_t level = 0; a < b && level < levels_.size(); ++level) {
    if (a & 1) least = std::min(least, levels_[level][a++]);
    if (b & 1) least = std::min(least, levels_[level][--b]);
    a /= 2;
    b /= 2;
  }
  return least;
}

std::vector<uint8_t> FoldCurve(const MinPyramid& curve, double first_frame, double frames,
                               int pixels) {
  return Fold(first_frame, frames, pixels,
              [&](int start, int end) { return curve.Least(start, end); });
}

std::vector<uint8_t> FoldCurve(const ScoreCurve& curve, double first_frame, double frames,
                               int pixels) {
  return Fold(first_frame, frames, pixels,
              [&](int start, int end) { return curve.Peak(start, end); });
}

std::shared_ptr<const TimelineContent> LoadTimeline(const datasets::Project& project, Id video_id,
                                                    int64_t revision,
                                                    const TimelineContent* confidences_of,
                                                    const TimelineContent* scores_of) {
  static const std::vector<TimelineLane> kNoLanes;
  auto content = std::make_shared<TimelineContent>();
  const datasets::VideoRow video = project.VideoById(video_id);
  content->video_id = video_id;
  content->revision = revision;
  content->frame_count = video.frame_count;
  const bool is_same = scores_of && scores_of->video_id == video_id;
  content->times = is_same ? scores_of->times : TimesOf(project, video);
  content->flagged_frames = FlaggedFrames(project, video_id);
  content->lanes.push_back(FrameMarks(project, video_id));
  const std::optional<Id> job = project.LatestPredictJob(video_id);
  content->behavior_job = project.LatestBehaviorJob(video_id);
  std::set<Id> jobs;
  if (job) jobs.insert(*job);
  if (content->behavior_job) jobs.insert(*content->behavior_job);
  if (!jobs.empty()) content->lanes.push_back(Queue(project, video_id, jobs));
  if (job) {
    for (const TimelineLane& lane : confidences_of ? confidences_of->lanes : kNoLanes) {
      if (lane.kind == TimelineLane::Kind::kConfidence) content->lanes.push_back(lane);
    }
    std::vector<TimelineLane> fresh, none;
    if (!confidences_of) {
      const std::vector<datasets::CategoryRow> categories = project.Categories();
      fresh = ConfidenceLanes(project, categories, video_id, *job, video.frame_count);
      for (TimelineLane& lane : Runs(project, job) ? fresh : none) {
        for (const datasets::CategoryRow& category : categories) {
          if (category.id == lane.category_id) ShowAsFound(&lane, category.name);
        }
      }
    }
    for (TimelineLane& lane : fresh) {
      content->lanes.push_back(std::move(lane));
    }
    if (auto unknown = UnknownLane(project, video_id, *job)) {
      content->lanes.push_back(std::move(*unknown));
    }
  }
  for (TimelineLane& lane : BehaviorLanes(project, video_id, content->behavior_job)) {
    content->lanes.push_back(std::move(lane));
  }
  for (TimelineLane& lane : content->lanes) OrderSpans(&lane.spans);
  content->scores_are_final = !Runs(project, content->behavior_job);
  AddScores(project, is_same ? scores_of : nullptr, content.get());
  return content;
}

void OrderSpans(std::vector<TimelineSpan>* spans) {
  std::stable_sort(spans->begin(), spans->end(), [](const TimelineSpan& a, const TimelineSpan& b) {
    return a.start_frame < b.start_frame;
  });
  int reach = 0;
  for (TimelineSpan& span : *spans) span.reach = reach = std::max(reach, span.end_frame);
}

size_t FirstSpanAfter(const std::vector<TimelineSpan>& spans, int frame) {
  // `reach` never falls, so it can be searched where the ends cannot.
  return static_cast<size_t>(
      std::partition_point(spans.begin(), spans.end(),
                           [frame](const TimelineSpan& span) { return span.reach <= frame; }) -
      spans.begin());
}

const TimelineSpan* SpanAt(const std::vector<TimelineSpan>& spans, double frame, double slack,
                           bool lower_part) {
  const TimelineSpan* found = nullptr;
  int best = -1;
  const int from = static_cast<int>(std::floor(frame - slack)) - 1;
  for (size_t i = FirstSpanAfter(spans, from); i < spans.size(); ++i) {
    const TimelineSpan& span = spans[i];
    if (span.start_frame > frame + slack) break;
    if (span.end_frame < frame - slack) continue;
    const bool inside = span.start_frame <= frame && frame < span.end_frame;
    const int rank = 2 * inside + (lower_part || !span.machine);
    if (rank < best) continue;
    best = rank;
    found = &span;
  }
  return found;
}

std::vector<PixelCover> FoldSpans(const std::vector<TimelineSpan>& spans, double first_frame,
                                  double frames, int pixels) {
  std::vector<PixelCover> cover(static_cast<size_t>(std::max(pixels, 0)));
  if (pixels <= 0 || frames <= 0) return cover;
  const double pixels_per_frame = pixels / frames;
  size_t begin = FirstSpanAfter(spans, static_cast<int>(std::floor(first_frame)));
  for (size_t i = begin; i < spans.size(); ++i) {
    const TimelineSpan& span = spans[i];
    if (span.start_frame >= first_frame + frames) break;
    const double left = std::max(0.0, (span.start_frame - first_frame) * pixels_per_frame);
    const double right =
        std::min<double>(pixels, (span.end_frame - first_frame) * pixels_per_frame);
    for (int x = static_cast<int>(left); x < pixels && x < right; ++x) {
      const double part = std::min<double>(right, x + 1) - std::max<double>(left, x);
      PixelCover& pixel = cover[static_cast<size_t>(x)];
      if (part > 0 && (!pixel.span || part >= pixel.part)) pixel.span = &span;
      pixel.part = static_cast<float>(std::min(1.0, pixel.part + part));
    }
  }
  return cover;
}

}  // namespace app
