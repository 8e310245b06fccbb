// A recording that a camera wrote as several files: one video, whose frames and times run through
// all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace datasets {

struct VideoIndex;

// One of the files. Frame i of the file is frame first_frame + i of the whole, and its time stamp
// there is ticks * (its own) + shift.
struct VideoPart {
  std::string path;         // where it is, as the path of the whole
  std::string fingerprint;  // of the file
  int first_frame = 0, frame_count = 0;
  int64_t start_ms = 0;  // when its first frame is shown, from the whole's first frame on
  int64_t ticks = 1, shift = 0;
};

// The index of all files one after the other, `parts` filled: each begins where the one before
// ends, which is its last frame's time and one frame more. Throws Error that names the file for a
// picture of another size, a rate that is clearly another (neither within 2 % nor explained by a
// frame more or less), and time stamps that have no common unit.
VideoIndex JoinIndices(const std::vector<std::string>& paths,
                       const std::vector<VideoIndex>& indices);
// The whole's fingerprint: SHA-256 over those of the files (64 hex digits each), in their order.
std::string JoinedFingerprint(const std::vector<VideoPart>& parts);

// Which of the parts holds the frame; 0 <= frame < the frames of all.
size_t PartAt(const std::vector<VideoPart>& parts, int frame);
// What IndexVideo said of that file.
VideoIndex IndexOfPart(const VideoIndex& whole, size_t part);
// As IndexDamage, of the parts alone; "" where there are none.
std::string PartsDamage(const VideoIndex& whole);

}  // namespace datasets
