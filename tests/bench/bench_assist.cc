// Prints how good the one-click tools are on labeled videos, and what they cost: as they are at
// first, and after some frames were labeled and learned from (the others are measured).
// usage: bench_assist [--most-frames N] LABELS.json VIDEO [LABELS.json VIDEO...]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "annotate/assist/assist_benchmark.h"
#include "app/model/session/learned_blobs.h"
#include "datasets/shape/mask.h"

namespace {

train::PictureModel Learn(const std::vector<annotate::LabeledFrame>& frames,
                          const cv::Mat& background) {
  train::TrainingData data;
  data.classes = {"animal"};
  data.backgrounds = {background};
  for (const annotate::LabeledFrame& labeled : frames) {
    train::LabeledFrame frame;
    frame.frame_index = labeled.frame;
    for (const datasets::Polygons& outline : labeled.outlines) {
      frame.objects.push_back(
          {0, datasets::RlePolygons(outline, labeled.bgr.rows, labeled.bgr.cols), false});
    }
    data.frames.push_back(std::move(frame));
  }
  data.picture = [&](int frame) { return frames[static_cast<size_t>(frame)].bgr; };
  datasets::Job job;
  return train::LearnPictureModel(data, job);
}

void MeasureAfter(size_t labels, const annotate::LabeledVideo& video) {
  if (video.frames.size() < 2 * labels) return;
  annotate::LabeledVideo rest{video.name, {}, video.background};
  annotate::LabeledBefore before;
  for (size_t i = 0; i < video.frames.size(); ++i) {
    const size_t next = (2 * before.frames.size() + 1) * video.frames.size() / (2 * labels);
    (i == next ? before.frames : rest.frames).push_back(video.frames[i]);
  }
  datasets::Job job;
  const auto plain = annotate::MeasureAssist(rest, before, job);
  const auto start = std::chrono::steady_clock::now();
  const train::PictureModel model = Learn(before.frames, video.background);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  before.model = app::BlobModelFrom(model);
  const auto learned = annotate::MeasureAssist(rest, before, job);
  std::printf("  %zu labeled, learned in %.1f s (overlap %.3f), tested on %d\n",
              before.frames.size(), seconds, model.overlap,
              rest.frames.empty() ? 0 : learned.frames);
  for (const auto* figures : {&plain, &learned}) {
    std::printf(
        "    %s: IoU %.3f, %.0f %% reach 0.85, clicks an animal %.2f, a frame %.2f; by the model "
        "%.0f %%; %.1f ms, slowest %.1f ms\n",
        figures == &plain ? "plain blob  " : "learned blob", figures->blob_iou,
        100 * figures->one_click_share, figures->clicks_per_animal, figures->clicks_per_frame,
        100 * figures->learned_share, figures->blob_ms, figures->slowest_blob_ms);
  }
}

}  // namespace

int main(int argc, char** argv) {
  int most_frames = 0;
  std::vector<std::string> files;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--most-frames" && i + 1 < argc) {
      most_frames = std::atoi(argv[++i]);
    } else {
      files.push_back(argument);
    }
  }
  if (files.empty() || files.size() % 2 != 0) {
    std::fputs("usage: bench_assist [--most-frames N] LABELS.json VIDEO ...\n", stderr);
    return 2;
  }
  try {
    for (size_t i = 0; i < files.size(); i += 2) {
      datasets::Job job;
      const auto video = annotate::ReadLabeledVideo(files[i], files[i + 1], most_frames, job);
      std::printf("%s\n", annotate::Describe(annotate::MeasureAssist(video, {}, job)).c_str());
      MeasureAfter(5, video);
      MeasureAfter(10, video);
      std::fflush(stdout);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_assist: %s\n", error.what());
    return 1;
  }
  return 0;
}
