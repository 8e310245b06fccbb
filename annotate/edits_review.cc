#include <algorithm>
#include <map>
#include <set>

#include "annotate/edits.h"
#include "annotate/edits_points.h"
#include "datasets/shape/mask.h"
#include "datasets/shape/same_place.h"
#include "datasets/store/review/review_reasons.h"
#include "datasets/unknown_name.h"

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

// IoU; of a label that has points alone, the share of them in the prediction's box.
double Overlap(const PredictionRow& prediction, const AnnotationRow& label, const ImageRow& image) {
  if (label.HasShape()) {
    const cv::Size size(image.width, image.height);
    return datasets::RleIou(prediction.Mask(size), label.Mask(size));
  }
  const datasets::Box& box = prediction.box;
  const auto inside = [&](const datasets::KeyPoint& point) {
    return point.x >= box.x && point.x <= box.x + box.width && point.y >= box.y &&
           point.y <= box.y + box.height;
  };
  const auto count = std::count_if(label.key_points.begin(), label.key_points.end(), inside);
  return label.key_points.empty()
             ? 0
             : static_cast<double>(count) / static_cast<double>(label.key_points.size());
}

// For each prediction of one animal's name the label that is there already, or null. Where several
// have the name, those that overlap most belong together.
std::vector<const AnnotationRow*> LabelsOf(const std::vector<const PredictionRow*>& predictions,
                                           const std::vector<const AnnotationRow*>& labels,
                                           const ImageRow& image, bool have_names) {
  std::vector<const AnnotationRow*> of(predictions.size(), nullptr);
  if (have_names && predictions.size() == 1 && labels.size() == 1) return {labels[0]};
  struct Pair {
    double overlap = 0;
    size_t prediction = 0, label = 0;
  };
  std::vector<Pair> pairs;
  for (size_t p = 0; p < predictions.size(); ++p) {
    for (size_t l = 0; l < labels.size(); ++l) {
      const double overlap = Overlap(*predictions[p], *labels[l], image);
      if (overlap >= datasets::kSamePlace) pairs.push_back({overlap, p, l});
    }
  }
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const Pair& a, const Pair& b) { return a.overlap > b.overlap; });
  std::vector<bool> used(labels.size(), false);
  for (const Pair& pair : pairs) {
    if (of[pair.prediction] || used[pair.label]) continue;
    of[pair.prediction] = labels[pair.label];
    used[pair.label] = true;
  }
  return of;
}

// `unknown`: of animals whose name is not known; they become labels that nothing learns from,
// unless a label of any name is there still when the named ones are accepted.
void AcceptFrame(Recorder& recorder, Id video_id, int frame_index,
                 const std::vector<PredictionRow>& predictions, std::optional<Id> only,
                 std::optional<Id> unknown) {
  const auto existing = recorder.reader().ImageAt(video_id, frame_index);
  if (!only && existing && existing->IsDecided()) return;
  std::vector<AnnotationRow> labels;
  if (existing) labels = recorder.reader().AnnotationsOfImage(existing->id);
  std::map<Id, std::vector<const AnnotationRow*>> labels_of;
  for (const AnnotationRow& label : labels) labels_of[label.category_id].push_back(&label);
  std::map<Id, std::vector<const PredictionRow*>> predictions_of;
  for (const PredictionRow& prediction : predictions) {
    if (only && prediction.category_id != *only) continue;
    predictions_of[prediction.category_id].push_back(&prediction);
  }
  std::vector<const PredictionRow*> wanted;
  std::set<Id> replaced;  // nobody has looked at these, but at the predictions
  const auto take = [&](Id category, const std::vector<const PredictionRow*>& own,
                        const std::vector<const AnnotationRow*>& among) {
    const auto there = existing ? LabelsOf(own, among, *existing, category != unknown)
                                : std::vector<const AnnotationRow*>(own.size(), nullptr);
    for (size_t p = 0; p < own.size(); ++p) {
      if (there[p]) {
        if (!there[p]->GivesWay() || !there[p]->key_points.empty()) continue;
        if (there[p]->category_id != category) continue;  // a name says more than none
        replaced.insert(there[p]->id);
      }
      wanted.push_back(own[p]);
    }
  };
  for (const auto& [category, own] : predictions_of) {
    if (category != unknown) take(category, own, labels_of[category]);
  }
  if (const auto own = unknown ? predictions_of.find(*unknown) : predictions_of.end();
      own != predictions_of.end()) {
    std::vector<const AnnotationRow*> left;
    for (const AnnotationRow& label : labels) {
      if (replaced.count(label.id) == 0) left.push_back(&label);
    }
    take(*unknown, own->second, left);
  }
  std::sort(wanted.begin(), wanted.end());  // as they were predicted
  if (only && wanted.empty()) return;
  const ImageRow image = recorder.ImageAt(video_id, frame_index);
  for (const Id label : replaced) DeleteLabel(recorder, label);
  for (const PredictionRow* prediction : wanted) {
    InsertLabel(recorder, LabelFrom(*prediction, image.id, recorder.author()));
  }
  const ImageState state =
      !only ? ImageState::kDone
            : (image.state == ImageState::kDone ? ImageState::kDone : ImageState::kStarted);
  if (image.state != state) {
    // Whoever says that the frame is done has seen what was filled in there, too.
    if (state == ImageState::kDone) AcceptLabels(recorder, image.id);
    recorder.Change("images", image.id,
                    [&](Writer& writer) { writer.SetImageState(image.id, state); });
  }
}

void Accept(Recorder& recorder, Id job_id, Id video_id, int start_frame, int end_frame,
            std::optional<Id> only) {
  const std::optional<Id> unknown = datasets::UnknownOf(recorder.reader().Categories());
  recorder.reader().ForEachPrediction(
      job_id, video_id, start_frame, end_frame, PredictionView::kCorrected,
      [&](int frame_index, const std::vector<PredictionRow>& predictions) {
        AcceptFrame(recorder, video_id, frame_index, predictions, only, unknown);
      });
}

// The spans of an unknown animal in which nobody else has the name.
std::vector<std::pair<int, int>> SpansWithout(const Recorder& recorder, Id job_id, Id video_id,
                                              Id unknown, int tracklet, Id name) {
  auto row = recorder.connection().Query(
      "SELECT min(frame_index), max(frame_index) FROM predictions WHERE job_id = ? AND video_id = ?"
      " AND category_id = ? AND tracklet = ?",
      job_id, video_id, unknown, tracklet);
  if (!row.Step() || row.IsNull(0)) return {};
  int start = static_cast<int>(row.Int(0));
  const int end = static_cast<int>(row.Int(1)) + 1;
  std::vector<std::pair<int, int>> spans;
  recorder.reader().ForEachConfidence(job_id, video_id, [&](int frame, Id category, double) {
    if (category != name || frame < start || frame >= end) return;
    if (frame > start) spans.emplace_back(start, frame);
    start = frame + 1;
  });
  if (start < end) spans.emplace_back(start, end);
  return spans;
}

// The label without a name that lies on an unknown animal, as when its frame was accepted.
std::optional<Id> UnknownLabelAt(const Recorder& recorder, const PredictionRow& prediction) {
  const auto image = recorder.reader().ImageAt(prediction.video_id, prediction.frame_index);
  if (!image) return std::nullopt;
  std::vector<AnnotationRow> labels = recorder.reader().AnnotationsOfImage(image->id);
  std::vector<const AnnotationRow*> nameless;
  for (const AnnotationRow& label : labels) {
    if (label.category_id == prediction.category_id) nameless.push_back(&label);
  }
  const AnnotationRow* there = LabelsOf({&prediction}, nameless, *image, false)[0];
  return there ? std::optional<Id>(there->id) : std::nullopt;
}

// Who says that an unknown animal is one whom a person has outlined elsewhere in the same frame is
// mistaken in one of the two.
void CheckNobodyIsLabeledSo(const Recorder& recorder, const PredictionRow& unknown, Id name) {
  const auto image = recorder.reader().ImageAt(unknown.video_id, unknown.frame_index);
  if (!image) return;
  for (const AnnotationRow& label : recorder.reader().AnnotationsOfImage(image->id)) {
    if (label.category_id != name || label.GivesWay()) continue;
    if (LabelsOf({&unknown}, {&label}, *image, false)[0]) continue;
    throw Error("unknown animal " + std::to_string(unknown.tracklet),
                "another outline of frame " + std::to_string(unknown.frame_index) +
                    " is labeled with that name",
                "give that one its right name first");
  }
}

void Reject(Recorder& recorder, Id job_id, Id video_id, int start_frame, int end_frame,
            std::optional<Id> category_id, std::optional<int> number = {}) {
  datasets::PredictionCorrectionRow correction;
  correction.job_id = job_id;
  correction.video_id = video_id;
  correction.start_frame = start_frame;
  correction.end_frame = end_frame;
  correction.kind = datasets::PredictionCorrectionRow::Kind::kReject;
  correction.category_id = category_id;
  correction.number = number;
  correction.author = recorder.author();
  recorder.Insert("prediction_corrections",
                  [&](Writer& writer) { return writer.InsertPredictionCorrection(correction); });
}

struct EpisodeAnimal {
  Id category = 0;
  std::optional<int> number;  // only the track of this number
};

// What an animal without a name is called in this span by now, if anybody named it since.
std::vector<EpisodeAnimal> CalledNow(const Recorder& recorder, const datasets::ReviewItemRow& item,
                                     Id unknown, int number) {
  const auto corrections = recorder.reader().Corrections(item.job_id, item.video_id);
  auto rows = recorder.connection().Query(
      "SELECT frame_index FROM predictions WHERE job_id = ? AND video_id = ? AND frame_index >= ?"
      " AND frame_index < ? AND category_id = ? AND tracklet = ?",
      item.job_id, item.video_id, item.start_frame, item.end_frame, unknown, number);
  std::map<std::pair<Id, int>, EpisodeAnimal> animals;
  while (rows.Step()) {
    PredictionRow row;
    row.frame_index = static_cast<int>(rows.Int(0));
    row.category_id = unknown;
    row.tracklet = number;
    datasets::Correct(corrections, &row);
    animals[{row.category_id, row.tracklet}] = {row.category_id, row.tracklet};
  }
  std::vector<EpisodeAnimal> list;
  for (const auto& [key, animal] : animals) list.push_back(animal);
  return list;
}

// The animals of an episode by their names; those without one by their numbers, as others of them
// may be there. Empty when it names none. Throws Error when it names one that the project does not
// know.
std::vector<EpisodeAnimal> AnimalsOf(const Recorder& recorder,
                                     const datasets::ReviewItemRow& item) {
  std::vector<EpisodeAnimal> animals;
  const auto names = nlohmann::json::parse(item.animals_json, nullptr, false);
  if (!names.is_array()) return animals;
  const std::vector<datasets::CategoryRow> categories = recorder.reader().Categories();
  for (const auto& name : names) {
    if (!name.is_string()) continue;
    const auto number = datasets::NumberOfUnknownAnimal(name.get<std::string>());
    const auto unknown = number ? datasets::UnknownOf(categories) : std::nullopt;
    if (unknown) {
      const auto called = CalledNow(recorder, item, *unknown, *number);
      animals.insert(animals.end(), called.begin(), called.end());
      continue;
    }
    const auto animal = std::find_if(
        categories.begin(), categories.end(),
        [&](const auto& category) { return category.name == name.get<std::string>(); });
    if (animal == categories.end()) {
      throw datasets::Error("episode " + std::to_string(item.id),
                            "it is about '" + name.get<std::string>() +
                                "', an animal that the project does not have any more",
                            "make the queue anew: vole review --rebuild");
    }
    if (!datasets::IsUnknown(*animal)) animals.push_back({animal->id, {}});
  }
  return animals;
}

// Which of several that share a name is wrong, an episode does not say, and none is taken for it.
void CheckOneIsMeant(const Recorder& recorder, const datasets::ReviewItemRow& item,
                     const EpisodeAnimal& animal) {
  if (animal.number || item.reason_code == datasets::kAuditReason.code) return;
  recorder.reader().ForEachPrediction(
      item.job_id, item.video_id, item.start_frame, item.end_frame, PredictionView::kCorrected,
      [&](int frame_index, const std::vector<PredictionRow>& predictions) {
        const auto count = std::count_if(
            predictions.begin(), predictions.end(),
            [&](const PredictionRow& row) { return row.category_id == animal.category; });
        if (count < 2) return;
        throw Error("episode " + std::to_string(item.id),
                    std::to_string(count) + " animals of frame " + std::to_string(frame_index) +
                        " have one name, and it does not say which of them is wrong",
                    "delete the wrong outlines, then say that you have corrected it");
      });
}

// The episode is about whatever is there.
bool NamesNobody(const datasets::ReviewItemRow& item) {
  const auto names = nlohmann::json::parse(item.animals_json, nullptr, false);
  return !names.is_array() || names.empty();
}

}  // namespace

Edit AcceptPredictions(Id job_id, Id video_id, int start_frame, int end_frame,
                       std::optional<Id> category_id) {
  return {"Accept predictions", Place{video_id, start_frame}, [=](Recorder& recorder) {
            Accept(recorder, job_id, video_id, start_frame, end_frame, category_id);
          }};
}

Edit NameUnknown(Id job_id, Id video_id, int frame_index, int tracklet, Id category_id) {
  return {"Name animal", Place{video_id, frame_index}, [=](Recorder& recorder) {
            const std::optional<Id> unknown = datasets::UnknownOf(recorder.reader().Categories());
            std::optional<PredictionRow> here;
            recorder.reader().ForEachPrediction(
                job_id, video_id, frame_index, frame_index + 1, PredictionView::kCorrected,
                [&](int, const std::vector<PredictionRow>& predictions) {
                  for (const PredictionRow& row : predictions) {
                    if (row.category_id == unknown && row.tracklet == tracklet) here = row;
                  }
                });
            if (!here) {
              throw Error("unknown animal " + std::to_string(tracklet),
                          "frame " + std::to_string(frame_index) + " has none of this number",
                          "list them: vole review PROJECT unknown");
            }
            if (category_id == *unknown) {
              throw Error("unknown animal " + std::to_string(tracklet), "that is no name",
                          "give it the name of an animal");
            }
            const std::vector<std::pair<int, int>> spans =
                SpansWithout(recorder, job_id, video_id, *unknown, tracklet, category_id);
            if (std::none_of(spans.begin(), spans.end(), [&](const auto& span) {
                  return span.first <= frame_index && frame_index < span.second;
                })) {
              throw Error(
                  "unknown animal " + std::to_string(tracklet),
                  "another animal of frame " + std::to_string(frame_index) + " has that name",
                  "give that one its right name first");
            }
            CheckNobodyIsLabeledSo(recorder, *here, category_id);
            for (const auto& [start, end] : spans) {
              datasets::PredictionCorrectionRow correction;
              correction.job_id = job_id;
              correction.video_id = video_id;
              correction.start_frame = start;
              correction.end_frame = end;
              correction.category_id = *unknown;
              correction.other_category_id = category_id;
              correction.number = correction.other_number = tracklet;
              correction.author = recorder.author();
              recorder.Insert("prediction_corrections", [&](Writer& writer) {
                return writer.InsertPredictionCorrection(correction);
              });
            }
            // The label holds for the next prediction, too. One without a name may be there.
            if (const auto label = UnknownLabelAt(recorder, *here)) {
              AssignName(*label, category_id).change(recorder);
              return;
            }
            here->category_id = category_id;
            AcceptFrame(recorder, video_id, frame_index, {*here}, category_id, {});
          }};
}

Edit RejectPredictions(Id job_id, Id video_id, int start_frame, int end_frame,
                       std::optional<Id> category_id, std::optional<int> number) {
  return {"Reject predictions", Place{video_id, start_frame}, [=](Recorder& recorder) {
            Reject(recorder, job_id, video_id, start_frame, end_frame, category_id, number);
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
            if (IsDecidedSo(recorder, item, verdict)) return;
            if (verdict == Verdict::kAccepted) {
              Accept(recorder, item.job_id, item.video_id, item.start_frame, item.end_frame, {});
            } else if (verdict == Verdict::kRejected) {
              const std::vector<EpisodeAnimal> animals = AnimalsOf(recorder, item);
              for (const EpisodeAnimal& animal : animals) {
                CheckOneIsMeant(recorder, item, animal);
                Reject(recorder, item.job_id, item.video_id, item.start_frame, item.end_frame,
                       animal.category, animal.number);
              }
              if (NamesNobody(item)) {
                Reject(recorder, item.job_id, item.video_id, item.start_frame, item.end_frame, {});
              }
            }
            recorder.Insert("review_decisions", [&](Writer& writer) {
              return writer.InsertReviewDecision(item, NameOf(verdict), recorder.author(), seconds);
            });
          }};
}

}  // namespace annotate
