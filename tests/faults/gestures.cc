// What a person does in the window, one gesture after the other, without the window: outlines,
// names, behaviors, undo and redo. After each that is stored, its number goes to standard output.
// usage: gestures PROJECT.vole [HOW_MANY]
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <functional>
#include <vector>

#include "annotate/edits.h"
#include "annotate/history.h"
#include "datasets/project.h"

namespace {

using namespace datasets;

AnnotationRow Square(Id category, double x) {
  AnnotationRow annotation;
  annotation.category_id = category;
  annotation.polygons = {{{x, 5}, {x + 20, 5}, {x + 20, 25}, {x, 25}}};
  return annotation;
}

void Work(const std::string& file, int how_many) {
  const auto project = Project::Open(file);
  annotate::History history(*project, "anna");
  const Id video = project->VideoByName("").id;
  const std::vector<CategoryRow> animals = project->Categories();
  const auto label = [&] { return project->AnnotationsAt(video, 3).at(0).id; };
  const auto apply = [&](const annotate::Edit& edit) { history.Apply(edit); };
  BehaviorRow rear;
  rear.name = "rear";
  const std::vector<std::function<void()>> gestures = {
      [&] { apply(annotate::AddAnnotation(video, 3, Square(animals.at(0).id, 10))); },
      [&] { apply(annotate::AddAnnotation(video, 3, Square(animals.at(1).id, 60))); },
      [&] {
        apply(annotate::ReplaceShape(label(), {{{1, 1}, {30, 1}, {30, 30}, {1, 30}}}));
      },
      [&] { apply(annotate::AssignName(label(), animals.at(1).id)); },
      [&] { history.Undo(); },
      [&] { history.Undo(); },
      [&] { history.Redo(); },
      [&] { apply(annotate::SetImageState(video, 3, ImageState::kDone)); },
      [&] { apply(annotate::AddBehavior(rear)); },
      [&] {
        BehaviorIntervalRow interval;
        interval.video_id = video;
        for (const BehaviorRow& behavior : project->Behaviors()) {
          if (behavior.name == "rear") interval.behavior_id = behavior.id;
        }
        interval.start_frame = 2;
        interval.end_frame = 9;
        apply(annotate::AddBehaviorInterval(interval));
      },
      [&] { apply(annotate::DeleteAnnotation(label())); },
      [&] { history.Undo(); },
  };
  int number = 0;
  for (const auto& gesture : gestures) {
    if (number == how_many) break;
    gesture();
    dprintf(STDOUT_FILENO, "%d\n", ++number);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: gestures PROJECT.vole HOW_MANY\n");
    return 2;
  }
  try {
    Work(argv[1], std::stoi(argv[2]));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
