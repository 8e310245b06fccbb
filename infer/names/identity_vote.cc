#include "infer/names/identity_vote.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>

#include "datasets/base/error.h"
#include "datasets/model_files.h"
#include "train/architectures.h"
#include "train/idnet/idnet.h"

namespace infer {
namespace {

namespace fs = std::filesystem;
using datasets::Error;

constexpr int kFramesBetweenAsking = 16;  // windows are named many at a time

bool KnowsAll(const std::vector<std::string>& known, const std::vector<std::string>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& name) {
    return std::find(known.begin(), known.end(), name) != known.end();
  });
}

// Empty: none.
fs::path IdentityFile(const datasets::Project& project, const std::vector<std::string>& classes,
                      const std::string& wanted) {
  if (wanted == "none" || wanted.empty()) return {};
  const auto models = project.Models();
  for (auto model = models.rbegin(); model != models.rend(); ++model) {
    const fs::path file = datasets::ModelFile(project, *model);
    if (wanted == "auto") {
      if (!train::IsFor(train::Task::kNames, model->architecture) || !fs::exists(file)) continue;
      if (KnowsAll(train::ReadModelInfo(file.string()).classes, classes)) return file;
    } else if (model->name == wanted) {
      return file;
    }
  }
  if (wanted == "auto") return {};
  for (const std::string& file : {wanted, wanted + ".safetensors"}) {
    if (fs::exists(file)) return file;
  }
  throw Error("identity model '" + wanted + "'",
              "the project has no model of that name, and there is no such file",
              "train one: vole train --model idnet");
}

}  // namespace

std::optional<IdentityVote> ChooseIdentityVote(const datasets::Project& project,
                                               const std::vector<std::string>& classes,
                                               const PredictOptions& options) {
  return LoadIdentityVote(IdentityFileOf(project, classes, options), classes, options);
}

fs::path IdentityFileOf(const datasets::Project& project, const std::vector<std::string>& classes,
                        const PredictOptions& options) {
  if (classes.size() < 2) return {};
  return IdentityFile(project, classes, options.identity);
}

std::optional<IdentityVote> LoadIdentityVote(const fs::path& file,
                                             const std::vector<std::string>& classes,
                                             const PredictOptions& options) {
  if (file.empty()) return std::nullopt;
  auto namer = std::make_shared<train::IdentityNamer>(file.string(), options.predictor);
  if (!KnowsAll(namer->info().classes, classes)) {
    throw Error("identity model " + file.string(),
                "it does not know all the animals of the model that outlines them",
                "train it on the same labels, or give --identity none");
  }
  IdentityVote vote;
  vote.classes = namer->info().classes;
  vote.window = train::kIdentityWindow;
  vote.spacing = train::kIdentitySpacing;
  vote.features = [namer](const cv::Mat& frame, const std::vector<train::Detection>& masks) {
    return namer->FeaturesOf(frame, masks);
  };
  vote.name = [namer](const auto& windows) { return namer->NameWindows(windows); };
  return vote;
}

void AddIdentityFeatures(const IdentityVote& vote, const cv::Mat& picture,
                         train::FrameDetections& found) {
  if (found.detections.empty()) return;
  std::vector<IdentityVote::Features> features = vote.features(picture, found.detections);
  VOLE_CHECK(features.size() == found.detections.size());
  for (size_t i = 0; i < features.size(); ++i) {
    found.detections[i].identity_features = std::move(features[i]);
  }
}

WindowVoter::WindowVoter(const IdentityVote& vote, const std::vector<std::string>& classes,
                         TrackRecord& record)
    : vote_(vote), record_(record), half_span_(vote.window / 2 * vote.spacing) {
  for (const std::string& name : classes) {
    const auto found = std::find(vote.classes.begin(), vote.classes.end(), name);
    VOLE_CHECK(found != vote.classes.end());
    class_of_.push_back(static_cast<size_t>(found - vote.classes.begin()));
  }
}

void WindowVoter::Add(const TrackedFrame& frame) {
  size_t row = record_.rows().size() - frame.blobs.size();
  for (const Blob& blob : frame.blobs) {
    if (!blob.identity_features.empty()) {
      tracks_[blob.tracklet].frames[frame.frame] = {row, blob.identity_features};
    }
    ++row;
  }
  if (frame.frame - last_asked_ >= kFramesBetweenAsking) {
    Ask(frame.frame - half_span_);
    last_asked_ = frame.frame;
  }
}

void WindowVoter::Finish() { Ask(record_.end_frame()); }

// Names all centers up to `until_frame`, then forgets what no later window needs.
void WindowVoter::Ask(int until_frame) {
  std::vector<std::vector<const IdentityVote::Features*>> windows;
  std::vector<size_t> rows;
  for (auto& [tracklet, track] : tracks_) {
    auto center = track.frames.lower_bound(track.next_center);
    for (; center != track.frames.end() && center->first <= until_frame; ++center) {
      std::vector<const IdentityVote::Features*> window;
      for (int place = 0; place < vote_.window; ++place) {
        const auto at =
            track.frames.find(center->first + (place - vote_.window / 2) * vote_.spacing);
        window.push_back(at == track.frames.end() ? nullptr : &at->second.features);
      }
      windows.push_back(std::move(window));
      rows.push_back(center->second.row);
    }
    track.next_center = until_frame + 1;
  }
  if (!windows.empty()) {
    const std::vector<std::vector<float>> names = vote_.name(windows);
    VOLE_CHECK(names.size() == rows.size());
    for (size_t i = 0; i < rows.size(); ++i) {
      // The classes of the record alone, so that they sum to one again.
      double total = 0;
      for (const size_t k : class_of_) total += std::exp(static_cast<double>(names[i][k]));
      const auto log_total = static_cast<float>(std::log(std::max(total, 1e-30)));
      std::vector<float> log_prob;
      for (const size_t k : class_of_) log_prob.push_back(names[i][k] - log_total);
      record_.SetWindowOpinion(rows[i], log_prob);
    }
  }
  for (auto track = tracks_.begin(); track != tracks_.end();) {
    auto& frames = track->second.frames;
    frames.erase(frames.begin(), frames.lower_bound(until_frame - half_span_));
    track = frames.empty() ? tracks_.erase(track) : std::next(track);
  }
}

}  // namespace infer
