#include "app/model/live/live_job.h"

#include <fmt/format.h>

#include <opencv2/core/utility.hpp>

#include "datasets/base/error.h"
#include "infer/live/live_session.h"

namespace app {
namespace {

// A picture that waits for helpers of OpenCV would be late.
struct OneThread {
  const int before = cv::getNumThreads();
  OneThread() { cv::setNumThreads(1); }
  ~OneThread() { cv::setNumThreads(before); }
};

// Never throws: the threads of the recording run on until it is told to end.
void Report(datasets::Job& job, const infer::LiveFigures& figures) {
  try {
    job.Advance(
        0, 0,
        fmt::format("{} frames, {} dropped", figures.frames, figures.dropped + figures.unrecorded));
  } catch (const datasets::Cancelled&) {
  }
}

// What came of a recording, also of one that failed.
std::optional<datasets::VideoRow> VideoIn(const datasets::Project& project,
                                          const std::filesystem::path& file) {
  if (file.empty()) return std::nullopt;
  try {
    for (const datasets::VideoRow& video : project.Videos()) {
      if (project.VideoPath(video) == std::filesystem::absolute(file)) return video;
    }
  } catch (const std::exception&) {
    // The error of the recording is the one to tell.
  }
  return std::nullopt;
}

std::string OutcomeOf(const infer::LiveResult& result) {
  if (result.video.empty()) return "Ended before a picture came: nothing was recorded.";
  std::string text =
      fmt::format("Recorded as the video '{}': {} frames, {} dropped, {} animal{}.", result.video,
                  result.figures.frames, result.figures.dropped + result.figures.unrecorded,
                  result.animals, result.animals == 1 ? "" : "s");
  if (!result.problem.empty()) {
    text += " No animal was outlined: " + result.problem + ".";
  }
  if (result.figures.unsent > 0) {
    text += fmt::format(" {} of {} events could not be sent.", result.figures.unsent,
                        result.figures.events);
  }
  return text;
}

}  // namespace

int64_t StartLiveJob(Session& session, const LiveSetup& setup, std::shared_ptr<LiveWatch> watch) {
  const auto work = [setup, watch](datasets::Project& project, datasets::Job& job) {
    std::filesystem::path file;
    try {
      const OneThread alone;
      datasets::CheckOptions(setup.options, "live");
      const std::unique_ptr<OpenedLive> opened = OpenLive(project, setup);
      infer::LiveInput& input = opened->input;
      input.name = ShortSourceName(setup);
      input.say = [&watch](const std::string& line) { watch->Say(line); };
      input.show = [&watch](const infer::LiveFrame& frame,
                            const std::vector<infer::SeenAnimal>& animals) {
        watch->Show(frame, animals);
      };
      input.every_second = [&](const infer::LiveFigures& figures) {
        watch->Count(figures);
        Report(job, figures);
      };
      file = input.file;
      watch->Opened(file, input.zones);
      const infer::LiveResult result = infer::RunLive(project, input, setup.options, job);
      watch->Count(result.figures);
      const auto video = VideoIn(project, file);
      if (result.gave_up || (!video && !job.cancelled())) {
        throw datasets::Error(input.name,
                              result.problem.empty() ? "no picture came" : result.problem,
                              "check it and start again");
      }
      watch->End(OutcomeOf(result), false, video ? video->id : 0);
    } catch (const std::exception& error) {
      const auto video = VideoIn(project, file);
      std::string outcome = error.what();
      if (video) outcome += ". What came until then is the video '" + video->name + "'";
      watch->End(outcome, true, video ? video->id : 0);
      throw;
    }
  };
  return session.StartJob("Live: " + ShortSourceName(setup), work, Session::Lane::kAside);
}

}  // namespace app
