#include "app/model/requests/carry_requests.h"

#include <algorithm>
#include <set>

#include "annotate/assist/assist.h"
#include "annotate/assist/interpolate.h"
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

// The nearest frame before (direction -1) or after (+1) with a key label of the animal.
std::optional<annotate::KeyOutline> NearestKey(const datasets::Project& project,
                                               const std::vector<datasets::ImageRow>& images,
                                               int frame, int direction, Id category_id) {
  std::optional<annotate::KeyOutline> nearest;
  for (const datasets::ImageRow& image : images) {
    const int at = image.frame_index.value_or(-1);
    const int distance = (at - frame) * direction;
    if (distance <= 0 || distance > kFarthestKey) continue;
    if (nearest && distance > (nearest->frame - frame) * direction) continue;
    for (const AnnotationRow& row : project.AnnotationsOfImage(image.id)) {
      if (row.category_id != category_id || !row.keyframe || !row.HasShape()) continue;
      nearest = annotate::KeyOutline{at, row.Rings()};
    }
  }
  return nearest;
}

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

void RequestInterpolate(Session& session, Id category_id) {
  const Id video = session.video_id();
  const int frame = session.frame();
  if (!session.video()) return;
  session.PostEdit([=](datasets::Project& project) {
    const std::vector<datasets::ImageRow> images = project.ImagesOfVideo(video);
    const double fps = project.VideoById(video).fps;
    const int most_frames = std::max(2, static_cast<int>(kLongestGap * (fps > 0 ? fps : 25)));
    std::vector<NewLabel> added;
    int too_long = 0;  // frames of a gap that was not filled
    for (const datasets::CategoryRow& animal : project.Categories()) {
      if (category_id && animal.id != category_id) continue;
      const auto before = NearestKey(project, images, frame + 1, -1, animal.id);
      const auto after = NearestKey(project, images, frame, 1, animal.id);
      if (!before || !after || before->polygons.empty() || after->polygons.empty()) continue;
      if (after->frame - before->frame > most_frames) {
        too_long = after->frame - before->frame - 1;
        continue;
      }
      for (auto& between : annotate::Interpolate(*before, *after)) {
        if (LabeledAt(project, video, between.frame).count(animal.id)) continue;
        NewLabel label{between.frame, {}};
        label.row.category_id = animal.id;
        label.row.polygons = std::move(between.polygons);
        label.row.source = datasets::LabelSource::kInterpolated;
        label.row.keyframe = false;
        added.push_back(std::move(label));
      }
    }
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
    return AddAll(video, frame, std::move(added), "Interpolate outlines");
  });
}

}  // namespace app
