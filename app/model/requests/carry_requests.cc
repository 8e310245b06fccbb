#include "app/model/requests/carry_requests.h"

#include <algorithm>
#include <map>
#include <set>

#include "annotate/assist/assist.h"
#include "annotate/assist/carry_motion.h"
#include "annotate/assist/carry_points.h"
#include "annotate/assist/interpolate.h"
#include "annotate/carry_labels.h"
#include "annotate/edits.h"
#include "datasets/base/error.h"

namespace app {
namespace {

using datasets::AnnotationRow;
using datasets::Id;

// Key labels farther apart than this are not looked for.
constexpr int kFarthestKey = 500;  // frames
// Straight lines over more than this pass beside the animal, and such labels are learned from.
constexpr double kLongestGap = 1;  // seconds

struct NewLabel {
  int frame = 0;
  AnnotationRow row;
};

annotate::Edit AddAll(Id video_id, int place, std::vector<NewLabel> labels,
                      const std::string& label) {
  return {label, annotate::Place{video_id, place}, [=](annotate::Recorder& recorder) {
            for (const NewLabel& added : labels) {
              annotate::AddAnnotation(video_id, added.frame, added.row).change(recorder);
            }
          }};
}

std::set<Id> LabeledAt(const datasets::Project& project, Id video_id, int frame) {
  std::set<Id> animals;
  for (const AnnotationRow& row : project.AnnotationsAt(video_id, frame)) {
    animals.insert(row.category_id);
  }
  return animals;
}

std::string NameOf(const datasets::Project& project, Id category_id) {
  for (const auto& row : project.Categories()) {
    if (row.id == category_id) return row.name;
  }
  return "?";
}

struct KeyLabel {
  int frame = 0;
  AnnotationRow row;
};
using IsKey = bool (*)(const AnnotationRow&);
bool HasOutline(const AnnotationRow& row) { return row.HasShape(); }
bool HasKeyPoints(const AnnotationRow& row) { return !row.key_points.empty(); }

// The nearest frame before (direction -1) or after (+1) with such a key label of the animal.
std::optional<KeyLabel> NearestKey(const datasets::Project& project,
                                   const std::vector<datasets::ImageRow>& images, int frame,
                                   int direction, Id category_id, IsKey is_key) {
  std::optional<KeyLabel> nearest;
  for (const datasets::ImageRow& image : images) {
    const int at = image.frame_index.value_or(-1);
    const int distance = (at - frame) * direction;
    if (distance <= 0 || distance > kFarthestKey) continue;
    if (nearest && distance > (nearest->frame - frame) * direction) continue;
    for (const AnnotationRow& row : project.AnnotationsOfImage(image.id)) {
      if (row.category_id != category_id || !row.keyframe || !is_key(row)) continue;
      nearest = KeyLabel{at, row};
    }
  }
  return nearest;
}

// Labels of one animal between its keys around a frame.
class BetweenKeys {
 public:
  BetweenKeys(const datasets::Project& project, const std::vector<datasets::ImageRow>& images,
              int frame, int most_frames)
      : project_(project), images_(images), frame_(frame), most_frames_(most_frames) {}

  std::map<int, AnnotationRow> Of(Id animal) {  // by frame
    std::map<int, AnnotationRow> rows;
    if (const auto keys = Keys(animal, HasOutline)) {
      const annotate::KeyOutline from{keys->first.frame, keys->first.row.Rings()};
      const annotate::KeyOutline to{keys->second.frame, keys->second.row.Rings()};
      if (!from.polygons.empty() && !to.polygons.empty()) {
        for (auto& between : annotate::Interpolate(from, to)) {
          rows[between.frame].polygons = std::move(between.polygons);
        }
      }
    }
    if (const auto keys = Keys(animal, HasKeyPoints)) {
      for (auto& between :
           annotate::InterpolatePoints({keys->first.frame, keys->first.row.key_points},
                                       {keys->second.frame, keys->second.row.key_points})) {
        rows[between.frame].key_points = std::move(between.points);
      }
    }
    return rows;
  }
  int too_long() const { return too_long_; }  // frames of a gap that was not filled; 0: none

 private:
  std::optional<std::pair<KeyLabel, KeyLabel>> Keys(Id animal, IsKey is_key) {
    const auto before = NearestKey(project_, images_, frame_ + 1, -1, animal, is_key);
    const auto after = NearestKey(project_, images_, frame_, 1, animal, is_key);
    if (!before || !after) return std::nullopt;
    if (after->frame - before->frame > most_frames_) {
      too_long_ = after->frame - before->frame - 1;
      return std::nullopt;
    }
    return std::pair(*before, *after);
  }

  const datasets::Project& project_;
  const std::vector<datasets::ImageRow>& images_;
  const int frame_, most_frames_;
  int too_long_ = 0;
};

}  // namespace

void RequestCarry(Session& session) {
  const datasets::VideoRow* video = session.video();
  const int frame = session.frame();
  if (!video || frame + 1 >= session.frame_count()) return;
  session.PostEdit([video = *video, frame, &session](datasets::Project& project) {
    const std::vector<AnnotationRow> labels = project.AnnotationsAt(video.id, frame);
    if (labels.empty()) {
      throw datasets::Error("frame " + std::to_string(frame), "it has no label to carry",
                            "label it first");
    }
    const std::set<Id> taken = LabeledAt(project, video.id, frame + 1);
    datasets::VideoReader reader = project.OpenVideo(video);
    const cv::Mat here = reader.Read(frame), next = reader.Read(frame + 1);
    const cv::Mat background = project.BackgroundOf(video).bgr;
    std::vector<NewLabel> carried;
    std::string lost;
    for (const AnnotationRow& label : labels) {
      if (taken.count(label.category_id) || !label.HasShape()) continue;
      NewLabel added{frame + 1, {}};
      added.row.category_id = label.category_id;
      added.row.polygons = annotate::CarryForward(here, label.Rings(), next, background).polygons;
      if (added.row.polygons.empty()) {
        lost += (lost.empty() ? "" : ", ") + NameOf(project, label.category_id);
      } else {
        if (const auto motion = annotate::MotionInside(here, next, label.Rings())) {
          added.row.key_points =
              annotate::CarriedPoints(here, next, *motion, label.key_points, label.area);
        }
        carried.push_back(std::move(added));
      }
    }
    if (!lost.empty()) {
      session.SayLater(Message::Kind::kInfo, lost +
                                                 " could not be followed to the next frame (moved "
                                                 "or changed too much): draw the outline there");
    }
    session.ShowLater(video.id, frame + 1);
    if (carried.empty() && lost.empty()) {
      throw datasets::Error("frame " + std::to_string(frame + 1),
                            "it has labels of all these animals already",
                            "delete one of them to have it carried anew");
    }
    return AddAll(video.id, frame + 1, std::move(carried), "Carry outlines on");
  });
}

void RequestCarryOn(Session& session, int direction, int frames, Id category_id) {
  if (!session.video()) return;
  annotate::CarryRequest request;
  request.video_id = session.video_id();
  request.frame = session.frame();
  if (category_id) request.animals = {category_id};
  request.forward = direction > 0;
  request.backward = direction < 0;
  request.options.most_frames = frames;
  session.StartJob("Carry outlines", [&session, request, direction](datasets::Project& project,
                                                                    datasets::Job& job) {
    const annotate::CarriedLabels carried = annotate::CarryLabels(project, request, job);
    const std::string what = "Carried: " + annotate::Describe(project, request, carried);
    if (carried.labels == 0) {
      session.SayLater(Message::Kind::kInfo, what);
    } else {
      session.PostEdit([edit = carried.edit, what, &session](datasets::Project&) {
        return annotate::Edit{edit.label, edit.place, [=, &session](annotate::Recorder& recorder) {
                                edit.change(recorder);  // which may find the labels changed
                                session.SayLater(Message::Kind::kInfo, what);
                              }};
      });
    }
    int shown = request.frame;  // the doubt that is nearest, else the last frame that was reached
    bool in_doubt = false;
    for (const annotate::CarryEnd& end : carried.ends) {
      const int at = end.doubt ? end.frame : end.frame - direction;
      const bool nearer = std::abs(at - request.frame) < std::abs(shown - request.frame);
      if ((end.doubt && !in_doubt) || (end.doubt == in_doubt && (end.doubt ? nearer : !nearer))) {
        shown = at;
      }
      in_doubt = in_doubt || end.doubt;
    }
    session.ShowLaterFrom({request.video_id, request.frame}, shown);
  });
}

void RequestAcceptFilledIn(Session& session) {
  const Id video = session.video_id();
  const int frame = session.frame();
  if (!session.video()) return;
  session.PostEdit([=](datasets::Project& project) {
    const auto filled_in = [&](int at) {
      return datasets::AnyFilledIn(project.AnnotationsAt(video, at));
    };
    int start = frame, end = frame + 1;
    while (start > 0 && filled_in(start - 1)) --start;
    while (filled_in(end)) ++end;
    return annotate::AcceptFilledIn(video, start, end);
  });
}

void RequestInterpolate(Session& session, Id category_id) {
  const Id video = session.video_id();
  const int frame = session.frame();
  if (!session.video()) return;
  session.PostEdit([=](datasets::Project& project) {
    const std::vector<datasets::ImageRow> images = project.ImagesOfVideo(video);
    const double fps = project.VideoById(video).fps;
    const int most_frames = std::max(2, static_cast<int>(kLongestGap * (fps > 0 ? fps : 25)));
    std::vector<NewLabel> added;
    BetweenKeys between(project, images, frame, most_frames);
    for (const datasets::CategoryRow& animal : project.Categories()) {
      if (category_id && animal.id != category_id) continue;
      for (auto& [at, row] : between.Of(animal.id)) {
        if (LabeledAt(project, video, at).count(animal.id)) continue;
        row.category_id = animal.id;
        row.source = datasets::LabelSource::kInterpolated;
        row.keyframe = false;
        added.push_back({at, row});
      }
    }
    const int too_long = between.too_long();
    if (added.empty() && too_long > 0) {
      throw datasets::Error(
          "interpolation",
          "between the labels lie " + std::to_string(too_long) + " frames, and at most a second (" +
              std::to_string(most_frames - 1) +
              ") is filled: on straight lines the outlines would leave the animals",
          "label a frame between them, or carry the labels on with Ctrl+Shift+B");
    }
    if (added.empty()) {
      throw datasets::Error("interpolation",
                            "no animal has labels both before and after this frame with free "
                            "frames between them",
                            "label it on both sides first");
    }
    return AddAll(video, frame, std::move(added), "Interpolate labels");
  });
}

}  // namespace app
