// What a behavior model file says about itself beside its weights, and the options that decide it.
// No torch type.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "datasets/base/options.h"
#include "train/behavior/point_layout.h"

namespace train {

// Behaviors of which at most one holds for a subject at a time. Class 0 is "none of them".
struct BehaviorHead {
  std::string group;                   // the project's exclusion group; "": a behavior on its own
  std::vector<std::string> behaviors;  // classes 1, 2, ...
  int classes() const { return static_cast<int>(behaviors.size()) + 1; }
};
int OutputsOf(const std::vector<BehaviorHead>& heads);                           // sum of classes()
std::vector<std::string> BehaviorNames(const std::vector<BehaviorHead>& heads);  // in that order

// How a frame becomes the network's picture: a square, one subject in it.
struct BehaviorInput {
  std::string view = "animal";  // frame, region, animal, pair (animal, with another in contact)
  int side = 96;                // network pixels
  int room = 0;             // network pixels kept beyond each side, so that it can turn and shift
  bool color = false;       // B, G, R instead of grey
  bool difference = false;  // |frame - background|
  bool mask = false;        // the subject 255, another animal of the picture 128
  bool masked = false;      // everything but the animals is black
  double extent = 3.5;  // animal, pair: square roots of the animal's median area that fit a side
  std::vector<double> mean, deviation;  // of the channels, grey levels
  int channels() const { return (color ? 3 : 1) + difference + mask; }
  int stored_side() const { return side + 2 * room; }
  size_t stored_bytes() const {
    return static_cast<size_t>(stored_side()) * static_cast<size_t>(stored_side() * channels());
  }
};

// Beyond TrainOptions, for the architectures behavior-frame, behavior-seq and c3d.
struct BehaviorOptions {
  std::string view = "auto", behaviors, author, flips, zones, frame_network = "auto";
  std::string scored = "video", class_weights = "sqrt", frame_model;
  int picture_side = 0, window = 10, clip_frames = 5, c3d_width = 16, cache_mb = 2048;
  bool color = false, mask_channel = true, masked = false, causal = false, motion = true;
  bool points = true;
  bool exclusive = false;
  double extent = 0, background_share = 0.1, gamma = -1, alpha = 0.5, prior = 1;

  template <class Visitor>
  void Visit(Visitor&& v) {
    using datasets::Range;
    v.Field("view", view,
            "what a behavior network sees: frame, region, animal, pair, or auto (from the labels)");
    v.Field("behaviors", behaviors, "learn only these behaviors, with commas (default: all)");
    v.Field("author", author, "learn behaviors as this person scored them");
    v.Field("scored", scored,
            "what counts as looked at: the whole video, or the span from first to last interval");
    v.Field("exclusive", exclusive,
            "behaviors without an exclusion group happen one at a time (they are one group)");
    v.Field("flips", flips,
            "mirrored pictures with swapped labels, as 'horizontal:left=right;vertical'; kept in "
            "the project");
    v.Field("zones", zones, "file of named regions for --view region; kept in the project");
    v.Field("picture-side", picture_side, "network pixels of a picture; 0: 96 (frame: 160)",
            Range{0, 640});
    v.Field("extent", extent, "picture size in square roots of an animal's area; 0: 3.5 (pair: 5)",
            Range{0, 50});
    v.Field("color", color, "colors instead of grey levels");
    v.Field("mask-channel", mask_channel, "the animal's outline as a further channel");
    v.Field("masked", masked, "black out everything but the animals");
    v.Field("frame-network", frame_network,
            "small, xception, alexnet, resnet18, or auto (small; behavior-seq: xception)");
    v.Field("frame-model", frame_model,
            "behavior-seq: take the network of this behavior-frame model and learn only time");
    v.Field("background-share", background_share, "share of frames without behavior to learn from",
            Range{0.001, 1});
    v.Field("class-weights", class_weights, "none, sqrt or balanced: weight of rare behaviors");
    v.Field("gamma", gamma, "focusing exponent of the loss; -1: 3 for behavior-seq, else 0",
            Range{-1, 10});
    v.Field("alpha", alpha, "factor of the focal loss", Range{0.01, 1});
    v.Field("prior", prior,
            "how far probabilities follow how often each behavior was seen; less finds rare ones "
            "more readily",
            Range{0, 1});
    v.Field("window", window, "frames before and after that the temporal network sees",
            Range{1, 200});
    v.Field("causal", causal, "the temporal network sees the past only (twice as much of it)");
    v.Field("motion", motion, "speed, shape, contact and distance join the temporal network");
    v.Field("points", points, "key points join the temporal network, where the animals have any");
    v.Field("clip-frames", clip_frames, "frames of a c3d clip", Range{1, 32});
    v.Field("c3d-width", c3d_width, "channels of the first c3d layer (the paper: 64)",
            Range{1, 128});
    v.Field("cache-mb", cache_mb, "most disk space for prepared pictures, beside the project",
            Range{16, 1e7});
  }
};

inline constexpr int kMotionFeatures = 16;

struct BehaviorDescription {
  std::string architecture;   // behavior-frame, behavior-seq, c3d
  std::string frame_network;  // of behavior-frame and behavior-seq
  std::vector<BehaviorHead> heads;
  BehaviorInput input;
  int window = 0;  // behavior-seq
  bool causal = false, motion = false;
  std::vector<double> motion_mean, motion_deviation;  // [kMotionFeatures]
  PointLayout points;                                 // behavior-seq
  int clip_frames = 1, c3d_width = 0;                 // c3d
  // Probabilities are softmax((logits - shift) / temperature) per head; shift [OutputsOf(heads)].
  std::vector<double> shift;
  double temperature = 1;
  nlohmann::json record;
  // What joins the picture's features over time.
  int numbers() const { return (motion ? kMotionFeatures : 0) + points.count(); }
};

bool IsBehaviorArchitecture(const std::string& architecture);
const std::vector<std::string>& BehaviorArchitectures();

// The metadata of a weights file and back; throws Error naming the file for anything that cannot
// be used.
std::map<std::string, std::string> ToMetadata(const BehaviorDescription& description);
BehaviorDescription BehaviorFromMetadata(const std::map<std::string, std::string>& metadata,
                                         const std::string& model_file);

}  // namespace train
