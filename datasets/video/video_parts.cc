#include "datasets/video/video_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "datasets/base/error.h"
#include "datasets/base/sha256.h"
#include "datasets/video/frame_times.h"
#include "datasets/video/video.h"

namespace datasets {
namespace {

constexpr double kSameRate = 0.02;
constexpr int64_t kFarthestStamp = int64_t{1} << 60;

struct Ticks {  // seconds: num / den
  int64_t num, den;
  double seconds() const { return static_cast<double>(num) / static_cast<double>(den); }
};

// The longest unit that both are multiples of.
Ticks Common(const Ticks& a, const Ticks& b) {
  const int64_t num = std::gcd(a.num * b.den, b.num * a.den), den = a.den * b.den;
  const int64_t shared = std::gcd(num, den);
  return {num / shared, den / shared};
}

Ticks TicksOf(const VideoIndex& index) {
  const int64_t shared = std::gcd(index.time_base_num, index.time_base_den);
  return {index.time_base_num / shared, index.time_base_den / shared};
}

// Of the whole so far.
int64_t StartMs(const VideoIndex& whole, const VideoPart& part) {
  const double ticks = static_cast<double>(whole.pts[static_cast<size_t>(part.first_frame)]) -
                       static_cast<double>(whole.pts.front());
  return std::llround(1000 * ticks * whole.time_base_num / whole.time_base_den);
}

void CheckLikeFirst(const std::string& path, const VideoIndex& index, const std::string& first_path,
                    const VideoIndex& first) {
  const std::string thing = "part '" + path + "'";
  if (index.width != first.width || index.height != first.height) {
    throw Error(thing,
                fmt::format("its pictures are {} x {}, those of '{}' {} x {}", index.width,
                            index.height, first_path, first.width, first.height),
                "parts of one recording have one size: leave it out, or add it as a video of its "
                "own");
  }
  // A short one may have a frame more or less in its time.
  const int shortest = std::min(index.frame_count(), first.frame_count());
  const double most = kSameRate + 1.0 / shortest;
  if (std::abs(index.fps / first.fps - 1) > most) {
    throw Error(thing,
                fmt::format("it has {:.4g} frames a second, '{}' has {:.4g}", index.fps, first_path,
                            first.fps),
                "parts of one recording have one rate: leave it out, or add it as a video of its "
                "own");
  }
}

Ticks CommonTicks(const std::vector<std::string>& paths, const std::vector<VideoIndex>& indices) {
  Ticks common = TicksOf(indices.front());
  for (size_t i = 1; i < indices.size(); ++i) {
    const Ticks own = TicksOf(indices[i]);
    common = Common(common, own);
    if (std::max(common.num, common.den) > std::numeric_limits<int32_t>::max()) {
      throw Error("part '" + paths[i] + "'",
                  fmt::format("its time stamps count in units of {}/{} s, which have no common one "
                              "with those of the parts before it",
                              own.num, own.den),
                  "convert all parts in the same way, for example: ffmpeg -i PART -c:v libx264 "
                  "-crf 12 PART.mp4");
    }
  }
  return common;
}

}  // namespace

VideoIndex JoinIndices(const std::vector<std::string>& paths,
                       const std::vector<VideoIndex>& indices) {
  VOLE_CHECK(!indices.empty() && paths.size() == indices.size());
  for (size_t i = 1; i < indices.size(); ++i) {
    CheckLikeFirst(paths[i], indices[i], paths[0], indices[0]);
  }
  const Ticks unit = CommonTicks(paths, indices);
  VideoIndex whole;
  whole.width = indices[0].width;
  whole.height = indices[0].height;
  whole.time_base_num = static_cast<int>(unit.num);
  whole.time_base_den = static_cast<int>(unit.den);
  double start = 0;  // seconds; not rounded on the way, so that many parts do not drift
  int64_t frames = 0;
  for (size_t i = 0; i < indices.size(); ++i) {
    const VideoIndex& index = indices[i];
    VideoPart part;
    part.path = paths[i];
    part.fingerprint = index.fingerprint;
    part.first_frame = whole.frame_count();
    part.frame_count = index.frame_count();
    const Ticks own = TicksOf(index);
    part.ticks = own.num * (unit.den / own.den) / unit.num;
    const double begins = start / unit.seconds();
    const auto ticks = static_cast<double>(part.ticks);
    const auto limit = static_cast<double>(kFarthestStamp) / 2;
    const auto first = static_cast<double>(index.pts.front()),
               last = static_cast<double>(index.pts.back());
    frames += index.frame_count();
    if (std::max({begins + ticks * (last - first), ticks * std::abs(first),
                  ticks * std::abs(last)}) > limit ||
        frames > std::numeric_limits<int32_t>::max()) {
      throw Error("part '" + part.path + "'", "its frames or time stamps go on too long",
                  "convert it, or add it as a video of its own");
    }
    part.shift = std::llround(begins) - part.ticks * index.pts.front();
    if (i > 0) {
      const int64_t soonest = whole.pts.back() + 1 - part.ticks * index.pts.front();
      part.shift = std::max(part.shift, soonest);
    }
    for (const int64_t stamp : index.pts) whole.pts.push_back(part.ticks * stamp + part.shift);
    part.start_ms = StartMs(whole, part);
    // The first frame of a file is reached by opening it.
    whole.key_frames.push_back(part.first_frame);
    for (const int32_t key : index.key_frames) {
      if (key > 0) whole.key_frames.push_back(part.first_frame + key);
    }
    start += FrameTimes(index).Start(index.frame_count());
    whole.parts.push_back(std::move(part));
  }
  const double seconds = static_cast<double>(whole.pts.back()) * unit.seconds();
  whole.fps = frames > 1 ? static_cast<double>(frames - 1) / seconds : indices[0].fps;
  whole.fingerprint = JoinedFingerprint(whole.parts);
  return whole;
}

std::string JoinedFingerprint(const std::vector<VideoPart>& parts) {
  Sha256 hash;
  for (const VideoPart& part : parts) hash.Add(part.fingerprint.data(), part.fingerprint.size());
  return hash.Hex();
}

size_t PartAt(const std::vector<VideoPart>& parts, int frame) {
  const auto after =
      std::upper_bound(parts.begin(), parts.end(), frame,
                       [](int wanted, const VideoPart& part) { return wanted < part.first_frame; });
  VOLE_CHECK(after != parts.begin());
  return static_cast<size_t>(after - parts.begin()) - 1;
}

VideoIndex IndexOfPart(const VideoIndex& whole, size_t number) {
  const VideoPart& part = whole.parts.at(number);
  const int end = part.first_frame + part.frame_count;
  VideoIndex index;
  index.width = whole.width;
  index.height = whole.height;
  index.fps = whole.fps;
  index.fingerprint = part.fingerprint;
  const int64_t num = whole.time_base_num * part.ticks;
  const int64_t shared = std::gcd(num, int64_t{whole.time_base_den});
  index.time_base_num = static_cast<int>(num / shared);
  index.time_base_den = static_cast<int>(whole.time_base_den / shared);
  index.pts.reserve(static_cast<size_t>(part.frame_count));
  for (int frame = part.first_frame; frame < end; ++frame) {
    index.pts.push_back((whole.pts[static_cast<size_t>(frame)] - part.shift) / part.ticks);
  }
  const auto& keys = whole.key_frames;
  for (auto key = std::lower_bound(keys.begin(), keys.end(), part.first_frame);
       key != keys.end() && *key < end; ++key) {
    index.key_frames.push_back(*key - part.first_frame);
  }
  return index;
}

std::string PartsDamage(const VideoIndex& whole) {
  int64_t next = 0;
  for (size_t i = 0; i < whole.parts.size(); ++i) {
    const VideoPart& part = whole.parts[i];
    const std::string name = "part " + std::to_string(i + 1);
    if (part.frame_count <= 0 || part.first_frame != next) {
      return name + " does not follow on the one before it";
    }
    next += part.frame_count;
    if (next > whole.frame_count()) break;
    const bool bounded = std::abs(static_cast<double>(part.shift)) < 2.0 * kFarthestStamp &&
                         part.ticks > 0 && part.ticks <= std::numeric_limits<int32_t>::max();
    for (int frame = part.first_frame; bounded && frame < next; ++frame) {
      const int64_t stamp = whole.pts[static_cast<size_t>(frame)];
      if (std::abs(static_cast<double>(stamp)) > 2.0 * kFarthestStamp ||
          (stamp - part.shift) % part.ticks != 0) {
        return "the time stamp of frame " + std::to_string(frame) + " is none of " + name;
      }
    }
    if (bounded && part.start_ms != StartMs(whole, part)) {
      return name + " begins at another time than its first frame";
    }
    const int64_t num = bounded ? whole.time_base_num * part.ticks : 0;
    if (!bounded ||
        num / std::gcd(num, int64_t{whole.time_base_den}) > std::numeric_limits<int32_t>::max()) {
      return "the time stamps of " + name + " cannot be read";
    }
  }
  if (!whole.parts.empty() && next != whole.frame_count()) {
    return fmt::format("its parts have {} frames, and it has {}", next, whole.frame_count());
  }
  if (!whole.parts.empty() && whole.fingerprint != JoinedFingerprint(whole.parts)) {
    return "its fingerprint is not that of its parts";
  }
  return "";
}

}  // namespace datasets
