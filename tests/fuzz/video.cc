// Headers and packets of video files: indexed, and three frames decoded.
#include "datasets/video/video.h"

#include "tests/fuzz/target.h"

FUZZ_TARGET(video) {
  using namespace datasets;
  const auto file = fuzz::FileOf("odd.mp4", bytes, size);
  Job job;
  fuzz::Answer([&] {
    const VideoIndex index = IndexVideo(file, job);
    VideoReader reader(file, index);
    for (const int frame : {index.frame_count() - 1, 0, index.frame_count() / 2}) {
      fuzz::Answer([&] { reader.Read(frame); });
    }
  });
  return 0;
}
