// Labeled animals as the points network learns them: a piece of the picture, kept in memory at
// about the network's scale, and where the points stand. No torch type here.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "datasets/base/random.h"
#include "train/points/points.h"
#include "train/points/views.h"

namespace train {

struct PointsSample {
  int animal = 0;     // into PointData::animals
  int frame = 0;      // into PointData::frames
  cv::Mat bgr, mask;  // of the piece; mask (0 or 255) is empty where there is no outline
  double scale = 1;   // pixels of the piece per image pixel
  PointView view;     // calm, in pixels of the piece
  std::vector<LabeledPoint> points;  // in pixels of the piece
  double length = 1;                 // the animal's usual extent, pixels of the piece
};

// What a description needs to know of the labels: sizes, mean colors. Pictures come one by one.
PointsDescription DescribePoints(const PointData& data, const std::string& architecture,
                                 datasets::Job& job);

// One sample an animal with a point in it. whole: of whole pictures instead, of animals that are
// alone in theirs.
std::vector<PointsSample> LoadPointsSamples(const PointData& data, const PointsDescription& d,
                                            bool whole, datasets::Job& job);

// One point in the maps of a view, in cells: (0, 0) is the corner of the first cell.
struct PointTarget {
  cv::Point2d at;
  LabeledPoint::State state = LabeledPoint::State::kMissing;
};

// Writes the input of `view`; returns where the points stand in its maps, mirror partners exchanged
// where the view is mirrored. A point that falls outside of the view counts as missing.
std::vector<PointTarget> FillSample(const PointsSample& sample, const PointView& view, int pixels,
                                    bool masked, const PointsDescription& d, double gain,
                                    double offset, float* out);

// A point as the maps of one view have it: pixels of the view, and logits.
struct MapPoint {
  cv::Point2d at;
  double peak = 0, visible = 0;
};
// `maps`: [4 K, side, side] as a network with offsets answers (HeatNetImpl), or [K, side, side];
// `stride` pixels of the view a cell. Without offsets every point counts as seen.
std::vector<MapPoint> ReadMaps(const float* maps, int points, int side, int stride, bool offsets);

// The views that an answer is averaged over: as it is, and on its head and mirrored.
std::vector<PointView> AnsweringViews(const PointView& view);
// The answers of those views brought together, in the coordinates that the views are in. Views that
// point elsewhere than the surest one speak against it.
std::vector<MapPoint> Together(const std::vector<PointView>& views, int pixels,
                               const std::vector<std::vector<MapPoint>>& answers,
                               const std::vector<int>& mirror);

}  // namespace train
