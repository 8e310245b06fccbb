#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "datasets/base/error.h"
#include "datasets/exchange/known_labels.h"
#include "datasets/exchange/label_batch.h"
#include "datasets/keypoints/sides.h"
#include "datasets/only_animal.h"
#include "datasets/pose/pose_document.h"
#include "datasets/pose/prediction_batch.h"
#include "datasets/store/points.h"

namespace datasets {

namespace {

bool AnySet(const PoseAnimal& animal) {
  return std::any_of(animal.points.begin(), animal.points.end(),
                     [](const KeyPoint& point) { return point.visibility > 0; });
}

// Numbers for the tracks: those that their names end in where no two share one, else their places.
std::vector<int> TrackNumbersOf(const std::vector<std::string>& tracks) {
  std::vector<int> numbers;
  std::set<int> taken;
  for (const std::string& track : tracks) {
    size_t digits = track.size();
    while (digits > 0 && std::isdigit(static_cast<unsigned char>(track[digits - 1]))) --digits;
    const std::string text = track.substr(digits);
    const bool fits = OnlyCounts(track) && !text.empty() && text.size() <= 8;
    numbers.push_back(fits ? std::stoi(text) : -1);
    if (!fits || !taken.insert(numbers.back()).second) {
      numbers.clear();
      for (size_t i = 0; i < tracks.size(); ++i) numbers.push_back(static_cast<int>(i) + 1);
      return numbers;
    }
  }
  return numbers;
}

class PoseImport {
 public:
  PoseImport(Project& project, const std::filesystem::path& path, PoseDocument& document,
             const ImportOptions& options, Job& job)
      : project_(project),
        document_(document),
        options_(options),
        job_(job),
        placer_(project, path, options),
        numbers_(TrackNumbersOf(document.tracks)),
        from_tracks_(options.names_from == "tracks") {}

  ImportReport Run() {
    for (const PictureClaim& claim : document_.pictures) placer_.See(claim);
    AddSkeletons();
    for (size_t i = 0; i < document_.animals.size(); ++i) {
      if (i % 4096 == 0) {
        job_.Advance(static_cast<double>(i), static_cast<double>(document_.animals.size()),
                     "placing animals");
      }
      Add(document_.animals[i]);
    }
    AddEmpty();
    labels_.warnings = document_.notes;
    placer_.AddNotes(&labels_.warnings);
    Say(empty_, " animals without any point were left out");
    Say(on_pictures_,
        " predicted animals on single pictures were left out: predictions belong to videos");
    if (!options_.empty_is_negative) {
      Say(bare_, " pictures are listed without an animal (--empty-is-negative: they hold none)");
    }
    Say(cut_, " scores lie outside of 0 to 1 and were stored as the nearer end");
    Say(hidden_, " points are marked as not visible and were read as hidden");
    return StorePose(project_, labels_, predictions_, document_.what, options_, job_);
  }

 private:
  void Say(int64_t count, const std::string& text) {
    if (count > 0) labels_.warnings.push_back(std::to_string(count) + text);
  }

  void AddSkeletons() {
    for (Skeleton& skeleton : document_.skeletons) {
      const bool paired = std::any_of(skeleton.points.begin(), skeleton.points.end(),
                                      [](const auto& point) { return point.partner >= 0; });
      const auto pairs =
          paired ? decltype(PartnersByName({}))() : PartnersByName(PointNames(skeleton));
      for (const auto& [left, right] : pairs) {
        const int one = PlaceOf(skeleton, left), other = PlaceOf(skeleton, right);
        skeleton.points[static_cast<size_t>(one)].partner = other;
        skeleton.points[static_cast<size_t>(other)].partner = one;
      }
      if (!pairs.empty()) {
        document_.notes.push_back("taken to be each other's mirror image by their names: " +
                                  PairsText(pairs));
      }
      CheckSkeleton(skeleton);
      labels_.skeletons.push_back(skeleton);
    }
  }

  // SLEAP's scores are no probabilities: those of whole animals add up over their points.
  double Share(double score) {
    constexpr double kSlack = 1e-6;
    cut_ += score > 1 + kSlack || score < -kSlack ? 1 : 0;
    return std::clamp(score, 0.0, 1.0);
  }

  // A picture's place is worked out once, however many animals are on it.
  using Places = std::map<size_t, std::optional<size_t>>;
  std::optional<size_t> PlaceOnce(size_t picture, LabelBatch& batch, Places* places) {
    const auto known = places->find(picture);
    if (known != places->end()) return known->second;
    return (*places)[picture] = placer_.Place(document_.pictures.at(picture), batch);
  }

  // Pictures that the document lists and puts no animal on, not even one without points.
  void AddEmpty() {
    std::vector<bool> used(document_.pictures.size());
    for (const PoseAnimal& animal : document_.animals) used.at(animal.picture) = true;
    for (size_t i = 0; i < used.size(); ++i) {
      if (used[i]) continue;
      ++bare_;
      if (options_.empty_is_negative) PlaceOnce(i, labels_, &label_places_);
    }
  }

  void Add(PoseAnimal& animal) {
    if (!AnySet(animal)) {
      ++empty_;
      return;
    }
    if (animal.predicted) return AddPrediction(animal);
    const auto place = PlaceOnce(animal.picture, labels_, &label_places_);
    if (!place) return;
    const std::string track =
        animal.track < 0 ? "" : document_.tracks[static_cast<size_t>(animal.track)];
    const bool named = !OnlyCounts(track);
    IncomingLabel& label =
        labels_.AddLabel(*place, labels_.Category(named && !from_tracks_ ? track : kAnyAnimal));
    if (animal.track >= 0 && (!named || from_tracks_)) {
      label.track = numbers_[static_cast<size_t>(animal.track)];
      if (named) label.track_name = track;
    }
    for (const KeyPoint& point : animal.points) hidden_ += point.visibility == 1 ? 1 : 0;
    label.row.key_points = std::move(animal.points);
    label.row.box = BoxOfPoints(label.row.key_points);
    label.row.author = animal.author;
  }

  void AddPrediction(PoseAnimal& animal) {
    const auto place = PlaceOnce(animal.picture, unlabeled_, &unlabeled_places_);
    if (!place) return;
    const IncomingImage& image = unlabeled_.image(*place);
    if (!image.video_id) {
      ++on_pictures_;
      return;
    }
    IncomingPrediction prediction;
    prediction.video_id = *image.video_id;
    prediction.frame_index = image.frame_index;
    if (animal.track >= 0) {
      const std::string& track = document_.tracks[static_cast<size_t>(animal.track)];
      const int number = numbers_[static_cast<size_t>(animal.track)];
      prediction.tracklet = number;
      prediction.name = !OnlyCounts(track) ? track
                        : from_tracks_     ? kAnyAnimal + ("_" + std::to_string(number))
                                           : kAnyAnimal;
    } else {
      prediction.name = kAnyAnimal;
    }
    double sum = 0;
    for (size_t k = 0; k < animal.points.size(); ++k) {
      const KeyPoint& point = animal.points[k];
      if (point.visibility == 0) continue;
      const double given = k < animal.confidences.size() ? animal.confidences[k] : NAN;
      const double confidence = std::isfinite(given) ? Share(given) : 1.0;
      sum += confidence;
      prediction.points.push_back(
          {point.name, point.x, point.y, confidence, 0, point.visibility > 1});
      hidden_ += point.visibility == 1 ? 1 : 0;
    }
    const double mean = sum / static_cast<double>(prediction.points.size());
    prediction.score = std::isfinite(animal.score) ? Share(animal.score) : mean;
    prediction.box = BoxOfPoints(animal.points);
    predictions_.push_back(std::move(prediction));
  }

  Project& project_;
  PoseDocument& document_;
  const ImportOptions& options_;
  Job& job_;
  FramePlacer placer_;
  const std::vector<int> numbers_;  // [tracks]
  const bool from_tracks_;
  LabelBatch labels_, unlabeled_;  // unlabeled: places of predictions alone
  Places label_places_, unlabeled_places_;
  std::vector<IncomingPrediction> predictions_;
  int64_t empty_ = 0, on_pictures_ = 0, hidden_ = 0, cut_ = 0, bare_ = 0;
};

}  // namespace

bool OnlyCounts(const std::string& track) {
  static const std::set<std::string> kWords = {"", "track", "tracklet", "instance"};
  std::string word;
  for (const char c : track) {
    if (std::isalpha(static_cast<unsigned char>(c))) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (std::string("0123456789 _-=.#").find(c) == std::string::npos) {
      return false;
    }
  }
  return kWords.count(word) > 0;
}

PictureClaim ClaimOfFrame(const std::string& what, const std::string& video, int64_t frame) {
  std::string path = video;
  std::replace(path.begin(), path.end(), '\\', '/');
  PictureClaim claim;
  claim.what = what + ", frame " + std::to_string(frame);
  if (!video.empty()) claim.videos = {video};
  claim.file_name = std::filesystem::path(path).filename().string() + "#" + std::to_string(frame);
  claim.number = frame;
  return claim;
}

ImportReport ImportPose(Project& project, const std::filesystem::path& path, PoseDocument document,
                        const ImportOptions& options, Job& job) {
  if (document.animals.empty()) {
    document.notes.push_back("the file holds no animals");
  }
  return PoseImport(project, path, document, options, job).Run();
}

}  // namespace datasets
