#include "app/model/session/unknown_pictures.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "datasets/base/error.h"
#include "datasets/shape/mask.h"

namespace app {
namespace {

using datasets::Id;

datasets::Polygons OutlineOf(const datasets::Outline& row) {
  if (!row.polygons.empty() || !row.rle || row.rle->empty()) return row.polygons;
  return datasets::TraceMask(datasets::DecodeMask(*row.rle));
}

// Where the animal is seen, at or near a frame of its span: it may be hidden for a while.
CutWish SeenNear(const datasets::Project& project, const ShownUnknown& unknown, int frame) {
  const infer::UnknownAnimal& animal = unknown.animal;
  for (int step = 0; step < 20; ++step) {
    const int at = frame + (step % 2 ? -1 : 1) * ((step + 1) / 2);
    if (at < animal.start_frame || at >= animal.end_frame) continue;
    for (const auto& row : project.PredictionsAt(unknown.job_id, unknown.video_id, at)) {
      if (row.tracklet == animal.tracklet) return {unknown.video_id, at, OutlineOf(row)};
    }
  }
  return {unknown.video_id, frame, {}};
}

// One label of each animal: of this video nearest to the frame, else of another video.
std::map<Id, CutWish> LabelsOf(const datasets::Project& project, Id video_id, int frame,
                               const std::vector<Id>& animals) {
  std::map<Id, CutWish> found;
  const auto look = [&](Id video, bool here) {
    project.ForEachAnnotation(video, [&](const datasets::ImageRow& image, const auto& labels) {
      const int at = image.frame_index.value_or(0);
      for (const datasets::AnnotationRow& label : labels) {
        const bool wanted =
            std::find(animals.begin(), animals.end(), label.category_id) != animals.end();
        if (!wanted || !label.HasShape() || label.occluded) continue;
        const auto known = found.find(label.category_id);
        if (known != found.end() &&
            (!here || std::abs(known->second.frame - frame) <= std::abs(at - frame))) {
          continue;
        }
        found[label.category_id] = {video, at, OutlineOf(label)};
      }
    });
  };
  look(video_id, true);
  for (const datasets::VideoRow& video : project.Videos()) {
    std::error_code ignored;
    if (found.size() >= animals.size()) break;
    if (video.id == video_id || !std::filesystem::exists(project.VideoPath(video), ignored)) {
      continue;
    }
    look(video.id, false);
  }
  return found;
}

}  // namespace

UnknownPictures::UnknownPictures(std::filesystem::path project_file, std::function<void()> wake,
                                 std::function<void(const std::string&)> say)
    : project_file_(std::move(project_file)),
      worker_(
          [this](const Wanted& wanted) {
            Make(wanted);
            return LatestWorker<Wanted>::Answered();
          },
          std::move(wake), std::move(say), LatestWorker<Wanted>::OnFailure::kForget) {}

std::shared_ptr<const UnknownPictures::Pictures> UnknownPictures::Of(
    const ShownUnknown& unknown, const std::vector<Id>& animals) {
  std::scoped_lock lock(mutex_);
  const UnknownKey key = KeyOf(unknown);
  if (!(asked_ == key) || asked_animals_ != animals) {
    asked_ = key;
    asked_animals_ = animals;
    worker_.Ask({unknown, animals});
  }
  return pictures_ && pictures_->key == key && pictures_->asked == animals ? pictures_ : nullptr;
}

void UnknownPictures::Make(const Wanted& wanted) {
  const auto project = datasets::Project::Open(project_file_, datasets::Project::Access::kReadOnly);
  const infer::UnknownAnimal& animal = wanted.unknown.animal;
  const int last = animal.end_frame - 1, length = animal.end_frame - animal.start_frame;
  std::vector<CutWish> wishes;
  // A little inside: at its ends an animal is often half hidden.
  for (const int frame :
       {animal.start_frame + length / 20, animal.start_frame + length / 2, last - length / 20}) {
    wishes.push_back(SeenNear(*project, wanted.unknown, frame));
  }
  const size_t own = wishes.size();
  auto labels = LabelsOf(*project, wanted.unknown.video_id, wishes[1].frame, wanted.animals);
  for (const Id candidate : wanted.animals) wishes.push_back(labels[candidate]);
  std::vector<AnimalCut> cuts;
  try {
    cuts = CutAnimals(*project, wishes);
  } catch (const datasets::Error&) {
    // A file of another video is gone or damaged, which is no reason to show nothing of this one.
    for (CutWish& wish : wishes) {
      if (wish.video_id != wanted.unknown.video_id) wish.outline.clear();
    }
    cuts = CutAnimals(*project, wishes);
  }
  auto made = std::make_shared<Pictures>();
  made->key = KeyOf(wanted.unknown);
  made->asked = wanted.animals;
  for (size_t i = 0; i < cuts.size(); ++i) {
    if (i < own) {
      made->cuts.push_back(std::move(cuts[i]));
    } else {
      made->candidates.push_back({wanted.animals[i - own], std::move(cuts[i])});
    }
  }
  std::scoped_lock lock(mutex_);
  pictures_ = std::move(made);
}

}  // namespace app
