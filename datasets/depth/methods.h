// Ways to tell the place in space from one camera's mask, each learned from labels.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "datasets/depth/sample.h"

namespace datasets {

// Of a sample whose `position` is not looked at.
using PlacePredictor = std::function<cv::Vec3d(const SpaceSample&)>;
using PlaceFit = std::function<PlacePredictor(const std::vector<SpaceSample>&)>;

struct PlaceMethod {
  std::string name, what;  // what it is, in a few words
  // Decides what has to be decided (priors, strengths) from these labels alone, and gives the fit
  // for them or for a part of them.
  std::function<PlaceFit(const std::vector<SpaceSample>&)> decide;
  PlacePredictor Fit(const std::vector<SpaceSample>& samples) const {
    return decide(samples)(samples);
  }
};

// Ordinary least squares on the place in the picture: what knowing nothing else is worth.
PlaceMethod PlaceAloneMethod();
// Ordinary least squares on 1/sqrt(area), area, x, y.
PlaceMethod SizeMethod();
// SIPEC (Marks et al. 2022, methods, "3D location estimation"): Isomap of six dimensions on size,
// x, y and their products in pairs, joined to 1/sqrt(size), size, x, y; ordinary least squares.
// Size, x and y are shares of the picture, Isomap's columns standardized; it has 5 neighbors.
PlaceMethod SipecMethod(const SpaceView& view);
// Ridge in a kernel (linear.h) on log area, place, and, where the mask has them, its axes and their
// direction; which animal, where there are several. Thinned evenly above 400 labels. `in_time`: the
// kernel grows by a part that falls off with the time between two frames of one animal, so that
// what is wrong on a label is taken off on the frames around it.
PlaceMethod RegressionMethod(const SpaceView& view, bool in_time);
// The known camera: the ray through the mask's middle, how far along it the animal's size says, and
// where animals are wont to be. A place's chance is the product of three things learned from the
// labels: how often animals are near it (kernel density; also at the same distance from the
// middle of the room, which helps in round arenas), how well it agrees with the ray (the middle of
// a mask is not the middle of an animal), and with the size (log of the animal's width at that
// distance, on height and the mask's shape). The answer is the geometric median. `in_time`: a
// fourth, from the nearest labels of the animal before and after the frame, which it goes away from
// as labels that follow each other do (a process of Ornstein & Uhlenbeck). VOLE_CHECKs that there
// is a camera.
PlaceMethod GeometryMethod(const SpaceView& view, bool in_time);

}  // namespace datasets
