// When a label and a prediction are about one animal although no name says so.
#pragma once

namespace datasets {

// The least overlap (IoU, of masks or of boxes) of two outlines of one animal in one frame. Animals
// that touch overlap less, and so do an outline and the box of a neighbor.
constexpr double kSamePlace = 0.25;

// The least IoU at which two outlines of one frame are the same outline: what is drawn over a
// prediction answers it.
constexpr double kSameOutline = 0.5;

}  // namespace datasets
