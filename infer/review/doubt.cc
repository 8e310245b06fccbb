#include "infer/review/doubt.h"

#include <fmt/format.h>

#include "datasets/unknown_name.h"

namespace infer {

std::string Doubt::Own() const {
  const int unknown = data.UnknownOf(*animal);
  return unknown >= 0 ? datasets::UnknownAnimalText(unknown)
                      : data.classes[static_cast<size_t>(animal->class_index)];
}

std::string Doubt::Both() const {
  std::string text;
  for (size_t i = 0; i < classes.size(); ++i) {
    if (i > 0) text += i + 1 == classes.size() ? " and " : ", ";
    text += data.classes[static_cast<size_t>(classes[i])];
  }
  return text;
}

std::string Doubt::Span() const {
  const int frames = end_frame - start_frame;
  return frames == 1 ? "in one frame" : fmt::format("in {} frames", frames);
}

std::string Doubt::Contact() const {
  for (auto a = animal - data.animals.data(); a >= 0; --a) {
    const ReviewAnimal& before = data.animals[static_cast<size_t>(a)];
    if (before.class_index == animal->class_index &&
        before.signs[static_cast<size_t>(Sign::kTouching)] > 0.5f) {
      return fmt::format(before.frame >= start_frame ? " while they touch at frame {}"
                                                     : " after they touched at frame {}",
                         before.frame);
    }
  }
  return "";
}

const ReviewTracklet& Doubt::Tracklet() const {
  return data.tracklets[static_cast<size_t>(animal->tracklet)];
}

}  // namespace infer
