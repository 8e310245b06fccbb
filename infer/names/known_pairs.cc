#include "infer/names/known_pairs.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <unordered_map>

#include "datasets/shape/mask.h"
#include "datasets/shape/same_place.h"

namespace infer {
namespace {

class OutlineFinder {
 public:
  OutlineFinder(const datasets::Project& project, datasets::Id job_id,
                const datasets::VideoRow& video, const TrackRecord& record,
                const std::vector<datasets::Id>& rows)
      : project_(project), job_id_(job_id), video_(video), record_(record), rows_(rows) {}

  std::optional<size_t> Find(int frame, const datasets::Polygons& outline) {
    const auto less = [](const AnimalFrame& row, int f) { return row.frame < f; };
    const auto& frames = record_.rows();
    const auto first = std::lower_bound(frames.begin(), frames.end(), frame, less);
    std::unordered_map<datasets::Id, size_t> row_of;
    for (auto row = first; row != frames.end() && row->frame == frame; ++row) {
      const size_t r = static_cast<size_t>(row - frames.begin());
      row_of[rows_[r]] = r;
    }
    if (row_of.empty()) return std::nullopt;
    const datasets::Rle wanted = datasets::RlePolygons(outline, video_.height, video_.width);
    std::optional<size_t> found;
    int near = 0;
    for (const auto& prediction :
         project_.PredictionsAt(job_id_, video_.id, frame, datasets::PredictionView::kAsWritten)) {
      const double iou = datasets::RleIou(prediction.Mask({video_.width, video_.height}), wanted);
      near += iou >= datasets::kSamePlace;
      const auto row = row_of.find(prediction.id);
      if (iou >= datasets::kSameOutline && row != row_of.end()) found = row->second;
    }
    return near == 1 ? found : std::nullopt;
  }

 private:
  const datasets::Project& project_;
  const datasets::Id job_id_;
  const datasets::VideoRow& video_;
  const TrackRecord& record_;
  const std::vector<datasets::Id>& rows_;
};

// Cuts a tracklet; what starts at `frame` or later gets a new one.
void Cut(int tracklet, int frame, TrackRecord& record, std::vector<Tracklet>& tracklets,
         std::vector<Link>& links) {
  Tracklet rest = tracklets[static_cast<size_t>(tracklet)];
  if (frame <= rest.start_frame || frame >= rest.end_frame) return;
  tracklets[static_cast<size_t>(tracklet)].end_frame = frame;
  rest.id = static_cast<int>(tracklets.size());
  rest.start_frame = frame;
  tracklets.push_back(rest);
  record.MoveTo(tracklet, frame, rest.id);
  for (Link& link : links) {
    if (link.from == tracklet && tracklets[static_cast<size_t>(link.to)].start_frame >= frame) {
      link.from = rest.id;
    }
  }
}

}  // namespace

std::vector<FoundPair> FindKnownPairs(const datasets::Project& project, datasets::Id job_id,
                                      const datasets::VideoRow& video, const TrackRecord& record,
                                      const std::vector<datasets::Id>& rows,
                                      const std::vector<datasets::MeetingDecisionRow>& decisions) {
  std::vector<FoundPair> found;
  OutlineFinder finder(project, job_id, video, record, rows);
  for (const datasets::MeetingDecisionRow& decision : decisions) {
    for (const datasets::KnownPairRow& pair : decision.pairs) {
      const auto before = finder.Find(pair.before_frame, pair.before_outline);
      const auto after = finder.Find(pair.after_frame, pair.after_outline);
      if (!before || !after) continue;
      found.push_back({decision.id, decision.start_frame, decision.end_frame, *before, *after});
    }
  }
  return found;
}

void CutAtKnownPairs(const std::vector<FoundPair>& pairs, TrackRecord& record,
                     std::vector<Tracklet>& tracklets, std::vector<Link>& links) {
  for (const FoundPair& pair : pairs) {
    const AnimalFrame before = record.rows()[pair.before_row],
                      after = record.rows()[pair.after_row];
    if (before.tracklet == after.tracklet) continue;
    const int middle = (before.frame + after.frame + 1) / 2;
    // Both are followed through: the animal that was the one here is the other one there.
    const Tracklet& one = tracklets[static_cast<size_t>(before.tracklet)];
    const Tracklet& other = tracklets[static_cast<size_t>(after.tracklet)];
    const bool one_stays = one.end_frame > other.start_frame && one.end_frame > middle;
    const bool other_was = other.start_frame < one.end_frame && other.start_frame < middle;
    if (one_stays) Cut(before.tracklet, middle, record, tracklets, links);
    if (other_was) Cut(after.tracklet, middle, record, tracklets, links);
  }
}

namespace {

constexpr double kMetBodies = 3;  // no nearer than this, nobody was exchanged with anybody

// Of frames (first, second]: where the tracklet came nearest to another, and to which; the middle
// and -1 where it was alone.
std::pair<int, int> NearestOf(const TrackRecord& record, int tracklet, int first, int second) {
  std::pair<int, int> place = {(first + second + 1) / 2, -1};
  double least = std::numeric_limits<double>::infinity();
  const auto& rows = record.rows();
  const auto less = [](int frame, const AnimalFrame& row) { return frame < row.frame; };
  auto row = std::upper_bound(rows.begin(), rows.end(), first, less);
  while (row != rows.end() && row->frame <= second) {
    auto end = row;
    const AnimalFrame* own = nullptr;
    for (; end != rows.end() && end->frame == row->frame; ++end) {
      if (end->tracklet == tracklet) own = &*end;
    }
    for (auto other = row; own && other != end; ++other) {
      const double away = std::hypot(other->x - own->x, other->y - own->y);
      if (other->tracklet == tracklet || away >= least ||
          away > kMetBodies * std::sqrt(std::max(own->area, other->area))) {
        continue;
      }
      least = away;
      place = {row->frame, other->tracklet};
    }
    row = end;
  }
  return place;
}

}  // namespace

std::vector<LabelCut> CutAtLabels(const std::vector<Anchor>& anchors, TrackRecord& record,
                                  std::vector<Tracklet>& tracklets, std::vector<Link>& links) {
  // Rows move to other tracklets with each cut, so that each is looked up anew.
  std::vector<Anchor> in_time = anchors;
  std::stable_sort(in_time.begin(), in_time.end(), [&](const Anchor& a, const Anchor& b) {
    return record.rows()[a.row].frame < record.rows()[b.row].frame;
  });
  std::vector<LabelCut> cuts;
  std::map<int, size_t> last;  // by tracklet: the label before
  const auto note = [&](size_t place) { last[record.rows()[in_time[place].row].tracklet] = place; };
  for (size_t second = 0; second < in_time.size(); ++second) {
    const AnimalFrame now = record.rows()[in_time[second].row];
    const auto first = last.find(now.tracklet);
    if (first != last.end()) {
      const Anchor& before = in_time[first->second];
      const int then = record.rows()[before.row].frame;
      if (before.class_index != in_time[second].class_index && then < now.frame) {
        cuts.push_back({then, now.frame, before.class_index, in_time[second].class_index});
        const auto [frame, other] = NearestOf(record, now.tracklet, then, now.frame);
        Cut(now.tracklet, frame, record, tracklets, links);
        if (other >= 0) Cut(other, frame, record, tracklets, links);
        last.clear();  // rows have moved to other tracklets
        for (size_t place = 0; place < second; ++place) note(place);
      }
    }
    note(second);
  }
  return cuts;
}

std::vector<KnownSame> KnownSameOf(const std::vector<FoundPair>& pairs, const TrackRecord& record) {
  std::vector<KnownSame> known;
  for (const FoundPair& pair : pairs) {
    known.push_back({pair.decision_id, pair.start_frame, pair.end_frame,
                     record.rows()[pair.before_row].tracklet,
                     record.rows()[pair.after_row].tracklet});
  }
  return known;
}

}  // namespace infer
