// A predicted video whose truth is known, for tests of what people decide about its meetings.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "annotate/edits.h"
#include "annotate/edits_meetings.h"
#include "annotate/history.h"
#include "datasets/store/meetings/meeting_store.h"
#include "datasets/store/writer.h"
#include "datasets/unknown_name.h"
#include "datasets/verify.h"
#include "infer/meetings/meeting_decision.h"
#include "infer/meetings/meeting_review.h"
#include "infer/names/name_evidence.h"
#include "infer/run/predict_with.h"
#include "tests/infer/disc_world.h"
#include "tests/infer/names/disc_seer.h"
#include "tests/support/label_project.h"
#include "tests/support/temp_dir.h"

namespace tests {

using datasets::Id;
using datasets::Project;
using infer::MeetingList;
using infer::MeetingVerdict;
using infer::ReviewedMeeting;

// A predicted video whose truth is known, and a person who decides its meetings.
struct DecisionScene {
  explicit DecisionScene(const DiscWorld& w) : world(w), seer(world) {
    project = Project::Create(folder / "test.vole");
    AddVideoRow(*project, "clip", world.frames, world.size.width, world.size.height, world.fps);
    video = project->VideoByName("clip");
    Predict();
  }

  void Predict() {
    infer::FrameSource source;
    source.picture = [size = world.size](int frame) {
      cv::Mat picture(size, CV_8UC3, cv::Scalar(0));
      *picture.ptr<int>() = frame;
      return picture;
    };
    datasets::Job quiet;
    infer::PredictOptions options;
    options.unknown_below = 0;  // look-alikes whom nobody labeled: who left a meeting is asked here
    result = infer::PredictWith(*project, video, seer, source, options, quiet);
    for (const auto& category : project->Categories()) {
      name_of[category.id] = category.name;
      id_of[category.name] = category.id;
    }
  }

  void Label(int frame) {
    project->Write([&](datasets::Writer& writer) {
      const auto image =
          writer.FindOrInsertImage(video.id, frame, world.size.width, world.size.height);
      for (int animal = 0; animal < world.animals; ++animal) {
        datasets::AnnotationRow row;
        row.image_id = image;
        row.category_id = id_of.at("animal_" + std::to_string(animal + 1));
        row.rle = datasets::EncodeMask(world.Truth(animal, frame));
        row.box = datasets::RleBox(*row.rle);
        row.area = static_cast<double>(datasets::RleArea(*row.rle));
        writer.InsertAnnotation(row);
      }
    });
  }

  MeetingList List() const { return infer::ListMeetings(*project, result.job_id, video.id); }

  datasets::MeetingChange Decide(Id meeting, MeetingVerdict verdict,
                                 const std::vector<std::pair<int, int>>& leaves_as = {}) {
    datasets::MeetingChange change;
    annotate::History(*project, "person")
        .Apply(annotate::DecideMeeting([&](datasets::Connection& connection) {
          return change = infer::PlanDecision(connection, meeting, verdict, leaves_as, 2);
        }));
    return change;
  }

  // The true animal that an outline of a frame shows; -1: not clear.
  int TrueAnimal(int frame, int tracklet) const {
    int found = -1;
    for (const auto& row : project->PredictionsAt(result.job_id, video.id, frame)) {
      if (row.tracklet != tracklet) continue;
      for (int animal = 0; animal < world.animals; ++animal) {
        const auto truth = datasets::EncodeMask(world.Truth(animal, frame));
        if (datasets::RleIou(truth, *row.rle) >= 0.5) found = animal;
      }
    }
    return found;
  }

  // As if too little had spoken for the name of this class.
  void LeaveUnknown(int class_index) {
    project->Write([&](datasets::Writer& writer) {
      const Id unknown = datasets::FindOrInsertUnknown(writer);
      name_of[unknown] = "unknown";
      const auto text = datasets::ReadNameEvidence(writer.connection(), result.job_id, video.id);
      infer::NameEvidence evidence = infer::NameEvidenceFromJson(*text);
      for (size_t t = 0; t < evidence.runs.size(); ++t) {
        if (evidence.runs[t].class_index != class_index) continue;
        evidence.runs[t].unknown = true;
        writer.connection().Run(
            "UPDATE predictions SET category_id = ? WHERE job_id = ? AND tracklet = ?", unknown,
            result.job_id, static_cast<int>(t));
      }
      datasets::WriteNameEvidence(writer.connection(), result.job_id, video.id,
                                  infer::ToJson(evidence));
    });
  }

  // As the window does it: from the frame to the end.
  void SwapByHand(int frame, int end_frame = -1, const std::string& name = "animal_1",
                  const std::string& other_name = "animal_2") {
    const int end = end_frame < 0 ? video.frame_count : end_frame;
    const Id one = id_of.at(name), two = id_of.at(other_name);
    annotate::History(*project, "person")
        .Apply(annotate::WithDecision(
            annotate::SwapAnimals(video.id, result.job_id, frame, end, one, two),
            [&](datasets::Connection& connection) {
              return infer::DecisionOfSwap(connection, result.job_id, video.id, frame, end, one,
                                           two);
            }));
  }

  // The name of each true animal in a frame.
  std::vector<std::string> NamesAt(int frame) const {
    std::vector<std::string> names(static_cast<size_t>(world.animals));
    for (const auto& row : project->PredictionsAt(result.job_id, video.id, frame)) {
      for (int animal = 0; animal < world.animals; ++animal) {
        const auto truth = datasets::EncodeMask(world.Truth(animal, frame));
        if (datasets::RleIou(truth, *row.rle) < 0.6) continue;
        names[static_cast<size_t>(animal)] = name_of.at(row.category_id);
        if (!world.class_of.empty()) {
          names[static_cast<size_t>(animal)] += "#" + std::to_string(row.tracklet);
        }
      }
    }
    return names;
  }

  // As a person who sees both sides decides: true when it could be told.
  bool DecideByTruth(const ReviewedMeeting& meeting) {
    std::vector<std::pair<int, int>> leaves_as;
    std::map<int, int> left;  // true animal -> as whom it leaves
    for (const auto& animal : meeting.row.animals) {
      if (!animal.after_tracklet) continue;
      left[TrueAnimal(*animal.after_frame, *animal.after_tracklet)] = animal.number;
    }
    for (const auto& animal : meeting.row.animals) {
      if (!animal.before_tracklet) continue;
      const int truth = TrueAnimal(*animal.before_frame, *animal.before_tracklet);
      const auto found = left.find(truth);
      if (truth < 0 || found == left.end() || found->second == animal.number) continue;
      leaves_as.emplace_back(animal.number, found->second);
    }
    try {
      Decide(meeting.row.id, leaves_as.empty() ? MeetingVerdict::kKeep : MeetingVerdict::kExchange,
             leaves_as);
      return true;
    } catch (const datasets::Error&) {
      Decide(meeting.row.id, MeetingVerdict::kUnsure);
      return false;
    }
  }

  // Animal-frames with another animal's name; of those outside of `but` alone.
  int WrongNames(const std::vector<ReviewedMeeting>& but = {}) const {
    int wrong = 0;
    project->ForEachPrediction(
        result.job_id, video.id, 0, video.frame_count, [&](int frame, const auto& rows) {
          for (const ReviewedMeeting& meeting : but) {
            if (frame >= meeting.row.start_frame && frame < meeting.row.end_frame) return;
          }
          for (const auto& row : rows) {
            for (int animal = 0; animal < world.animals; ++animal) {
              const auto truth = datasets::EncodeMask(world.Truth(animal, frame));
              if (datasets::RleIou(truth, *row.rle) < 0.6) continue;
              wrong += name_of.at(row.category_id) != "animal_" + std::to_string(animal + 1);
            }
          }
        });
    return wrong;
  }

  bool IsSound() const {
    datasets::Job quiet;
    for (const auto& finding : datasets::Verify(*project, quiet)) {
      if (finding.code != "video_missing") return false;
    }
    return true;
  }

  DiscWorld world;
  DiscSeer seer;
  TempDir folder;
  std::unique_ptr<Project> project;
  datasets::VideoRow video;
  infer::PredictResult result;
  std::map<Id, std::string> name_of;
  std::map<std::string, Id> id_of;
};

}  // namespace tests
