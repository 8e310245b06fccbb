// Rows of a video that is being recorded, and of what is seen in it meanwhile.
#pragma once

#include <string>
#include <vector>

#include "datasets/store/records.h"
#include "datasets/store/writer.h"

namespace datasets {

class Connection;

// The video has these frames now; its row's place and name stay.
void GrowVideo(Writer& writer, Id video_id, const VideoIndex& index);
// What a video of which only the first frame was seen got as its background gives way to this one.
void SetVideoBackground(Writer& writer, Id video_id, const Background& background);
// The last bout of an animal that goes on with what it does; `end_frame` is the first that is not
// of it.
void MoveBehaviorPredictionEnd(Writer& writer, Id prediction_id, int end_frame);

// While the job runs it records the video, which others leave alone. 0: it is whole now.
void SetRecordingJob(Writer& writer, Id video_id, Id job_id);
// Videos whose fingerprint says that they grow though no job that may be alive records them.
std::vector<VideoRow> BrokenRecordings(Connection& connection);
void SetVideoFingerprint(Writer& writer, Id video_id, const std::string& fingerprint);

}  // namespace datasets
