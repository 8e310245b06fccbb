// Probabilities of behaviors, frame by frame, as one run of a network gave them. A series is one
// job, video, subject and behavior; its frames lie in chunks of kScoreChunkFrames, two bytes a
// frame: little-endian round(65534 p), 65535 where there is no score. Only jobs write here.
#pragma once

#include <string>
#include <vector>

#include "datasets/base/error.h"

namespace datasets {

constexpr int kScoreChunkFrames = 1000;

// NaN means "no score". Throws Error for anything else outside 0..1.
std::string PackScores(const std::vector<float>& scores);
// At most kScoreChunkFrames. Throws Error for bytes that cannot be such a chunk.
std::vector<float> UnpackScores(const std::string& bytes);

Error OutsideOfVideo(int frame, int frame_count);

}  // namespace datasets
