#include "app/model/requests/label_requests.h"

#include <algorithm>
#include <set>

#include "annotate/edits.h"
#include "annotate/edits_meetings.h"
#include "annotate/edits_removal.h"
#include "annotate/tools/shape_geometry.h"
#include "app/model/requests/point_requests.h"
#include "datasets/base/error.h"
#include "datasets/store/copy.h"
#include "datasets/store/points.h"
#include "datasets/store/removal/removal.h"
#include "infer/meetings/meeting_decision.h"

namespace app {
namespace {

const annotate::Shape* FindLabel(const Session& session, datasets::Id annotation_id) {
  const auto view = session.frame_view();
  if (!view || view->frame != session.frame()) return nullptr;
  for (const annotate::Shape& label : view->labels) {
    if (label.annotation_id == annotation_id) return &label;
  }
  return nullptr;
}

// The prediction of the frame that shows; nothing for a label's id.
std::optional<annotate::Shape> PredictionNow(const Session& session, datasets::Id edit_id) {
  const auto view = session.frame_view();
  if (!view || view->frame != session.frame()) return std::nullopt;
  const annotate::Shape* found = FindPrediction(view.get(), edit_id);
  return found ? std::optional(*found) : std::nullopt;
}

// Of a prediction that shares its name with others: which one it is.
std::optional<int> NumberOf(const Session& session, datasets::Id edit_id) {
  const auto view = session.frame_view();
  const auto project = session.project_view();
  if (!view || !project || !project->numbered_videos.count(view->video_id)) return std::nullopt;
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

// An animal without an outline, moved as far as all of it stays in the picture.
void NudgePoints(Session& session, const annotate::Shape& shape, cv::Point2d by) {
  const datasets::VideoRow& video = *session.video();
  by =
      annotate::ShiftInside(datasets::BoxOfPoints(shape.key_points), by, video.width, video.height);
  annotate::ShapeChange change;
  change.kind = annotate::ShapeChange::Kind::kPoints;
  change.annotation_id = EditId(shape);
  change.label = "Nudge points";
  change.key_points = annotate::Shifted(shape.key_points, by);
  RequestPoints(session, change);
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

LabeledBy::LabeledBy(const std::vector<annotate::Shape>& labels, bool numbered) : labels_(labels) {
  if (!numbered) return;
  for (const annotate::Shape& label : labels) boxes_.push_back(PlaceOf(label));
}

bool LabeledBy::operator()(const annotate::Shape& prediction) const {
  constexpr double kSamePlace = 0.25;
  const datasets::Box place = boxes_.empty() ? datasets::Box() : PlaceOf(prediction);
  for (size_t i = 0; i < labels_.size(); ++i) {
    if (labels_[i].category_id != prediction.category_id) continue;
    if (boxes_.empty() || datasets::BoxIou(boxes_[i], place) >= kSamePlace) return true;
  }
  return false;
}

std::vector<annotate::Shape> EditableShapes(const std::vector<annotate::Shape>& labels,
                                            const std::vector<annotate::Shape>& predictions,
                                            bool numbered) {
  std::vector<annotate::Shape> shapes = labels;
  const LabeledBy is_labeled(labels, numbered);
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
    const datasets::Id video = session.video_id(), job = PredictJob(session);
    const int frame = session.frame();
    session.PostEdit([=](datasets::Project&) {
      datasets::AnnotationRow row;
      row.category_id = prediction->category_id;
      row.polygons = change.polygons;
      row.rle = change.rle;
      row.key_points = change.key_points.empty() ? prediction->key_points : change.key_points;
      if (job) row.job_id = job;
      return annotate::AddAnnotation(video, frame, row, "Correct prediction");
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
  if (annotation_id < 0) {
    const auto prediction = PredictionNow(session, annotation_id);
    const datasets::Id video = session.video_id(), job = PredictJob(session);
    const int frame = session.frame();
    if (!prediction || !job || prediction->category_id == category_id) return;
    const std::optional<int> number = NumberOf(session, annotation_id);
    session.PostEdit([=](datasets::Project&) {
      return annotate::AssignPredictionName(job, video, frame, frame + 1, prediction->category_id,
                                            category_id, number);
    });
    return;
  }
  session.PostEdit(
      [=](datasets::Project&) { return annotate::AssignName(annotation_id, category_id); });
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
              std::to_string(counts.predicted) + " predicted frames; Ctrl+Z takes it back");
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
  const annotate::Shape* label = FindLabel(session, annotation_id);
  const auto prediction = PredictionNow(session, annotation_id);
  if (prediction) label = &*prediction;
  const datasets::VideoRow* video = session.video();
  if (!label || !video) return;
  if (label->polygons.empty()) {
    NudgePoints(session, *label, {dx, dy});
    return;
  }
  annotate::ToolContext image;
  image.width = video->width;
  image.height = video->height;
  cv::Point2d by(dx, dy);
  if (!label->key_points.empty()) {  // points have no place outside of the picture
    by = annotate::ShiftInside(datasets::BoxOfPoints(label->key_points), by, video->width,
                               video->height);
  }
  datasets::Polygons outlines = label->polygons;
  for (datasets::Ring& ring : outlines) {
    for (cv::Point2d& point : ring) point += by;
  }
  annotate::ShapeChange change = annotate::ReplaceChange(
      annotation_id,
      annotate::WithOutlines(*label, std::move(outlines), image, annotate::ShiftBy(by)),
      "Nudge outline");
  change.key_points = annotate::Shifted(label->key_points, by);
  RequestShapeChange(session, change);
}

void RequestCopyFromNeighbor(Session& session) {
  const auto view = session.frame_view();
  if (!view || view->frame != session.frame() || view->neighbor_labels.empty()) {
    session.Say(Message::Kind::kInfo, "There is no labeled frame before this one to copy from");
    return;
  }
  std::set<datasets::Id> taken;
  for (const annotate::Shape& label : view->labels) taken.insert(label.category_id);
  std::vector<datasets::AnnotationRow> rows;
  for (const annotate::Shape& shape : view->neighbor_labels) {
    if (taken.count(shape.category_id)) continue;
    datasets::AnnotationRow row;
    row.category_id = shape.category_id;
    row.polygons = shape.polygons;
    row.rle = shape.rle;
    row.key_points = shape.key_points;
    rows.push_back(std::move(row));
  }
  if (rows.empty()) {
    session.Say(Message::Kind::kInfo, "Every animal of the labeled frame before is labeled here");
    return;
  }
  const datasets::Id video = session.video_id();
  const int frame = session.frame();
  annotate::Edit edit;
  edit.label = "Copy from frame " + std::to_string(view->neighbor_frame);
  edit.place = annotate::Place{video, frame};
  edit.change = [=](annotate::Recorder& recorder) {
    for (const datasets::AnnotationRow& row : rows) {
      annotate::AddAnnotation(video, frame, row).change(recorder);
    }
  };
  session.PostEdit([edit](datasets::Project&) { return edit; });
}

void RequestRelink(Session& session, datasets::Id video_id, const std::string& file) {
  session.Post("Find video", [=](datasets::Project& project) {
    project.RelinkVideo(video_id, file);
    for (const datasets::VideoRow& video : project.Videos()) {
      const std::filesystem::path old = project.VideoPath(video);
      const std::filesystem::path beside =
          std::filesystem::path(file).parent_path() / old.filename();
      if (std::filesystem::exists(old) || !std::filesystem::exists(beside)) continue;
      try {
        project.RelinkVideo(video.id, beside);
      } catch (const datasets::Error&) {
        continue;  // another video of the same name
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
