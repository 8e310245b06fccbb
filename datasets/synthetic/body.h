// An animal seen from above: a bent spine with a girth, head, ears, eyes, feet and tail, in fur
// that is fixed to the body.
#pragma once

#include <array>
#include <opencv2/core.hpp>
#include <vector>

#include "datasets/synthetic/world.h"

namespace datasets::synthetic {

constexpr int kSpinePoints = 25;  // nose first
constexpr int kTailPoints = 9;    // tail base first

struct Disc {
  cv::Point2d center;
  double radius = 0;
};

struct Body {
  std::array<Disc, kSpinePoints> spine;
  std::array<Disc, kTailPoints> tail;
  std::array<Disc, 2> ears, eyes;  // left, right
  std::array<Disc, 4> feet;
  cv::Point2d nose() const { return spine.front().center; }
  cv::Point2d neck() const { return spine[7].center; }
  cv::Point2d middle() const { return spine[13].center; }
  cv::Point2d tail_base() const { return spine.back().center; }
};

Body BuildBody(const AnimalSpec& animal, const Pose& pose);
// Distance between the outlines of the trunks and heads (no tails, ears or feet), < 0 overlapping.
double BodyGap(const Body& a, const Body& b);

// How far walls and things push the body as a whole: back from the walls at once, out of a thing
// step by step. An animal that climbs, or is on top already, passes over explorable objects.
cv::Point2d PushBack(const World& world, const AnimalSpec& animal, const Pose& pose, bool climbing);

struct Coat {
  cv::Mat fur;   // CV_32FC3 [across, along], BGR
  cv::Mat edge;  // CV_32F [2, along], tufts on the outline of the left and the right side
};
Coat MakeCoat(const AnimalSpec& animal);

struct Layer {
  cv::Rect box;   // in the picture, may reach over its border
  cv::Mat alpha;  // CV_8U [box.height, box.width]
  cv::Mat bgr;    // CV_8UC3, or empty when no color was asked for
};
Layer DrawBody(const AnimalSpec& animal, const Coat& coat, const Body& body, bool color);

}  // namespace datasets::synthetic
