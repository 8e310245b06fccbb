#include "app/model/overview/video_table.h"

#include <algorithm>
#include <cctype>

namespace app {
namespace {

std::string LowerCase(std::string text) {
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) c = static_cast<char>(std::tolower(byte));
  }
  return text;
}

bool Passes(const VideoFacts& facts, VideoFilter filter) {
  switch (filter) {
    case VideoFilter::kAll:
      break;
    case VideoFilter::kUnlabeled:
      return facts.labeled == 0;
    case VideoFilter::kUnpredicted:
      return !facts.predicted;
    case VideoFilter::kToReview:
      return facts.to_review > 0;
    case VideoFilter::kFlagged:
      return facts.flags > 0;
    case VideoFilter::kLost:
      return facts.missing;
  }
  return true;
}

double Seconds(const datasets::VideoRow& video) {
  return video.fps > 0 ? video.frame_count / video.fps : video.frame_count;
}

// As the table says it; what is not predicted comes before what has no animal, and what is not
// counted yet before both.
double PredictedPart(const datasets::VideoRow& video, const VideoFacts& facts) {
  if (facts.predicted_frames < 0) return -2;
  if (!facts.predicted) return -1;
  return static_cast<double>(facts.predicted_frames) / std::max(video.frame_count, 1);
}

int Compare(double a, double b) { return a < b ? -1 : a > b ? 1 : 0; }

}  // namespace

FactsByVideo FactsOf(const ProjectView& project, const PredictedFrames* predicted) {
  FactsByVideo all;
  for (const datasets::VideoRow& video : project.videos) {
    VideoFacts& facts = all[video.id];
    const auto images = project.images.find(video.id);
    if (images != project.images.end()) {
      for (const datasets::ImageRow& image : images->second) {
        const bool is_labeled = image.state != datasets::ImageState::kNew;
        ++(is_labeled ? facts.labeled : facts.proposed);
        facts.val += is_labeled && image.split == "val";
        facts.test += is_labeled && image.split == "test";
      }
    }
    const auto intervals = project.intervals.find(video.id);
    if (intervals != project.intervals.end()) {
      for (const datasets::BehaviorIntervalRow& bout : intervals->second) {
        facts.bouts += bout.present;
        facts.flags += bout.flagged;
      }
    }
    facts.missing = project.missing_videos.count(video.id) > 0;
    const auto job = project.predict_job.find(video.id);
    facts.predicted = job != project.predict_job.end();
    if (!facts.predicted) facts.predicted_frames = 0;
    if (facts.predicted && predicted) {
      const auto count = predicted->counts.find({job->second, video.id});
      if (count != predicted->counts.end()) {
        facts.predicted_frames = count->second;
        const auto unknown = predicted->unknown.find({job->second, video.id});
        if (unknown == predicted->unknown.end()) {
          facts.unknown = 0;
        } else if (unknown->second.all > 0) {
          facts.unknown = static_cast<double>(unknown->second.unknown) /
                          static_cast<double>(unknown->second.all);
        }
      } else if (predicted->revision >= project.revision) {
        facts.predicted_frames = 0;
      }
    }
  }
  for (const datasets::ReviewItemRow& item : project.review_items) {
    const auto facts = all.find(item.video_id);
    if (facts != all.end()) facts->second.to_review += item.verdict.empty();
  }
  for (const datasets::NoteRow& note : project.notes) {
    const auto facts = all.find(note.video_id);
    if (facts == all.end()) continue;
    facts->second.flags += note.flagged;
    if (note.frame_index) continue;
    facts->second.note = note.note;
    facts->second.flagged = note.flagged;
  }
  return all;
}

std::vector<size_t> FindVideos(const ProjectView& project, const FactsByVideo& facts,
                               const VideoQuery& query) {
  const std::string text = LowerCase(query.text);
  std::vector<size_t> found;
  for (size_t i = 0; i < project.videos.size(); ++i) {
    const VideoFacts& own = facts.at(project.videos[i].id);
    const bool has_text = text.empty() ||
                          LowerCase(project.videos[i].name).find(text) != std::string::npos ||
                          LowerCase(own.note).find(text) != std::string::npos;
    if (has_text && Passes(own, query.filter)) found.push_back(i);
  }
  const auto compare = [&](size_t a, size_t b) {
    const datasets::VideoRow &first = project.videos[a], &second = project.videos[b];
    const VideoFacts &of_first = facts.at(first.id), &of_second = facts.at(second.id);
    switch (query.column) {
      case VideoColumn::kAdded:
        return Compare(static_cast<double>(a), static_cast<double>(b));
      case VideoColumn::kName:
        return first.name.compare(second.name);
      case VideoColumn::kLength:
        return Compare(Seconds(first), Seconds(second));
      case VideoColumn::kLabeled:
        return Compare(of_first.labeled, of_second.labeled);
      case VideoColumn::kPredicted:
        return Compare(PredictedPart(first, of_first), PredictedPart(second, of_second));
      case VideoColumn::kUnknown:
        return Compare(of_first.unknown, of_second.unknown);
      case VideoColumn::kToReview:
        return Compare(of_first.to_review, of_second.to_review);
      case VideoColumn::kNote:
        break;
    }
    if (of_first.flagged != of_second.flagged) return of_first.flagged ? -1 : 1;
    if (of_first.note.empty() != of_second.note.empty()) return of_first.note.empty() ? 1 : -1;
    return of_first.note.compare(of_second.note);
  };
  std::stable_sort(found.begin(), found.end(), [&](size_t a, size_t b) {
    return query.ascending ? compare(a, b) < 0 : compare(b, a) < 0;
  });
  return found;
}

}  // namespace app
