// Outlines proposed from pixels, with no trained model. Each returns an image-sized region mask as
// polygons (outer outlines), or empty when nothing plausible is there.
#pragma once

#include <functional>
#include <opencv2/core.hpp>
#include <optional>
#include <vector>

#include "datasets/shape/polygon.h"

namespace annotate {

struct Proposal {
  datasets::Polygons polygons;
  double quality = 0;  // 0..1, how sharply the outline stands out
};

// The animal at `seed`: connected region of |frame - background|; without a background, of the
// brightness that sets it apart from its surroundings. `typical_area` in pixels, 0 unknown.
Proposal BlobAt(const cv::Mat& frame, const cv::Mat& background, cv::Point2d seed,
                double typical_area);

// What a part of a frame shows to a model that was learned from labels.
struct AnimalEvidence {
  cv::Rect view;     // that part
  cv::Mat log_odds;  // CV_32FC1, the view, reduced or not: above 0 an animal is likelier than not
};
// Looks around something of that box and area (pixels of the frame); empty log_odds: it can't say.
// May be called from any thread.
using AnimalModel = std::function<AnimalEvidence(const cv::Mat& frame, const cv::Mat& background,
                                                 const cv::Rect& box, double area)>;
// As BlobAt, from what `model` takes for animals; no pixel of `others`, the outlines that the frame
// has already, is taken. Empty when the model sees nothing of about the typical size at the seed,
// and without a typical area: then BlobAt may know more.
Proposal LearnedBlobAt(const cv::Mat& frame, const cv::Mat& background, cv::Point2d seed,
                       double typical_area, const AnimalModel& model,
                       const std::vector<datasets::Polygons>& others);
// A place that a person says belongs to the animal, or does not.
struct Correction {
  cv::Point2d at;
  bool belongs = true;
};
// `outline`, found from a click at `seed`, with what a person said about it since, in that order.
// What stands out at a place that belongs is added (where nothing does, a spot of a tenth of the
// animal's length); of the outline, the pixels that are nearer to a place that does not belong than
// to `seed` and the places that do are left out. Nearer: along paths through the animal, for which
// edges of the picture and necks of the outline are far (geodesic distance, as Bai and Sapiro 2007
// select by clicks). No pixel of `others` is added. Empty when nothing would be left.
datasets::Polygons Corrected(const cv::Mat& frame, const cv::Mat& background,
                             const datasets::Polygons& outline, cv::Point2d seed,
                             const std::vector<Correction>& corrections, double typical_area,
                             const std::vector<datasets::Polygons>& others);
// Flood from `seed` within `tolerance` (0..255; luminance weight 0.5).
Proposal WandAt(const cv::Mat& frame, cv::Point2d seed, double tolerance);
// GrabCut seeded by an outline (for example the previous frame's): inside eroded = sure animal,
// outside dilated = sure background. `shift` moves the outline first.
Proposal GrabCutFrom(const cv::Mat& frame, const cv::Mat& background,
                     const datasets::Polygons& outline, cv::Point2d shift);
// The outline `last` of another frame fitted to the animal at `click`: moved and turned onto the
// blob that is found there, then cut by GrabCutFrom. Empty when neither stands out. `typical_area`
// as in BlobAt.
Proposal FitLastOutline(const cv::Mat& frame, const cv::Mat& background,
                        const datasets::Polygons& last, cv::Point2d click, double typical_area);
// Carries an outline from one frame to the next: motion by dense flow, then GrabCut in a narrow
// band. Empty when forward and backward disagree (on more than 15 % of the pixels, a border of one
// pixel or so set aside): ask the person.
Proposal CarryForward(const cv::Mat& from_frame, const datasets::Polygons& outline,
                      const cv::Mat& to_frame, const cv::Mat& background);

}  // namespace annotate
