#include "annotate/edits_removal.h"

#include <set>

#include "annotate/edits_points.h"
#include "datasets/store/removal/removal.h"
#include "datasets/unknown_name.h"

namespace annotate {
namespace {

using datasets::Error;
using datasets::Id;
using datasets::ImageRow;
using datasets::ImageState;
using datasets::Writer;

void DeleteLabelsOf(Recorder& recorder, Id category_id) {
  std::vector<Id> videos = recorder.reader().VideoIds();
  videos.push_back(0);  // picture files
  std::vector<Id> labels;
  std::vector<ImageRow> left_empty;
  for (const Id video : videos) {
    recorder.reader().ForEachAnnotation(
        video, [&](const ImageRow& image, const std::vector<datasets::AnnotationRow>& rows) {
          const size_t before = labels.size();
          for (const datasets::AnnotationRow& row : rows) {
            if (row.category_id == category_id) labels.push_back(row.id);
          }
          const size_t gone = labels.size() - before;
          if (gone > 0 && gone == rows.size()) left_empty.push_back(image);
        });
  }
  for (const Id label : labels) DeleteLabel(recorder, label);
  for (const ImageRow& image : left_empty) {  // not "no animal here": nobody has said that
    recorder.Change("images", image.id,
                    [&](Writer& writer) { writer.SetImageState(image.id, ImageState::kNew); });
  }
}

void DeleteTracksOf(Recorder& recorder, Id category_id) {
  for (const Id video : recorder.reader().VideoIds()) {
    std::set<Id> tracks;
    for (const datasets::TrackRow& track : recorder.reader().Tracks(video)) {
      if (track.category_id == category_id) tracks.insert(track.id);
    }
    if (tracks.empty()) continue;
    for (datasets::BehaviorIntervalRow bout : recorder.reader().BehaviorIntervals(video)) {
      if (!bout.track_id || !tracks.count(*bout.track_id)) continue;
      bout.track_id.reset();  // whose it is says its subject
      recorder.Change("behavior_intervals", bout.id,
                      [&](Writer& writer) { writer.UpdateBehaviorInterval(bout); });
    }
    for (const Id track : tracks) {
      recorder.Change("tracks", track,
                      [&](Writer& writer) { datasets::DeleteTrack(writer, track); });
    }
  }
}

void CheckNoCorrectionRestsOn(const Recorder& recorder, Id category_id, const std::string& name) {
  std::set<Id> jobs;
  for (const datasets::JobRow& job : recorder.reader().Jobs()) jobs.insert(job.id);
  for (const Id video : recorder.reader().VideoIds()) {
    for (const Id job : jobs) {
      for (const auto& row : recorder.reader().Corrections(job, video)) {
        if (row.category_id != category_id && row.other_category_id != category_id) continue;
        throw Error("animal '" + name + "'", "people have corrected predictions under this name",
                    "rename it, or name it otherwise over many frames (Animals panel)");
      }
    }
  }
}

bool IsProposal(const Recorder& recorder, const ImageRow& image) {
  return image.state == ImageState::kNew && recorder.reader().AnnotationsOfImage(image.id).empty();
}

void DropImage(Recorder& recorder, const ImageRow& image) {
  recorder.Change("images", image.id,
                  [&](Writer& writer) { datasets::DeleteImage(writer, image.id); });
}

}  // namespace

Edit DeleteAnimal(Id category_id) {
  return {"Delete animal", std::nullopt, [=](Recorder& recorder) {
            std::string name;
            for (const auto& row : recorder.reader().Categories()) {
              if (row.id != category_id) continue;
              name = row.name;
              if (datasets::IsUnknown(row)) {
                throw Error("'" + name + "'", "it stands for all animals without a name",
                            "name each one by itself, or take out the video's predictions");
              }
            }
            CheckNoCorrectionRestsOn(recorder, category_id, name);
            DeleteLabelsOf(recorder, category_id);
            DeleteTracksOf(recorder, category_id);
            recorder.Change("categories", category_id,
                            [&](Writer& writer) { datasets::DeleteCategory(writer, category_id); });
          }};
}

Edit DeleteBehavior(Id behavior_id) {
  return {"Delete behavior", std::nullopt, [=](Recorder& recorder) {
            for (const Id video : recorder.reader().VideoIds()) {
              for (const auto& bout : recorder.reader().BehaviorIntervals(video)) {
                if (bout.behavior_id != behavior_id) continue;
                recorder.Change("behavior_intervals", bout.id,
                                [&](Writer& writer) { writer.DeleteBehaviorInterval(bout.id); });
              }
            }
            for (const auto& decision : recorder.reader().ReviewDecisions(0)) {
              if (decision.behavior_id != behavior_id) continue;
              recorder.Change("review_decisions", decision.id, [&](Writer& writer) {
                datasets::DeleteReviewDecision(writer, decision.id);
              });
            }
            recorder.Change("behaviors", behavior_id,
                            [&](Writer& writer) { datasets::DeleteBehavior(writer, behavior_id); });
          }};
}

Edit ProposeFrames(Id video_id, std::vector<int> frames) {
  return {"Propose frames", std::nullopt, [=](Recorder& recorder) {
            for (const int frame : frames) {
              if (recorder.reader().ImageAt(video_id, frame)) continue;
              const ImageRow image = recorder.ImageAt(video_id, frame);  // made as `started`
              recorder.Change("images", image.id, [&](Writer& writer) {
                writer.SetImageState(image.id, ImageState::kNew);
              });
            }
          }};
}

Edit DropProposals(Id video_id, std::vector<int> frames) {
  return {"Drop proposed frames", std::nullopt, [=](Recorder& recorder) {
            for (const int frame : frames) {
              const auto image = recorder.reader().ImageAt(video_id, frame);
              if (image && IsProposal(recorder, *image)) DropImage(recorder, *image);
            }
          }};
}

}  // namespace annotate
