#include "app/model/requests/label_requests.h"

#include <algorithm>
#include <set>

#include "annotate/edits.h"
#include "annotate/edits_meetings.h"
#include "annotate/edits_removal.h"
#include "annotate/tools/shape_geometry.h"
#include "app/model/requests/point_requests.h"
#include "app/model/requests/unknown_requests.h"
#include "datasets/base/error.h"
#include "datasets/shape/same_place.h"
#include "datasets/store/copy.h"
#include "datasets/store/points.h"
#include "datasets/store/removal/removal.h"
#include "datasets/video_files.h"
#include "infer/meetings/meeting_decision.h"

namespace app {
namespace {

// The prediction of the frame that shows; nothing for a label's id.
std::optional<annotate::Shape> PredictionNow(const Session& session, datasets::Id edit_id) {
  const auto view = session.frame_view();
  if (!view || view->frame != session.frame()) return std::nullopt;
  const annotate::Shape* found = FindPrediction(view.get(), edit_id);
  return found ? std::optional(*found) : std::nullopt;
}

// Of a prediction that shares its name with others, or has none: which one it is.
std::optional<int> NumberOf(const Session& session, datasets::Id edit_id) {
  const auto view = session.frame_view();
  const auto project = session.project_view();
  if (!view || !project) return std::nullopt;
  const auto prediction = PredictionNow(session, edit_id);
  if (!prediction || !SharedNamesIn(*project, view->video_id)(prediction->category_id)) {
    return std::nullopt;
  }
  for (const datasets::PredictionRow& row : view->prediction_rows) {
    if (row.id == -edit_id) return row.tracklet;
  }
  return std::nullopt;
}

datasets::Id PredictJob(const Session& session) {
  const auto project = session.project_view();
  if (!project) return 0;
  const auto it = project->predict_job.find(session.video_id());
  return it == project->predict_job.end() ? 0 : it->second;
}

}  // namespace

datasets::Id EditId(const annotate::Shape& shape) {
  return shape.annotation_id ? shape.annotation_id : -shape.prediction_id;
}

namespace {
datasets::Box PlaceOf(const annotate::Shape& shape) {
  return shape.polygons.empty() ? datasets::BoxOfPoints(shape.key_points)
                                : datasets::BoxOf(shape.polygons);
}
}  // namespace

annotate::SeenPrediction SeenNow(const Session& session, const annotate::Shape& prediction) {
  const auto view = session.frame_view();
  annotate::SeenPrediction seen;
  seen.video_id = session.video_id();
  seen.frame_index = session.frame();
  seen.row.category_id = prediction.category_id;
  seen.row.polygons = prediction.polygons;
  seen.row.rle = prediction.rle;
  seen.row.key_points = prediction.key_points;
  if (const datasets::Id job = PredictJob(session)) seen.row.job_id = job;
  for (const annotate::Shape& label : view->labels) seen.known.push_back(label.annotation_id);
  const auto project = session.project_view();
  seen.numbered = project && SharedNamesIn(*project, session.video_id())(prediction.category_id);
  return seen;
}

SharedNames SharedNamesIn(const ProjectView& project, datasets::Id video_id) {
  return {project.numbered_videos.count(video_id) > 0, project.unknown_id};
}

LabeledBy::LabeledBy(const std::vector<annotate::Shape>& labels, const SharedNames& shared)
    : labels_(labels), shared_(shared) {
  if (!shared.all && !shared.unknown) return;
  for (const annotate::Shape& label : labels) boxes_.push_back(PlaceOf(label));
}

const annotate::Shape* LabeledBy::LabelOf(const annotate::Shape& prediction) const {
  const bool by_place = shared_(prediction.category_id);
  const bool is_unknown = shared_.unknown != 0 && prediction.category_id == shared_.unknown;
  const datasets::Box place = by_place ? PlaceOf(prediction) : datasets::Box();
  const annotate::Shape* found = nullptr;
  double nearest = datasets::kSamePlace;
  for (size_t i = 0; i < labels_.size(); ++i) {
    if (!is_unknown && labels_[i].category_id != prediction.category_id) continue;
    if (!by_place) return &labels_[i];
    const double overlap = datasets::BoxIou(boxes_[i], place);
    if (overlap < nearest) continue;
    nearest = overlap;
    found = &labels_[i];
  }
  return found;
}

std::vector<annotate::Shape> EditableShapes(const std::vector<annotate::Shape>& labels,
                                            const std::vector<annotate::Shape>& predictions,
                                            const SharedNames& shared) {
  std::vector<annotate::Shape> shapes = labels;
  const LabeledBy is_labeled(labels, shared);
  for (const annotate::Shape& prediction : predictions) {
    if (is_labeled(prediction)) continue;
    shapes.push_back(prediction);
    shapes.back().annotation_id = EditId(prediction);
  }
  return shapes;
}

const annotate::Shape* FindPrediction(const FrameView* view, datasets::Id edit_id) {
  if (!view || edit_id >= 0) return nullptr;
  for (const annotate::Shape& prediction : view->predictions) {
    if (prediction.prediction_id == -edit_id) return &prediction;
  }
  return nullptr;
}

FrameSpan SpanOf(const Session& session, ReachOfChange reach, FrameSpan chosen_span) {
  switch (reach) {
    case ReachOfChange::kThisFrame:
      return {session.frame(), session.frame() + 1};
    case ReachOfChange::kSpan:
      return chosen_span;
    case ReachOfChange::kFromHere:
      return {session.frame(), session.frame_count()};
  }
  return {};
}

void RequestShapeChange(Session& session, const annotate::ShapeChange& change,
                        datasets::Id animal) {
  using Kind = annotate::ShapeChange::Kind;
  if (change.kind == Kind::kDelete) {
    RequestDelete(session, change.annotation_id);
    return;
  }
  if (change.kind == Kind::kReplace && change.annotation_id < 0) {
    const auto prediction = PredictionNow(session, change.annotation_id);
    if (!prediction) return;
    session.PostEdit([change, seen = SeenNow(session, *prediction)](datasets::Project&) {
      return annotate::CorrectPrediction(seen, change, change.key_points);
    });
    return;
  }
  if (change.kind == Kind::kReplace) {
    session.PostEdit([change](datasets::Project&) {
      return annotate::ReplaceShape(change.annotation_id, change.polygons, change.rle, change.label,
                                    change.key_points);
    });
    return;
  }
  if (change.kind != Kind::kAdd) return;
  if (!session.video()) return;
  const datasets::Id video = session.video_id();
  const int frame = session.frame();
  session.PostEdit([=](datasets::Project&) {
    datasets::AnnotationRow row;
    row.category_id = animal;  // 0: a new one
    row.polygons = change.polygons;
    row.rle = change.rle;
    row.key_points = change.key_points;
    return annotate::AddAnnotation(video, frame, row, change.label);
  });
}

void RequestDelete(Session& session, datasets::Id annotation_id) {
  if (!annotation_id) return;
  session.selected_annotation = 0;
  if (annotation_id < 0) {
    const auto prediction = PredictionNow(session, annotation_id);
    const datasets::Id video = session.video_id(), job = PredictJob(session);
    const int frame = session.frame();
    if (!prediction || !job) return;
    const std::optional<int> number = NumberOf(session, annotation_id);
    session.PostEdit([=](datasets::Project&) {
      return annotate::RejectPredictions(job, video, frame, frame + 1, prediction->category_id,
                                         number);
    });
    return;
  }
  session.PostEdit([=](datasets::Project&) { return annotate::DeleteAnnotation(annotation_id); });
}

void RequestAssign(Session& session, datasets::Id annotation_id, datasets::Id category_id) {
  const NamedTrack::Place at = {session.video_id(), PredictJob(session), session.frame()};
  const auto say = [&session](const std::string& text) {
    session.SayLater(Message::Kind::kInfo, text);
  };
  if (annotation_id < 0) {
    const auto project = session.project_view();
    if (!at.job_id || !project || !PredictionNow(session, annotation_id)) return;
    const bool numbered = SharedNamesIn(*project, at.video_id).all;
    session.PostEdit([=](datasets::Project& now) {
      if (const auto track = TrackOfPrediction(now, at, -annotation_id)) {
        return NameTrack(now, *track, category_id, say);
      }
      return annotate::NamePrediction(at.job_id, at.video_id, at.frame, -annotation_id, category_id,
                                      numbered);
    });
    return;
  }
  session.PostEdit([=](datasets::Project& now) {
    if (const auto track = TrackOfLabel(now, at, annotation_id)) {
      return NameTrack(now, *track, category_id, say);
    }
    return annotate::AssignName(annotation_id, category_id);
  });
}

void RequestNames(Session& session, annotate::NameChange change, datasets::Id category_a,
                  datasets::Id category_b, FrameSpan span) {
  const datasets::Id video = session.video_id(), job = PredictJob(session);
  session.PostEdit([=, &session](datasets::Project& project) {
    const bool swap = change == annotate::NameChange::kSwap;
    const annotate::NameCounts counts = annotate::CountNames(
        project, change, video, job, span.start_frame, span.end_frame, category_a, category_b);
    if (counts.labeled + counts.predicted > 0) {
      session.SayLater(
          Message::Kind::kInfo,
          (swap ? "Swapped from frame " : "Reassigned from frame ") +
              std::to_string(span.start_frame) + " to " + std::to_string(span.end_frame - 1) +
              ": " + std::to_string(counts.labeled) + " labeled and " +
              std::to_string(counts.predicted) + " predicted frames; Ctrl+Z takes it back" +
              (project.LatestBehaviorJob(video)
                   ? ". Predicted bouts keep the names that they were scored under: score the "
                     "behavior of this video again"
                   : ""));
    }
    const annotate::Edit edit = (swap ? annotate::SwapAnimals : annotate::ReassignAnimal)(
        video, job, span.start_frame, span.end_frame, category_a, category_b);
    if (!swap || !job || counts.predicted == 0) return edit;
    return annotate::WithDecision(edit, [=, &session](datasets::Connection& connection) {
      const auto decision = infer::DecisionOfSwap(connection, job, video, span.start_frame,
                                                  span.end_frame, category_a, category_b);
      if (!decision) {
        session.SayLater(Message::Kind::kInfo,
                         "This swap holds until the video is predicted again: the animals share a "
                         "name, or one of them is not seen where it begins");
      }
      return decision;
    });
  });
}

void RequestFrameState(Session& session, datasets::ImageState state) {
  const datasets::Id video = session.video_id();
  const int frame = session.frame();
  if (!session.video()) return;
  session.PostEdit(
      [=](datasets::Project&) { return annotate::SetImageState(video, frame, state); });
}

void RequestAcceptPredictions(Session& session, datasets::Id category_id) {
  const datasets::Id job = PredictJob(session), video = session.video_id();
  const int frame = session.frame();
  if (!job) {
    session.Say(Message::Kind::kInfo, "This video has no predictions yet: train, then predict");
    return;
  }
  session.PostEdit([=](datasets::Project&) {
    return annotate::AcceptPredictions(
        job, video, frame, frame + 1,
        category_id ? std::optional<datasets::Id>(category_id) : std::nullopt);
  });
}

void RequestNudge(Session& session, datasets::Id annotation_id, double dx, double dy) {
  const cv::Point2d by(dx, dy);
  if (annotation_id > 0) {
    session.PostEdit(
        [=](datasets::Project&) { return annotate::NudgeAnnotation(annotation_id, by); });
  } else if (const auto prediction = PredictionNow(session, annotation_id)) {
    session.PostEdit([by, seen = SeenNow(session, *prediction)](datasets::Project&) {
      return annotate::NudgePrediction(seen, by);
    });
  }
}

void RequestCopyFromNeighbor(Session& session) {
  if (!session.video()) return;
  const auto view = session.frame_view();
  if (view && view->frame == session.frame()) {
    if (view->neighbor_labels.empty()) {
      session.Say(Message::Kind::kInfo, "There is no labeled frame before this one to copy from");
      return;
    }
    std::set<datasets::Id> taken;
    for (const annotate::Shape& label : view->labels) taken.insert(label.category_id);
    if (std::all_of(view->neighbor_labels.begin(), view->neighbor_labels.end(),
                    [&](const auto& shape) { return taken.count(shape.category_id) > 0; })) {
      session.Say(Message::Kind::kInfo, "Every animal of the labeled frame before is labeled here");
      return;
    }
  }
  session.PostEdit([video = session.video_id(), frame = session.frame()](datasets::Project&) {
    return annotate::CopyFromBefore(video, frame);
  });
}

void RequestRelink(Session& session, datasets::Id video_id, const std::string& file) {
  session.Post("Find video", [=](datasets::Project& project) {
    project.RelinkVideo(video_id, file);
    for (const datasets::VideoRow& video : project.Videos()) {
      for (const datasets::VideoFile& old : datasets::FilesOf(project, video)) {
        const std::filesystem::path beside =
            std::filesystem::path(file).parent_path() / old.path.filename();
        if (std::filesystem::exists(old.path) || !std::filesystem::exists(beside)) continue;
        try {
          project.RelinkVideo(video.id, beside);
        } catch (const datasets::Error&) {
          continue;  // another video of the same name
        }
      }
    }
  });
}

void RequestNewAnimal(Session& session, const std::string& name) {
  session.PostEdit([=](datasets::Project&) { return annotate::AddCategory(name); });
}

void RequestChangeAnimal(Session& session, const datasets::CategoryRow& animal) {
  session.PostEdit([=](datasets::Project&) { return annotate::ChangeCategory(animal); });
}

void RequestDeleteAnimal(Session& session, const datasets::CategoryRow& animal) {
  session.selected_annotation = session.selected_category = session.next_animal = 0;
  session.PostEdit([=, &session](datasets::Project&) {
    annotate::Edit edit = annotate::DeleteAnimal(animal.id);
    const auto change = edit.change;
    edit.change = [=, &session](annotate::Recorder& recorder) {
      int64_t labels = 0;
      for (const auto& count : recorder.reader().CategoryCounts()) {
        if (count.name == animal.name) labels = count.labels;
      }
      change(recorder);
      session.SayLater(Message::Kind::kInfo,
                       "Deleted " + animal.name + " with its predictions and " +
                           std::to_string(labels) +
                           " labels; Ctrl+Z brings all but the predictions back");
    };
    return edit;
  });
}

void RequestRemoveVideo(Session& session, const datasets::VideoRow& video) {
  RequestRemoveVideos(session, {video});
}

void RequestRemoveVideos(Session& session, const std::vector<datasets::VideoRow>& videos) {
  if (videos.empty()) return;
  const std::string what =
      videos.size() == 1 ? videos[0].name : std::to_string(videos.size()) + " videos";
  session.Post("Remove " + what, [=, &session](datasets::Project& project) {
    std::filesystem::path copy = project.file();
    copy += ".before-removal.bak";
    project.Read([&](datasets::Connection& connection) { datasets::CopyTo(connection, copy); });
    project.Write([&](datasets::Writer& writer) {
      for (const datasets::VideoRow& video : videos) datasets::DeleteVideo(writer, video.id);
    });
    session.SayLater(Message::Kind::kInfo, "Removed " + what + "; the project with " +
                                               (videos.size() == 1 ? "it" : "them") +
                                               " is kept as " + copy.filename().string() +
                                               " (vole restore)");
  });
}

}  // namespace app
