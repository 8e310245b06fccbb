#include "infer/track/contact.h"

#include <algorithm>
#include <cmath>

#include "datasets/base/assignment.h"
#include "infer/track/contact_split.h"

namespace infer {
namespace {

Blob* Find(std::deque<TrackedFrame>& pending, int frame, int tracklet) {
  if (pending.empty() || frame < pending.front().frame || frame > pending.back().frame) {
    return nullptr;
  }
  const auto held = std::find_if(pending.begin(), pending.end(),
                                 [&](const TrackedFrame& f) { return f.frame == frame; });
  if (held == pending.end()) return nullptr;
  for (Blob& blob : held->blobs) {
    if (blob.tracklet == tracklet) return &blob;
  }
  return nullptr;
}

struct PiecesOfFrame {
  int frame = 0;
  std::vector<Blob> pieces;  // in the order of `after`
};

// The forward pieces of a frame, each for the animal of `last` that it overlaps most; empty unless
// the network itself cut them.
std::vector<Blob> PiecesCutByClasses(const Contact& contact, int frame,
                                     const std::vector<Blob>& last,
                                     std::deque<TrackedFrame>& pending) {
  std::vector<const Blob*> forward;
  for (const int member : contact.members) {
    const Blob* piece = Find(pending, frame, member);
    if (!piece || !piece->cut_by_classes) return {};
    forward.push_back(piece);
  }
  if (forward.size() != last.size()) return {};
  std::vector<std::vector<double>> overlap;
  for (const Blob& blob : last) {
    auto& row = overlap.emplace_back();
    for (const Blob* piece : forward) row.push_back(Iou(blob, {}, *piece) + 1e-6);
  }
  std::vector<Blob> pieces;
  for (const int i : datasets::BestAssignment(overlap))
    pieces.push_back(*forward[static_cast<size_t>(i)]);
  return pieces;
}

std::vector<PiecesOfFrame> WalkBack(const Contact& contact, const std::vector<const Blob*>& after,
                                    std::deque<TrackedFrame>& pending) {
  std::vector<Blob> last;
  std::vector<SplitTemplate> templates(after.size());
  for (const Blob* blob : after) last.push_back(*blob);
  for (size_t j = 0; j < after.size(); ++j) templates[j].usual_area = after[j]->area;
  std::vector<PiecesOfFrame> splits;
  for (auto frame = contact.frames.rbegin(); frame != contact.frames.rend(); ++frame) {
    for (size_t j = 0; j < last.size(); ++j) templates[j].blob = &last[j];
    PiecesOfFrame split{frame->frame, PiecesCutByClasses(contact, frame->frame, last, pending)};
    if (split.pieces.empty()) split.pieces = SplitMerged(frame->merged, templates, {});
    for (size_t j = 0; j < last.size(); ++j) {
      if (split.pieces[j].area < 1) continue;
      templates[j].velocity =
          0.5 * templates[j].velocity + 0.5 * (split.pieces[j].centroid - last[j].centroid);
      last[j] = split.pieces[j];
    }
    splits.push_back(std::move(split));
  }
  return splits;
}

}  // namespace

HiddenFrame MostHidden(const Contact& contact) {
  HiddenFrame hidden;
  const double n = static_cast<double>(contact.frames.size());
  double mean_area = 0, smallest = 1, lowest = 1e9;
  for (const ContactFrame& frame : contact.frames) mean_area += frame.merged.area / n;
  for (size_t f = 0; f < contact.frames.size(); ++f) {
    const double area = contact.frames[f].merged.area;
    smallest = std::min(smallest, area / std::max(1.0, contact.usual_area));
    const double from_middle = std::abs((static_cast<double>(f) + 0.5) / n - 0.5);
    const double value = area / mean_area + 0.3 * from_middle;
    if (value < lowest) {
      lowest = value;
      hidden.frame = contact.frames[f].frame;
    }
  }
  hidden.trust = std::clamp((smallest - 0.55) / 0.3, 0.1, 1.0);
  return hidden;
}

BackSplit SplitBackwards(const Contact& contact, const std::vector<const Blob*>& after,
                         const std::vector<std::vector<double>>& direct,
                         const std::vector<int>& tracklet_of, std::deque<TrackedFrame>& pending) {
  BackSplit result;
  result.agreement = direct;
  if (contact.frames.empty()) return result;
  const std::vector<PiecesOfFrame> splits = WalkBack(contact, after, pending);
  int frames = 1;
  for (const PiecesOfFrame& split : splits) {
    bool held = false;
    for (size_t i = 0; i < contact.members.size(); ++i) {
      const Blob* forward = Find(pending, split.frame, contact.members[i]);
      if (!forward) continue;
      held = true;
      for (size_t j = 0; j < after.size(); ++j) {
        if (split.pieces[j].area < 1) continue;
        result.agreement[i][j] += Iou(*forward, {}, split.pieces[j]);
      }
    }
    frames += held;
  }
  for (auto& row : result.agreement) {
    for (double& value : row) value /= frames;
  }
  const HiddenFrame hidden = MostHidden(contact);
  result.trust = hidden.trust;
  const std::vector<int> match = datasets::BestAssignment(result.agreement);
  const int cut_frame = contact.from_unknown ? contact.frames.front().frame : hidden.frame;
  for (const PiecesOfFrame& split : splits) {
    for (size_t i = 0; i < contact.members.size(); ++i) {
      Blob* forward = Find(pending, split.frame, contact.members[i]);
      if (!forward || match[i] < 0) continue;
      const size_t j = static_cast<size_t>(match[i]);
      const Blob& back = split.pieces[j];
      if (back.area >= 1) forward->split_agreement = static_cast<float>(Iou(*forward, {}, back));
      if (split.frame < cut_frame) continue;
      // From the cut on it is that animal, also where it was not found on the way back.
      forward->tracklet = tracklet_of[j];
      if (result.cut_frame < 0 || split.frame < result.cut_frame) result.cut_frame = split.frame;
      if (back.area < 1) continue;
      // A piece that the network cut is only given the name of the piece that it equals.
      forward->mask = back.mask;
      forward->region = back.region;
      forward->area = back.area;
      forward->centroid = back.centroid;
    }
  }
  return result;
}

}  // namespace infer
