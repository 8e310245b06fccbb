// A predicted video whose two animals are followed without a name.
#pragma once

#include <memory>
#include <string>

#include "app/model/session/session.h"
#include "datasets/unknown_name.h"
#include "infer/meetings/meeting_review.h"
#include "infer/names/name_evidence.h"
#include "tests/support/eventually.h"
#include "tests/support/label_project.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace tests {

// Tracklet 0 keeps to the upper half of the picture and may be ann, tracklet 1 to the lower one and
// may be bob; both last `kFrames` frames.
struct UnknownScene {
  static constexpr int kFrames = 30;
  TempDir folder;
  std::unique_ptr<app::Session> session;
  datasets::Project* project = nullptr;
  datasets::Id video = 0, job = 0, ann = 0, bob = 0, unknown = 0;

  // Before the session begins, `more` adds what a test needs.
  explicit UnknownScene(const std::function<void(UnknownScene&, datasets::Writer&)>& more = {}) {
    auto opened = LabelProject(folder.path());
    project = opened.get();
    video = project->Videos()[0].id;
    project->Write([&](datasets::Writer& writer) {
      ann = writer.FindOrInsertCategory("ann");
      bob = writer.FindOrInsertCategory("bob");
      unknown = datasets::FindOrInsertUnknown(writer);
      job = writer.InsertJob(PredictJob());
      for (int frame = 0; frame < kFrames; ++frame) {
        for (const int tracklet : {0, 1}) writer.InsertPrediction(At(frame, tracklet));
      }
      if (more) more(*this, writer);
      writer.FinishJob(job, "done");
    });
    infer::NameEvidence evidence;
    evidence.categories = {ann, bob};
    evidence.max_instances = {1, 1};
    evidence.end_frame = kFrames;
    for (const int tracklet : {0, 1}) {
      infer::NamedRun run;
      run.number = run.class_index = tracklet;
      run.end_frame = kFrames;
      run.body = 16;
      run.unknown = true;
      run.chance = 0.62;
      evidence.runs.push_back(run);
      evidence.evidence.push_back({0, kFrames, {0, 0}, 16});
    }
    infer::SaveMeetings(*project, job, video, evidence, {});
    session = std::make_unique<app::Session>(std::move(opened), [] {});
    GoTo(8);
  }
  // An unknown animal, or one of another name.
  datasets::PredictionRow At(int frame, int tracklet, datasets::Id category = 0) const {
    datasets::PredictionRow row = Prediction(job, video, frame, tracklet == 0 ? 1 : 2);
    row.category_id = category ? category : unknown;
    row.tracklet = tracklet;
    return row;
  }
  void GoTo(int frame) {
    Shows([](const app::FrameView&) { return true; });
    session->GoTo(video, frame);
    Shows([](const app::FrameView& view) { return !view.predictions.empty(); });
  }
  template <class Condition>
  bool Comes(Condition condition) {
    return Eventually([&] {
      session->Poll();
      const auto view = session->frame_view();
      return session->project_view() && view && view->frame == session->frame() && condition(*view);
    });
  }
  template <class Condition>
  void Shows(Condition condition) {
    REQUIRE(Comes(condition));
  }
  // The id under which tools know the prediction of a tracklet in this frame.
  datasets::Id EditIdOf(int tracklet) const {
    for (const datasets::PredictionRow& row : session->frame_view()->prediction_rows) {
      if (row.tracklet == tracklet) return -row.id;
    }
    return 0;
  }
  datasets::Id NameOf(int frame, int tracklet) const {
    for (const auto& row : project->PredictionsAt(job, video, frame)) {
      if (row.tracklet == tracklet) return row.category_id;
    }
    return 0;
  }
  bool Said(const std::string& text) const {
    for (const app::Message& message : session->messages()) {
      if (message.text.find(text) != std::string::npos) return true;
    }
    return false;
  }
  bool AnyError() const {
    for (const app::Message& message : session->messages()) {
      // Not that the video, which is a row only, cannot be read.
      const bool of_change = message.text.rfind("Change: ", 0) == 0;
      if (message.kind == app::Message::Kind::kError && of_change) return true;
    }
    return false;
  }
};

}  // namespace tests
