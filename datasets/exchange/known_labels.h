// What a project holds already of the labels that come in, and which label is the same animal.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "datasets/exchange/label_batch.h"
#include "datasets/project.h"

namespace datasets {

class Fingerprint {
 public:
  void Add(uint64_t value);
  void Add(double value);  // to a thousandth
  uint64_t value() const { return hash_; }

 private:
  uint64_t hash_ = 0x243f6a8885a308d3ULL;
};

// Of the outline, or of the key points of a label without one.
uint64_t OutlineKey(Id image_id, const AnnotationRow& row);
uint64_t TrackKey(Id image_id, Id track_id);

// The labels of the videos that a batch touches, as they were before it.
class KnownLabels {
 public:
  struct Label {
    Id id = 0, image_id = 0, category_id = 0;
    std::optional<Id> track_id;
    Box box;
    bool iscrowd = false, has_shape = false, has_points = false;
  };

  KnownLabels(const Project& project, const LabelBatch& batch);

  // The same outline (or the same points) under that category; null for none.
  const Label* Find(uint64_t outline, Id category_id) const;
  bool HasTrack(Id image_id, Id track_id) const;
  bool HasLabels(Id image_id) const { return of_image_.count(image_id) > 0; }
  std::optional<ImageState> StateOf(Id image_id) const;

  struct Incoming {
    Id image_id = 0, category_id = 0;
    std::optional<Id> track_id;
    const AnnotationRow* row = nullptr;  // what it brings; its ids are not looked at
  };
  // For each the label of the same animal in its frame that
  // lacks what it brings, outline or key points: of the same track, or of the same category where
  // one of them has no track and the points lie on the outline best; else null. No label twice.
  std::vector<const Label*> Incomplete(const std::vector<Incoming>& incoming) const;

 private:
  std::vector<const Label*> Candidates(const Incoming& incoming) const;
  double Fit(const Label& label, const Incoming& incoming) const;

  const Project& project_;
  std::vector<Label> labels_;
  std::unordered_map<uint64_t, std::vector<size_t>> outlines_;
  std::unordered_map<Id, std::vector<size_t>> of_image_;
  std::unordered_set<uint64_t> tracked_;
  std::unordered_map<Id, ImageState> states_;
};

}  // namespace datasets
