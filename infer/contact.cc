#include "infer/contact.h"

#include <algorithm>

#include "infer/assignment.h"
#include "infer/contact_split.h"

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

struct BackSplit {
  int frame = 0;
  std::vector<Blob> pieces;  // in the order of `after`
};

std::vector<BackSplit> WalkBack(const Contact& contact, const std::vector<const Blob*>& after) {
  std::vector<Blob> last;
  std::vector<SplitTemplate> templates(after.size());
  for (const Blob* blob : after) last.push_back(*blob);
  for (size_t j = 0; j < after.size(); ++j) templates[j].usual_area = after[j]->area;
  std::vector<BackSplit> splits;
  for (auto frame = contact.frames.rbegin(); frame != contact.frames.rend(); ++frame) {
    for (size_t j = 0; j < last.size(); ++j) templates[j].blob = &last[j];
    BackSplit split{frame->frame, SplitMerged(frame->merged, templates, {})};
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

std::vector<std::vector<double>> SplitBackwards(const Contact& contact,
                                                const std::vector<const Blob*>& after,
                                                const std::vector<std::vector<double>>& direct,
                                                std::deque<TrackedFrame>& pending) {
  const std::vector<BackSplit> splits = WalkBack(contact, after);
  std::vector<std::vector<double>> agreement = direct;
  int frames = 1;
  for (const BackSplit& split : splits) {
    bool held = false;
    for (size_t i = 0; i < contact.members.size(); ++i) {
      const Blob* forward = Find(pending, split.frame, contact.members[i]);
      if (!forward) continue;
      held = true;
      for (size_t j = 0; j < after.size(); ++j) {
        if (split.pieces[j].area < 1) continue;
        agreement[i][j] += Iou(*forward, {}, split.pieces[j]);
      }
    }
    frames += held;
  }
  for (auto& row : agreement) {
    for (double& value : row) value /= frames;
  }
  const std::vector<int> match = BestAssignment(agreement);
  for (size_t s = 0; s < splits.size(); ++s) {
    const bool nearer_end = contact.from_unknown || 2 * s < splits.size();
    for (size_t i = 0; i < contact.members.size(); ++i) {
      Blob* forward = Find(pending, splits[s].frame, contact.members[i]);
      if (!forward || match[i] < 0) continue;
      const Blob& back = splits[s].pieces[static_cast<size_t>(match[i])];
      if (back.area < 1) continue;
      forward->split_agreement = static_cast<float>(Iou(*forward, {}, back));
      if (!nearer_end) continue;
      forward->mask = back.mask;
      forward->region = back.region;
      forward->area = back.area;
      forward->centroid = back.centroid;
    }
  }
  return agreement;
}

}  // namespace infer
