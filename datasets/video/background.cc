#include <algorithm>
#include <cmath>
#include <map>
#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"
#include "datasets/base/median.h"
#include "datasets/video/video.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define VOLE_VECTOR_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define VOLE_VECTOR_CLONES
#endif

namespace datasets {
namespace {

constexpr int kMaxSamples = 255;  // counts fit a byte
constexpr size_t kMaxSampleBytes = size_t{512} << 20;
constexpr int kMinKnown = 8;          // labeled frames that suffice as the only samples
constexpr int kMaskMarginPixels = 3;  // legs, shadows and soft edges around a mask
constexpr int kClearDifference = 16;  // grey levels: beyond noise and compression

// Which edges stay is seen on small grey pictures.
constexpr int kEdgeSide = 512;
constexpr double kEdgeThreshold = 24;  // Sobel 3 x 3 magnitude, about 3 grey levels a pixel
// Steeper than the usual pixel of noise: magnitudes of noise are Rayleigh's, so that one pixel in
// some thousand is.
constexpr double kAboveNoise = 3.4;
constexpr double kStayingShare = 0.5;     // an edge stays when it is in half the frames
constexpr int kCells = 16;                // a side
constexpr double kMaxMovingCells = 0.12;  // more edges than animals have, spread over the picture
constexpr double kMinStayingCells = 0.3;  // of those with edges; the others are animals, many maybe

constexpr double kAgreement = 0.75;
constexpr double kMaxContestedRatio = 0.6;
constexpr double kMaxContestedShare = 0.002;  // of the picture, where the animals are known
constexpr double kMinMovedShare = 2e-5;
constexpr double kMinMovedPixels = 4;

struct Sample {
  int frame;
  cv::Mat hidden;  // CV_8U, nonzero where an animal is known to be; may be empty
};

std::vector<int> Spread(int count, int wanted) {
  std::vector<int> picked;
  wanted = std::min(count, wanted);
  for (int i = 0; i < wanted; ++i) {
    picked.push_back(wanted == 1 ? 0 : static_cast<int>(int64_t{i} * (count - 1) / (wanted - 1)));
  }
  return picked;
}

std::vector<Sample> ChooseSamples(const VideoIndex& index, int samples,
                                  const std::vector<std::pair<int, cv::Mat>>& known) {
  std::map<int, cv::Mat> chosen;
  std::map<int, cv::Mat> masks;
  for (const auto& [frame, mask] : known) {
    VOLE_CHECK(frame >= 0 && frame < index.frame_count());
    VOLE_CHECK(mask.empty() ||
               (mask.type() == CV_8U && mask.cols == index.width && mask.rows == index.height));
    masks[frame] = mask;
  }
  std::vector<int> labeled;
  for (const auto& [frame, mask] : masks) labeled.push_back(frame);
  for (const int i : Spread(static_cast<int>(labeled.size()), samples)) {
    chosen[labeled[i]] = masks[labeled[i]];
  }
  if (static_cast<int>(labeled.size()) < kMinKnown) {
    for (const int frame : Spread(index.frame_count(), samples)) chosen.emplace(frame, cv::Mat());
  }
  const cv::Mat around = cv::getStructuringElement(
      cv::MORPH_ELLIPSE, {2 * kMaskMarginPixels + 1, 2 * kMaskMarginPixels + 1});
  std::vector<Sample> result;
  for (const auto& [frame, mask] : chosen) {
    Sample sample{frame, {}};
    if (!mask.empty()) cv::dilate(mask, sample.hidden, around);
    result.push_back(sample);
  }
  if (result.size() > kMaxSamples) result.resize(kMaxSamples);
  return result;
}

// The largest m that at least half of the values (the upper half) reach: built bit by bit for all
// pixels at once. Hidden values are 0 and not counted in `needed`.
VOLE_VECTOR_CLONES
void MedianRow(const uint8_t* const* values, int count, const uint8_t* needed, int length,
               uint8_t* votes, uint8_t* median) {
  for (int x = 0; x < length; ++x) median[x] = 0;
  for (int bit = 128; bit > 0; bit >>= 1) {
    for (int x = 0; x < length; ++x) votes[x] = 0;
    for (int k = 0; k < count; ++k) {
      const uint8_t* row = values[k];
      for (int x = 0; x < length; ++x) votes[x] += row[x] >= (median[x] | bit);
    }
    for (int x = 0; x < length; ++x) {
      median[x] = votes[x] >= needed[x] ? static_cast<uint8_t>(median[x] | bit) : median[x];
    }
  }
}

VOLE_VECTOR_CLONES
void CountDifferent(const uint8_t* values, const uint8_t* median, int length, uint8_t* different) {
  for (int x = 0; x < length; ++x) {
    const int gap = values[x] > median[x] ? values[x] - median[x] : median[x] - values[x];
    different[x] = static_cast<uint8_t>(gap >= kClearDifference);
  }
}

struct Sums {
  double differences = 0, compared = 0;  // grey levels, values
  double moved = 0, contested = 0;       // pixels
  std::vector<double> different_of;      // pixels of each sample that differ clearly
};

// Median and statistics of the rows [first, first + band height).
void MedianBand(const std::vector<cv::Mat>& bands, const std::vector<Sample>& samples, int first,
                cv::Mat* bgr, cv::Mat* unseen, Sums* sums) {
  const int width = bgr->cols, length = 3 * width, count = static_cast<int>(bands.size());
  std::vector<uint8_t> needed(length), votes(length), seen(width), often(width), differs(length);
  std::vector<const uint8_t*> rows(count);
  for (int y = 0; y < bands[0].rows; ++y) {
    std::fill(seen.begin(), seen.end(), static_cast<uint8_t>(count));
    for (int k = 0; k < count; ++k) {
      rows[k] = bands[k].ptr(y);
      if (samples[k].hidden.empty()) continue;
      const uint8_t* hidden = samples[k].hidden.ptr(first + y);
      for (int x = 0; x < width; ++x) seen[x] -= hidden[x] != 0;
    }
    for (int x = 0; x < length; ++x) needed[x] = static_cast<uint8_t>(seen[x / 3] / 2 + 1);
    uint8_t* median = bgr->ptr(first + y);
    MedianRow(rows.data(), count, needed.data(), length, votes.data(), median);

    std::fill(often.begin(), often.end(), uint8_t{0});
    for (int k = 0; k < count; ++k) {
      const uint8_t* hidden =
          samples[k].hidden.empty() ? nullptr : samples[k].hidden.ptr(first + y);
      CountDifferent(rows[k], median, length, differs.data());
      for (int x = 0; x < width; ++x) {
        if (hidden && hidden[x]) continue;
        const uint8_t here = differs[3 * x] | differs[3 * x + 1] | differs[3 * x + 2];
        often[x] += here;
        sums->different_of[k] += here;
        for (int c = 0; c < 3; ++c)
          sums->differences += std::abs(rows[k][3 * x + c] - median[3 * x + c]);
        sums->compared += 3;
      }
    }
    for (int x = 0; x < width; ++x) {
      sums->moved += often[x] > 0;
      sums->contested += often[x] > (1 - kAgreement) * seen[x];
      if (seen[x] == 0) unseen->at<uint8_t>(first + y, x) = 255;
    }
  }
}

// Fills from around, coarse to fine: a hole takes the mean of what is seen near it.
void FillUnseen(const cv::Mat& unseen, cv::Mat* bgr) {
  if (cv::countNonZero(unseen) == 0 || (unseen.rows == 1 && unseen.cols == 1)) return;
  const cv::Size half((unseen.cols + 1) / 2, (unseen.rows + 1) / 2);
  cv::Mat weight, coarse_weight, values, coarse;
  cv::Mat(unseen == 0).convertTo(weight, CV_32F, 1.0 / 255);
  cv::resize(weight, coarse_weight, half, 0, 0, cv::INTER_AREA);
  cv::Mat weight_of_channels;
  cv::merge(std::vector<cv::Mat>(3, weight), weight_of_channels);
  bgr->convertTo(values, CV_32F);
  cv::resize(values.mul(weight_of_channels), coarse, half, 0, 0, cv::INTER_AREA);
  cv::merge(std::vector<cv::Mat>(3, cv::max(coarse_weight, 1e-6F)), weight_of_channels);
  coarse /= weight_of_channels;
  cv::Mat coarse_bgr, filled;
  coarse.convertTo(coarse_bgr, CV_8U);
  FillUnseen(coarse_weight < 1e-4F, &coarse_bgr);
  cv::resize(coarse_bgr, filled, bgr->size(), 0, 0, cv::INTER_LINEAR);
  filled.copyTo(*bgr, unseen);
}

// How steep a usual pixel is in the quiet quarter of the picture: noise alone, whatever its grain.
double SteepnessOfNoise(const cv::Mat& magnitude) {
  std::vector<double> usual;
  for (int cell = 0; cell < kCells * kCells; ++cell) {
    const cv::Point from(cell % kCells * magnitude.cols / kCells,
                         cell / kCells * magnitude.rows / kCells);
    const cv::Point to((cell % kCells + 1) * magnitude.cols / kCells,
                       (cell / kCells + 1) * magnitude.rows / kCells);
    const cv::Mat place = magnitude(cv::Rect(from, to)).clone();
    if (place.empty()) continue;
    usual.push_back(Median(std::vector<double>(place.begin<float>(), place.end<float>())));
  }
  if (usual.empty()) return 0;
  const auto quarter = usual.begin() + static_cast<std::ptrdiff_t>(usual.size() / 4);
  std::nth_element(usual.begin(), quarter, usual.end());
  return *quarter;
}

// Small edge pictures of the samples and the verdict whether their edges stay in place.
class EdgeWatch {
 public:
  void Add(const cv::Mat& bgr, const cv::Mat& hidden) {
    cv::Mat grey, small, dx, dy, magnitude;
    cv::cvtColor(bgr, grey, cv::COLOR_BGR2GRAY);
    const double scale =
        std::min(1.0, static_cast<double>(kEdgeSide) / std::max(bgr.cols, bgr.rows));
    cv::resize(grey, small, {}, scale, scale, cv::INTER_AREA);
    cv::Sobel(small, dx, CV_32F, 1, 0);
    cv::Sobel(small, dy, CV_32F, 0, 1);
    cv::magnitude(dx, dy, magnitude);
    cv::Mat edges = magnitude > std::max(kEdgeThreshold, kAboveNoise * SteepnessOfNoise(magnitude));
    if (!hidden.empty()) {
      cv::Mat small_hidden;
      cv::resize(hidden, small_hidden, edges.size(), 0, 0, cv::INTER_NEAREST);
      edges.setTo(0, small_hidden);
    }
    edges_.push_back(edges);
  }

  bool CameraStands() const {
    cv::Mat counts = cv::Mat::zeros(edges_[0].size(), CV_8U);
    for (const cv::Mat& edges : edges_) counts += edges / 255;
    cv::Mat staying;
    cv::dilate(counts >= kStayingShare * static_cast<double>(edges_.size()), staying, cv::Mat());
    double staying_cells = 0, moving_cells = 0;
    for (const cv::Mat& edges : edges_) {
      for (int cell = 0; cell < kCells * kCells; ++cell) {
        const int left = cell % kCells * edges.cols / kCells,
                  top = cell / kCells * edges.rows / kCells;
        const int right = (cell % kCells + 1) * edges.cols / kCells;
        const int bottom = (cell / kCells + 1) * edges.rows / kCells;
        if (right <= left || bottom <= top) continue;
        const cv::Rect place(left, top, right - left, bottom - top);
        const int all = cv::countNonZero(edges(place));
        if (all < 3) continue;
        const int stay = cv::countNonZero(edges(place) & staying(place));
        (2 * stay >= all ? staying_cells : moving_cells) += 1;
      }
    }
    const double cells = static_cast<double>(edges_.size()) * kCells * kCells;
    return moving_cells / cells <= kMaxMovingCells ||
           staying_cells / (staying_cells + moving_cells) >= kMinStayingCells;
  }

 private:
  std::vector<cv::Mat> edges_;
};

}  // namespace

Background EstimateBackground(VideoReader& reader, int samples, Job& job,
                              const std::vector<std::pair<int, cv::Mat>>& known_animals) {
  const VideoIndex& index = reader.index();
  const auto chosen = ChooseSamples(index, std::clamp(samples, 1, kMaxSamples), known_animals);
  const size_t row_bytes = chosen.size() * 3 * static_cast<size_t>(index.width);
  const int band_rows =
      static_cast<int>(std::clamp<size_t>(kMaxSampleBytes / row_bytes, 1, index.height));
  const int passes = (index.height + band_rows - 1) / band_rows;
  const double work = static_cast<double>(passes) * static_cast<double>(chosen.size());

  Background result;
  result.bgr.create(index.height, index.width, CV_8UC3);
  cv::Mat unseen = cv::Mat::zeros(index.height, index.width, CV_8U);
  EdgeWatch watch;
  Sums sums;
  sums.different_of.resize(chosen.size());
  cv::Mat bgr;
  double done = 0;
  for (int first = 0; first < index.height; first += band_rows) {
    const cv::Range rows(first, std::min(index.height, first + band_rows));
    std::vector<cv::Mat> bands;
    for (const Sample& sample : chosen) {
      job.Advance(done++, work, "estimating the background");
      reader.ReadInto(sample.frame, &bgr);
      if (first == 0) watch.Add(bgr, sample.hidden);
      bands.push_back(bgr.rowRange(rows).clone());
      if (!sample.hidden.empty())
        bands.back().setTo(cv::Scalar::all(0), sample.hidden.rowRange(rows));
    }
    MedianBand(bands, chosen, first, &result.bgr, &unseen, &sums);
  }
  const double pixels = static_cast<double>(index.width) * index.height;
  double different = 0;
  int quiet_samples = 0;
  for (const double count : sums.different_of) {
    different += count;
    quiet_samples += count < std::max(kMinMovedPixels, kMinMovedShare * pixels);
  }
  const double differing_a_frame = different / static_cast<double>(chosen.size());
  result.residual = sums.compared > 0 ? sums.differences / sums.compared : 0;
  result.moved_share = sums.moved / pixels;
  result.contested_ratio = differing_a_frame > 0 ? sums.contested / differing_a_frame : 0;
  result.static_camera = watch.CameraStands();
  if (!result.static_camera) {
    result.bgr.release();
    return result;
  }
  FillUnseen(unseen, &result.bgr);
  const bool told = known_animals.size() >= kMinKnown;
  const bool visible = 2 * quiet_samples < static_cast<int>(chosen.size());
  const bool contested = result.contested_ratio > kMaxContestedRatio &&
                         !(told && sums.contested < kMaxContestedShare * pixels);
  result.reliable = !contested && (told || visible);
  return result;
}

}  // namespace datasets
