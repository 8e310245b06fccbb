// What a person can choose about a training; one struct gives the flags, the help, the form on the
// screen and the record.
#pragma once

#include <cstdint>
#include <string>

#include "datasets/base/options.h"

namespace train {

// Several processes, on one machine or many, that learn one model together; each has the project.
struct TogetherOptions {
  int rank = 0;
  int world_size = 1;
  std::string rendezvous;
  double peer_timeout = 300;
  template <class Visitor>
  void Visit(Visitor&& v) {
    v.Field("rank", rank,
            "number of this process, from 0, among those that train together; 0 writes the model",
            datasets::Range{0, 4095});
    v.Field("world-size", world_size,
            "processes that train together, each with its share of every batch",
            datasets::Range{1, 4096});
    v.Field(
        "rendezvous", rendezvous,
        "where they meet: tcp://HOST:PORT of rank 0's machine, or file:///PATH on a shared disk");
    v.Field("peer-timeout", peer_timeout, "seconds to wait for the other processes",
            datasets::Range{1, 86400});
  }
};

// A narrower network than this has layers of a channel or two.
inline constexpr double kLeastWidth = 0.125;

struct TrainOptions {
  std::string model = "idseg";
  int steps = 0;
  double minutes = 0;
  bool processor_time = false;
  double validation_share = 0.1;
  std::string init;
  bool resume = false;
  int64_t seed = 1;
  int threads = 0;
  std::string device = "auto";
  int batch = 0;
  double rate = 0;
  // Not of every architecture: architectures.cc says which takes which.
  int size = 0;
  int depth = 50;
  double width = 1;
  int proposals = 0;
  bool staged = false;
  bool init_partial = false;
  std::string skeleton;
  TogetherOptions together;  // visited apart
  template <class Visitor>
  void Visit(Visitor&& v) {
    v.Field("model", model, "network to train (see `vole models --architectures`)");
    v.Field("steps", steps, "training steps; 0 = chosen from the data", datasets::Range{0, 1e7});
    v.Field("minutes", minutes, "stop after this many minutes; 0 = no limit",
            datasets::Range{0, 1e5});
    v.Field("processor-time", processor_time,
            "--minutes counts processor time, all threads together: fair on a busy machine");
    v.Field("validation-share", validation_share,
            "share of the labels held back, as blocks of time, to choose the best checkpoint",
            datasets::Range{0, 0.5});
    v.Field(
        "init", init,
        "weights to start from: a file (.safetensors, .pth, .weights) or a name of `vole weights "
        "list`");
    v.Field("resume", resume, "go on from the last checkpoint of the same output file");
    v.Field("seed", seed, "random seed");
    v.Field("threads", threads, "threads; 0 = all cores, or OMP_NUM_THREADS",
            datasets::Range{0, 1024});
    v.Field("device", device, "auto, cpu or cuda[:N]");
    v.Field("size", size,
            "short side (yolo: long side, yolact: side) of the network's input in pixels; "
            "0 = chosen",
            datasets::Range{0, 4096});
    v.Field("batch", batch, "pictures a step, in each process; 0 = chosen",
            datasets::Range{0, 1024});
    v.Field("rate", rate, "peak learning rate; 0 = chosen", datasets::Range{0, 10});
    v.Field("depth", depth, "layers of the ResNet (18, 34, 50, 101)", datasets::Range{18, 152});
    v.Field(
        "width", width,
        "channels of each layer, as a share of the published network's: .25 learns several times "
        "faster",
        datasets::Range{kLeastWidth, 1});
    v.Field("proposals", proposals, "regions that are looked at closely; 0 = chosen",
            datasets::Range{0, 10000});
    v.Field("init-partial", init_partial, "take from --init what fits, whatever else it holds");
    v.Field("skeleton", skeleton, "whose points to learn, where the project has several skeletons");
    v.Field("staged", staged, "the heads learn first, the backbone from its end later");
  }
};

}  // namespace train
