#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <thread>

#include "datasets/base/error.h"
#include "datasets/video/decoder.h"
#include "datasets/video/video.h"

namespace datasets {
namespace {

constexpr int kMaxIndexThreads = 8;
constexpr int kFramesPerReport = 16;
constexpr int kSampledKeyFrames = 16;  // how many seeks are tried in an undamaged video,
constexpr int kFramesAfterKey = 16;    // and how far each is followed

struct Pass {
  VideoIndex index;
  std::vector<uint64_t> hashes;  // luminance of each frame
  std::vector<bool> good;
  int errors = 0;
  int64_t packets = 0, promised = 0;
  double promised_seconds = 0;
};

Pass DecodeAll(const std::filesystem::path& path, int threads, Job& job) {
  Decoder decoder(path, threads);
  Pass pass;
  VideoIndex& index = pass.index;
  pass.promised = decoder.promised_packets();
  pass.promised_seconds = decoder.promised_seconds();
  index.time_base_num = decoder.stream().time_base.num;
  index.time_base_den = decoder.stream().time_base.den;
  int64_t previous = -(int64_t{1} << 61);
  while (const AVFrame* frame = decoder.Next()) {
    const int number = index.frame_count();
    if (number == 0) {
      const bool swap = decoder.orientation().swaps_axes();
      index.width = swap ? frame->height : frame->width;
      index.height = swap ? frame->width : frame->height;
    }
    const int64_t raw = frame->best_effort_timestamp;
    if (number == 0 && raw == AV_NOPTS_VALUE) previous = -decoder.step_ticks();
    const int64_t stamp = StampAfter(previous, raw, decoder.step_ticks());
    if (number == 0 || (frame->key_frame && stamp == raw)) index.key_frames.push_back(number);
    index.pts.push_back(stamp);
    pass.hashes.push_back(HashLuminance(*frame));
    pass.good.push_back(!IsDamaged(*frame));
    previous = stamp;
    if (number % kFramesPerReport == 0) {
      job.Advance(number, static_cast<double>(pass.promised), "indexing the video");
    }
  }
  pass.errors = decoder.errors();
  pass.packets = decoder.packets();
  return pass;
}

// Does decoding from this key frame give the very pictures of the pass from the start?
bool SeekAgrees(Decoder* decoder, const Pass& pass, int key, int frames, Job& job) {
  const VideoIndex& index = pass.index;
  if (!decoder->Seek(index.pts[key])) return false;
  const AVFrame* frame = decoder->Next();
  while (frame && (frame->best_effort_timestamp == AV_NOPTS_VALUE ||
                   frame->best_effort_timestamp < index.pts[key])) {
    frame = decoder->Next();
  }
  if (!frame || frame->best_effort_timestamp != index.pts[key]) return false;
  const int end = std::min(index.frame_count(), key + frames);
  int64_t previous = index.pts[key] - 1;
  for (int number = key; number < end; ++number) {
    if (number > key) frame = decoder->Next();
    if (!frame) return false;
    previous = StampAfter(previous, frame->best_effort_timestamp, decoder->step_ticks());
    if (previous != index.pts[number] || HashLuminance(*frame) != pass.hashes[number]) return false;
    if (number % kFramesPerReport == 0) job.ThrowIfCancelled();
  }
  return true;
}

// Leaves only the key frames from which decoding is exact; frame 0 is reached by opening anew.
void KeepExactKeyFrames(const std::filesystem::path& path, int threads, Pass* pass, Job& job) {
  std::vector<int32_t>& keys = pass->index.key_frames;
  if (keys.size() <= 1) return;
  Decoder decoder(path, threads);
  const bool damaged = pass->errors > 0;
  auto agrees = [&](size_t k) {
    const int next = k + 1 < keys.size() ? keys[k + 1] : pass->index.frame_count();
    const int length = damaged ? next - keys[k] : kFramesAfterKey;
    return SeekAgrees(&decoder, *pass, keys[k], length, job);
  };
  bool all = !damaged;
  const size_t tries = std::min<size_t>(kSampledKeyFrames, keys.size() - 1);
  for (size_t i = 0; all && i < tries; ++i) {
    all = agrees(1 + i * (keys.size() - 1) / tries);
  }
  if (all) return;
  std::vector<int32_t> exact{keys[0]};
  for (size_t k = 1; k < keys.size(); ++k) {
    job.Advance(static_cast<double>(k), static_cast<double>(keys.size()), "checking key frames");
    if (agrees(k)) exact.push_back(keys[k]);
  }
  keys = exact;
}

void DropDamagedTail(Pass* pass) {
  while (!pass->good.empty() && !pass->good.back()) pass->good.pop_back();
  const size_t count = pass->good.size();
  pass->index.pts.resize(count);
  pass->hashes.resize(count);
  std::vector<int32_t>& keys = pass->index.key_frames;
  while (!keys.empty() && keys.back() >= static_cast<int>(count)) keys.pop_back();
}

double AverageFps(const VideoIndex& index, const Decoder& decoder) {
  const double tick_seconds = static_cast<double>(index.time_base_num) / index.time_base_den;
  if (index.frame_count() > 1) {
    const double seconds =
        (static_cast<double>(index.pts.back()) - index.pts.front()) * tick_seconds;
    return (index.frame_count() - 1) / seconds;
  }
  return 1.0 / (static_cast<double>(decoder.step_ticks()) * tick_seconds);
}

// One sentence, or nothing.
std::string Damage(const std::string& name, const Pass& pass, int decoded) {
  const int count = pass.index.frame_count();
  const std::string usable = std::to_string(count) + " frames can be used";
  if (pass.promised > pass.packets) {
    return fmt::format("{} ends early: {}, {} were promised", name, usable, pass.promised);
  }
  const double missing_seconds = pass.promised_seconds - count / pass.index.fps;
  if (pass.promised == 0 && missing_seconds > std::max(0.5, 0.05 * pass.promised_seconds)) {
    return fmt::format("{} ends {:.1f} s early: {}", name, missing_seconds, usable);
  }
  if (pass.errors == 0) return "";
  return fmt::format("{} is damaged in {} {}: {}, {}", name, pass.errors,
                     pass.errors == 1 ? "place" : "places", usable,
                     decoded > count ? "the broken end is left out" : "some may look wrong");
}

}  // namespace

VideoIndex IndexVideo(const std::filesystem::path& path, Job& job, std::string* warning) {
  if (warning) warning->clear();
  int threads = std::clamp<int>(std::thread::hardware_concurrency(), 1, kMaxIndexThreads);
  Pass pass = DecodeAll(path, threads, job);
  if (pass.errors > 0 && threads > 1) {
    threads = 1;  // how errors are concealed depends on threads: readers do the same
    pass = DecodeAll(path, threads, job);
  }
  const int decoded = pass.index.frame_count();
  if (pass.errors > 0) DropDamagedTail(&pass);
  VideoIndex& index = pass.index;
  if (index.pts.empty()) {
    throw Error(path.string(), "not one frame can be decoded",
                "the file is damaged or cut off; copy it again");
  }
  KeepExactKeyFrames(path, threads, &pass, job);
  index.fps = AverageFps(index, Decoder(path, 1));
  index.fingerprint = FingerprintFile(path);
  const int count = index.frame_count();
  if (warning) *warning = Damage(path.filename().string(), pass, decoded);
  job.Advance(count, count, "indexed " + std::to_string(count) + " frames");
  return index;
}

}  // namespace datasets
