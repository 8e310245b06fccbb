#include "datasets/behavior/motion.h"

#include <algorithm>
#include <cmath>

#include "datasets/base/error.h"

namespace datasets {
namespace {

bool PixelAt(const Rle& mask, double x, double y) {
  const int column = static_cast<int>(std::floor(x)), row = static_cast<int>(std::floor(y));
  if (column < 0 || row < 0 || column >= mask.width || row >= mask.height) return false;
  const uint64_t wanted = static_cast<uint64_t>(column) * mask.height + row;
  uint64_t end = 0;
  for (size_t i = 0; i < mask.counts.size(); ++i) {
    end += mask.counts[i];
    if (wanted < end) return i % 2 == 1;
  }
  return false;
}

// The mean of the points that are sure enough.
bool CenterOf(const AnimalPoints& points, const PointChoice& choice, MaskMoments* moments) {
  double count = 0, x = 0, y = 0;
  for (size_t k = 0; k < points.size(); ++k) {
    if (!choice.Has(points, static_cast<int>(k))) continue;
    count += 1;
    x += points[k].x;
    y += points[k].y;
  }
  if (count == 0) return false;
  moments->x = x / count;
  moments->y = y / count;
  return true;
}

std::optional<double> HeadingOf(const AnimalPoints& points, const PointChoice& choice) {
  if (!choice.Has(points, choice.heading_from) || !choice.Has(points, choice.heading_to)) return {};
  const AnimalPoint& from = points[static_cast<size_t>(choice.heading_from)];
  const AnimalPoint& to = points[static_cast<size_t>(choice.heading_to)];
  if (from.x == to.x && from.y == to.y) return {};
  constexpr double kDegrees = 180 / 3.14159265358979323846;
  const double angle = std::atan2(to.y - from.y, to.x - from.x) * kDegrees;
  return angle < 0 ? angle + 360 : angle;
}

}  // namespace

MotionMeter::MotionMeter(std::string video, std::vector<std::string> animals,
                         std::vector<ZoneMask> zones, FrameTimes times, int start_frame,
                         int end_frame, const MotionOptions& options, PointChoice points,
                         std::optional<FloorMap> floor)
    : video_(std::move(video)),
      names_(std::move(animals)),
      zones_(std::move(zones)),
      times_(std::move(times)),
      start_frame_(start_frame),
      end_frame_(end_frame),
      max_gap_frames_(
          std::max(1, static_cast<int>(std::min(std::floor(options.max_gap * times_.fps()), 1e9)))),
      options_(options),
      points_(std::move(points)),
      floor_(std::move(floor)),
      animals_(names_.size()) {
  CheckOptions(options, "motion");
  for (const ZoneMask& zone : zones_) AddBehavior("in " + zone.name);
  contact_ = AddBehavior("contact");
  freezing_ = AddBehavior("freezing");
}

int MotionMeter::AddBehavior(const std::string& name) {
  behaviors_.emplace_back();
  behaviors_.back().name = name;
  return static_cast<int>(behaviors_.size()) - 1;
}

std::optional<cv::Point2d> MotionMeter::PlaceOf(double x, double y, bool on_floor) const {
  if (!on_floor) return cv::Point2d(x, y);
  return floor_ ? floor_->FloorOf({x, y}) : std::nullopt;
}

// From the last frame of the animal to this one.
std::optional<cv::Point2d> MotionMeter::WayOf(const Animal& animal, const AnimalMotion& motion,
                                              bool on_floor) const {
  const MaskMoments &before = animal.last_moments, &now = motion.moments;
  if (before.area > 0 && now.area > 0) {
    const auto from = PlaceOf(before.x, before.y, on_floor), to = PlaceOf(now.x, now.y, on_floor);
    if (!from || !to) return {};
    return *to - *from;
  }
  if (before.area > 0 || now.area > 0) return {};
  double count = 0;
  cv::Point2d sum;
  for (size_t k = 0; k < motion.points.size(); ++k) {
    const int place = static_cast<int>(k);
    if (!points_.Has(motion.points, place) || !points_.Has(animal.last_points, place)) continue;
    const auto from = PlaceOf(animal.last_points[k].x, animal.last_points[k].y, on_floor);
    const auto to = PlaceOf(motion.points[k].x, motion.points[k].y, on_floor);
    if (!from || !to) continue;
    count += 1;
    sum += *to - *from;
  }
  if (count == 0) return {};
  return sum * (1 / count);
}

void MotionMeter::FindNearest(AnimalMotion* one, const AnimalMotion& other) const {
  const double away_px =
      std::hypot(one->moments.x - other.moments.x, one->moments.y - other.moments.y);
  std::optional<double> away_cm;
  if (one->floor_cm && other.floor_cm) away_cm = cv::norm(*one->floor_cm - *other.floor_cm);
  const bool by_cm = away_cm && one->nearest_cm;
  if (one->nearest < 0 || (by_cm ? *away_cm < *one->nearest_cm : away_px < one->nearest_px)) {
    one->nearest = other.animal;
    one->nearest_px = away_px;
    one->nearest_cm = away_cm;
  }
}

void MotionMeter::MeasureStep(Animal* animal, AnimalMotion* motion, int gap, double moved_s) const {
  const auto way = WayOf(*animal, *motion, false);
  if (!way) return;
  animal->way += *way;  // slow creeping adds up until it is a step
  animal->way_s += moved_s;
  double step = std::hypot(animal->way.x, animal->way.y);
  const bool counts = step >= options_.min_step_px;
  if (!counts) step = 0;
  // A leap after a rest took the time of one frame, not that of the rest.
  const double leap = std::hypot(way->x, way->y);
  const bool leaps = leap >= options_.min_step_px;
  motion->step_px = step;
  motion->speed_px_s = !counts ? 0 : leaps ? leap / moved_s : step / animal->way_s;
  animal->distance_px += step;
  animal->moved_frames += gap;
  animal->moved_s += moved_s;
  animal->max_speed_px_s = std::max(animal->max_speed_px_s, *motion->speed_px_s);
  if (counts) animal->way = {}, animal->way_s = 0;
  const auto way_cm = floor_ ? WayOf(*animal, *motion, true) : std::nullopt;
  if (way_cm) {
    animal->way_cm += *way_cm;
    animal->way_cm_s += moved_s;
    motion->step_cm = counts ? std::hypot(animal->way_cm.x, animal->way_cm.y) : 0;
    motion->speed_cm_s = !counts ? 0
                         : leaps ? std::hypot(way_cm->x, way_cm->y) / moved_s
                                 : *motion->step_cm / animal->way_cm_s;
  }
  if (counts) animal->way_cm = {}, animal->way_cm_s = 0;
  if (!way_cm) return;
  animal->distance_cm += *motion->step_cm;
  animal->moved_cm_frames += gap;
  animal->moved_cm_s += moved_s;
  animal->max_speed_cm_s = std::max(animal->max_speed_cm_s, *motion->speed_cm_s);
}

// From which frame on something that happens on `frame` may have gone on, when it was known last
// whether it does on `last_known` (-1: never).
int MotionMeter::KnownSince(int last_known, int frame) const {
  const bool recently = last_known >= 0 && frame - last_known <= max_gap_frames_;
  return recently ? last_known + 1 : frame;
}

// What was not known between its last frame and this one, longer than a bout bridges.
void MotionMeter::SeeAgain(int frame, int* last, std::vector<FrameRange>* unseen) const {
  const int from = *last < 0 ? start_frame_ : *last + 1;
  if (from < frame && (*last < 0 || frame - *last > max_gap_frames_)) {
    unseen->push_back({from, frame});
  }
  *last = frame;
}

// The behavior happens on `frame`, and nothing is known to the contrary from `since` on: a bout
// that lasted till then goes on.
void MotionMeter::Extend(int animal_index, int behavior, int since, int frame) {
  Animal& animal = animals_[animal_index];
  animal.open.resize(behaviors_.size(), -1);
  int& open = animal.open[behavior];
  if (open >= 0) {
    Bout& bout = animal.bouts[open];
    if (bout.end_frame >= since) {
      bout.end_frame = frame + 1;
      return;
    }
  }
  open = static_cast<int>(animal.bouts.size());
  animal.bouts.push_back({behavior, frame, frame + 1});
}

bool MotionMeter::Freezing(Animal& animal, const AnimalMotion& motion) const {
  if (!motion.same_iou) {  // not seen one frame before
    animal.still = 0;
    return false;
  }
  const bool still =
      *motion.same_iou >= options_.freeze_iou &&
      (!options_.flow || (motion.flow_px && *motion.flow_px < options_.freeze_flow_px));
  // The count stays within bounds; without them an animal that ran for long could never freeze.
  const int most = std::max(options_.freeze_most, options_.freeze_frames);
  animal.still = std::clamp(animal.still + (still ? 1 : -options_.freeze_loss), 0, most);
  return animal.still >= options_.freeze_frames;
}

// Who touches whom, and since when each of `motions` may have touched anybody without a break.
std::vector<int> MotionMeter::Touch(std::vector<AnimalMotion>& motions,
                                    const std::vector<const Rle*>& masks, int frame) {
  std::vector<int> since(motions.size(), frame);
  for (size_t i = 0; i < motions.size(); ++i) {
    for (size_t j = i + 1; j < motions.size(); ++j) {
      AnimalMotion &one = motions[i], &other = motions[j];
      if (one.moments.area == 0 || other.moments.area == 0) continue;
      const std::pair<int, int> pair = std::minmax(one.animal, other.animal);
      if (!MasksTouch(*masks[i], *masks[j], options_.contact_px)) {
        const auto known = contacts_.find(pair);
        if (known != contacts_.end()) known->second.last_known = frame;
        continue;
      }
      one.touching.push_back(other.animal);
      other.touching.push_back(one.animal);
      Contact& contact = contacts_[pair];
      const int from = KnownSince(contact.last_known, frame);
      const bool goes_on = contact.last_frame >= 0 && contact.last_frame + 1 >= from;
      const int first = goes_on ? contact.last_frame + 1 : frame;
      contact.bouts += goes_on ? 0 : 1;
      contact.frames += frame + 1 - first;
      contact.seconds += times_.Between(first, frame + 1);
      contact.last_frame = contact.last_known = frame;
      since[i] = std::min(since[i], first);
      since[j] = std::min(since[j], first);
    }
  }
  return since;
}

bool MotionMeter::Inside(const AnimalMotion& motion, const Rle& mask, const ZoneMask& zone) const {
  if (points_.zone >= 0) {
    const AnimalPoint& point = motion.points[static_cast<size_t>(points_.zone)];
    return PixelAt(zone.mask, point.x, point.y);
  }
  if (options_.zone_by_center || motion.moments.area == 0) {
    return PixelAt(zone.mask, motion.moments.x, motion.moments.y);
  }
  return RleIou(mask, zone.mask, true) > options_.zone_overlap;  // of the animal's area
}

std::vector<AnimalMotion> MotionMeter::Add(int frame, const std::vector<AnimalMask>& masks,
                                           const FlowIn& flow) {
  std::vector<AnimalMotion> motions;
  std::vector<const Rle*> seen;
  for (const AnimalMask& one : masks) {
    AnimalMotion motion;
    motion.frame = frame;
    motion.animal = one.animal;
    motion.moments = MomentsOf(one.mask);
    const bool outlined = motion.moments.area > 0;
    if (!outlined && !CenterOf(one.points, points_, &motion.moments)) continue;
    motion.points = one.points;
    motion.heading_deg = HeadingOf(one.points, points_);
    motion.floor_cm = PlaceOf(motion.moments.x, motion.moments.y, true);
    VOLE_CHECK(one.animal >= 0 && one.animal < static_cast<int>(animals_.size()));
    VOLE_CHECK(animals_[one.animal].last_frame < frame);
    motions.push_back(std::move(motion));
    seen.push_back(&one.mask);
  }
  for (size_t i = 0; i < motions.size(); ++i) {
    for (size_t j = 0; j < motions.size(); ++j) {
      if (i == j) continue;
      FindNearest(&motions[i], motions[j]);
    }
  }
  const std::vector<int> touching_since = Touch(motions, seen, frame);
  for (size_t i = 0; i < motions.size(); ++i) {
    AnimalMotion& motion = motions[i];
    Animal& animal = animals_[motion.animal];
    const int gap = frame - animal.last_frame;
    const bool recently = animal.last_frame >= 0 && gap <= max_gap_frames_;
    if (recently) MeasureStep(&animal, &motion, gap, times_.Between(animal.last_frame, frame));
    const bool outlined = motion.moments.area > 0;
    if (animal.last_frame >= 0 && gap == 1 && outlined && RleArea(animal.last_mask) > 0) {
      motion.same_iou = RleIou(*seen[i], animal.last_mask);
      if (options_.flow && flow) motion.flow_px = flow(*seen[i]);
    }
    motion.freezing = Freezing(animal, motion);
    motion.zones_known = points_.zone < 0 || points_.Has(motion.points, points_.zone);
    for (size_t zone = 0; motion.zones_known && zone < zones_.size(); ++zone) {
      if (!Inside(motion, *seen[i], zones_[zone])) continue;
      motion.zones.push_back(static_cast<int>(zone));
      Extend(motion.animal, static_cast<int>(zone), KnownSince(animal.last_zone_frame, frame),
             frame);
    }
    if (motion.zones_known) SeeAgain(frame, &animal.last_zone_frame, &animal.unseen_zones);
    if (outlined) SeeAgain(frame, &animal.last_outline, &animal.unseen_outlines);
    if (!motion.touching.empty()) Extend(motion.animal, contact_, touching_since[i], frame);
    if (motion.freezing) {
      Extend(motion.animal, freezing_, KnownSince(animal.last_frame, frame), frame);
    }
    animal.last_frame = frame;
    animal.last_mask = *seen[i];
    animal.last_moments = motion.moments;
    animal.last_points = motion.points;
    if (!motion.step_px) {
      animal.way = animal.way_cm = {};
      animal.way_s = animal.way_cm_s = 0;
    }
    ++animal.seen;
    animal.outlined += outlined ? 1 : 0;
    animal.seen_s += times_.Between(frame, frame + 1);
    animal.area_sum += motion.moments.area;
    if (outlined) animal.elongation_sum += motion.moments.elongation;
  }
  return motions;
}

// An even rate says it without the rounding of a sum.
double MotionMeter::Shown(int64_t frames, double sum_s) const {
  return times_.even() ? static_cast<double>(frames) / times_.fps() : sum_s;
}

std::vector<MotionSummary> MotionMeter::Summaries() const {
  std::vector<MotionSummary> summaries;
  for (size_t i = 0; i < animals_.size(); ++i) {
    const Animal& animal = animals_[i];
    if (animal.seen == 0) continue;
    MotionSummary summary;
    summary.video = video_;
    summary.animal = names_[i];
    summary.frames_seen = animal.seen;
    summary.frames = end_frame_ - start_frame_;
    summary.seen_s = Shown(animal.seen, animal.seen_s);
    summary.moved_s = Shown(animal.moved_frames, animal.moved_s);
    summary.distance_px = animal.distance_px;
    if (animal.moved_frames > 0) {
      summary.mean_speed_px_s = animal.distance_px / summary.moved_s;
      summary.max_speed_px_s = animal.max_speed_px_s;
    }
    if (floor_) summary.distance_cm = animal.distance_cm;
    if (animal.moved_cm_frames > 0) {
      summary.mean_speed_cm_s =
          animal.distance_cm / Shown(animal.moved_cm_frames, animal.moved_cm_s);
      summary.max_speed_cm_s = animal.max_speed_cm_s;
    }
    if (animal.outlined > 0) {
      summary.mean_area_px = animal.area_sum / static_cast<double>(animal.outlined);
      summary.mean_elongation = animal.elongation_sum / static_cast<double>(animal.outlined);
    }
    summaries.push_back(std::move(summary));
  }
  return summaries;
}

std::vector<ContactPair> MotionMeter::Contacts() const {
  std::vector<ContactPair> pairs;
  for (const auto& [animals, contact] : contacts_) {
    pairs.push_back({video_, names_[animals.first], names_[animals.second], contact.bouts,
                     contact.frames, Shown(contact.frames, contact.seconds)});
  }
  return pairs;
}

BehaviorScores MotionMeter::Scores() const {
  BehaviorScores scores;
  scores.behaviors = behaviors_;
  for (size_t i = 0; i < animals_.size(); ++i) {
    if (animals_[i].seen == 0) continue;
    BoutSeries series;
    series.video = video_;
    series.subject = names_[i];
    series.author = kAutomaticAuthor;
    series.fps = times_.fps();
    if (!times_.even()) series.times = times_;
    series.start_frame = start_frame_;
    series.end_frame = end_frame_;
    series.bouts = animals_[i].bouts;
    for (int k = 0; k < static_cast<int>(behaviors_.size()); ++k) {
      const bool needs_outline = k == contact_ || k == freezing_;
      const bool known =
          needs_outline ? animals_[i].outlined > 0 : animals_[i].last_zone_frame >= 0;
      if (!known) continue;
      series.looked_for.push_back(k);
      std::vector<FrameRange> unseen =
          needs_outline ? animals_[i].unseen_outlines : animals_[i].unseen_zones;
      const int last = needs_outline ? animals_[i].last_outline : animals_[i].last_zone_frame;
      if (last + 1 < end_frame_) unseen.push_back({last + 1, end_frame_});
      if (!unseen.empty()) series.unseen[k] = std::move(unseen);
    }
    if (series.looked_for.empty()) continue;  // nothing is known of it, which is not "never"
    scores.series.push_back(std::move(series));
  }
  TidyScores(scores);
  return scores;
}

}  // namespace datasets
