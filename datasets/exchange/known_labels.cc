#include "datasets/exchange/known_labels.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <opencv2/imgproc.hpp>
#include <set>

#include "datasets/base/assignment.h"

namespace datasets {

namespace {

bool HasPoints(const AnnotationRow& row) {
  for (const KeyPoint& point : row.key_points) {
    if (point.visibility > 0) return true;
  }
  return false;
}

uint64_t PointsKey(Id image_id, const AnnotationRow& row) {
  Fingerprint key;
  key.Add(static_cast<uint64_t>(image_id));
  for (const KeyPoint& point : row.key_points) {
    if (point.visibility == 0) continue;
    for (const unsigned char letter : point.name) key.Add(static_cast<uint64_t>(letter));
    key.Add(point.x);
    key.Add(point.y);
  }
  return key.value();
}

// Share of the points that lie in one of the rings.
double ShareInside(const std::vector<KeyPoint>& points, const Polygons& rings) {
  double inside = 0, count = 0;
  for (const KeyPoint& point : points) {
    if (point.visibility == 0) continue;
    ++count;
    for (const Ring& ring : rings) {
      const std::vector<cv::Point2f> corners(ring.begin(), ring.end());
      const cv::Point2f at(static_cast<float>(point.x), static_cast<float>(point.y));
      if (cv::pointPolygonTest(corners, at, false) < 0) continue;
      ++inside;
      break;
    }
  }
  return count > 0 ? inside / count : 0;
}

}  // namespace

void Fingerprint::Add(uint64_t value) {
  hash_ ^= value + 0x9e3779b97f4a7c15ULL + (hash_ << 12) + (hash_ >> 4);
  hash_ *= 0xff51afd7ed558ccdULL;
  hash_ ^= hash_ >> 33;
}

void Fingerprint::Add(double value) { Add(static_cast<uint64_t>(std::llround(value * 1000))); }

uint64_t OutlineKey(Id image_id, const AnnotationRow& row) {
  if (!row.rle && row.polygons.empty()) return PointsKey(image_id, row);
  Fingerprint key;
  key.Add(static_cast<uint64_t>(image_id));
  if (row.rle) {
    for (const uint32_t run : row.rle->counts) key.Add(static_cast<uint64_t>(run));
    return key.value();
  }
  for (const Ring& ring : row.polygons) {
    key.Add(static_cast<uint64_t>(ring.size()));
    for (const cv::Point2d& point : ring) {
      key.Add(point.x);
      key.Add(point.y);
    }
  }
  return key.value();
}

uint64_t TrackKey(Id image_id, Id track_id) {
  Fingerprint key;
  key.Add(static_cast<uint64_t>(image_id));
  key.Add(static_cast<uint64_t>(track_id));
  return key.value();
}

KnownLabels::KnownLabels(const Project& project, const LabelBatch& batch) : project_(project) {
  std::set<Id> videos;
  for (const IncomingImage& image : batch.images()) videos.insert(image.video_id.value_or(0));
  for (const ImageRow& image : project.Images()) states_[image.id] = image.state;
  if (states_.empty()) return;
  for (const Id video : videos) {
    project.ForEachAnnotation(
        video, [&](const ImageRow& image, const std::vector<AnnotationRow>& rows) {
          for (const AnnotationRow& row : rows) {
            const size_t place = labels_.size();
            labels_.push_back({row.id, image.id, row.category_id, row.track_id, row.box,
                               row.iscrowd, row.HasShape(), HasPoints(row)});
            of_image_[image.id].push_back(place);
            const uint64_t outline = OutlineKey(image.id, row);
            outlines_[outline].push_back(place);
            // Points that came to an outline are known when they come by themselves again.
            if (row.HasShape() && HasPoints(row)) {
              outlines_[PointsKey(image.id, row)].push_back(place);
            }
            if (row.track_id) tracked_.insert(TrackKey(image.id, *row.track_id));
          }
        });
  }
}

const KnownLabels::Label* KnownLabels::Find(uint64_t outline, Id category_id) const {
  const auto found = outlines_.find(outline);
  if (found == outlines_.end()) return nullptr;
  for (const size_t place : found->second) {
    if (labels_[place].category_id == category_id) return &labels_[place];
  }
  return nullptr;
}

bool KnownLabels::HasTrack(Id image_id, Id track_id) const {
  return tracked_.count(TrackKey(image_id, track_id)) > 0;
}

std::optional<ImageState> KnownLabels::StateOf(Id image_id) const {
  const auto found = states_.find(image_id);
  return found == states_.end() ? std::nullopt : std::optional<ImageState>(found->second);
}

std::vector<const KnownLabels::Label*> KnownLabels::Candidates(const Incoming& incoming) const {
  std::vector<const Label*> candidates;
  const auto here = of_image_.find(incoming.image_id);
  if (here == of_image_.end() || incoming.row->iscrowd) return candidates;
  const bool points = HasPoints(*incoming.row), shape = incoming.row->HasShape();
  for (const size_t place : here->second) {
    const Label& label = labels_[place];
    if (label.iscrowd || label.category_id != incoming.category_id) continue;
    const bool lacks = (points && !shape && !label.has_points && label.has_shape) ||
                       (shape && !label.has_shape && label.has_points);
    const bool other_track =
        label.track_id && incoming.track_id && label.track_id != incoming.track_id;
    if (lacks && !other_track) candidates.push_back(&label);
  }
  return candidates;
}

// From 2 on for the same track; above 0 where points lie on the outline, or the boxes meet.
double KnownLabels::Fit(const Label& label, const Incoming& incoming) const {
  const AnnotationRow& row = *incoming.row;
  const double boxes = BoxIou(label.box, row.box);
  if (label.track_id && label.track_id == incoming.track_id) return 2 + boxes;
  double inside = 0;
  for (const AnnotationRow& stored : project_.AnnotationsOfImage(label.image_id)) {
    if (stored.id != label.id) continue;
    inside = row.HasShape() ? ShareInside(stored.key_points, row.Rings())
                            : ShareInside(row.key_points, stored.Rings());
  }
  return inside + 0.01 * boxes;
}

std::vector<const KnownLabels::Label*> KnownLabels::Incomplete(
    const std::vector<Incoming>& incoming) const {
  std::vector<const Label*> partners(incoming.size(), nullptr);
  std::map<Id, std::vector<size_t>> of_image;
  for (size_t i = 0; i < incoming.size(); ++i) {
    if (!Candidates(incoming[i]).empty()) of_image[incoming[i].image_id].push_back(i);
  }
  for (const auto& [image, here] : of_image) {
    std::vector<const Label*> labels;
    for (const size_t i : here) {
      for (const Label* label : Candidates(incoming[i])) {
        if (std::find(labels.begin(), labels.end(), label) == labels.end()) labels.push_back(label);
      }
    }
    std::vector<std::vector<double>> value(here.size(), std::vector<double>(labels.size()));
    for (size_t at = 0; at < here.size(); ++at) {
      for (const Label* label : Candidates(incoming[here[at]])) {
        const auto column = std::find(labels.begin(), labels.end(), label) - labels.begin();
        value[at][static_cast<size_t>(column)] = Fit(*label, incoming[here[at]]);
      }
    }
    const std::vector<int> columns = BestAssignment(value);
    for (size_t at = 0; at < here.size(); ++at) {
      if (columns[at] >= 0) partners[here[at]] = labels[static_cast<size_t>(columns[at])];
    }
  }
  return partners;
}

}  // namespace datasets
