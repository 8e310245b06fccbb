#include <algorithm>
#include <map>
#include <set>

#include "annotate/edits.h"
#include "annotate/edits_points.h"

namespace annotate {
namespace {

using datasets::AnnotationRow;
using datasets::Error;
using datasets::Id;
using datasets::ImageRow;
using datasets::ImageState;
using datasets::PredictionRow;
using datasets::PredictionView;
using datasets::Writer;

AnnotationRow LabelFrom(const PredictionRow& prediction, Id image_id, const std::string& author) {
  AnnotationRow label;
  label.image_id = image_id;
  label.category_id = prediction.category_id;
  label.polygons = prediction.polygons;
  if (prediction.rle) {
    label.rle = prediction.rle;  // the exact mask; the outline has been rounded
    label.box = datasets::RleBox(*prediction.rle);
    label.area = datasets::RleArea(*prediction.rle);
  } else {
    label.box = prediction.box;
    label.area = prediction.box.width * prediction.box.height;
  }
  for (const datasets::PredictedPoint& point : prediction.key_points) {
    label.key_points.push_back(datasets::AsKeyPoint(point));
  }
  label.source = datasets::LabelSource::kAccepted;
  label.job_id = prediction.job_id;
  label.author = author;
  return label;
}

bool IsDecided(const ImageRow& image) {
  return image.state == ImageState::kDone || image.state == ImageState::kEmpty;
}

void AcceptFrame(Recorder& recorder, Id video_id, int frame_index,
                 const std::vector<PredictionRow>& predictions, std::optional<Id> only) {
  const auto existing = recorder.reader().ImageAt(video_id, frame_index);
  if (!only && existing && IsDecided(*existing)) return;
  std::set<Id> named;
  std::map<Id, Id> filled_in;  // by animal: nobody has looked at these, but at the predictions
  if (existing) {
    for (const AnnotationRow& label : recorder.reader().AnnotationsOfImage(existing->id)) {
      if (label.GivesWay() && label.key_points.empty()) {
        filled_in[label.category_id] = label.id;
      } else {
        named.insert(label.category_id);
      }
    }
  }
  std::vector<const PredictionRow*> wanted;
  for (const PredictionRow& prediction : predictions) {
    if (only && prediction.category_id != *only) continue;
    if (!named.count(prediction.category_id)) wanted.push_back(&prediction);
  }
  if (only && wanted.empty()) return;
  const ImageRow image = recorder.ImageAt(video_id, frame_index);
  for (const PredictionRow* prediction : wanted) {
    const auto old = filled_in.find(prediction->category_id);
    if (old != filled_in.end()) DeleteLabel(recorder, old->second);
    InsertLabel(recorder, LabelFrom(*prediction, image.id, recorder.author()));
  }
  const ImageState state =
      !only ? ImageState::kDone
            : (image.state == ImageState::kDone ? ImageState::kDone : ImageState::kStarted);
  if (image.state != state) {
    recorder.Change("images", image.id,
                    [&](Writer& writer) { writer.SetImageState(image.id, state); });
  }
}

void Accept(Recorder& recorder, Id job_id, Id video_id, int start_frame, int end_frame,
            std::optional<Id> only) {
  recorder.reader().ForEachPrediction(
      job_id, video_id, start_frame, end_frame, PredictionView::kCorrected,
      [&](int frame_index, const std::vector<PredictionRow>& predictions) {
        AcceptFrame(recorder, video_id, frame_index, predictions, only);
      });
}

void Reject(Recorder& recorder, Id job_id, Id video_id, int start_frame, int end_frame,
            std::optional<Id> category_id) {
  datasets::PredictionCorrectionRow correction;
  correction.job_id = job_id;
  correction.video_id = video_id;
  correction.start_frame = start_frame;
  correction.end_frame = end_frame;
  correction.kind = datasets::PredictionCorrectionRow::Kind::kReject;
  correction.category_id = category_id;
  correction.author = recorder.author();
  recorder.Insert("prediction_corrections",
                  [&](Writer& writer) { return writer.InsertPredictionCorrection(correction); });
}

// The animals of an episode by their names; empty when it names none. Throws Error when it names
// one that the project does not know.
std::vector<Id> AnimalsOf(const Recorder& recorder, const datasets::ReviewItemRow& item) {
  std::vector<Id> animals;
  const auto names = nlohmann::json::parse(item.animals_json, nullptr, false);
  if (!names.is_array()) return animals;
  const std::vector<datasets::CategoryRow> categories = recorder.reader().Categories();
  for (const auto& name : names) {
    if (!name.is_string()) continue;
    const auto animal = std::find_if(
        categories.begin(), categories.end(),
        [&](const auto& category) { return category.name == name.get<std::string>(); });
    if (animal == categories.end()) {
      throw datasets::Error("episode " + std::to_string(item.id),
                            "it is about '" + name.get<std::string>() +
                                "', an animal that the project does not have any more",
                            "make the queue anew: vole review --rebuild");
    }
    animals.push_back(animal->id);
  }
  return animals;
}

}  // namespace

Edit AcceptPredictions(Id job_id, Id video_id, int start_frame, int end_frame,
                       std::optional<Id> category_id) {
  return {"Accept predictions", Place{video_id, start_frame}, [=](Recorder& recorder) {
            Accept(recorder, job_id, video_id, start_frame, end_frame, category_id);
          }};
}

Edit RejectPredictions(Id job_id, Id video_id, int start_frame, int end_frame,
                       std::optional<Id> category_id) {
  return {"Reject predictions", Place{video_id, start_frame}, [=](Recorder& recorder) {
            Reject(recorder, job_id, video_id, start_frame, end_frame, category_id);
          }};
}

const char* NameOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAccepted:
      return "accepted";
    case Verdict::kCorrected:
      return "corrected";
    case Verdict::kRejected:
      return "rejected";
    default:
      return "skipped";
  }
}

Edit DecideEpisode(const datasets::ReviewItemRow& item, Verdict verdict, double seconds) {
  if (item.behavior_id) return DecideBout(item, verdict, seconds);
  const std::string label = verdict == Verdict::kAccepted    ? "Accept episode"
                            : verdict == Verdict::kRejected  ? "Reject episode"
                            : verdict == Verdict::kCorrected ? "Episode corrected"
                                                             : "Skip episode";
  return {label, Place{item.video_id, item.start_frame}, [=](Recorder& recorder) {
            if (verdict == Verdict::kAccepted) {
              Accept(recorder, item.job_id, item.video_id, item.start_frame, item.end_frame, {});
            } else if (verdict == Verdict::kRejected) {
              const std::vector<Id> animals = AnimalsOf(recorder, item);
              for (const Id animal : animals) {
                Reject(recorder, item.job_id, item.video_id, item.start_frame, item.end_frame,
                       animal);
              }
              if (animals.empty()) {
                Reject(recorder, item.job_id, item.video_id, item.start_frame, item.end_frame, {});
              }
            }
            recorder.Insert("review_decisions", [&](Writer& writer) {
              return writer.InsertReviewDecision(item, NameOf(verdict), recorder.author(), seconds);
            });
          }};
}

}  // namespace annotate
