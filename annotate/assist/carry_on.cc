#include "annotate/assist/carry_on.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <opencv2/imgproc.hpp>
#include <optional>

#include "annotate/assist/assist.h"
#include "annotate/assist/carry_motion.h"
#include "annotate/assist/carry_points.h"
#include "annotate/assist/outline_fit.h"
#include "annotate/assist/pixel_region.h"

namespace annotate {
namespace {

using datasets::KeyPoint;
using datasets::Polygons;

constexpr double kLeastArea = 0.6, kMostArea = 1.6;  // of the seed's
constexpr double kContact = 0.5;     // length of a shared border, in square roots of area
constexpr double kSamePlace = 0.85;  // agreement from one frame to the next and back
constexpr double kSameAnimal = 0.8, kTaken = 0.5;  // IoU with a model's outline

constexpr char kCannotBeFollowed[] = "moves or changes too much to be followed";
constexpr char kTouches[] = "touches another animal";

// One animal on its way. Outlines since the last check wait in `waiting` until the next one passes.
struct Traveler {
  int64_t animal = 0;
  bool company = false;  // followed for the sake of the others
  double seed_area = 0;  // of what lies in the picture
  OutlineFit fit;
  Polygons outline;          // in the last frame
  Polygons checked_outline;  // where it was when the last check passed
  std::vector<KeyPoint> points, checked_points;
  int checked_frame = 0;
  std::map<int, OutlinedAnimal> waiting;
  std::optional<CarryEnd> end;
};

class Journey {
 public:
  Journey(const std::function<cv::Mat(int)>& picture, const cv::Mat& background,
          const CarryOptions& options, const AdviseOn& advise)
      : picture_(picture), background_(background), options_(options), advise_(advise) {}

  Carried Travel(int frame_count, int start, const std::vector<OutlinedAnimal>& seeds,
                 const std::vector<OutlinedAnimal>& company, datasets::Job& job) {
    const cv::Mat first = picture_(start);
    std::vector<OutlinedAnimal> all = seeds;
    all.insert(all.end(), company.begin(), company.end());
    for (size_t i = 0; i < all.size(); ++i) {
      job.Advance(0, options_.most_frames, "frame " + std::to_string(start));
      Begin(first, start, all, i, i >= seeds.size());
    }
    pictures_.push_back(first);
    int frame = start;
    bool over = false;  // the video
    for (int i = 0; i < options_.most_frames && Goes(); ++i) {
      job.Advance(i, options_.most_frames, "frame " + std::to_string(frame));
      over = frame + options_.direction < 0 || frame + options_.direction >= frame_count;
      if (over) break;
      frame += options_.direction;
      pictures_.push_back(picture_(frame));
      Step(frame);
      if ((i + 1) % options_.look_back == 0) CheckAll(frame);
    }
    CheckAll(frame);
    for (Traveler& traveler : travelers_) {
      if (!traveler.end) {
        End(traveler, frame + options_.direction, false, over ? "the video ends there" : "");
      }
      if (!traveler.company) carried_.ends.push_back(*traveler.end);
    }
    if (options_.together) EndTogether();
    return std::move(carried_);
  }

 private:
  void Begin(const cv::Mat& first, int start, const std::vector<OutlinedAnimal>& all, size_t i,
             bool company) {
    const OutlinedAnimal& seed = all[i];
    Traveler traveler;
    traveler.animal = seed.animal;
    traveler.company = company;
    traveler.seed_area = SeenArea(seed.outline, first.size());
    traveler.outline = traveler.checked_outline = seed.outline;
    traveler.points = traveler.checked_points = seed.points;
    traveler.checked_frame = start;
    std::vector<Polygons> others;
    for (size_t k = 0; k < all.size(); ++k) {
      if (k != i) others.push_back(all[k].outline);
    }
    traveler.fit = LearnOutlineFit(first, background_, seed.outline, others);
    if (PartsOf(seed.outline).empty() ||
        traveler.fit.overlap <= 0) {  // of several parts it keeps one
      const Polygons cut = GrabCutFrom(first, background_, seed.outline, {}).polygons;
      if (IouOf(cut, seed.outline, first.size()) > traveler.fit.overlap) traveler.fit.overlap = 0;
    }
    travelers_.push_back(std::move(traveler));
  }

  static double SeenArea(const Polygons& outline, cv::Size size) {
    const cv::Rect window = WindowOf(datasets::BoxOf(outline), 0, size);
    return window.empty() ? 0 : cv::countNonZero(MaskOf(outline, window));
  }

  bool Goes() const {
    int going = 0, ended = 0;
    for (const Traveler& traveler : travelers_) {
      if (!traveler.company) ++(traveler.end ? ended : going);
    }
    return going > 0 && (ended == 0 || !options_.together);
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
    const CarryAdvice advice = advise_ ? advise_(frame) : CarryAdvice();
    std::vector<Traveler*> going;
    std::vector<Polygons> moved, fixed = StandingIn(advice, frame);
    std::vector<cv::Matx23d> motions;
    for (Traveler& traveler : travelers_) {
      if (traveler.end) continue;
      const bool labeled = LabelOf(advice, traveler.animal) != nullptr;
      if (traveler.company && labeled) continue;
      if (labeled || !advice.closed.empty()) {
        EndBefore(traveler, frame, false, labeled ? "has a label there" : advice.closed);
        continue;
      }
      const auto motion = MotionInside(from, to, traveler.outline);
      if (!motion) {
        EndBefore(traveler, frame, true, kCannotBeFollowed);
        continue;
      }
      going.push_back(&traveler);
      moved.push_back(Moved(traveler.outline, *motion));
      motions.push_back(*motion);
    }
    for (size_t i = 0; i < going.size(); ++i) {
      Traveler& traveler = *going[i];
      const std::vector<Polygons> others = Near(moved, i, fixed);
      Polygons next = traveler.fit.overlap > 0
                          ? FitOutline(traveler.fit, to, background_, moved[i], others)
                          : GrabCutFrom(to, background_, moved[i], {}).polygons;
      bool of_model = false;
      const std::string doubt = DoubtOf(traveler, from, to, advice.predicted, next, of_model);
      if (doubt.empty()) {
        traveler.outline = std::move(next);
        traveler.points = CarriedPoints(from, to, motions[i], traveler.points, traveler.seed_area);
        traveler.waiting[frame] = {traveler.animal, traveler.outline, traveler.points, of_model};
      } else {
        EndBefore(traveler, frame, true, doubt);
      }
    }
    for (size_t a = 0; a < going.size(); ++a) {
      for (const Polygons& other : fixed) {
        if (!going[a]->end && Touch(going[a]->outline, other, to.size())) {
          EndBefore(*going[a], frame, true, kTouches);
        }
      }
      for (size_t b = a + 1; b < going.size(); ++b) {
        if (going[a]->end || going[b]->end) continue;
        if (!Touch(going[a]->outline, going[b]->outline, to.size())) continue;
        EndBefore(*going[a], frame, true, kTouches);
        EndBefore(*going[b], frame, true, kTouches);
      }
    }
  }

  static const OutlinedAnimal* LabelOf(const CarryAdvice& advice, int64_t animal) {
    for (const OutlinedAnimal& label : advice.labeled) {
      if (label.animal == animal) return &label;
    }
    return nullptr;
  }

  // Outlines of the frame that people made. Company is where its label is, also when it was lost.
  std::vector<Polygons> StandingIn(const CarryAdvice& advice, int frame) {
    std::vector<Polygons> fixed;
    for (const OutlinedAnimal& label : advice.labeled) {
      if (!label.outline.empty()) fixed.push_back(label.outline);
    }
    for (Traveler& traveler : travelers_) {
      if (!traveler.company) continue;
      const OutlinedAnimal* label = LabelOf(advice, traveler.animal);
      if (!label || label->outline.empty()) continue;
      traveler.outline = traveler.checked_outline = label->outline;
      traveler.checked_frame = frame;
      traveler.waiting.clear();
      traveler.end.reset();
    }
    return fixed;
  }

  static bool AreNear(const datasets::Box& a, const datasets::Box& b, double reach) {
    return b.x < a.x + a.width + reach && a.x < b.x + b.width + reach &&
           b.y < a.y + a.height + reach && a.y < b.y + b.height + reach;
  }

  // The outlines that may be in the way of the i-th.
  static std::vector<Polygons> Near(const std::vector<Polygons>& moved, size_t i,
                                    const std::vector<Polygons>& fixed) {
    const datasets::Box own = datasets::BoxOf(moved[i]);
    const double reach = std::max(own.width, own.height) + 4;
    std::vector<Polygons> near;
    const auto add = [&](const Polygons& other) {
      if (AreNear(own, datasets::BoxOf(other), reach)) near.push_back(other);
    };
    for (size_t k = 0; k < moved.size(); ++k) {
      if (k != i) add(moved[k]);
    }
    for (const Polygons& other : fixed) add(other);
    return near;
  }

  // The animal ends at `frame`; what waits from the frames before it is checked.
  void EndBefore(Traveler& traveler, int frame, bool doubt, const std::string& reason) {
    traveler.waiting.erase(frame);
    Check(traveler, frame - options_.direction, pictures_.size() - 2);
    if (!traveler.end) End(traveler, frame, doubt, reason);
  }

  // What speaks against `next`, which a model's outline of the same animal may replace; "":
  // nothing.
  std::string DoubtOf(const Traveler& traveler, const cv::Mat& from, const cv::Mat& to,
                      const std::vector<OutlinedAnimal>& predicted, Polygons& next,
                      bool& of_model) const {
    if (next.empty()) return kCannotBeFollowed;
    const std::string advised = Advised(predicted, traveler.animal, to.size(), next, of_model);
    if (!advised.empty()) return advised;
    const double change = SeenArea(next, to.size()) / traveler.seed_area;
    if (change < kLeastArea) return "has become much smaller";
    if (change > kMostArea) return "has become much larger";
    const Polygons back = MovedOutline(to, from, next);
    const double agreement = OutlineAgreement(back, traveler.outline, traveler.seed_area);
    return agreement < kSamePlace ? kCannotBeFollowed : "";
  }

  // Takes a model's outline of the same animal where it agrees; says what speaks against `next`.
  // What a model calls by a name that none of the animals has (a model of one class, "animal") says
  // nothing about who it is.
  std::string Advised(const std::vector<OutlinedAnimal>& predicted, int64_t animal, cv::Size size,
                      Polygons& next, bool& of_model) const {
    const OutlinedAnimal* own = nullptr;
    bool taken = false;
    for (const OutlinedAnimal& other : predicted) {
      const bool known =
          std::any_of(travelers_.begin(), travelers_.end(),
                      [&](const Traveler& one) { return one.animal == other.animal; });
      if (!known || !AreNear(datasets::BoxOf(other.outline), datasets::BoxOf(next), 0)) continue;
      const double overlap = IouOf(other.outline, next, size);
      if (other.animal == animal && overlap >= kSameAnimal) own = &other;
      taken = taken || (other.animal != animal && overlap >= kTaken);
    }
    if (!own) return taken ? "is another animal to the model" : "";
    next = own->outline;
    of_model = true;
    return "";
  }

  static bool Touch(const Polygons& a, const Polygons& b, cv::Size size) {
    constexpr int kBeside = 2;  // pixels
    const cv::Rect both =
        WindowOf(datasets::BoxOf(a), kBeside, size) & WindowOf(datasets::BoxOf(b), kBeside, size);
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
    std::vector<KeyPoint> home;
    while (!traveler.waiting.empty() && at > 0 && !ComesBack(traveler, frame, at, &home)) {
      traveler.waiting.erase(frame);
      frame -= options_.direction;
      --at;
      all = false;
    }
    if (!traveler.waiting.empty()) {
      if (at > 0) LeaveLostPoints(traveler, frame, home);
      traveler.checked_outline = traveler.waiting.at(frame).outline;
      traveler.checked_points = traveler.waiting.at(frame).points;
      traveler.checked_frame = frame;
    }
    for (auto& [passed, animal] : traveler.waiting) {
      if (!traveler.company) carried_.labels[passed].push_back(std::move(animal));
    }
    traveler.waiting.clear();
    if (!all) {
      End(traveler, traveler.checked_frame + options_.direction, true,
          "does not come back to where it was");
    }
  }

  // Points of the last frame that do not come home to where they were at the last check are absent
  // since then.
  static void LeaveLostPoints(Traveler& traveler, int frame, const std::vector<KeyPoint>& home) {
    const auto find = [](const std::vector<KeyPoint>& points, int64_t id) {
      return std::find_if(points.begin(), points.end(),
                          [&](const KeyPoint& point) { return point.point_id == id; });
    };
    for (const KeyPoint& point : std::vector<KeyPoint>(traveler.waiting.at(frame).points)) {
      const int64_t id = point.point_id;
      const auto was = find(traveler.checked_points, id), is = find(home, id);
      const bool comes_back =
          was != traveler.checked_points.end() && is != home.end() &&
          std::hypot(was->x - is->x, was->y - is->y) <= PointSlack(traveler.seed_area);
      if (comes_back) continue;
      const auto leave = [&](std::vector<KeyPoint>& points) {
        const auto there = find(points, id);
        if (there != points.end()) points.erase(there);
      };
      leave(traveler.points);
      for (auto& [waiting_frame, animal] : traveler.waiting) leave(animal.points);
    }
  }

  // `home`: where the points of the frame come to.
  bool ComesBack(const Traveler& traveler, int frame, size_t at,
                 std::vector<KeyPoint>* home) const {
    const auto last = traveler.waiting.find(frame);
    const bool waits = last != traveler.waiting.end();
    Polygons back = waits ? last->second.outline : Polygons();
    *home = waits ? last->second.points : std::vector<KeyPoint>();
    for (size_t i = at; i > 0 && !back.empty(); --i) {
      const auto motion = MotionInside(pictures_[i], pictures_[i - 1], back);
      back = motion ? Moved(back, *motion) : Polygons();
      if (motion) {
        *home = CarriedPoints(pictures_[i], pictures_[i - 1], *motion, *home, traveler.seed_area);
      }
      if (i == 1 || back.empty() || traveler.fit.overlap <= 0) continue;
      back = FitOutline(traveler.fit, pictures_[i - 1], background_, back, {});  // bodies bend
    }
    return OutlineAgreement(back, traveler.checked_outline, traveler.seed_area) >=
           options_.least_agreement;
  }

  const std::function<cv::Mat(int)>& picture_;
  const cv::Mat& background_;
  const CarryOptions options_;
  const AdviseOn& advise_;
  std::vector<Traveler> travelers_;
  std::deque<cv::Mat> pictures_;  // from the last check on
  Carried carried_;
};

}  // namespace

Carried CarryOn(const std::function<cv::Mat(int)>& picture, int frame_count, int frame,
                const std::vector<OutlinedAnimal>& seeds,
                const std::vector<OutlinedAnimal>& company, const cv::Mat& background,
                const CarryOptions& options, const AdviseOn& advise, datasets::Job& job) {
  return Journey(picture, background, options, advise)
      .Travel(frame_count, frame, seeds, company, job);
}

}  // namespace annotate
