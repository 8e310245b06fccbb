#include "infer/behavior/crops.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "datasets/base/error.h"
#include "datasets/base/median.h"
#include "datasets/unknown_name.h"
#include "train/behavior/picture.h"

namespace infer {
namespace {

using datasets::Error;
using datasets::Id;

constexpr int kMotionReach = 8;      // frames before and after whose masks motion looks at
constexpr int kChunkFrames = 256;    // predictions are read so many frames at a time
constexpr int kScaleSamples = 60;    // frames that tell an animal's size
constexpr double kTouchShare = 0.1;  // masks this share of the scale apart touch (at least 3 px)

using Outlines = std::map<std::string, datasets::Rle>;  // by animal; unnamed ones by number

// Masks of a video by frame, labels before predictions.
class OutlineReader {
 public:
  OutlineReader(const datasets::Project& project, const datasets::VideoRow& video)
      : project_(project), video_(video), job_id_(project.LatestPredictJob(video.id).value_or(0)) {
    for (const auto& category : project.Categories()) {
      names_[category.id] = category.name;
      if (datasets::IsUnknown(category)) unknown_ = category.id;
    }
    for (const auto& image : project.ImagesOfVideo(video.id)) {
      if (image.frame_index && image.state != datasets::ImageState::kNew) {
        labeled_.insert(*image.frame_index);
      }
    }
    if (job_id_ != 0 && project.CountPredictedFrames(job_id_, video.id) == 0) job_id_ = 0;
  }

  bool empty() const { return labeled_.empty() && job_id_ == 0; }
  bool predicted() const { return job_id_ != 0; }
  const std::set<int>& labeled() const { return labeled_; }
  // The animals that have a name among those of a frame.
  std::vector<std::string> NamesAt(int frame) {
    std::vector<std::string> names;
    for (const auto& [name, mask] : At(frame)) {
      if (!unnamed_.count(name)) names.push_back(name);
    }
    return names;
  }
  Id job_id() const { return job_id_; }

  Outlines At(int frame) {
    Outlines outlines;
    if (labeled_.count(frame)) {
      for (const auto& row : project_.AnnotationsAt(video_.id, frame)) {
        if (row.iscrowd || !row.HasShape()) continue;
        Take(outlines, row.category_id == unknown_ ? Unnamed(-row.id) : names_[row.category_id],
             row.Mask({video_.width, video_.height}));
      }
      if (!outlines.empty()) return outlines;
    }
    if (job_id_ == 0) return outlines;
    if (frame < chunk_start_ || frame >= chunk_start_ + kChunkFrames) {
      chunk_.clear();
      chunk_start_ = frame;
      project_.ForEachPrediction(
          job_id_, video_.id, frame, std::min(frame + kChunkFrames, video_.frame_count),
          [&](int at, const std::vector<datasets::PredictionRow>& rows) { chunk_[at] = rows; });
    }
    const auto found = chunk_.find(frame);
    if (found == chunk_.end()) return outlines;
    std::map<Id, double> best;
    for (const auto& row : found->second) {
      if (row.rejected || !row.rle) continue;
      if (row.category_id == unknown_) {
        outlines[Unnamed(row.tracklet)] = *row.rle;
        continue;
      }
      const auto [place, is_new] = best.emplace(row.category_id, row.score);
      if (!is_new && row.score <= place->second) continue;
      place->second = row.score;
      outlines[names_[row.category_id]] = *row.rle;
    }
    return outlines;
  }

 private:
  // Several animals are called unknown: each is somebody, and none is a subject.
  std::string Unnamed(Id number) {
    return *unnamed_.insert(names_[*unknown_] + " " + std::to_string(number)).first;
  }

  void Take(Outlines& outlines, const std::string& name, datasets::Rle mask) {
    datasets::Rle& kept = outlines[name];
    if (kept.empty() || datasets::RleArea(mask) > datasets::RleArea(kept)) kept = std::move(mask);
  }

  const datasets::Project& project_;
  const datasets::VideoRow video_;
  Id job_id_;
  std::map<Id, std::string> names_;
  std::optional<Id> unknown_;
  std::set<std::string> unnamed_;
  std::set<int> labeled_;
  int chunk_start_ = -kChunkFrames - 1;
  std::map<int, std::vector<datasets::PredictionRow>> chunk_;
};

}  // namespace

struct BehaviorPictures::Impl {
  Impl(const datasets::Project& use_project, const datasets::VideoRow& use_video,
       PictureSource use_source, datasets::Job& job)
      : project(use_project),
        video(use_video),
        source(std::move(use_source)),
        outlines(use_project, use_video),
        background(use_project.BackgroundOf(use_video).bgr),
        blobs(background) {
    VOLE_CHECK(!source.subjects.empty());
    const std::string& view = source.input.view;
    own_crop = view == "animal" || view == "pair";
    from_blob =
        outlines.empty() && source.subjects.size() == 1 && !background.empty() && view != "region";
    if (own_crop && outlines.empty() && !from_blob) {
      throw Error("behavior in video '" + video.name + "'",
                  "its animals have no outlines, neither labeled nor predicted",
                  "run vole predict with a model for outlines first, or use --view frame");
    }
    if (view == "region") PlaceRegions();
    if (own_crop || from_blob || !outlines.empty()) MeasureScales(job);
  }

  void PlaceRegions() {
    const auto masks = datasets::ZoneMasks(source.zones, video.name, video.height, video.width);
    for (const std::string& subject : source.subjects) {
      const auto zone = std::find_if(masks.begin(), masks.end(),
                                     [&](const auto& mask) { return mask.name == subject; });
      if (zone == masks.end()) {
        throw Error("region '" + subject + "'", "it is not defined in video '" + video.name + "'",
                    "draw it in the workbench, or name it in the file of --zones");
      }
      regions.push_back(*zone);
    }
  }

  Outlines OutlinesAt(int frame) {
    if (!from_blob) return outlines.At(frame);
    Outlines found;
    datasets::Rle blob = blobs.Find(Picture(frame));
    if (!blob.empty()) found[source.subjects.front()] = std::move(blob);
    return found;
  }

  // The subject's own outline: its animal, or in a region whatever lies inside.
  const datasets::Rle* OutlineOf(size_t subject, const Outlines& found) const {
    const auto at = found.find(source.subjects[subject]);
    if (at != found.end()) return &at->second;
    if (source.input.view == "region") {
      const datasets::Rle* best = nullptr;
      double most = 0;
      for (const auto& [name, mask] : found) {
        const double overlap = datasets::RleIou(mask, regions[subject].mask, true);
        if (overlap > most) {
          most = overlap;
          best = &mask;
        }
      }
      return best;
    }
    const bool whole = source.input.view == "frame" && found.size() == 1;
    return whole ? &found.begin()->second : nullptr;
  }

  void MeasureScales(datasets::Job& job) {
    std::set<int> frames;
    if (from_blob || outlines.predicted()) {
      for (int i = 0; i < kScaleSamples; ++i) {
        frames.insert(static_cast<int>((i + 0.5) * video.frame_count / kScaleSamples));
      }
    }
    int stride = std::max<int>(1, static_cast<int>(outlines.labeled().size()) / kScaleSamples);
    int number = 0;
    for (const int frame : outlines.labeled()) {
      if (number++ % stride == 0) frames.insert(frame);
    }
    std::vector<std::vector<double>> areas(source.subjects.size());
    std::vector<double> all;
    for (const int frame : frames) {
      job.Advance(0, 0, "measuring the animals of " + video.name);
      const Outlines found = OutlinesAt(frame);
      for (size_t s = 0; s < areas.size(); ++s) {
        if (const datasets::Rle* mask = OutlineOf(s, found)) {
          areas[s].push_back(datasets::RleArea(*mask));
          all.push_back(areas[s].back());
        }
      }
    }
    const double common = datasets::Median(all, 0);
    for (const auto& list : areas)
      scales_px.push_back(std::sqrt(std::max(4.0, datasets::Median(list, common))));
    if (own_crop && all.empty()) {
      throw Error("behavior in video '" + video.name + "'",
                  "none of the subjects to look at has an outline there",
                  "check that subjects of the behavior labels are named as the animals are");
    }
  }

  const cv::Mat& Picture(int frame) {
    if (frame != picture_frame) {
      if (!reader) {
        reader = std::make_unique<datasets::VideoReader>(project.OpenVideo(video));
      }
      reader->ReadInto(frame, &picture);
      picture_frame = frame;
    }
    return picture;
  }

  cv::Mat Cut(size_t subject, int frame, const Outlines& found, const SubjectFrame& state) {
    std::vector<train::PictureMask> masks;
    const datasets::Rle* own = OutlineOf(subject, found);
    cv::Point2d center(video.width / 2.0, video.height / 2.0);
    double side = std::max(video.width, video.height);
    if (source.input.view == "region") {
      const datasets::Box box = datasets::RleBox(regions[subject].mask);
      center = {box.x + box.width / 2, box.y + box.height / 2};
      side = std::max(box.width, box.height);
    }
    if (own_crop) {
      if (!own) return {};
      center = {state.moments.x, state.moments.y};
      side = source.input.extent * scales_px[subject];
      if (source.input.view == "pair" && state.touching) {
        const datasets::Rle* other = nullptr;
        for (const auto& [name, mask] : found) {
          if (&mask == own) continue;
          const auto moments = datasets::MomentsOf(mask);
          if (std::hypot(moments.x - state.nearest.x, moments.y - state.nearest.y) < 0.5) {
            other = &mask;
          }
        }
        if (other) {
          masks.push_back({other, 128});
          center = (center + state.nearest) / 2;
        }
      }
    }
    if (source.input.view == "pair" || !own_crop) {
      for (const auto& [name, mask] : found) {
        if (&mask != own && !own_crop) masks.push_back({&mask, 128});
      }
    } else if (source.input.mask && !source.input.masked) {
      for (const auto& [name, mask] : found) {
        if (&mask != own) masks.push_back({&mask, 128});
      }
    }
    if (own) masks.push_back({own, 255});
    return train::CutPicture(Picture(frame), background, center, side, masks, source.input);
  }

  SubjectFrame StateOf(size_t subject, const Outlines& found, const datasets::Rle& before) const {
    SubjectFrame state;
    const datasets::Rle* own = OutlineOf(subject, found);
    if (!own) return state;
    state.moments = datasets::MomentsOf(*own);
    state.seen = state.moments.area > 0;
    if (!state.seen) return state;
    if (!before.empty()) state.same_iou = datasets::RleIou(*own, before);
    double nearest = 1e30;
    for (const auto& [name, mask] : found) {
      if (&mask == own) continue;
      const auto moments = datasets::MomentsOf(mask);
      if (moments.area <= 0) continue;
      const double distance = std::hypot(moments.x - state.moments.x, moments.y - state.moments.y);
      if (distance >= nearest) continue;
      nearest = distance;
      state.alone = false;
      state.nearest = {moments.x, moments.y};
      const double reach = std::max(3.0, kTouchShare * scales_px[subject]);
      state.touching = distance < 0.6 * (moments.length + state.moments.length) + reach &&
                       datasets::MasksTouch(*own, mask, reach);
    }
    return state;
  }

  const datasets::Project& project;
  const datasets::VideoRow video;
  PictureSource source;
  OutlineReader outlines;
  cv::Mat background;
  train::BlobFinder blobs;
  bool own_crop = false, from_blob = false;
  std::vector<datasets::ZoneMask> regions;  // by subject
  std::vector<double> scales_px;            // by subject: square root of the median area
  std::unique_ptr<datasets::VideoReader> reader;
  cv::Mat picture;
  int picture_frame = -1;
};

BehaviorPictures::BehaviorPictures(const datasets::Project& project,
                                   const datasets::VideoRow& video, PictureSource source,
                                   datasets::Job& job)
    : impl_(std::make_unique<Impl>(project, video, std::move(source), job)) {}
BehaviorPictures::~BehaviorPictures() = default;

size_t BehaviorPictures::subjects() const { return impl_->source.subjects.size(); }

std::vector<SubjectTrace> BehaviorPictures::Run(int start_frame, int end_frame, datasets::Job& job,
                                                const Visitor& visit) {
  Impl& impl = *impl_;
  const size_t subjects = impl.source.subjects.size();
  const bool outlined = impl.from_blob || !impl.outlines.empty();
  const int first = std::max(0, start_frame - 2 * kMotionReach);
  const int last = std::min(impl.video.frame_count, end_frame + kMotionReach);
  std::vector<std::vector<SubjectFrame>> states(subjects);
  std::vector<SubjectTrace> traces(subjects);
  std::vector<datasets::Rle> before(subjects);
  for (int frame = first; frame < last; ++frame) {
    job.Advance(frame - first, last - first, "preparing pictures of " + impl.video.name);
    const Outlines found = outlined ? impl.OutlinesAt(frame) : Outlines();
    for (size_t s = 0; s < subjects; ++s) {
      const SubjectFrame state = impl.StateOf(s, found, before[s]);
      const datasets::Rle* own = impl.OutlineOf(s, found);
      before[s] = own ? *own : datasets::Rle();
      states[s].push_back(state);
      if (frame < start_frame || frame >= end_frame) continue;
      const cv::Mat stored =
          impl.own_crop && !state.seen ? cv::Mat() : impl.Cut(s, frame, found, state);
      traces[s].seen.push_back(!stored.empty());
      visit(frame, s, stored);
    }
  }
  for (size_t s = 0; s < subjects; ++s) {
    const double scale = impl.scales_px.empty() ? 1 : impl.scales_px[s];
    const std::vector<float> all =
        MotionFeatures(states[s], impl.video.fps, scale, impl.source.causal);
    const auto from = all.begin() + (start_frame - first) * train::kMotionFeatures;
    traces[s].motion.assign(from, from + (end_frame - start_frame) * train::kMotionFeatures);
  }
  return traces;
}

std::string BehaviorPictures::Fingerprint() const {
  Impl& impl = *impl_;
  const train::BehaviorInput& input = impl.source.input;
  nlohmann::json key = {{"video", impl.video.fingerprint},
                        {"view", input.view},
                        {"side", input.side},
                        {"room", input.room},
                        {"channels", {input.color, input.difference, input.mask, input.masked}},
                        {"extent", input.extent},
                        {"causal", impl.source.causal},
                        {"motion", 2},  // grows when the numbers of behavior_motion.cc change
                        {"subjects", impl.source.subjects},
                        {"scales", impl.scales_px},
                        {"blob", impl.from_blob},
                        {"job", impl.outlines.job_id()}};
  for (const auto& region : impl.regions) {
    key["regions"].push_back({region.name, datasets::CompressRle(region.mask)});
  }
  for (const auto& correction : impl.project.Corrections(impl.outlines.job_id(), impl.video.id)) {
    key["corrections"].push_back(correction.id);
  }
  impl.project.ForEachAnnotation(
      impl.video.id, [&](const datasets::ImageRow& image, const auto& rows) {
        for (const auto& row : rows) {
          key["labels"].push_back({image.frame_index.value_or(-1), row.id, row.category_id,
                                   row.area, row.box.x, row.box.y, row.box.width, row.box.height});
        }
      });
  return key.dump();
}

std::vector<std::string> OutlinedAnimals(const datasets::Project& project,
                                         const datasets::VideoRow& video) {
  OutlineReader outlines(project, video);
  std::set<std::string> seen;
  for (const int frame : outlines.labeled()) {
    for (const std::string& name : outlines.NamesAt(frame)) seen.insert(name);
    if (seen.size() >= project.Categories().size()) break;
  }
  if (outlines.predicted()) {
    for (int i = 0; i < kScaleSamples; ++i) {
      const int frame = static_cast<int>((i + 0.5) * video.frame_count / kScaleSamples);
      for (const std::string& name : outlines.NamesAt(frame)) seen.insert(name);
    }
  }
  return {seen.begin(), seen.end()};
}

}  // namespace infer
