#include "app/model/requests/carry_requests.h"

#include <cstdlib>

#include "annotate/carry_labels.h"
#include "annotate/edits.h"
#include "datasets/base/error.h"

namespace app {
namespace {

using datasets::Id;

std::string NameOf(const datasets::Project& project, Id category_id) {
  for (const auto& row : project.Categories()) {
    if (row.id == category_id) return row.name;
  }
  return "?";
}

}  // namespace

void RequestCarry(Session& session) {
  const datasets::VideoRow* video = session.video();
  const int frame = session.frame();
  if (!video || frame + 1 >= session.frame_count()) return;
  session.PostEdit([video = video->id, frame, &session](datasets::Project& project) {
    annotate::NextFrame next = annotate::CarryToNext(project, video, frame);
    std::string lost;
    for (const Id animal : next.lost) {
      lost += (lost.empty() ? "" : ", ") + NameOf(project, animal);
    }
    if (!lost.empty()) {
      session.SayLater(Message::Kind::kInfo, lost +
                                                 " could not be followed to the next frame (moved "
                                                 "or changed too much): draw the outline there");
    }
    session.ShowLater(video, frame + 1);
    if (next.labels.empty() && lost.empty()) {
      throw datasets::Error("frame " + std::to_string(frame + 1),
                            "it has labels of all these animals already",
                            "delete one of them to have it carried anew");
    }
    return annotate::AddFilledIn(video, frame + 1, std::move(next.labels), "Carry outlines on");
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
    return annotate::AddFilledIn(video, frame,
                                 annotate::InterpolateAround(project, video, frame, category_id),
                                 "Interpolate labels");
  });
}

}  // namespace app
