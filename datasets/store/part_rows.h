// Rows of `video_parts`: the files of a video that a camera wrote in several. Read in reader.cc,
// written in writer.cc.
#pragma once

#include <vector>

#include "datasets/store/records.h"

namespace datasets {

class Connection;

// In order; none where the video is one file. Throws Error for numbers that no part has.
std::vector<VideoPart> ReadParts(Connection& connection, Id video_id);
// Of every video, at once.
void FillParts(Connection& connection, std::vector<VideoRow>* videos);
// The video that has a file of this fingerprint as a part; 0: none has.
Id VideoOfPart(Connection& connection, const std::string& fingerprint);

void InsertParts(Connection& connection, Id video_id, const std::vector<VideoPart>& parts);
// The video's own path is that of its first part.
void SetPartPath(Connection& connection, Id video_id, size_t part, const std::string& path);

}  // namespace datasets
