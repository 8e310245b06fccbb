#include "infer/statement/checked_frames.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "datasets/base/sha256.h"
#include "datasets/shape/mask.h"
#include "datasets/shape/same_place.h"
#include "datasets/store/review/review_reasons.h"
#include "datasets/unknown_name.h"
#include "infer/review/random_frames.h"

namespace infer {
namespace {

using datasets::AnnotationRow;
using datasets::Id;
using datasets::ImageRow;

class FrameCounter {
 public:
  FrameCounter(const datasets::Project& project, const datasets::VideoRow& video,
               const ReviewData& data, Statement& statement)
      : project_(project), video_(video), data_(data), statement_(statement) {}

  void Run() {
    ReadDecisions();
    FindSample();
    ReadLabels();
    for (const auto& [start, end] : corrected_) KnowCorrected(start, end);
    Count();
  }

 private:
  // All labels of a frame in which every animal has one of a person, or that was said to be done.
  struct Labeled {
    bool accepted = false;  // nothing but this job's accepted predictions
    bool differs = false;   // from the predictions; asked only where the frame is in the sample
  };

  void ReadDecisions() {
    for (const auto& decision : project_.ReviewDecisions(statement_.job_id)) {
      if (decision.video_id != video_.id || decision.behavior_id) continue;
      ++statement_.decisions[decision.author];
      if (datasets::IsOfPoints(decision.reason_code)) continue;  // nobody looked at the outlines
      const int start = std::max(decision.start_frame, statement_.start_frame);
      const int end = std::min(decision.end_frame, statement_.end_frame);
      if (decision.reason_code == datasets::kAuditReason.code) {
        for (int frame = start; frame < end; ++frame) answers_[frame] = decision.verdict;
      } else if (decision.verdict == "corrected") {
        corrected_.emplace_back(start, end);
      } else if (decision.verdict != "skipped") {
        for (int frame = start; frame < end; ++frame) shown_[frame] = decision.verdict;
      }
    }
  }

  void FindSample() {
    RandomFrames random(statement_.end_frame - statement_.start_frame,
                        static_cast<uint64_t>(statement_.job_id));
    for (size_t answered = 0; answered < answers_.size() && !random.IsDone();) {
      const int frame = statement_.start_frame + random.Next();
      sample_.insert(frame);
      answered += answers_.count(frame);
    }
  }

  void ReadLabels() {
    std::map<Id, std::string> names;
    for (const auto& category : project_.Categories()) names[category.id] = category.name;
    datasets::Sha256 hash;
    std::set<int> labeled;
    project_.ForEachAnnotation(
        video_.id, [&](const ImageRow& image, const std::vector<AnnotationRow>& labels) {
          if (!image.frame_index) return;
          for (const AnnotationRow& label : labels) {
            statement_.labels += !label.IsFilledIn();
            std::string text = fmt::format("{} {} ", *image.frame_index, names[label.category_id]);
            for (const auto& ring : label.polygons) {
              for (const auto& point : ring)
                text += fmt::format("{:.2f},{:.2f} ", point.x, point.y);
              text += "; ";
            }
            if (label.rle) text += datasets::CompressRle(*label.rle);
            hash.Add(text + "\n");
          }
          if (!labels.empty() && !AnyFilledIn(labels)) labeled.insert(*image.frame_index);
          if (!labels.empty()) Take(image, labels);
        });
    for (const ImageRow& image : project_.ImagesOfVideo(video_.id)) {
      if (!image.frame_index || !image.IsDecided()) continue;
      labeled.insert(*image.frame_index);
      if (!labeled_.count(*image.frame_index)) Take(image, {});
    }
    statement_.labeled_frames = static_cast<int>(labeled.size());
    statement_.labels_sha256 = hash.Hex();
  }

  void Take(const ImageRow& image, const std::vector<AnnotationRow>& labels) {
    const int frame = *image.frame_index;
    if (frame < statement_.start_frame || frame >= statement_.end_frame) return;
    if (!image.IsDecided() && !HasEveryAnimal(data_, labels)) return;
    Labeled& own = labeled_[frame];
    own.accepted =
        !labels.empty() && std::all_of(labels.begin(), labels.end(), [&](const auto& label) {
          return label.job_id == statement_.job_id;
        });
    own.differs = sample_.count(frame) > 0 && Differs(image, labels);
  }

  // Whether the labels are not what was predicted, with the corrections of people: other animals,
  // or outlines elsewhere. What has no name is nobody else: it is right under any label's name.
  bool Differs(const ImageRow& image, const std::vector<AnnotationRow>& labels) const {
    auto left = project_.PredictionsAt(statement_.job_id, video_.id, *image.frame_index,
                                       datasets::PredictionView::kCorrected);
    if (left.size() != labels.size()) return true;
    std::vector<const AnnotationRow*> open;  // those that no prediction of their name fits
    for (const AnnotationRow& label : labels) {
      if (label.iscrowd) return true;
      if (!TakeFitting(image, label, label.category_id, left)) open.push_back(&label);
    }
    return std::any_of(open.begin(), open.end(), [&](const AnnotationRow* label) {
      return !unknown_ || !TakeFitting(image, *label, *unknown_, left);
    });
  }

  // The prediction of this name that fits a label best, out of `left`; false where none does.
  bool TakeFitting(const ImageRow& image, const AnnotationRow& label, Id name,
                   std::vector<datasets::PredictionRow>& left) const {
    const datasets::Rle wanted = label.Mask({image.width, image.height});
    auto best = left.end();
    double best_overlap = datasets::kSameOutline;
    for (auto one = left.begin(); one != left.end(); ++one) {
      if (one->category_id != name) continue;
      const datasets::Rle mask = one->Mask({image.width, image.height});
      const bool no_shape = datasets::RleArea(mask) == 0 && datasets::RleArea(wanted) == 0;
      const double overlap = no_shape ? 1 : datasets::RleIou(mask, wanted);
      if (overlap < best_overlap) continue;
      best_overlap = overlap;
      best = one;
    }
    if (best == left.end()) return false;
    left.erase(best);
    return true;
  }

  // An episode of which every frame was drawn anew is known like one that was accepted, whichever
  // of its frames are in the sample.
  void KnowCorrected(int start, int end) {
    for (int frame = start; frame < end; ++frame) {
      if (!labeled_.count(frame)) return;
    }
    for (int frame = start; frame < end; ++frame) shown_[frame] = "corrected";
  }

  std::string AnswerOf(int frame) const {
    const auto answer = answers_.find(frame);
    return answer == answers_.end() ? "" : answer->second;
  }

  bool IsKnown(int frame) const {
    // A fault that the sample has found stays in it, whatever is done about it: else mending what
    // was drawn, and only that, would make the frames that nobody saw look better.
    const std::string answer = AnswerOf(frame);
    if (sample_.count(frame) && !answer.empty() && answer != "accepted") return false;
    if (shown_.count(frame)) return true;
    const auto own = labeled_.find(frame);
    if (own == labeled_.end()) return false;
    if (!sample_.count(frame)) return true;
    // A random frame whose predictions were accepted became a label by that alone, a wrong one by
    // its mending.
    if (answer == "accepted" && own->second.accepted) return false;
    return (answer.empty() || answer == "accepted") && !own->second.differs;
  }

  bool IsWrongForSure(int frame) const {
    const auto shown = shown_.find(frame);
    if (shown == shown_.end() || shown->second == "corrected") return false;
    if (shown->second != "rejected" && AnswerOf(frame) != "rejected") return false;
    const auto own = labeled_.find(frame);
    return own == labeled_.end() || own->second.accepted;
  }

  void Count() {
    for (int frame = statement_.start_frame; frame < statement_.end_frame; ++frame) {
      if (IsKnown(frame)) {
        ++statement_.known_frames;
        statement_.known_wrong += IsWrongForSure(frame);
        continue;
      }
      ++statement_.sample.frames;
      if (!sample_.count(frame)) continue;
      ++statement_.sample.drawn;
      const std::string answer = AnswerOf(frame);
      const auto own = labeled_.find(frame);
      const bool mended = own != labeled_.end() && own->second.differs;
      statement_.sample.wrong += answer != "accepted" || mended;
      statement_.skipped += answer == "skipped";
      statement_.unanswered += answer.empty();
    }
    const int frames = statement_.end_frame - statement_.start_frame;
    statement_.most_wrong = statement_.known_wrong + MostWrong(statement_.sample);
    statement_.share_wrong = frames > 0 ? static_cast<double>(statement_.most_wrong) / frames : 0;
    statement_.more_for_1_percent =
        DrawsUntil(statement_.sample, 0.01 * frames - statement_.known_wrong);
    statement_.more_for_01_percent =
        DrawsUntil(statement_.sample, 0.001 * frames - statement_.known_wrong);
  }

  const datasets::Project& project_;
  const datasets::VideoRow& video_;
  const ReviewData& data_;
  Statement& statement_;
  std::map<int, std::string> shown_;            // frame -> verdict on an episode, the newest
  std::map<int, std::string> answers_;          // random frame -> verdict, the newest
  std::vector<std::pair<int, int>> corrected_;  // episodes
  std::set<int> sample_;                        // drawn, up to the last that was answered
  std::map<int, Labeled> labeled_;              // by frame
  const std::optional<Id> unknown_ = datasets::UnknownOf(project_.Categories());
};

}  // namespace

void CountFrames(const datasets::Project& project, const datasets::VideoRow& video,
                 const ReviewData& data, Statement& statement) {
  FrameCounter(project, video, data, statement).Run();
}

}  // namespace infer
