#include "train/base/architecture.h"
#include "train/behavior/train.h"

namespace train {
namespace {

const OptionNames kAll = {
    "view",   "behaviors",    "author",           "scored",        "exclusive",
    "flips",  "zones",        "picture-side",     "extent",        "color",
    "masked", "mask-channel", "background-share", "class-weights", "gamma",
    "alpha",  "prior",        "cache-mb"};

ModelInfo Read(const Architecture::Metadata& metadata, const std::string& name) {
  const BehaviorDescription description = BehaviorFromMetadata(metadata, name);
  ModelInfo info;
  info.architecture = description.architecture;
  info.classes = BehaviorNames(description.heads);
  info.record = description.record;
  return info;
}

}  // namespace

std::vector<Architecture> BehaviorNetworks() {
  const auto network = [](std::string_view name, std::string_view summary,
                          const OptionNames& options) {
    return Architecture{name,    summary,       Task::kBehavior, Joined(kAll, options),
                        nullptr, LearnBehavior, nullptr,         Read};
  };
  return {network("behavior-frame", "recognizes behavior on single pictures", {"frame-network"}),
          network("behavior-seq", "recognizes behavior from pictures and motion over time",
                  {"frame-network", "frame-model", "window", "causal", "motion", "points"}),
          network("c3d", "recognizes behavior on short clips", {"clip-frames", "c3d-width"})};
}

}  // namespace train
