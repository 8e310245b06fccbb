#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <opencv2/imgcodecs.hpp>
#include <set>

#include "datasets/base/assignment.h"
#include "datasets/base/error.h"
#include "datasets/evaluate/evaluation_parts.h"
#include "datasets/exchange/frame_match.h"
#include "datasets/metrics/davis.h"

namespace datasets {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// EvaluateDavis of one object, frame by frame, so that a long video needs the memory of two masks.
class ObjectFigures {
 public:
  // `number` of the frame in its video, -1: not known.
  void Add(const cv::Mat& truth, const cv::Mat& predicted, int number) {
    j_.push_back(RegionSimilarity(truth, predicted));
    f_.push_back(BoundaryAccuracy(truth, predicted));
    const bool next = !last_.empty() && number > 0 && number == last_number_ + 1;
    t_.push_back(next ? TemporalInstability(last_, predicted)
                      : std::numeric_limits<double>::quiet_NaN());
    last_ = predicted.clone();
    last_number_ = number;
  }
  // The first and last frame are left out where there are more than two, as in the benchmark.
  void AddTo(std::map<std::string, std::vector<double>>& figures) const {
    const size_t n = j_.size();
    if (n == 0) return;
    const size_t begin = n > 2 ? 1 : 0, end = n > 2 ? n - 1 : n;
    const auto part = [&](const std::vector<double>& values, size_t from) {
      return std::vector<double>(values.begin() + from, values.begin() + std::max(from, end));
    };
    const DavisStatistics j = DavisStatisticsOf(part(j_, begin));
    const DavisStatistics f = DavisStatisticsOf(part(f_, begin));
    figures["j"].push_back(j.mean);
    figures["j_recall"].push_back(j.recall);
    figures["j_decay"].push_back(j.decay);
    figures["f"].push_back(f.mean);
    figures["f_recall"].push_back(f.recall);
    figures["f_decay"].push_back(f.decay);
    std::vector<double> steps = part(t_, std::min(begin + 1, n));
    steps.erase(
        std::remove_if(steps.begin(), steps.end(), [](double value) { return std::isnan(value); }),
        steps.end());
    if (!steps.empty()) figures["t"].push_back(DavisStatisticsOf(steps).mean);
  }

 private:
  std::vector<double> j_, f_, t_;  // t_[i]: from frame i - 1 to frame i, NaN where there is none
  cv::Mat last_;
  int last_number_ = -1;
};

json Means(const std::map<std::string, std::vector<double>>& figures, int64_t frames) {
  json result = {{"frames", frames}, {"objects", figures.at("j").size()}};
  for (const auto& [name, values] : figures) {
    double sum = 0;
    for (const double value : values) sum += value;
    result[name] = values.empty() ? json() : json(sum / static_cast<double>(values.size()));
  }
  return result;
}

// Pixels as object numbers: of a palette picture the color, of a grey one the value; 0 = nothing.
cv::Mat ReadObjects(const fs::path& path) {
  const cv::Mat read = cv::imread(path.string(), cv::IMREAD_UNCHANGED);
  if (read.empty()) {
    throw Error("mask '" + path.string() + "'", "it is no picture that can be read",
                "give PNG masks");
  }
  cv::Mat objects(read.size(), CV_32SC1);
  const int channels = read.channels();
  const bool wide = read.depth() == CV_16U;
  for (int y = 0; y < read.rows; ++y) {
    for (int x = 0; x < read.cols; ++x) {
      int value = 0;
      for (int c = 0; c < std::min(channels, 3); ++c) {
        const int part =
            wide ? read.ptr<uint16_t>(y)[x * channels + c] : read.ptr<uint8_t>(y)[x * channels + c];
        value = value * 256 + part;
      }
      objects.at<int>(y, x) = value;
    }
  }
  return objects;
}

std::set<int> ObjectsIn(const cv::Mat& objects) {
  std::set<int> found;
  for (int y = 0; y < objects.rows; ++y) {
    const int* row = objects.ptr<int>(y);
    int last = 0;
    for (int x = 0; x < objects.cols; ++x) {
      if (row[x] != last && row[x] != 0) found.insert(row[x]);
      last = row[x];
    }
  }
  return found;
}

std::vector<fs::path> Pictures(const fs::path& folder) {
  std::vector<fs::path> pictures;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".png") pictures.push_back(entry.path());
  }
  std::sort(pictures.begin(), pictures.end());
  return pictures;
}

std::string ValuesText(const std::set<int>& values) {
  std::string text;
  for (const int value : values) text += (text.empty() ? "" : ", ") + std::to_string(value);
  return text;
}

int64_t EvaluateFolder(const fs::path& truth, const fs::path& predictions, Job& job,
                       std::map<std::string, std::vector<double>>& figures,
                       std::vector<std::string>* warnings) {
  const std::vector<fs::path> pictures = Pictures(truth);
  std::set<int> true_objects, predicted_objects;
  for (const fs::path& picture : pictures) {
    job.Advance(0, 0, "reading " + picture.filename().string());
    for (const int object : ObjectsIn(ReadObjects(picture))) true_objects.insert(object);
    const fs::path other = predictions / picture.filename();
    if (!fs::exists(other)) continue;
    for (const int object : ObjectsIn(ReadObjects(other))) predicted_objects.insert(object);
  }
  // One object on each side is the same one, whatever value either side draws it with.
  const bool single = true_objects.size() == 1 && predicted_objects.size() == 1;
  const bool shared = std::any_of(true_objects.begin(), true_objects.end(), [&](const int object) {
    return predicted_objects.count(object) > 0;
  });
  if (!single && !shared && !true_objects.empty() && !predicted_objects.empty()) {
    warnings->push_back(
        "masks of '" + truth.string() + "': the truth draws its objects with the values " +
        ValuesText(true_objects) + ", the predictions with " + ValuesText(predicted_objects) +
        ", so that none is the same: draw both in the same way");
  }
  std::map<int, ObjectFigures> of_object;
  double done = 0;
  for (const fs::path& picture : pictures) {
    job.Advance(done++, static_cast<double>(pictures.size()), "comparing masks");
    const cv::Mat objects = ReadObjects(picture);
    const auto named = ReadFrameName(picture.filename().string());
    const fs::path other = predictions / picture.filename();
    cv::Mat predicted = cv::Mat::zeros(objects.size(), CV_32SC1);
    if (fs::exists(other)) predicted = ReadObjects(other);
    if (predicted.size() != objects.size()) {
      throw Error("mask '" + other.string() + "'", "its size is not that of the truth",
                  "give masks of the same size");
    }
    for (const int object : true_objects) {
      const int seen = single ? *predicted_objects.begin() : object;
      of_object[object].Add(objects == object, predicted == seen, named ? named->number : -1);
    }
  }
  for (const auto& [object, values] : of_object) values.AddTo(figures);
  return static_cast<int64_t>(pictures.size());
}

// Masks of one object in one video, by frame.
using ObjectMasks = std::map<int, std::vector<const Rle*>>;
using ObjectKey = std::pair<int64_t, int64_t>;  // video; track, or category

cv::Mat Draw(const ObjectMasks& frames, int frame, cv::Size size) {
  cv::Mat mask = cv::Mat::zeros(size, CV_8UC1);
  const auto found = frames.find(frame);
  if (found == frames.end()) return mask;
  for (const Rle* rle : found->second) cv::bitwise_or(mask, DecodeMask(*rle), mask);
  return mask;
}

// What J gains over the frames when `predicted` is taken for `truth` instead of nothing at all.
double Gain(const ObjectMasks& truth, const ObjectMasks& predicted) {
  double gain = 0;
  for (const auto& [frame, rles] : predicted) {
    const auto same = truth.find(frame);
    if (same == truth.end()) {
      gain -= 1;
      continue;
    }
    std::vector<Rle> a, b;
    for (const Rle* rle : same->second) a.push_back(*rle);
    for (const Rle* rle : rles) b.push_back(*rle);
    gain += RleIou(RleUnion(a), RleUnion(b));
  }
  return gain;
}

// For each object of the truth the predicted one of its video that it is.
std::map<ObjectKey, ObjectKey> MatchedOnce(const std::map<ObjectKey, ObjectMasks>& truth,
                                           const std::map<ObjectKey, ObjectMasks>& predicted,
                                           Job& job) {
  std::vector<ObjectKey> owed, given;
  for (const auto& [key, masks] : truth) owed.push_back(key);
  for (const auto& [key, masks] : predicted) given.push_back(key);
  std::vector<std::vector<double>> value(owed.size(), std::vector<double>(given.size()));
  for (size_t i = 0; i < owed.size(); ++i) {
    job.Advance(static_cast<double>(i), static_cast<double>(owed.size()), "matching animals");
    for (size_t j = 0; j < given.size(); ++j) {
      if (owed[i].first != given[j].first) continue;
      value[i][j] = Gain(truth.at(owed[i]), predicted.at(given[j]));
    }
  }
  std::map<ObjectKey, ObjectKey> matched;
  if (given.empty()) return matched;
  const std::vector<int> columns = BestAssignment(value);
  for (size_t i = 0; i < owed.size(); ++i) {
    if (columns[i] >= 0) matched[owed[i]] = given[static_cast<size_t>(columns[i])];
  }
  return matched;
}

}  // namespace

json DavisFiguresOf(const EvaluationSet& set, const EvaluationOptions& options, Job& job) {
  CheckMatch(options);
  const bool once = options.match == "once" || (options.match == "auto" && !HaveNames(set));
  const auto key = [&](const EvalObject& object) {
    const int64_t video = set.video_of_frame.at(static_cast<size_t>(object.frame));
    return ObjectKey(video, once && object.track >= 0 ? object.track : int64_t{object.category});
  };
  std::map<ObjectKey, ObjectMasks> truth, predicted;
  for (const EvalObject& object : set.truth) {
    if (!object.crowd) truth[key(object)][object.frame].push_back(&object.mask);
  }
  for (const EvalObject& object : set.predicted) {
    if (object.score >= options.min_score) {
      predicted[key(object)][object.frame].push_back(&object.mask);
    }
  }
  std::map<ObjectKey, ObjectKey> matched;
  if (once) matched = MatchedOnce(truth, predicted, job);
  std::map<int64_t, std::vector<int>> frames_of_video;
  for (int frame = 0; frame < set.frames; ++frame) {
    frames_of_video[set.video_of_frame.at(static_cast<size_t>(frame))].push_back(frame);
  }
  std::map<std::string, std::vector<double>> figures{{"j", {}}, {"t", {}}};
  const ObjectMasks nothing;
  double done = 0;
  for (const auto& [object, masks] : truth) {
    const Rle& any = *masks.begin()->second.front();
    const cv::Size size(any.width, any.height);
    const auto partner = matched.find(object);
    const auto found =
        once ? (partner == matched.end() ? predicted.end() : predicted.find(partner->second))
             : predicted.find(object);
    const ObjectMasks& answer = found == predicted.end() ? nothing : found->second;
    ObjectFigures values;
    for (const int frame : frames_of_video.at(object.first)) {
      job.Advance(done++, static_cast<double>(set.frames * static_cast<int64_t>(truth.size())),
                  "comparing masks");
      values.Add(Draw(masks, frame, size), Draw(answer, frame, size),
                 set.number_of_frame.at(static_cast<size_t>(frame)));
    }
    values.AddTo(figures);
  }
  json result = Means(figures, set.frames);
  result["match"] = once ? "once" : "names";
  if (!set.warnings.empty()) result["warnings"] = set.warnings;
  return result;
}

json EvaluateMaskVideos(const fs::path& truth, const fs::path& predictions,
                        const EvaluationOptions& options, Job& job) {
  if (!fs::is_directory(truth)) {
    return DavisFiguresOf(ReadCocoPair(truth, predictions, true, options, job), options, job);
  }
  if (!fs::is_directory(predictions)) {
    throw Error("'" + predictions.string() + "'", "the truth is a folder of masks and this is not",
                "give a folder of PNG masks with the same file names");
  }
  std::map<std::string, std::vector<double>> figures{{"j", {}}, {"t", {}}};
  std::vector<std::string> warnings;
  int64_t frames = 0;
  if (!Pictures(truth).empty()) {
    frames = EvaluateFolder(truth, predictions, job, figures, &warnings);
  } else {
    std::set<fs::path> sequences;
    for (const auto& entry : fs::directory_iterator(truth)) {
      if (entry.is_directory()) sequences.insert(entry.path().filename());
    }
    for (const fs::path& name : sequences) {
      frames += EvaluateFolder(truth / name, predictions / name, job, figures, &warnings);
    }
  }
  if (frames == 0) {
    throw Error("folder '" + truth.string() + "'", "it holds no PNG masks",
                "give a folder of PNG masks, or of such folders, one a video");
  }
  json result = Means(figures, frames);
  if (!warnings.empty()) result["warnings"] = warnings;
  return result;
}

}  // namespace datasets
