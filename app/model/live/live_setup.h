// What is to be followed live, as a person says it: on the command line or in the window.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "infer/live/live_session.h"

namespace app {

struct LiveSetup {
  enum class Source { kCamera, kFile, kUrl };
  Source source = Source::kCamera;
  int camera = 0;         // of this machine, from 0
  std::string file, url;  // a video or a named pipe; a stream of the network
  std::string out;        // to record into; "": live_DATE_TIME.mkv beside the project
  std::string model;      // a file of weights; "": what differs from the ground
  std::vector<cv::Point2d> points;
  std::shared_ptr<const infer::LiveClicks> clicks;
  std::vector<datasets::Zone> zones;
  std::string zones_file;  // more of them; "": none
  std::string send, events;
  infer::LiveOptions options;
  train::PredictorOptions predictor;
};

// Regions of a video as zones of its camera; a region of several parts is a zone a part, the
// largest under its name, others with a number behind it.
std::vector<datasets::Zone> ZonesOfRegions(const std::vector<datasets::RegionRow>& regions);

// Why these do not go together, "" where they do.
std::string LiveContradiction(const LiveSetup& setup);

// "camera 0", or what the file or the stream is called.
std::string LiveSourceName(const LiveSetup& setup);
std::string ShortSourceName(const LiveSetup& setup);  // of a file without its folder

// Everything that infer::RunLive needs, but for who listens.
struct OpenedLive {
  infer::LiveInput input;
  std::unique_ptr<train::Predictor> predictor;
  std::atomic<bool> stop{false};
};
// Loads the model, which takes a moment. Throws Error for a source that is not there, a model that
// outlines nothing, and as the parts do.
std::unique_ptr<OpenedLive> OpenLive(const datasets::Project& project, const LiveSetup& setup);

// Where a recording goes: what was asked for, ending in .mkv, or a new file beside the project.
std::filesystem::path LiveRecordingFile(const datasets::Project& project, const std::string& out);

}  // namespace app
