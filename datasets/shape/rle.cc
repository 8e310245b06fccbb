// Run-length encoding of masks: the behavior of cocoapi's common/maskApi.c, written anew.
#include <algorithm>
#include <cstring>
#include <limits>
#include <string>

#include "datasets/base/error.h"
#include "datasets/shape/mask.h"

namespace datasets {
namespace {

constexpr const char* kMalformedRemedy = "write the mask again with its image's size";

uint64_t CheckedPixels(int height, int width) {
  const uint64_t pixels = static_cast<uint64_t>(height) * static_cast<uint64_t>(width);
  if (height < 0 || width < 0 || pixels > std::numeric_limits<uint32_t>::max())
    throw Error("mask of " + std::to_string(width) + " x " + std::to_string(height) + " pixels",
                "the size is not one that a run-length mask can have",
                "give a positive width and height with fewer than 2^32 pixels");
  return pixels;
}

// Builds canonical runs: background first, no empty run except possibly the first.
class RunBuilder {
 public:
  // Appends `length` pixels of the given kind.
  void Add(bool foreground, uint64_t length) {
    if (length == 0) return;
    if (foreground != foreground_) {
      counts_.push_back(static_cast<uint32_t>(open_));
      open_ = 0;
      foreground_ = foreground;
    }
    open_ += length;
  }
  std::vector<uint32_t> Finish() {
    counts_.push_back(static_cast<uint32_t>(open_));
    return std::move(counts_);
  }

 private:
  std::vector<uint32_t> counts_;
  uint64_t open_ = 0;
  bool foreground_ = false;
};

// Walks the runs of one mask as (kind, pixels left), skipping empty runs.
struct RunReader {
  const std::vector<uint32_t>& counts;
  size_t next = 0;
  uint64_t left = 0;
  bool foreground = true;
  explicit RunReader(const Rle& rle) : counts(rle.counts) { Refill(); }
  bool Refill() {
    while (left == 0 && next < counts.size()) left = counts[next++], foreground = !foreground;
    return left > 0;
  }
};

// Calls visit(in_a, in_b, pixels) for the maximal pieces on which both masks are constant.
template <class Visit>
void Sweep(const Rle& a, const Rle& b, Visit&& visit) {
  RunReader ra(a), rb(b);
  while (ra.left > 0 && rb.left > 0) {
    const uint64_t pixels = std::min(ra.left, rb.left);
    visit(ra.foreground, rb.foreground, pixels);
    ra.left -= pixels;
    rb.left -= pixels;
    ra.Refill();
    rb.Refill();
  }
}

// Adds the column of `length` bytes, each 0 or 255; memchr finds the ends of its runs.
void AddColumn(const uchar* column, int length, RunBuilder& runs) {
  const uchar* end = column + length;
  bool foreground = *column != 0;
  while (column < end) {
    const void* change = std::memchr(column, foreground ? 0 : 255, end - column);
    const uchar* stop = change ? static_cast<const uchar*>(change) : end;
    runs.Add(foreground, stop - column);
    column = stop;
    foreground = !foreground;
  }
}

cv::Mat ColumnsOf(const cv::Mat& mask) {
  cv::Mat columns;
  cv::transpose(mask, columns);
  cv::compare(columns, 0, columns, cv::CMP_GT);
  return columns;
}

// True when the two masks' first-to-last foreground stretches of pixels have a common part.
bool StretchesMeet(const Rle& a, const Rle& b) {
  const auto stretch = [](const Rle& rle) {
    const uint64_t pixels = static_cast<uint64_t>(rle.height) * rle.width;
    const uint64_t first = rle.counts.empty() ? 0 : rle.counts.front();
    const uint64_t tail = rle.counts.size() % 2 == 1 ? rle.counts.back() : 0;
    return std::pair<uint64_t, uint64_t>(first, pixels - std::min(pixels, tail));
  };
  const auto [a_first, a_last] = stretch(a);
  const auto [b_first, b_last] = stretch(b);
  return std::max(a_first, b_first) < std::min(a_last, b_last);
}

}  // namespace

Rle EncodeMask(const cv::Mat& mask) {
  return EncodeMaskAt(mask, cv::Rect(0, 0, mask.cols, mask.rows), mask.rows, mask.cols);
}

Rle EncodeMaskAt(const cv::Mat& mask, const cv::Rect& region, int height, int width) {
  const uint64_t pixels = CheckedPixels(height, width);
  VOLE_CHECK(mask.empty() || mask.type() == CV_8UC1);
  VOLE_CHECK(mask.cols == region.width && mask.rows == region.height);
  RunBuilder runs;
  uint64_t done = 0;
  const cv::Rect inside = region & cv::Rect(0, 0, width, height);
  if (!mask.empty() && !inside.empty()) {
    const cv::Mat columns = ColumnsOf(mask(inside - region.tl()));
    for (int i = 0; i < columns.rows; ++i) {
      const uint64_t start = static_cast<uint64_t>(inside.x + i) * height + inside.y;
      runs.Add(false, start - done);
      AddColumn(columns.ptr(i), columns.cols, runs);
      done = start + columns.cols;
    }
  }
  runs.Add(false, pixels - done);
  return {height, width, runs.Finish()};
}

cv::Mat DecodeMask(const Rle& rle) {
  return DecodeMask(rle, cv::Rect(0, 0, rle.width, rle.height));
}

cv::Mat DecodeMask(const Rle& rle, const cv::Rect& region) {
  const cv::Rect inside = region & cv::Rect(0, 0, rle.width, rle.height);
  if (inside.empty()) return {};
  const uint64_t height = rle.height;
  const uint64_t first_pixel = static_cast<uint64_t>(inside.x) * height;
  const uint64_t end_pixel = static_cast<uint64_t>(inside.x + inside.width) * height;
  const int top = inside.y, bottom = inside.y + inside.height;
  cv::Mat columns = cv::Mat::zeros(inside.width, inside.height, CV_8UC1);
  uint64_t position = 0;
  for (size_t i = 0; i < rle.counts.size() && position < end_pixel; ++i) {
    const uint64_t start = std::max(position, first_pixel);
    position += rle.counts[i];
    const uint64_t stop = std::min(position, end_pixel);
    if (i % 2 == 0 || start >= stop) continue;
    int column = static_cast<int>(start / height);
    int row = static_cast<int>(start % height);
    uint64_t left = stop - start;
    while (left > 0) {
      const int stop_row = static_cast<int>(std::min<uint64_t>(height, row + left));
      left -= stop_row - row;
      const int from = std::max(row, top), to = std::min(stop_row, bottom);
      if (from < to) std::memset(columns.ptr(column - inside.x) + from - top, 255, to - from);
      row = 0;
      ++column;
    }
  }
  cv::Mat mask;
  cv::transpose(columns, mask);
  return mask;
}

std::string CompressRle(const Rle& rle) {
  std::string text;
  for (size_t i = 0; i < rle.counts.size(); ++i) {
    int64_t value = rle.counts[i];
    if (i > 2) value -= rle.counts[i - 2];
    bool more = true;
    while (more) {
      int group = static_cast<int>(value & 0x1f);
      value >>= 5;
      more = (group & 0x10) ? value != -1 : value != 0;
      if (more) group |= 0x20;
      text.push_back(static_cast<char>(group + 48));
    }
  }
  return text;
}

Rle ParseRle(const std::string& compressed, int height, int width) {
  const uint64_t pixels = CheckedPixels(height, width);
  const auto malformed = [&](const std::string& cause) {
    return Error("run-length mask of " + std::to_string(width) + " x " + std::to_string(height),
                 cause, kMalformedRemedy);
  };
  Rle rle{height, width, {}};
  uint64_t sum = 0;
  for (size_t at = 0; at < compressed.size();) {
    int64_t value = 0;
    for (int shift = 0;; shift += 5) {
      if (at == compressed.size()) throw malformed("the text ends in the middle of a number");
      const int group = static_cast<unsigned char>(compressed[at]) - 48;
      if (group < 0 || group > 63)
        throw malformed("character " + std::to_string(at + 1) + " is not part of such a text");
      if (shift > 35) throw malformed("a run is longer than any image");
      ++at;
      value |= static_cast<int64_t>(group & 0x1f) << shift;
      if (group & 0x20) continue;
      if (group & 0x10) value -= int64_t{1} << (shift + 5);
      break;
    }
    if (rle.counts.size() > 2) value += rle.counts[rle.counts.size() - 2];
    if (value < 0) throw malformed("a run has a negative length");
    sum += static_cast<uint64_t>(value);
    if (sum > pixels) throw malformed("the runs cover more pixels than the image has");
    // Empty runs cover nothing, so the sum alone would not bound how many of them a text may hold.
    if (rle.counts.size() > pixels + 1) throw malformed("it has more runs than the image pixels");
    rle.counts.push_back(static_cast<uint32_t>(value));
  }
  if (sum != pixels)
    throw malformed("the runs cover " + std::to_string(sum) + " of " + std::to_string(pixels) +
                    " pixels");
  return rle;
}

Rle CheckedRle(std::vector<uint32_t> counts, int height, int width) {
  const uint64_t pixels = CheckedPixels(height, width);
  uint64_t sum = 0;
  for (const uint32_t count : counts) sum += count;
  if (sum != pixels)
    throw Error(
        "run-length mask of " + std::to_string(width) + " x " + std::to_string(height),
        "the runs cover " + std::to_string(sum) + " pixels instead of " + std::to_string(pixels),
        kMalformedRemedy);
  return {height, width, std::move(counts)};
}

Rle RleUnion(const std::vector<Rle>& parts) {
  if (parts.empty()) return {};
  Rle merged = parts.front();
  for (size_t i = 1; i < parts.size(); ++i) {
    if (parts[i].height != merged.height || parts[i].width != merged.width)
      throw Error("union of masks", "the masks belong to images of different sizes", "");
    RunBuilder runs;
    Sweep(merged, parts[i], [&](bool a, bool b, uint64_t pixels) { runs.Add(a || b, pixels); });
    merged.counts = runs.Finish();
  }
  return merged;
}

double RleArea(const Rle& rle) {
  uint64_t area = 0;
  for (size_t i = 1; i < rle.counts.size(); i += 2) area += rle.counts[i];
  return static_cast<double>(area);
}

Box RleBox(const Rle& rle) {
  if (rle.empty()) return {};
  const uint64_t height = rle.height;
  uint64_t left = rle.width, right = 0, top = height, bottom = 0, position = 0;
  for (size_t i = 0; i < rle.counts.size(); ++i) {
    const uint64_t start = position;
    position += rle.counts[i];
    if (i % 2 == 0 || rle.counts[i] == 0) continue;
    const uint64_t last = position - 1;
    const bool one_column = start / height == last / height;
    left = std::min(left, start / height);
    right = std::max(right, last / height + 1);
    top = std::min(top, one_column ? start % height : 0);
    bottom = std::max(bottom, one_column ? last % height + 1 : height);
  }
  if (right == 0) return {};
  return {static_cast<double>(left), static_cast<double>(top), static_cast<double>(right - left),
          static_cast<double>(bottom - top)};
}

double RleIou(const Rle& a, const Rle& b, bool b_is_crowd) {
  if (a.height != b.height || a.width != b.width)
    throw Error("overlap of masks",
                "one belongs to an image of " + std::to_string(a.width) + " x " +
                    std::to_string(a.height) + " and the other of " + std::to_string(b.width) +
                    " x " + std::to_string(b.height),
                "compare masks of the same image");
  if (!StretchesMeet(a, b)) return 0;
  uint64_t shared = 0;
  Sweep(a, b, [&](bool in_a, bool in_b, uint64_t pixels) {
    if (in_a && in_b) shared += pixels;
  });
  if (shared == 0) return 0;
  const double intersection = static_cast<double>(shared);
  const double base = b_is_crowd ? RleArea(a) : RleArea(a) + RleArea(b) - intersection;
  return intersection / base;
}

}  // namespace datasets
