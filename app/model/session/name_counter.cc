#include "app/model/session/name_counter.h"

#include <algorithm>
#include <utility>

namespace app {
bool NameQuestion::operator==(const NameQuestion& other) const {
  return change == other.change && category == other.category &&
         other_category == other.other_category && start_frame == other.start_frame &&
         end_frame == other.end_frame && revision == other.revision && timeline == other.timeline;
}

annotate::NameCounts CountPredicted(const NameQuestion& question) {
  const auto curve = [&](datasets::Id category) -> const MinPyramid* {
    for (const TimelineLane& lane : question.timeline->lanes) {
      if (lane.confidence && lane.category_id == category) return lane.confidence.get();
    }
    return nullptr;
  };
  const MinPyramid *first = curve(question.category), *other = curve(question.other_category);
  const auto is_in = [](const MinPyramid* row, int frame) {
    return row && frame < row->size() && row->at(frame) != MinPyramid::kNothing;
  };
  annotate::NameCounts counts;
  const int end = std::min(question.end_frame, question.timeline->frame_count);
  for (int frame = std::max(0, question.start_frame); frame < end; ++frame) {
    const bool has_first = is_in(first, frame), has_other = is_in(other, frame);
    counts.predicted += has_first || (question.change == annotate::NameChange::kSwap && has_other);
    counts.predicted_with_both += has_first && has_other;
  }
  return counts;
}

NameCounter::NameCounter(std::filesystem::path project_file, std::function<void()> wake,
                         std::function<void(const std::string&)> say)
    : project_file_(std::move(project_file)),
      worker_(
          [this](const NameQuestion& question) {
            Count(question);
            return LatestWorker<NameQuestion>::Answered();
          },
          std::move(wake), std::move(say)) {}

std::optional<annotate::NameCounts> NameCounter::Ask(const NameQuestion& question) {
  std::scoped_lock lock(mutex_);
  if (asked_ && *asked_ == question) return answer_;
  asked_ = question;
  answer_.reset();
  if (question.timeline) worker_.Ask(question);
  return answer_;
}

void NameCounter::Count(const NameQuestion& question) {
  annotate::NameCounts counts = CountPredicted(question);
  try {
    if (!project_) {
      project_ = datasets::Project::Open(project_file_, datasets::Project::Access::kReadOnly);
    }
    const annotate::NameCounts labels = annotate::CountNames(
        *project_, question.change, question.timeline->video_id, 0, question.start_frame,
        question.end_frame, question.category, question.other_category);
    counts.labeled = labels.labeled;
    counts.labeled_with_both = labels.labeled_with_both;
  } catch (...) {
    project_.reset();  // it may have been replaced
    throw;
  }
  std::scoped_lock lock(mutex_);
  if (asked_ && *asked_ == question) answer_ = counts;
}

}  // namespace app
