// A trained model as the rest of Vole sees it: pictures in, detections out, no torch type.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

namespace train {

struct Detection {
  cv::Rect region;  // in image pixels; the bounding box of what was found
  cv::Mat mask;     // CV_8UC1 [region.height, region.width], 0 or 255; empty for boxes only
  float score = 0;  // how sure that this is an animal, 0..1
  // Evidence for each class of the model from this frame alone, as log-probabilities [K] (natural
  // log, normalized over classes): from the pixels' own opinion and from the masked crop.
  std::vector<float> pixel_log_prob;
  std::vector<float> crop_log_prob;  // empty when the model has no crop classifier
  float mask_certainty = 0;          // mean |2p-1| of the animal probability over the mask's border
  // Of an animal that was cut out of several in touch: the share of its pixels that clearly belong
  // to it and to none of the others. -1: it touched nobody, or the model does not say.
  float apart = -1;
  // How well the mask follows what the picture shows, 0..1; -1 = not known (set by prediction over
  // a video, see infer/review/picture_agreement.h).
  float picture_agreement = -1;
  // What a second network that names animals saw in the crop (train/idnet/idnet.h); empty without
  // one.
  std::vector<float> identity_features;
};

struct FrameDetections {
  std::vector<Detection> detections;
  // For splitting touching animals over time: animal probability at network scale, CV_8UC1
  // (255 = certainly animal), and class opinion per pixel at that scale, CV_8UC(K). May be empty.
  cv::Mat animal_probability;
  cv::Mat class_probability;
  double scale = 1;  // network pixels per image pixel
};

struct ModelInfo {
  std::string architecture;               // "idseg", "maskrcnn", ...
  std::vector<std::string> classes;       // [K] animal names, without background
  std::vector<int> max_instances;         // [K] most instances of the class seen in one label frame
  double median_area = 0;                 // of labeled animals, image pixels
  std::vector<double> class_median_area;  // [K]
  nlohmann::json record;                  // training record: options, losses, validation, dates
};

struct PredictorOptions {
  std::string device = "auto";  // auto | cpu | cuda[:N]
  int threads = 0;              // 0: all cores
  double scale = 0;             // network pixels per image pixel; 0: the model's own
  bool allow_bf16 = true;       // where the processor has it and it pays
  // Where all animals were found in the frame before, look only around those places; whole frames
  // are looked at every so often, and whenever an animal is not found or leaves its window.
  bool follow = true;
  template <class Visitor>
  void Visit(Visitor&& v) {
    v.Field("device", device, "auto, cpu or cuda[:N]");
    v.Field("threads", threads, "threads; 0 = all cores, or OMP_NUM_THREADS");
    v.Field("scale", scale, "network pixels per image pixel; 0 = as trained");
    v.Field("bf16", allow_bf16, "use bfloat16 where the processor has it");
    v.Field("follow", follow, "look mostly around the places where the animals just were (faster)");
  }
};

// The networks that the calling thread runs from now on use at most so many threads; 0: as many as
// their options say. For callers that run several of them side by side.
void LimitThreads(int threads);

// Belongs to one thread at a time.
class Predictor {
 public:
  virtual ~Predictor() = default;
  virtual const ModelInfo& info() const = 0;
  // Frames of one video, same size, BGR CV_8UC3, in time order; what comes out does not depend on
  // earlier calls. `background` is CV_8UC3 of the same
  // size, or empty when the camera moves. Returns one result a frame.
  virtual std::vector<FrameDetections> Predict(const std::vector<cv::Mat>& frames,
                                               const cv::Mat& background) = 0;
  // Names masked crops: masks are image-sized regions as in Detection. Returns [masks][K]
  // log-probabilities; empty when the model has no crop classifier.
  virtual std::vector<std::vector<float>> NameCrops(const cv::Mat& frame,
                                                    const std::vector<Detection>& masks) = 0;
  // Another one of the same weights, in the same memory, for another thread. Null where one alone
  // makes better use of the machine: large networks, graphics cards.
  virtual std::unique_ptr<Predictor> Twin() const { return nullptr; }
};

// Loads a model file (safetensors with its description in the metadata). Throws Error for a
// missing, truncated or foreign file.
std::unique_ptr<Predictor> LoadPredictor(const std::string& model_file,
                                         const PredictorOptions& options = {});
ModelInfo ReadModelInfo(const std::string& model_file);

}  // namespace train
