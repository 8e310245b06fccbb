#include "annotate/assist/carry_on.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <opencv2/imgproc.hpp>
#include <optional>

#include "annotate/assist/assist.h"
#include "annotate/assist/carry_motion.h"
#include "annotate/assist/outline_fit.h"
#include "annotate/assist/pixel_region.h"

namespace annotate {
namespace {

using datasets::Polygons;

constexpr double kLeastArea = 0.6, kMostArea = 1.6;  // of the seed's
constexpr double kContact = 0.5;     // length of a shared border, in square roots of area
constexpr double kSamePlace = 0.85;  // agreement from one frame to the next and back
constexpr double kSameAnimal = 0.8, kTaken = 0.5;  // IoU with a model's outline

// One animal on its way. Outlines since the last check wait in `waiting` until the next one passes.
struct Traveler {
  int64_t animal = 0;
  double seed_area = 0;
  OutlineFit fit;
  Polygons outline;          // in the last frame
  Polygons checked_outline;  // where it was when the last check passed
  int checked_frame = 0;
  std::map<int, Polygons> waiting;
  std::optional<CarryEnd> end;
};

class Journey {
 public:
  Journey(const std::function<cv::Mat(int)>& picture, const cv::Mat& background,
          const CarryOptions& options, const CarryAdvice& advice)
      : picture_(picture), background_(background), options_(options), advice_(advice) {}

  Carried Travel(int frame_count, int start, const std::vector<OutlinedAnimal>& seeds,
                 datasets::Job& job) {
    const cv::Mat first = picture_(start);
    for (const OutlinedAnimal& seed : seeds) {
      Traveler traveler;
      traveler.animal = seed.animal;
      traveler.seed_area = AreaOf(seed.outline);
      traveler.outline = traveler.checked_outline = seed.outline;
      traveler.checked_frame = start;
      std::vector<Polygons> others;
      for (const OutlinedAnimal& other : seeds) {
        if (&other != &seed) others.push_back(other.outline);
      }
      traveler.fit = LearnOutlineFit(first, background_, seed.outline, others);
      const Polygons cut = GrabCutFrom(first, background_, seed.outline, {}).polygons;
      if (IouOf(cut, seed.outline, first.size()) > traveler.fit.overlap) traveler.fit.overlap = 0;
      travelers_.push_back(std::move(traveler));
    }
    pictures_.push_back(first);
    int frame = start;
    for (int i = 0; i < options_.most_frames && Goes(); ++i) {
      job.Advance(i, options_.most_frames, "frame " + std::to_string(frame));
      frame += options_.direction;
      if (frame < 0 || frame >= frame_count) {
        frame -= options_.direction;
        break;
      }
      pictures_.push_back(picture_(frame));
      Step(frame);
      if ((i + 1) % options_.look_back == 0) CheckAll(frame);
    }
    CheckAll(frame);
    for (Traveler& traveler : travelers_) {
      if (!traveler.end) End(traveler, frame + options_.direction, false, "");
      carried_.ends.push_back(*traveler.end);
    }
    if (options_.together) EndTogether();
    return std::move(carried_);
  }

 private:
  bool Goes() const {
    const auto goes = [](const Traveler& traveler) { return !traveler.end; };
    return options_.together ? std::all_of(travelers_.begin(), travelers_.end(), goes)
                             : std::any_of(travelers_.begin(), travelers_.end(), goes);
  }

  void EndTogether() {
    const auto sooner = [&](int a, int b) { return (b - a) * options_.direction > 0; };
    const auto first = std::min_element(
        carried_.ends.begin(), carried_.ends.end(),
        [&](const CarryEnd& a, const CarryEnd& b) { return sooner(a.frame, b.frame); });
    if (first == carried_.ends.end()) return;
    const int frame = first->frame;
    for (auto it = carried_.labels.begin(); it != carried_.labels.end();) {
      it = sooner(it->first, frame) ? std::next(it) : carried_.labels.erase(it);
    }
    for (CarryEnd& end : carried_.ends) {
      if (sooner(frame, end.frame)) end = {end.animal, frame, false, "ends with the others"};
    }
  }

  static void End(Traveler& traveler, int frame, bool doubt, const std::string& reason) {
    traveler.end = CarryEnd{traveler.animal, frame, doubt, reason};
  }

  // All animals one frame on.
  void Step(int frame) {
    const cv::Mat& from = pictures_[pictures_.size() - 2];
    const cv::Mat& to = pictures_.back();
    const auto predicted =
        advice_.predicted ? advice_.predicted(frame) : std::vector<OutlinedAnimal>();
    std::vector<Traveler*> going;
    std::vector<Polygons> moved;
    for (Traveler& traveler : travelers_) {
      if (traveler.end) continue;
      if (advice_.has_label && advice_.has_label(frame, traveler.animal)) {
        EndBefore(traveler, frame, false, "has a label there");
        continue;
      }
      Polygons there = MovedOutline(from, to, traveler.outline);
      if (there.empty()) {
        EndBefore(traveler, frame, true, "moves or changes too much to be followed");
        continue;
      }
      going.push_back(&traveler);
      moved.push_back(std::move(there));
    }
    for (size_t i = 0; i < going.size(); ++i) {
      Traveler& traveler = *going[i];
      std::vector<Polygons> others = moved;
      others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
      Polygons next = traveler.fit.overlap > 0
                          ? FitOutline(traveler.fit, to, background_, moved[i], others)
                          : GrabCutFrom(to, background_, moved[i], {}).polygons;
      const std::string doubt = DoubtOf(traveler, from, to, predicted, next);
      if (doubt.empty()) {
        traveler.outline = std::move(next);
        traveler.waiting[frame] = traveler.outline;
      } else {
        EndBefore(traveler, frame, true, doubt);
      }
    }
    for (size_t a = 0; a < going.size(); ++a) {
      for (size_t b = a + 1; b < going.size(); ++b) {
        if (going[a]->end || going[b]->end) continue;
        if (!Touch(going[a]->outline, going[b]->outline)) continue;
        EndBefore(*going[a], frame, true, "touches another animal");
        EndBefore(*going[b], frame, true, "touches another animal");
      }
    }
  }

  // The animal ends at `frame`; what waits from the frames before it is checked.
  void EndBefore(Traveler& traveler, int frame, bool doubt, const std::string& reason) {
    traveler.waiting.erase(frame);
    Check(traveler, frame - options_.direction, pictures_.size() - 2);
    if (!traveler.end) End(traveler, frame, doubt, reason);
  }

  // What speaks against `next`, which a model's outline of the same animal may replace; "":
  // nothing.
  static std::string DoubtOf(const Traveler& traveler, const cv::Mat& from, const cv::Mat& to,
                             const std::vector<OutlinedAnimal>& predicted, Polygons& next) {
    if (next.empty()) return "moves or changes too much to be followed";
    const std::string advised = Advised(predicted, traveler.animal, to.size(), next);
    if (!advised.empty()) return advised;
    const double change = AreaOf(next) / traveler.seed_area;
    if (change < kLeastArea) return "has become much smaller";
    if (change > kMostArea) return "has become much larger";
    const Polygons back = MovedOutline(to, from, next);
    const double agreement = OutlineAgreement(back, traveler.outline, traveler.seed_area);
    return agreement < kSamePlace ? "moves or changes too much to be followed" : "";
  }

  // Takes a model's outline of the same animal where it agrees; says what speaks against `next`.
  static std::string Advised(const std::vector<OutlinedAnimal>& predicted, int64_t animal,
                             cv::Size size, Polygons& next) {
    const OutlinedAnimal* own = nullptr;
    bool taken = false;
    for (const OutlinedAnimal& other : predicted) {
      const double overlap = IouOf(other.outline, next, size);
      if (other.animal == animal && overlap >= kSameAnimal) own = &other;
      if (other.animal != animal && overlap >= kTaken) taken = true;
    }
    if (own) {
      next = own->outline;
      return "";
    }
    return taken ? "is another animal to the model" : "";
  }

  static bool Touch(const Polygons& a, const Polygons& b) {
    constexpr int kBeside = 2;  // pixels
    const datasets::Box box_a = datasets::BoxOf(a), box_b = datasets::BoxOf(b);
    const auto rect = [](const datasets::Box& box) {
      return cv::Rect(cv::Point(static_cast<int>(std::floor(box.x)) - kBeside,
                                static_cast<int>(std::floor(box.y)) - kBeside),
                      cv::Point(static_cast<int>(std::ceil(box.x + box.width)) + kBeside,
                                static_cast<int>(std::ceil(box.y + box.height)) + kBeside));
    };
    const cv::Rect both = rect(box_a) & rect(box_b);
    if (both.empty()) return false;
    cv::Mat around;
    const int side = 2 * kBeside + 1;
    cv::dilate(MaskOf(a, both), around, cv::getStructuringElement(cv::MORPH_ELLIPSE, {side, side}));
    const double border = cv::countNonZero(around & MaskOf(b, both)) / static_cast<double>(kBeside);
    return border > kContact * std::sqrt(std::min(AreaOf(a), AreaOf(b)));
  }

  void CheckAll(int frame) {
    for (Traveler& traveler : travelers_) {
      if (!traveler.end) Check(traveler, frame, pictures_.size() - 1);
    }
    while (pictures_.size() > 1) pictures_.pop_front();
  }

  // Brings what waits home from `frame` (whose picture is pictures_[at]) to where the last check
  // passed; frames from which it does not come back there are forgotten, and the animal ends.
  void Check(Traveler& traveler, int frame, size_t at) {
    bool all = true;
    while (!traveler.waiting.empty() && at > 0 && !ComesBack(traveler, frame, at)) {
      traveler.waiting.erase(frame);
      frame -= options_.direction;
      --at;
      all = false;
    }
    for (const auto& [passed, outline] : traveler.waiting) {
      carried_.labels[passed].push_back({traveler.animal, outline});
    }
    if (!traveler.waiting.empty()) {
      traveler.checked_outline = traveler.waiting.at(frame);
      traveler.checked_frame = frame;
    }
    traveler.waiting.clear();
    if (!all) {
      End(traveler, traveler.checked_frame + options_.direction, true,
          "does not come back to where it was");
    }
  }

  bool ComesBack(const Traveler& traveler, int frame, size_t at) const {
    const auto last = traveler.waiting.find(frame);
    Polygons back = last == traveler.waiting.end() ? Polygons() : last->second;
    for (size_t i = at; i > 0 && !back.empty(); --i) {
      back = MovedOutline(pictures_[i], pictures_[i - 1], back);
      if (i == 1 || back.empty() || traveler.fit.overlap <= 0) continue;
      back = FitOutline(traveler.fit, pictures_[i - 1], background_, back, {});  // bodies bend
    }
    return OutlineAgreement(back, traveler.checked_outline, traveler.seed_area) >=
           options_.least_agreement;
  }

  const std::function<cv::Mat(int)>& picture_;
  const cv::Mat& background_;
  const CarryOptions options_;
  const CarryAdvice& advice_;
  std::vector<Traveler> travelers_;
  std::deque<cv::Mat> pictures_;  // from the last check on
  Carried carried_;
};

}  // namespace

Carried CarryOn(const std::function<cv::Mat(int)>& picture, int frame_count, int frame,
                const std::vector<OutlinedAnimal>& seeds, const cv::Mat& background,
                const CarryOptions& options, const CarryAdvice& advice, datasets::Job& job) {
  return Journey(picture, background, options, advice).Travel(frame_count, frame, seeds, job);
}

}  // namespace annotate
