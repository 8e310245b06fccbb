// Starts a network from weights that somebody published or trained. Internal to train/ (torch
// types).
#pragma once

#include <torch/torch.h>

#include <functional>
#include <string>
#include <vector>

#include "train/weights/module_weights.h"

namespace train {

struct InitOptions {
  // Tensors whose shape depends on the number of classes, by name or by the beginning of their
  // names
  // ("fc."). They are taken over only when all of them fit; otherwise they stay as they are.
  std::vector<std::string> class_dependent;
  // Where in the network the file's names may begin, best match wins: {"", "backbone.body."} takes
  // a whole network's file or that of its backbone alone.
  std::vector<std::string> places = {""};
  // A foreign name's name in this network; empty: ignore it. Older names of torchvision and YOLACT
  // are known without it (old_names.h).
  std::function<std::string(const std::string&)> rename;
  bool partial = false;  // take what fits, report the rest
};

struct InitReport {
  std::string file;
  int taken = 0;
  std::vector<std::string> anew;        // class-dependent, left as they were
  std::vector<std::string> missing;     // of the network, not in the file
  std::vector<std::string> unexpected;  // of the file, not in the network
  std::vector<std::string> reshaped;    // "name: [2, 3] in the file, [2, 4] here"
  bool complete() const { return missing.empty() && unexpected.empty() && reshaped.empty(); }
  // "taken over 159 tensors of FILE; 2 start anew: fc.weight, fc.bias"
  std::string Text() const;
};

// Takes over weights into `module`, from a file (safetensors, .pth of both layouts) or by the name
// of a public file in the cache (public_files.h). Floating types are converted; counters of batches
// may be missing or surplus. Throws Error, leaving the module as it was, when names are missing,
// unexpected or reshaped (unless `partial`), when nothing fits, and when values are not finite.
InitReport InitModule(torch::nn::Module& module, const std::string& file_or_name,
                      const InitOptions& options = {});
// The same from tensors that were read already; `file` is named in errors.
InitReport InitValues(const NamedTensors& values, const WeightsFile& weights,
                      const std::string& file, const InitOptions& options = {});

}  // namespace train
