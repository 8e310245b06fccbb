#include "app/model/session/shown_unknown.h"

#include <algorithm>
#include <cstdio>

namespace app {

UnknownKey KeyOf(const ShownUnknown& unknown) {
  return {unknown.video_id, unknown.job_id, unknown.animal.tracklet, unknown.animal.start_frame};
}

const ShownUnknown* FindUnknown(const ProjectView& project, const UnknownKey& key) {
  for (const ShownUnknown& unknown : project.unknown_animals) {
    if (KeyOf(unknown) == key) return &unknown;
  }
  return nullptr;
}

const ShownUnknown* FindUnknown(const ProjectView& project, datasets::Id video_id, int frame,
                                int tracklet) {
  for (const ShownUnknown& unknown : project.unknown_animals) {
    const infer::UnknownAnimal& animal = unknown.animal;
    if (unknown.video_id == video_id && animal.tracklet == tracklet &&
        animal.start_frame <= frame && frame < animal.end_frame) {
      return &unknown;
    }
  }
  return nullptr;
}

const ShownUnknown* NextUnknown(const ProjectView& project, const ShownUnknown* current) {
  const auto& all = project.unknown_animals;
  if (all.empty()) return nullptr;
  if (!current) return &all.front();
  const auto at = static_cast<size_t>(current - all.data());
  return all.size() == 1 ? nullptr : &all[(at + 1) % all.size()];
}

std::string GuessText(const ProjectView& project, const ShownUnknown& unknown) {
  for (const datasets::CategoryRow& animal : project.categories) {
    if (animal.id != unknown.animal.guess) continue;
    char chance[16];
    snprintf(chance, sizeof chance, " %.0f %%", 100 * unknown.animal.chance);
    return "perhaps " + animal.name + chance;
  }
  return "";
}

std::string UnknownAnimalsText(const ProjectView& project) {
  const size_t count = project.unknown_animals.size();
  return count == 0   ? ""
         : count == 1 ? "1 animal without a name"
                      : std::to_string(count) + " animals without a name";
}

}  // namespace app
