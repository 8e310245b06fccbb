#include "app/model/requests/point_requests.h"

#include <algorithm>

#include "annotate/edits.h"
#include "annotate/edits_points.h"
#include "app/model/requests/label_requests.h"
#include "datasets/base/text.h"
#include "datasets/keypoints/sides.h"

namespace app {
namespace {

using annotate::Shape;
using datasets::Id;
using datasets::KeyPoint;

bool HasLabel(const std::vector<Shape>& labels, Id animal) {
  return std::any_of(labels.begin(), labels.end(),
                     [&](const Shape& label) { return label.category_id == animal; });
}

std::shared_ptr<const FrameView> ViewNow(const Session& session) {
  auto view = session.frame_view();
  return view && view->frame == session.frame() ? view : nullptr;
}

// Lines and commas both stand between names.
std::vector<std::string> NamesIn(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ',');
  std::vector<std::string> names = datasets::SplitNames(text);
  names.erase(std::remove(names.begin(), names.end(), ""), names.end());
  return names;
}

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ",") + name;
  return text;
}

}  // namespace

std::optional<Id> AnimalForPoints(const Session& session, const std::vector<Shape>& labels) {
  const auto project = session.project_view();
  if (!project) return std::nullopt;
  const std::vector<const datasets::CategoryRow*> animals = NamedAnimals(*project);
  if (animals.empty()) return 0;
  const auto view = ViewNow(session);
  const auto is_free = [&](Id animal) {
    return !HasLabel(labels, animal) && !(view && HasLabel(view->predictions, animal));
  };
  const auto known = [&](Id wanted) {
    return std::any_of(animals.begin(), animals.end(),
                       [&](const auto* animal) { return animal->id == wanted; });
  };
  const Id chosen = session.next_animal, selected = session.selected_category;
  if (known(chosen) && !HasLabel(labels, chosen)) return chosen;
  if (known(selected) && is_free(selected)) return selected;
  for (const datasets::CategoryRow* animal : animals) {
    if (is_free(animal->id)) return animal->id;
  }
  return std::nullopt;
}

void RequestPoints(Session& session, const annotate::ShapeChange& change, Id animal) {
  if (change.annotation_id > 0) {
    session.PostEdit([change](datasets::Project&) {
      return annotate::SetPoints(change.annotation_id, change.key_points, change.label);
    });
    return;
  }
  const auto view = ViewNow(session);
  if (!view || !session.video()) return;
  datasets::AnnotationRow row;
  row.category_id = animal;
  if (change.annotation_id < 0) {
    const Shape* prediction = FindPrediction(view.get(), change.annotation_id);
    if (!prediction) return;
    if (!prediction->HasShape() && change.key_points.empty()) {
      RequestDelete(session, change.annotation_id);
      return;
    }
    row.category_id = prediction->category_id;
    row.polygons = prediction->polygons;
    row.rle = prediction->rle;
    const auto project = session.project_view();
    const auto job = project->predict_job.find(session.video_id());
    if (job != project->predict_job.end()) row.job_id = job->second;
  }
  row.key_points = change.key_points;
  std::vector<Id> known;
  for (const Shape& label : view->labels) known.push_back(label.annotation_id);
  session.PostEdit([=, video = session.video_id(), frame = session.frame(),
                    label = change.label](datasets::Project&) {
    return annotate::AddPoints(video, frame, row, known, label);
  });
}

void RequestSwapLeftRight(Session& session, Id edit_id) {
  const auto view = ViewNow(session);
  if (edit_id > 0) {
    session.PostEdit([=](datasets::Project&) { return annotate::SwapLeftRight(edit_id); });
    return;
  }
  const Shape* prediction = FindPrediction(view.get(), edit_id);
  if (!prediction) {
    session.Say(Message::Kind::kInfo, "Choose the animal whose left and right are to be swapped");
    return;
  }
  session.PostEdit([seen = SeenNow(session, *prediction)](datasets::Project&) {
    return annotate::SwapSidesOfPrediction(seen);
  });
}

void RequestCopyPoints(Session& session) {
  const auto view = ViewNow(session);
  if (!session.video()) return;
  const auto copy = [&](Id only) {
    session.PostEdit(
        [only, video = session.video_id(), frame = session.frame()](datasets::Project&) {
          return annotate::CopyPointsFromBefore(video, frame, only);
        });
  };
  if (!view) {  // of a frame that was entered just now nothing is selected
    copy(0);
    return;
  }
  const auto say = [&](const std::string& text) { session.Say(Message::Kind::kInfo, text); };
  const auto has_points = [](const Shape& shape) { return !shape.key_points.empty(); };
  if (std::none_of(view->neighbor_labels.begin(), view->neighbor_labels.end(), has_points)) {
    say("The labeled frame before this one has no key points to copy");
    return;
  }
  Id only = 0;  // the selected animal
  for (const Shape& shape : EditableShapes(view->labels, view->predictions, {true})) {
    if (shape.annotation_id == session.selected_annotation) only = shape.category_id;
  }
  const bool any = std::any_of(
      view->neighbor_labels.begin(), view->neighbor_labels.end(), [&](const Shape& before) {
        if (!has_points(before) || (only && before.category_id != only)) return false;
        return std::none_of(view->labels.begin(), view->labels.end(), [&](const Shape& label) {
          return label.category_id == before.category_id && has_points(label);
        });
      });
  if (!any) {
    say(only ? "This animal has points here already, or none in the frame before"
             : "Every animal of the labeled frame before has points here");
    return;
  }
  copy(only);
}

datasets::Skeleton SkeletonFromText(const std::string& name, const std::string& points,
                                    const std::string& edges, const std::string& symmetric) {
  const std::vector<std::string> names = NamesIn(points);
  const std::vector<std::string> trimmed = NamesIn(name);
  return datasets::MakeSkeleton(
      trimmed.empty() ? "" : trimmed[0], names,
      datasets::ParsePairs("edge", Joined(NamesIn(edges)), names),
      datasets::ParsePairs("symmetric pair", Joined(NamesIn(symmetric)), names));
}

std::string PairsByName(const std::string& points) {
  std::string text;
  for (const auto& [left, right] : datasets::PartnersByName(NamesIn(points))) {
    text += (text.empty() ? "" : ", ") + left + "-" + right;
  }
  return text;
}

void RequestAddSkeleton(Session& session, const datasets::Skeleton& skeleton) {
  session.PostEdit([=](datasets::Project&) { return annotate::AddSkeleton(skeleton); });
}

}  // namespace app
