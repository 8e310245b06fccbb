#include <algorithm>
#include <set>

#include "datasets/base/error.h"
#include "datasets/base/file_identity.h"
#include "datasets/video/decoder.h"
#include "datasets/video/fingerprint.h"
#include "datasets/video/pixels.h"
#include "datasets/video/video.h"

namespace datasets {
namespace {

constexpr int kSeekCostFrames = 12;  // a nearer key frame is not worth a seek
constexpr int kMaxSeekTries = 3;
constexpr int kWorthSkipping = 4;  // frames to roll over

struct FileReader {
  FileReader(const std::filesystem::path& file, VideoIndex video_index, int decode_threads)
      : path(file), index(std::move(video_index)), threads(std::max(1, decode_threads)) {
    CheckFile();
    Restart();
    CheckFile();  // before the first picture, and not of a file that came between
  }

  // The pictures of another file that has taken the place must never be shown as this one's. One
  // that is gone is still open, and stays what it was.
  void CheckFile() {
    const auto now = IdentityOf(path);
    if (!now || now == identity) return;
    if (!HasFingerprint(path, index.fingerprint)) {
      throw Error(path.string(),
                  identity ? "another file has taken its place while it was open"
                           : "the file is not the one that was indexed",
                  "restore the original video, or add this one as a new video");
    }
    identity = now;
    if (decoder) Restart();
  }

  void Restart() {
    decoder.reset();
    decoder = std::make_unique<Decoder>(path, threads);
    next = 0;
    from_start = true;
    errors_before = 0;
  }

  // As Forward, but leaves out what no other picture needs. False when it cannot be sure that it
  // arrived at the very frame; the decoder's place is unknown then.
  bool Roll(int frame) {
    const int64_t target = index.pts[frame];
    const int errors = decoder->errors();
    const AVFrame* picture = nullptr;
    do {
      picture = decoder->Next();
    } while (picture && picture->best_effort_timestamp != AV_NOPTS_VALUE &&
             picture->best_effort_timestamp < target);
    const bool there = picture && picture->best_effort_timestamp == target &&
                       decoder->errors() == errors &&
                       decoder->PacketsWere(&index.pts[next], &index.pts[frame]);
    decoder->SkipUnneededBefore(AV_NOPTS_VALUE);
    may_skip = there;
    next = there ? frame + 1 : -1;
    stamp = target;
    from_start = false;
    return there;
  }

  // Decodes until `frame` is the decoder's current picture.
  bool Forward(int frame) {
    if (may_skip && frame - next >= kWorthSkipping) {
      may_skip = decoder->SkipUnneededBefore(index.pts[frame]);
      if (may_skip) return Roll(frame);
    }
    while (next <= frame) {
      const AVFrame* picture = decoder->Next();
      if (!picture) return false;
      if (!from_start) {
        stamp = StampAfter(stamp, picture->best_effort_timestamp, decoder->step_ticks());
        if (stamp != index.pts[next]) return false;
      }
      ++next;
    }
    return true;
  }

  bool SeekForward(int key, int frame) {
    const int64_t key_stamp = index.pts[key];
    if (!decoder->Seek(key_stamp)) return false;
    const AVFrame* picture = decoder->Next();
    while (picture && (picture->best_effort_timestamp == AV_NOPTS_VALUE ||
                       picture->best_effort_timestamp < key_stamp)) {
      picture = decoder->Next();
    }
    if (!picture || picture->best_effort_timestamp != key_stamp) return false;
    from_start = false;
    errors_before = decoder->errors();
    stamp = key_stamp;
    next = key + 1;
    return Forward(frame);
  }

  // Once more when the first time failed only because pictures were left out.
  template <class Way>
  bool Try(const Way& way) {
    const bool skipped = may_skip;
    return way() || (skipped && !may_skip && way());
  }

  size_t KeyAtOrBefore(int frame) const {
    const auto& keys = index.key_frames;
    return static_cast<size_t>(std::upper_bound(keys.begin(), keys.end(), frame) - keys.begin());
  }

  bool TrySeeks(int frame) {
    size_t after = KeyAtOrBefore(frame);
    for (int tries = 0; tries < kMaxSeekTries && after > 0; --after) {
      const int key = index.key_frames[after - 1];
      if (key <= 0) return false;
      if (bad_keys.count(key)) continue;
      if (Try([&] { return SeekForward(key, frame); })) return true;
      bad_keys.insert(key);
      ++tries;
    }
    return false;
  }

  void GoTo(int frame) {
    if (next == frame + 1 && decoder->current()) return;
    const size_t after = KeyAtOrBefore(frame);
    const int key = after > 0 ? index.key_frames[after - 1] : 0;
    const bool ahead = next >= 0 && frame >= next && key <= next + kSeekCostFrames;
    if (ahead && Forward(frame)) return;
    next = -1;
    if (TrySeeks(frame)) return;
    const bool there = Try([&] {
      Restart();
      CheckFile();
      return Forward(frame);
    });
    if (!there) {
      next = -1;
      throw Error(path.string(), "frame " + std::to_string(frame) + " can no longer be decoded",
                  "the file was damaged after it was added; restore the original");
    }
  }

  void Position(int frame) {
    VOLE_CHECK(frame >= 0 && frame < index.frame_count());
    CheckFile();
    GoTo(frame);
    if (threads > 1 && decoder->errors() > errors_before) {
      threads = 1;  // concealed errors depend on threads: do as the index did
      Restart();
      next = -1;
      GoTo(frame);
    }
  }

  void Convert(cv::Mat* bgr) {
    const bool swap = decoder->orientation().swaps_axes();
    converter.Convert(*decoder->current(), swap ? index.height : index.width,
                      swap ? index.width : index.height, decoder->orientation(), bgr);
  }

  std::filesystem::path path;
  std::optional<FileIdentity> identity;  // of the file whose fingerprint was found right
  VideoIndex index;
  int threads;
  std::unique_ptr<Decoder> decoder;
  BgrConverter converter;
  int next = -1;           // number of the picture that Decoder::Next gives; -1: unknown
  bool from_start = true;  // counted from the first picture, else verified by time stamps
  int64_t stamp = 0;       // of picture next - 1, after a seek
  int errors_before = 0;   // that the decoder met before the pictures that count
  std::set<int> bad_keys;  // seeking there did not lead there
  bool may_skip = true;    // leaving pictures out has always led to the right one
};

}  // namespace

struct VideoReader::Impl {
  struct OpenPart {
    size_t number = SIZE_MAX;
    std::unique_ptr<FileReader> reader;
  };

  Impl(const std::filesystem::path& path, VideoIndex video_index, int decode_threads)
      : threads(decode_threads) {
    if (video_index.parts.empty()) {
      here.reader = std::make_unique<FileReader>(path, std::move(video_index), threads);
    } else {
      joined = std::move(video_index);
    }
  }

  bool InParts() const { return !joined.parts.empty(); }
  const VideoIndex& index() const { return InParts() ? joined : here.reader->index; }

  // The reader of the file that holds `*frame`, which becomes the file's own number. The part that
  // was read before stays open: who steps back and forth across a seam opens nothing.
  FileReader& FileOf(int* frame) {
    VOLE_CHECK(*frame >= 0 && *frame < index().frame_count());
    if (!InParts()) return *here.reader;
    const size_t part = PartAt(joined.parts, *frame);
    *frame -= joined.parts[part].first_frame;
    if (part != here.number) std::swap(here, before);
    if (part != here.number) {
      here = {};
      here.reader =
          std::make_unique<FileReader>(joined.parts[part].path, IndexOfPart(joined, part), threads);
      here.number = part;
    }
    return *here.reader;
  }

  const int threads;
  VideoIndex joined;  // of a video in parts
  OpenPart here, before;
};

VideoReader::VideoReader(const std::filesystem::path& path, VideoIndex index, int decode_threads)
    : impl_(std::make_unique<Impl>(path, std::move(index), decode_threads)) {}
VideoReader::~VideoReader() = default;
VideoReader::VideoReader(VideoReader&&) noexcept = default;
VideoReader& VideoReader::operator=(VideoReader&&) noexcept = default;

const VideoIndex& VideoReader::index() const { return impl_->index(); }

cv::Mat VideoReader::Read(int frame) {
  cv::Mat bgr;
  ReadInto(frame, &bgr);
  return bgr;
}

void VideoReader::ReadInto(int frame, cv::Mat* bgr) {
  FileReader& file = impl_->FileOf(&frame);
  file.Position(frame);
  file.Convert(bgr);
}

void VideoReader::SkipTo(int frame) {
  VOLE_CHECK(frame >= 0 && frame < impl_->index().frame_count());
  FileReader& file = impl_->FileOf(&frame);
  if (frame > 0) file.Position(frame - 1);
}

}  // namespace datasets
