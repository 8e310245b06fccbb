// What the reference detectors (Mask R-CNN, YOLACT, YOLOv3) have in common: labeled pictures in,
// named losses out; pictures in, detections out. Training, model files, prediction and the command
// line work through this alone. Internal to train/ (torch types).
#pragma once

#include <torch/torch.h>

#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <string>
#include <utility>
#include <vector>

#include "train/nets/detect_data.h"
#include "train/weights/module_weights.h"

namespace train {

class Peers;

class Detector {
 public:
  virtual ~Detector() = default;
  // Module names equal the reference's: its named values are the model file's tensors.
  virtual torch::nn::Module& module() = 0;
  // What must stand in the model file so that MakeDetector(name, classes, settings) builds the same
  // network again.
  virtual nlohmann::json settings() const = 0;
  // Training mode. The sum of the losses is minimized. Draws from torch's generator, which the
  // caller seeds anew before each step: what concerns the whole batch before anything else, what
  // concerns a picture after its own seed, so that it does not matter who its neighbors are.
  virtual NamedLosses Losses(const std::vector<DetectSample>& batch) = 0;
  // From now on `batch` is this process's share of the pictures, as many everywhere: losses are
  // what they add to those of the whole batch (their divisors count all pictures), and batches are
  // normalized together.
  virtual void LearnWith(Peers* peers) = 0;
  // Evaluation mode, no gradients; images [3, H, W] float RGB 0..1 of any sizes, on the CPU. One
  // list a picture, best first.
  virtual std::vector<std::vector<Found>> Infer(const std::vector<torch::Tensor>& images) = 0;
  // Before a run of predictions, once: folds, converts, lays out. Afterwards the module can neither
  // learn nor be saved. `type`: torch::kFloat32 or torch::kBFloat16.
  virtual void PrepareForInference(torch::ScalarType type) { (void)type; }
  // Before each training step, with the share of the training that is done, 0..1: staged training
  // changes here what learns.
  virtual void AtShare(double done_share) { (void)done_share; }
  // How weights are taken over with --init: names (or their beginnings) of tensors whose shape
  // depends on the number of classes, and where a file of a part of the network belongs. See
  // weights/module_init.h.
  virtual std::vector<std::string> ClassDependent() const = 0;
  virtual std::vector<std::string> InitPlaces() const { return {""}; }
  // Takes over what fits of a file whose numbers have no names (darknet's `.weights`) and tells how
  // many tensors; 0 when this network knows no such files. Throws Error, leaving the network as it
  // was, for a file that does not fit.
  virtual int TakeOverUnnamed(const std::string& file) {
    (void)file;
    return 0;
  }
};

}  // namespace train
