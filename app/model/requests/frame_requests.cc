#include "app/model/requests/frame_requests.h"

#include <algorithm>

#include "annotate/edits_removal.h"

namespace app {

std::vector<int> ProposedFrames(const ProjectView& project, datasets::Id video_id) {
  std::vector<int> frames;
  const auto images = project.images.find(video_id);
  if (images == project.images.end()) return frames;
  for (const datasets::ImageRow& image : images->second) {
    if (image.state == datasets::ImageState::kNew) frames.push_back(image.frame_index.value_or(0));
  }
  return frames;
}

void RequestProposals(Session& session, const datasets::SampleOptions& options) {
  const datasets::VideoRow* video = session.video();
  if (!video) {
    session.Say(Message::Kind::kInfo, "Add a video first: drop one on the window");
    return;
  }
  session.StartJob("Propose frames in " + video->name, [&session, row = *video, options](
                                                           datasets::Project& project,
                                                           datasets::Job& job) {
    std::vector<int> known;
    for (const auto& image : project.ImagesOfVideo(row.id)) {
      known.push_back(image.frame_index.value_or(0));
    }
    datasets::VideoReader reader = project.OpenVideo(row);
    const std::vector<int> frames = datasets::SampleFrames(reader, options, known, job);
    session.PostEdit([=](datasets::Project&) { return annotate::ProposeFrames(row.id, frames); });
  });
}

void RequestDropProposals(Session& session, datasets::Id video_id, const std::vector<int>& frames) {
  if (frames.empty()) return;
  session.PostEdit([=](datasets::Project&) { return annotate::DropProposals(video_id, frames); });
}

void GoToProposal(Session& session, int direction) {
  const auto project = session.project_view();
  const std::vector<int> frames =
      project ? ProposedFrames(*project, session.video_id()) : std::vector<int>();
  if (frames.empty()) {
    session.Say(Message::Kind::kInfo,
                "No proposed frame is left to label in this video: Ctrl+P proposes some");
    return;
  }
  if (direction > 0) {
    const auto it = std::upper_bound(frames.begin(), frames.end(), session.frame());
    session.GoToFrame(it == frames.end() ? frames.front() : *it);
  } else {
    const auto it = std::lower_bound(frames.begin(), frames.end(), session.frame());
    session.GoToFrame(it == frames.begin() ? frames.back() : *(it - 1));
  }
}

}  // namespace app
