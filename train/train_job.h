// Training as one call: labelled frames in, a model file out. No torch type here.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "datasets/base/job.h"
#include "datasets/base/options.h"
#include "datasets/shape/mask.h"

namespace train {

struct LabeledObject {
  int class_index = 0;  // into TrainingData::classes
  datasets::Rle mask;   // full image
  bool ignore = false;  // crowd: neither animal nor background
};

struct LabeledFrame {
  int video = 0;        // into TrainingData::backgrounds; frames of one video share a background
  int frame_index = 0;  // for splitting by time
  std::vector<LabeledObject> objects;  // empty: a frame explicitly without animals
  double weight = 1;                   // corrections of a reviewer weigh more
};

// What a training needs, independent of the store. Pictures are fetched when needed and may be
// cached by the trainer within its memory bound.
struct TrainingData {
  std::vector<std::string> classes;  // animal names
  std::vector<LabeledFrame> frames;  // only frames that may be learned from
  std::vector<cv::Mat> backgrounds;  // per video, CV_8UC3, or empty (moving camera)
  std::function<cv::Mat(int frame)>
      picture;  // BGR CV_8UC3 of frames[frame]; called from one thread
};

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
  // Of the reference detectors alone, but for `batch`; 0: chosen from the labels and the machine.
  int size = 0;
  int batch = 0;
  double rate = 0;
  int depth = 50;
  int proposals = 0;
  bool staged = false;
  bool init_partial = false;
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
    v.Field("threads", threads, "threads; 0 = all cores", datasets::Range{0, 1024});
    v.Field("device", device, "auto, cpu or cuda[:N]");
    v.Field(
        "size", size,
        "not idseg: short side (yolo: long side, yolact: side) of the network's input in pixels; "
        "0 = chosen",
        datasets::Range{0, 4096});
    v.Field("batch", batch, "pictures a step, in each process; 0 = chosen",
            datasets::Range{0, 1024});
    v.Field("rate", rate, "peak learning rate; 0 = chosen", datasets::Range{0, 10});
    v.Field("depth", depth, "maskrcnn, yolact: layers of the ResNet (18, 34, 50, 101)",
            datasets::Range{18, 152});
    v.Field("proposals", proposals, "maskrcnn: regions that are looked at closely; 0 = chosen",
            datasets::Range{0, 10000});
    v.Field("init-partial", init_partial,
            "not idseg: take from --init what fits, whatever else it holds");
    v.Field("staged", staged, "maskrcnn: the heads learn first, the backbone from its end later");
  }
};

struct TrainProgress {  // for live curves
  int step = 0, steps = 0;
  double loss = 0;       // moving average
  double step_loss = 0;  // of this step alone
  double seconds = 0;
  nlohmann::json validation;  // null, or figures of the best validation so far
  nlohmann::json judged;      // null, or figures of the validation that this step ended with
};

// What the network answers for one labeled frame while it learns, small enough for a panel.
struct TrainSample {
  struct Outline {
    std::string name;          // of TrainingData::classes; "" when not named
    double score = 0;          // 0..1; 1 for labels
    datasets::Polygons rings;  // pixels of the frame
  };
  int step = 0;
  int frame = 0;           // into TrainingData::frames
  bool held_back = false;  // never learned from
  cv::Mat picture;         // the whole frame, BGR CV_8UC3, at most 480 pixels long
  cv::Size image;          // the frame's own size
  std::vector<Outline> predicted, labeled;
  double mean_iou = -1;  // over labeled animals, 0 for a missed one; -1: there are none
};

struct TrainResult {
  int steps = 0;
  double seconds = 0;
  int best_step = 0;
  nlohmann::json validation;  // figures on held-back labels at the best step
};

// Trains and writes `model_file` (the best checkpoint; atomic: temp file, fsync, rename) and
// `model_file`.last for --resume. On cancel the best checkpoint so far is written first, then
// Cancelled is thrown. Throws Error when the labels cannot be learned from (no labels, one class
// without any pixel, ...). `on_sample` gets one or two frames with each validation, and every 15 s
// or so, from this thread; they cost at most 2 % of the time and change nothing that is learned.
TrainResult Train(const TrainingData& data, const TrainOptions& options,
                  const std::string& model_file, datasets::Job& job,
                  const std::function<void(const TrainProgress&)>& on_progress = {},
                  const std::function<void(const TrainSample&)>& on_sample = {});

// Names of the architectures that `model` accepts.
std::vector<std::string> Architectures();

}  // namespace train
