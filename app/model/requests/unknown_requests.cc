#include "app/model/requests/unknown_requests.h"

#include <algorithm>
#include <cstdlib>

#include "annotate/edits.h"
#include "datasets/base/error.h"
#include "datasets/shape/polygon.h"
#include "datasets/shape/same_place.h"

namespace app {
namespace {

using datasets::Id;
using datasets::PredictionCorrectionRow;
using datasets::PredictionRow;

using Corrections = std::vector<PredictionCorrectionRow>;

// Names that people gave to this animal without a name.
std::vector<const PredictionCorrectionRow*> NamingsOf(const Corrections& corrections, Id unknown,
                                                      int tracklet) {
  std::vector<const PredictionCorrectionRow*> namings;
  for (const PredictionCorrectionRow& one : corrections) {
    const bool names = one.kind == PredictionCorrectionRow::Kind::kSwap &&
                       one.category_id == unknown && one.number == tracklet;
    if (names) namings.push_back(&one);
  }
  return namings;
}

bool WasUnknown(const Corrections& corrections, Id unknown, const PredictionRow& row) {
  if (row.category_id == unknown) return true;
  const auto namings = NamingsOf(corrections, unknown, row.tracklet);
  return std::any_of(namings.begin(), namings.end(), [&](const auto* naming) {
    return naming->start_frame <= row.frame_index && row.frame_index < naming->end_frame;
  });
}

// What is known of one frame's animals without a name.
struct FrameNow {
  std::optional<Id> unknown;
  Corrections corrections;
  std::vector<PredictionRow> rows;

  FrameNow(const datasets::Project& project, const NamedTrack::Place& at)
      : unknown(datasets::UnknownOf(project.Categories())) {
    if (!unknown || !at.job_id) return;
    corrections = project.Corrections(at.job_id, at.video_id);
    rows = project.PredictionsAt(at.job_id, at.video_id, at.frame);
  }
  bool WasUnknown(const PredictionRow& row) const {
    return unknown && app::WasUnknown(corrections, *unknown, row);
  }
};

std::string NameIn(const datasets::Project& project, Id category_id) {
  for (const datasets::CategoryRow& row : project.Categories()) {
    if (row.id == category_id) return row.name;
  }
  return "?";
}

// Whoever else has the name in that frame, in words; "" when nobody has.
std::string WhoHas(const datasets::Project& project, const FrameNow& now, const NamedTrack& track,
                   Id category_id) {
  const std::string name = NameIn(project, category_id);
  const std::string frame = " of frame " + std::to_string(track.at.frame);
  datasets::Box place;
  for (const PredictionRow& row : now.rows) {
    if (row.tracklet == track.tracklet && row.category_id == track.category_id) place = row.box;
  }
  for (const auto& label : project.AnnotationsAt(track.at.video_id, track.at.frame)) {
    if (label.category_id != category_id || label.id == track.label_id) continue;
    if (datasets::BoxIou(label.box, place) < datasets::kSamePlace) {
      return "a label" + frame + " says that " + name + " is elsewhere";
    }
  }
  for (const PredictionRow& row : now.rows) {
    if (row.category_id != category_id || row.tracklet == track.tracklet) continue;
    return name + " is another animal" + frame +
           (now.WasUnknown(row) ? ", which a person named so" : ", which was predicted so");
  }
  return "";
}

annotate::Edit AllOf(const NamedTrack& track, std::vector<annotate::Edit> edits) {
  return {"Name animal", annotate::Place{track.at.video_id, track.at.frame},
          [edits = std::move(edits)](annotate::Recorder& recorder) {
            for (const annotate::Edit& edit : edits) edit.change(recorder);
          }};
}

annotate::Edit RenameTrack(const datasets::Project& project, const FrameNow& now,
                           const NamedTrack& track, Id category_id,
                           const std::function<void(const std::string&)>& say) {
  std::vector<annotate::Edit> edits;
  int frames = 0;
  for (const auto* naming : NamingsOf(now.corrections, *now.unknown, track.tracklet)) {
    PredictionRow row;
    row.category_id = *now.unknown;
    row.tracklet = track.tracklet;
    row.frame_index = naming->start_frame;
    datasets::Correct(now.corrections, &row);
    if (row.category_id != track.category_id) continue;
    frames += naming->end_frame - naming->start_frame;
    edits.push_back(annotate::ReassignAnimal(track.at.video_id, track.at.job_id,
                                             naming->start_frame, naming->end_frame,
                                             track.category_id, category_id));
  }
  if (edits.empty()) {  // it has gone through other hands since: in this frame
    edits.push_back(annotate::ReassignAnimal(track.at.video_id, track.at.job_id, track.at.frame,
                                             track.at.frame + 1, track.category_id, category_id));
    frames = 1;
  }
  say(NameIn(project, track.category_id) + " is " + NameIn(project, category_id) + " on " +
      std::to_string(frames) + " frames, as far as this animal is followed; Ctrl+Z takes it back");
  return AllOf(track, std::move(edits));
}

// Named in the frame nearest to the middle in which it has no name and nobody else has this one.
annotate::Edit NameSomewhere(const datasets::Project& project, const ShownUnknown& unknown,
                             Id category_id) {
  const infer::UnknownAnimal& animal = unknown.animal;
  // Here and there, from its middle outwards: it may be hidden for a while, or meet the other.
  constexpr int kPlaces = 24;
  const int length = animal.end_frame - animal.start_frame;
  const int middle = animal.start_frame + length / 2;
  std::vector<int> frames = {middle, animal.start_frame};
  for (int place = 0; place < kPlaces; ++place) {
    frames.push_back(animal.start_frame + (2 * place + 1) * length / (2 * kPlaces));
  }
  // Between its spans it has a name already, which is not what is asked.
  const auto has_name = [&](int frame) {
    return std::none_of(animal.spans.begin(), animal.spans.end(), [&](const auto& span) {
      return span.first <= frame && frame < span.second;
    });
  };
  frames.erase(std::remove_if(frames.begin(), frames.end(), has_name), frames.end());
  for (const auto& [start, end] : animal.spans) {
    frames.insert(frames.end(), {start + (end - start) / 2, start, end - 1});
  }
  std::stable_sort(frames.begin(), frames.end(),
                   [&](int a, int b) { return std::abs(a - middle) < std::abs(b - middle); });
  std::string refused;
  bool named = false;  // meanwhile, by a digit before this one or another program
  for (const int frame : frames) {
    NamedTrack there{{unknown.video_id, unknown.job_id, frame}, animal.tracklet, 0, 0};
    const FrameNow now(project, there.at);
    const auto row = std::find_if(now.rows.begin(), now.rows.end(), [&](const auto& one) {
      return one.tracklet == animal.tracklet && now.WasUnknown(one);
    });
    if (row == now.rows.end()) continue;
    if (row->category_id != now.unknown) {
      named = true;
      continue;
    }
    there.category_id = row->category_id;
    const std::string who = WhoHas(project, now, there, category_id);
    if (who.empty()) return NameTrack(project, there, category_id, [](const std::string&) {});
    if (refused.empty()) refused = who;
  }
  const std::string gone = named ? "it has a name now" : "it is not in this prediction any more";
  throw datasets::Error(
      "unknown animal " + std::to_string(animal.tracklet), refused.empty() ? gone : refused,
      refused.empty() ? "look at the list again" : "give that one its right name first");
}

}  // namespace

std::optional<NamedTrack> TrackOfPrediction(const datasets::Project& project,
                                            const NamedTrack::Place& at, Id prediction_id) {
  const FrameNow now(project, at);
  for (const PredictionRow& row : now.rows) {
    if (row.id != prediction_id || !now.WasUnknown(row)) continue;
    return NamedTrack{at, row.tracklet, row.category_id, 0};
  }
  return std::nullopt;
}

std::optional<NamedTrack> TrackOfLabel(const datasets::Project& project,
                                       const NamedTrack::Place& at, Id label_id) {
  const FrameNow now(project, at);
  if (now.rows.empty()) return std::nullopt;
  const auto labels = project.AnnotationsAt(at.video_id, at.frame);
  const auto label = std::find_if(labels.begin(), labels.end(),
                                  [&](const auto& row) { return row.id == label_id; });
  if (label == labels.end()) return std::nullopt;
  double nearest = datasets::kSamePlace;
  std::optional<NamedTrack> found;
  for (const PredictionRow& row : now.rows) {
    const double overlap = datasets::BoxIou(label->box, row.box);
    if (overlap < nearest) continue;
    nearest = overlap;
    // Of a label that says otherwise than its animal is called, only itself is meant.
    const bool same = label->category_id == now.unknown || label->category_id == row.category_id;
    found.reset();
    if (same && now.WasUnknown(row))
      found = NamedTrack{at, row.tracklet, row.category_id, label_id};
  }
  return found;
}

annotate::Edit NameTrack(const datasets::Project& project, const NamedTrack& track, Id category_id,
                         const std::function<void(const std::string&)>& say) {
  const FrameNow now(project, track.at);
  const annotate::Edit label = track.label_id ? annotate::AssignName(track.label_id, category_id)
                                              : annotate::Edit{"", {}, [](annotate::Recorder&) {}};
  if (track.category_id == category_id) return AllOf(track, {label});
  if (track.category_id != now.unknown) {
    annotate::Edit renamed = RenameTrack(project, now, track, category_id, say);
    return AllOf(track, {std::move(renamed), label});
  }
  if (const std::string who = WhoHas(project, now, track, category_id); !who.empty()) {
    throw datasets::Error("unknown animal " + std::to_string(track.tracklet), who,
                          "give that one its right name first");
  }
  say("Named as far as this animal is followed; where it is followed from there is known once the "
      "video is predicted again");
  return AllOf(track, {label, annotate::NameUnknown(track.at.job_id, track.at.video_id,
                                                    track.at.frame, track.tracklet, category_id)});
}

void SelectUnknown(Session& session, int tracklet) {
  const auto view = session.frame_view();
  const auto project = session.project_view();
  if (!view || !project || view->frame != session.frame()) return;
  for (const PredictionRow& row : view->prediction_rows) {
    if (row.tracklet == tracklet && row.category_id == project->unknown_id) {
      session.selected_annotation = -row.id;
    }
  }
}

void RequestNameUnknown(Session& session, const ShownUnknown& unknown, Id category_id,
                        std::function<void()> refused) {
  session.PostEdit(
      [=](datasets::Project& project) { return NameSomewhere(project, unknown, category_id); },
      std::move(refused));
}

}  // namespace app
