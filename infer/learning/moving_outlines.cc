#include "infer/learning/moving_outlines.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"
#include "datasets/shape/contrast.h"
#include "infer/names/identity.h"

namespace infer {
namespace {

constexpr size_t kMostBytes = size_t{200} << 20;  // of contrast pictures kept at a time
// Contrasts (0..255) to cut at. A shadow takes about 40 percent of the light away, so dark animals
// are cut higher than bright ones on a dark ground.
constexpr std::array<int, 9> kCuts = {24, 32, 42, 54, 64, 76, 90, 104, 122};
constexpr double kUsualDark = 104, kUsualBright = 72;
constexpr double kOfPeak = 0.5;        // faint or blurred animals end at half their own contrast
constexpr size_t kLooksToChoose = 40;  // the cut is chosen on so many, the frames among all
constexpr double kLeastArea = 30;      // pixels of an animal
constexpr double kSpeck = 0.2;         // of the usual area: below it, dirt
constexpr double kBlurred =
    0.25;  // share of clear frames that the area's growth with the cut is worth
constexpr double kUnusual = 0.35;       // share of clear frames that a cut e times off is worth
constexpr double kStays = 0.6;          // share of frames on which a place differs: no animal
constexpr double kFixedShare = 0.6;     // of the clear frames that show one and the same number
constexpr double kMostOfPicture = 0.3;  // animals that fill more are no blobs on a ground

struct Look {
  int frame = 0;
  cv::Mat contrast;  // CV_8UC1
};

cv::Scalar EvenGround(const cv::Mat& bgr) {
  std::array<int, 3> level{};
  for (int c = 0; c < 3; ++c) {
    std::array<int, 256> counts{};
    for (int y = 0; y < bgr.rows; ++y) {
      const cv::Vec3b* row = bgr.ptr<cv::Vec3b>(y);
      for (int x = 0; x < bgr.cols; ++x) ++counts[row[x][c]];
    }
    int64_t seen = 0;
    const int64_t half = static_cast<int64_t>(bgr.total() / 2);
    while (level[static_cast<size_t>(c)] < 255 &&
           (seen += counts[static_cast<size_t>(level[static_cast<size_t>(c)])]) <= half) {
      ++level[static_cast<size_t>(c)];
    }
  }
  return {double(level[0]), double(level[1]), double(level[2])};
}

struct Parts {
  cv::Mat labels;  // CV_32SC1
  std::vector<double> areas;
  std::vector<int> numbers;  // into labels, parallel
};

Parts PartsOf(const cv::Mat& mask, double least) {
  Parts parts;
  cv::Mat stats, centers;
  const int count = cv::connectedComponentsWithStats(mask, parts.labels, stats, centers, 8, CV_32S);
  for (int k = 1; k < count; ++k) {
    const double area = stats.at<int>(k, cv::CC_STAT_AREA);
    if (area < least) continue;
    parts.areas.push_back(area);
    parts.numbers.push_back(k);
  }
  return parts;
}

// The area such that half of all that stands out lies in smaller parts: specks hardly count.
double UsualArea(std::vector<double> areas) {
  std::sort(areas.begin(), areas.end());
  double all = 0, seen = 0;
  for (const double area : areas) all += area;
  for (const double area : areas) {
    if ((seen += area) >= all / 2) return area;
  }
  return 0;
}

double MedianOf(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<long>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// What one cut shows on one frame.
struct Seen {
  int animals = 0;
  bool odd = false;  // a part that is neither one animal nor a speck
};

struct CutResult {
  double area = 0;  // of one animal, pixels
  double peak = 0;  // the usual highest contrast of one
  int animals = 0;
  bool changing = false;
  std::vector<size_t> clear;  // looks
  std::vector<Seen> seen;     // of every look
};

class Search {
 public:
  Search(const SceneToSearch& scene, datasets::Job& job) : scene_(scene), job_(job) { TakeLooks(); }

  ClearFrames Run() {
    ClearFrames found;
    found.looked = static_cast<int>(looks_.size());
    const std::vector<Look> all = looks_;
    if (all.size() > kLooksToChoose) {
      looks_.clear();
      for (size_t i = 0; i < kLooksToChoose; ++i) {
        looks_.push_back(all[(2 * i + 1) * all.size() / (2 * kLooksToChoose)]);
      }
    }
    int best_cut = kCuts.front();
    double best_value = -1e9, done = 0, last_area = 0, last_cut = 0;
    for (const int cut : kCuts) {
      job_.Advance(done++, static_cast<double>(kCuts.size() + 2), "looking for what moves");
      const CutResult result = At(cut);
      if (result.area <= 0) continue;
      const double usual = std::min(dark_ ? kUsualDark : kUsualBright, kOfPeak * result.peak);
      // How fast the animals grow as the cut falls: where little, their border is sharp.
      const double growth =
          last_area > 0
              ? std::max(0.0, std::log(last_area / result.area) / std::log(double(cut) / last_cut))
              : 1;
      last_area = result.area, last_cut = cut;
      const double clear =
          0.5 * static_cast<double>(result.clear.size() + NotOdd(result)) / looks_.size();
      const double value = clear - kUnusual * std::abs(std::log(cut / usual)) - kBlurred * growth;
      if (value > best_value) best_value = value, best_cut = cut;
    }
    looks_ = all;
    job_.Advance(done, static_cast<double>(kCuts.size() + 2), "looking for what moves");
    const CutResult best = At(best_cut);
    found.clear = static_cast<int>(best.clear.size());
    found.apart = static_cast<int>(NotOdd(best));
    found.animals = best.animals;
    found.changing = best.changing;
    found.area = best.area;
    found.cut = best_cut;
    const size_t kept = std::min<size_t>(best.clear.size(), kMostClear);
    for (size_t k = 0; k < kept; ++k) {
      const Look& look = looks_[best.clear[(2 * k + 1) * best.clear.size() / (2 * kept)]];
      found.frames.push_back({look.frame, Outlines(look, best_cut, best.area)});
    }
    if (found.clear < kLeastClear) Explain(best, found);
    return found;
  }

 private:
  // As many as their pictures' memory allows.
  int MostLooks() const {
    const int most = std::min(kMostLooks, scene_.frame_count);
    const size_t pixels =
        scene_.background.empty() ? scene_.picture(0).total() : scene_.background.total();
    const int by_memory = static_cast<int>(kMostBytes / std::max<size_t>(1, pixels));
    return std::clamp(by_memory, std::min(most, 20), most);
  }

  void TakeLooks() {
    const int most = MostLooks();
    for (int i = 0; i < most; ++i) {
      const int frame = static_cast<int>((2 * int64_t{i} + 1) * scene_.frame_count / (2 * most));
      if (scene_.known_frames.count(frame)) continue;
      job_.Advance(i, most, "looking at frames");
      const cv::Mat picture = scene_.picture(frame);
      const bool still = !scene_.background.empty();
      const cv::Mat ground =
          still ? scene_.background : cv::Mat(picture.size(), CV_8UC3, EvenGround(picture));
      Look look{frame, datasets::ContrastTo(picture, ground)};
      cv::Mat gray, ground_gray;
      cv::cvtColor(picture, gray, cv::COLOR_BGR2GRAY);
      cv::cvtColor(ground, ground_gray, cv::COLOR_BGR2GRAY);
      const cv::Mat stands_out = look.contrast > kCuts.front();
      darker_ += cv::mean(ground_gray, stands_out)[0] - cv::mean(gray, stands_out)[0];
      looks_.push_back(std::move(look));
    }
    dark_ = darker_ > 0;
  }

  static size_t NotOdd(const CutResult& result) {
    return static_cast<size_t>(
        std::count_if(result.seen.begin(), result.seen.end(),
                      [](const Seen& seen) { return !seen.odd && seen.animals > 0; }));
  }

  // Where something differs on most frames.
  cv::Mat Staying(int cut) const {
    if (scene_.background.empty() || looks_.empty()) return {};
    cv::Mat count = cv::Mat::zeros(looks_[0].contrast.size(), CV_8UC1);
    for (const Look& look : looks_) {
      cv::Mat one;
      cv::threshold(look.contrast, one, cut, 1, cv::THRESH_BINARY);
      count += one;
    }
    cv::Mat staying = count > kStays * static_cast<double>(looks_.size());
    cv::dilate(staying, staying, cv::Mat());
    return staying;
  }

  cv::Mat Foreground(const Look& look, int cut, int radius) const {
    cv::Mat mask = look.contrast > cut;
    if (!staying_.empty()) mask.setTo(0, staying_);
    return datasets::FillHoles(datasets::Open(mask, radius));
  }

  CutResult At(int cut) {
    staying_ = Staying(cut);
    CutResult result;
    std::vector<double> areas;
    double covered = 0;
    for (const Look& look : looks_) {
      const Parts parts = PartsOf(Foreground(look, cut, 1), kLeastArea);
      for (const double area : parts.areas) covered += area;
      areas.insert(areas.end(), parts.areas.begin(), parts.areas.end());
    }
    result.area = UsualArea(std::move(areas));
    result.seen.resize(looks_.size());
    if (result.area <= 0 || looks_.empty()) return result;
    covered /= static_cast<double>(looks_.size()) * static_cast<double>(looks_[0].contrast.total());
    if (covered > kMostOfPicture) return result;
    const int radius = datasets::LegRadius(result.area);
    std::vector<Parts> parts;
    std::vector<double> peaks;
    areas.clear();
    for (const Look& look : looks_) {
      job_.ThrowIfCancelled();
      Parts of = PartsOf(Foreground(look, cut, radius), kLeastArea);
      AddPeaks(look, of, peaks);
      of.labels.release();
      areas.insert(areas.end(), of.areas.begin(), of.areas.end());
      parts.push_back(std::move(of));
    }
    result.area = UsualArea(std::move(areas));
    result.peak = MedianOf(std::move(peaks));
    std::map<int, std::vector<size_t>> by_number;
    for (size_t i = 0; i < looks_.size(); ++i) {
      Seen& seen = result.seen[i];
      for (const double area : parts[i].areas) {
        if (area < kSpeck * result.area) continue;
        const bool one = area >= kLeastWhole * result.area && area <= kMostWhole * result.area;
        seen.animals += one;
        seen.odd = seen.odd || !one;
      }
      if (!seen.odd && seen.animals > 0 && seen.animals <= kMostAnimals) {
        by_number[seen.animals].push_back(i);
      }
    }
    Choose(by_number, result);
    return result;
  }

  static void AddPeaks(const Look& look, const Parts& parts, std::vector<double>& peaks) {
    std::map<int, double> of_label;
    for (int y = 0; y < parts.labels.rows; ++y) {
      const int* label = parts.labels.ptr<int>(y);
      const uchar* contrast = look.contrast.ptr(y);
      for (int x = 0; x < parts.labels.cols; ++x) {
        if (label[x] == 0) continue;
        double& peak = of_label[label[x]];
        peak = std::max<double>(peak, contrast[x]);
      }
    }
    for (const int number : parts.numbers) peaks.push_back(of_label[number]);
  }

  // Frames of the number that was given, else of the one that most show, else of any.
  void Choose(const std::map<int, std::vector<size_t>>& by_number, CutResult& result) const {
    if (scene_.animals > 0) {
      result.animals = scene_.animals;
      const auto exact = by_number.find(scene_.animals);
      if (exact != by_number.end()) result.clear = exact->second;
      return;
    }
    size_t all = 0;
    const std::vector<size_t>* most = nullptr;
    for (const auto& [number, looks] : by_number) {
      all += looks.size();
      if (!most || looks.size() > most->size()) most = &looks, result.animals = number;
    }
    if (!most) return;
    result.clear = *most;
    if (static_cast<double>(most->size()) >= kFixedShare * static_cast<double>(all)) return;
    result.changing = true;
    result.animals = by_number.rbegin()->first;
    result.clear.clear();
    for (const auto& [number, looks] : by_number) {
      result.clear.insert(result.clear.end(), looks.begin(), looks.end());
    }
    std::sort(result.clear.begin(), result.clear.end());
  }

  std::vector<datasets::Rle> Outlines(const Look& look, int cut, double area) {
    const Parts parts =
        PartsOf(Foreground(look, cut, datasets::LegRadius(area)), kLeastWhole * area);
    std::vector<std::pair<int, cv::Mat>> masks;
    for (const int number : parts.numbers) {
      cv::Mat mask = parts.labels == number;
      const int left = datasets::BoundsOf(mask).x;
      masks.emplace_back(left, std::move(mask));
    }
    std::stable_sort(masks.begin(), masks.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<datasets::Rle> outlines;
    for (const auto& [left, mask] : masks) outlines.push_back(datasets::EncodeMask(mask));
    return outlines;
  }

  // Most seen apart helps most: the outline by hand then teaches every animal at once.
  void Explain(const CutResult& result, ClearFrames& found) const {
    int most = -1;
    int something = 0, together = 0;
    for (size_t i = 0; i < looks_.size(); ++i) {
      const Seen& seen = result.seen[i];
      something += seen.animals > 0 || seen.odd;
      together += seen.odd;
      if (seen.animals > most) most = seen.animals, found.ask_frame = looks_[i].frame;
    }
    if (scene_.frame_count < kLeastClear) {
      found.why_not = "it has only " + std::to_string(scene_.frame_count) + " frames, and " +
                      std::to_string(kLeastClear) + " are needed to see what moves";
    } else if (looks_.empty()) {
      found.why_not = "every frame looked at is labeled already";
    } else if (something * 4 < static_cast<int>(looks_.size())) {
      found.why_not = scene_.background.empty()
                          ? "the camera moves, and nothing stands out from an even ground"
                          : "nothing in it moves";
      found.ask_frame = looks_[looks_.size() / 2].frame;
    } else if (together * 2 > static_cast<int>(looks_.size())) {
      found.why_not =
          scene_.background.empty()
              ? "the camera moves, and what stands out has no size of its own"
              : "what moves has no size of its own: animals touch nearly throughout, or "
                "the light changes";
    } else {
      found.why_not = std::to_string(result.animals) +
                      (result.animals == 1 ? " animal is" : " animals apart are") + " seen on " +
                      std::to_string(found.clear) + " of " + std::to_string(found.looked) +
                      " frames only";
    }
  }

  const SceneToSearch& scene_;
  datasets::Job& job_;
  std::vector<Look> looks_;
  cv::Mat staying_;
  double darker_ = 0;
  bool dark_ = true;
};

}  // namespace

ClearFrames FindClearFrames(const SceneToSearch& scene, datasets::Job& job) {
  VOLE_CHECK(scene.picture && scene.frame_count >= 0);
  return Search(scene, job).Run();
}

}  // namespace infer
