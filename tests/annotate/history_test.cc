#include "annotate/history.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <random>

#include "annotate/edits.h"
#include "annotate/edits_points.h"
#include "datasets/store/connection.h"
#include "datasets/store/points.h"
#include "datasets/store/schema/schema.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace history_test {

namespace {

using annotate::History;
using datasets::Id;
using datasets::Project;
using datasets::Writer;
using tests::MessageOf;
using tests::Square;

// Every row of every human table, every column as SQLite quotes it (numbers to the last digit).
std::string Dump(const Project& project) {
  std::string text;
  project.Read([&](datasets::Connection& connection) {
    for (const std::string& table : datasets::HumanTables()) {
      std::string columns;
      auto info = connection.Query(("PRAGMA table_info(" + table + ")").c_str());
      while (info.Step()) {
        columns += (columns.empty() ? "" : " || '|' || ") + ("quote(" + info.Text(1) + ")");
      }
      auto rows =
          connection.Query(("SELECT " + columns + " FROM " + table + " ORDER BY id").c_str());
      while (rows.Step()) text += table + ": " + rows.Text(0) + "\n";
    }
  });
  return text;
}

class RandomEditor {
 public:
  RandomEditor(Project& project, unsigned seed) : project_(project), random_(seed) {
    project.Write([&](Writer& writer) {
      for (const char* name : {"one", "two"}) {
        videos_.push_back(tests::InsertVideo(writer, name, 60));
      }
      for (const char* name : {"a", "b", "c"}) {
        categories_.push_back(writer.FindOrInsertCategory(name));
      }
      for (const char* name : {"walk", "rest", "groom"}) {
        behaviors_.push_back(writer.FindOrInsertBehavior({0, name, false, "move", 1, ""}));
      }
      behaviors_.push_back(writer.FindOrInsertBehavior({0, "click", true, "", 1, ""}));
      datasets::InsertSkeleton(writer.connection(),
                               datasets::MakeSkeleton("mouse", {"nose", "left", "right"},
                                                      {{"nose", "left"}}, {{"left", "right"}}));
      job_ = writer.InsertJob(tests::PredictJob());
      for (const Id video : videos_) {
        for (int frame = 0; frame < 60; frame += 2) {
          for (const Id category : categories_) {
            writer.InsertPrediction(tests::Prediction(job_, video, frame, category));
          }
        }
        for (int start = 0; start < 60; start += 12) {
          writer.InsertReviewItem(
              {0, job_, video, start, start + 2, "jump", "it jumps", 0.5, R"(["a"])", "", {}, ""});
        }
      }
    });
  }

  // Some edit; applying it may throw Error where it does not fit the present state.
  annotate::Edit Next() {
    const Id video = videos_[Below(2)];
    const int frame = static_cast<int>(Below(60));
    const int end = frame + 1 + static_cast<int>(Below(60 - static_cast<size_t>(frame)));
    const Id category = categories_[Below(3)];
    const auto annotations = project_.AnnotationsAt(video, frame / 8);
    const Id annotation = annotations.empty() ? 0 : annotations[Below(annotations.size())].id;
    const auto intervals = project_.BehaviorIntervals(video);
    const datasets::Skeleton skeleton = project_.Skeletons().at(0);
    const Id point = skeleton.points[Below(skeleton.points.size())].id;
    switch (Below(21)) {
      case 16:
      case 17:
        return annotate::SetPoint(annotation, point, Real(), Real(), Below(2) == 0);
      case 18:
        return annotate::RemovePoint(annotation, point);
      case 19:
        return annotate::SwapLeftRight(annotation);
      case 20: {
        if (skeleton.points.size() > 3) {
          return annotate::ChangeSkeleton(
              datasets::WithoutPoint(skeleton, static_cast<int>(Below(4))));
        }
        datasets::Skeleton more = datasets::Reordered(skeleton, {2, 0, 1});
        more.points.push_back({0, "p" + std::to_string(Below(999999))});
        return annotate::ChangeSkeleton(more);
      }
      case 0:
      case 1:
      case 2:
        return annotate::AddAnnotation(video, frame / 8, Square(0, category, Real(), Real(), 3.3));
      case 3:
        return annotate::ReplaceShape(annotation, Square(0, 0, Real(), Real(), 4.1).polygons);
      case 4:
        return annotate::DeleteAnnotation(annotation);
      case 5:
        return annotate::AssignName(annotation, category);
      case 6:
        return annotate::SwapAnimals(video, job_, frame, end, category, categories_[Below(3)]);
      case 7:
        return annotate::SetImageState(video, frame / 8,
                                       static_cast<datasets::ImageState>(1 + Below(3)));
      case 8:
      case 9: {
        datasets::BehaviorIntervalRow row;
        row.video_id = video;
        row.subject = Below(2) ? "a" : "b";
        row.behavior_id = behaviors_[Below(4)];
        row.start_frame = frame;
        row.end_frame = end;
        row.present = Below(4) != 0;
        return annotate::AddBehaviorInterval(row);
      }
      case 10: {
        if (intervals.empty()) return annotate::AddCategory("x" + std::to_string(Below(999999)));
        auto row = intervals[Below(intervals.size())];
        row.start_frame = frame;
        row.end_frame = end;
        return annotate::ChangeBehaviorInterval(row);
      }
      case 11:
        if (intervals.empty()) return annotate::SetOccluded(annotation, true);
        return Below(2)
                   ? annotate::SplitBehaviorInterval(intervals[0].id, intervals[0].start_frame + 1)
                   : annotate::DeleteBehaviorInterval(intervals[Below(intervals.size())].id);
      case 12:
        return annotate::AcceptPredictions(job_, video, frame, std::min(end, frame + 3));
      case 13:
        return annotate::RejectPredictions(job_, video, frame, end, category);
      case 14: {
        const auto items = project_.ReviewItems(job_);
        return annotate::DecideEpisode(items[Below(items.size())],
                                       static_cast<annotate::Verdict>(Below(4)), Real());
      }
      default: {
        auto row = project_.Categories()[Below(3)];
        row.name = "renamed " + std::to_string(Below(999999));
        return annotate::ChangeCategory(row);
      }
    }
  }
  size_t Below(size_t limit) {
    return std::uniform_int_distribution<size_t>(0, limit - 1)(random_);
  }

 private:
  double Real() { return std::uniform_real_distribution<double>(0, 40)(random_); }
  Project& project_;
  std::mt19937 random_;
  std::vector<Id> videos_, categories_, behaviors_;
  Id job_ = 0;
};

class InMemoryFolders {
 public:
  InMemoryFolders() {
    if (const char* set = std::getenv("TMPDIR")) before_ = set;
    if (std::filesystem::is_directory("/dev/shm")) setenv("TMPDIR", "/dev/shm", 1);
  }
  ~InMemoryFolders() {
    if (before_) {
      setenv("TMPDIR", before_->c_str(), 1);
    } else {
      unsetenv("TMPDIR");
    }
  }

 private:
  std::optional<std::string> before_;
};

TEST_CASE("thousands of random edits are undone and redone to the byte, also after a restart") {
  const InMemoryFolders in_memory;  // thousands of commits would otherwise wait for the disk
  tests::TempDir folder;
  auto project = Project::Create(folder / "a.vole");
  RandomEditor editor(*project, 7);
  auto history = std::make_unique<History>(*project, "me");
  std::vector<size_t> states = {std::hash<std::string>()(Dump(*project))};
  const auto now = [&] { return std::hash<std::string>()(Dump(*project)); };
  int stored = 0;
  for (int i = 0; i < 3000; ++i) {
    // Now and then wander back and forth, checking every state on the way.
    if (i % 100 == 99) {
      const size_t back = 1 + editor.Below(std::min<size_t>(20, states.size() - 1));
      for (size_t k = 1; k <= back; ++k) {
        REQUIRE(history->Undo());
        REQUIRE(now() == states[states.size() - 1 - k]);
      }
      const size_t forward = editor.Below(back + 1);
      for (size_t k = 1; k <= forward; ++k) {
        REQUIRE(history->Redo());
        REQUIRE(now() == states[states.size() - 1 - back + k]);
      }
      states.resize(states.size() - back + forward);
    }
    try {
      if (history->Apply(editor.Next()).id == 0) continue;
      ++stored;
      states.push_back(now());
    } catch (const datasets::Error&) {
      if (i % 10 == 0) REQUIRE(now() == states.back());  // refused: nothing has changed
    }
  }
  CHECK(stored > 1500);
  history.reset();
  project.reset();  // a restart
  project = Project::Open(folder / "a.vole");
  history = std::make_unique<History>(*project, "me");
  size_t at = states.size() - 1;
  while (history->Undo()) {
    --at;
    if (at % 50 == 0) REQUIRE(now() == states[at]);
  }
  CHECK(at == 0);
  CHECK(now() == states[0]);
  while (history->Redo()) ++at;
  CHECK(at == states.size() - 1);
  CHECK(now() == states.back());
}

struct Scene {
  tests::TempDir folder;
  std::unique_ptr<Project> project = Project::Create(folder / "a.vole");
  Id video = 0, category = 0;
  History history{*project, "me"};
  Scene() {
    project->Write([&](Writer& writer) {
      video = tests::InsertVideo(writer, "one", 100);
      category = writer.FindOrInsertCategory("a");
    });
  }
};

template <class Work>
Id RefusedBy(const Work& work) {
  try {
    work();
  } catch (const annotate::EditRefused& refused) {
    return refused.edit_id;
  }
  FAIL("nothing was refused");
  return 0;
}

TEST_CASE("undo refuses to run over what another program has changed since") {
  Scene scene;
  const Id id =
      scene.history
          .Apply(annotate::AddAnnotation(scene.video, 3, Square(0, scene.category, 1, 1, 5)))
          .InsertedId("annotations");
  auto other = Project::Open(scene.folder / "a.vole");
  auto row = other->AnnotationsAt(scene.video, 3)[0];
  row.polygons[0][0].x += 0.5;
  other->Write([&](Writer& writer) { writer.UpdateAnnotation(row); });
  CHECK(row.id == id);
  const std::string before = Dump(*scene.project);
  const std::string message = MessageOf([&] { scene.history.Undo(); });
  CHECK(message.find("'Draw outline'") != std::string::npos);
  CHECK(message.find("changed by another program") != std::string::npos);
  CHECK(Dump(*scene.project) == before);
  CHECK(scene.history.UndoLabel() == "Draw outline");
  scene.history.Forget(RefusedBy([&] { scene.history.Undo(); }));
  CHECK(scene.history.UndoLabel() == "");
  CHECK(Dump(*scene.project) == before);
}

TEST_CASE("undo refuses to take a frame away under labels that came in since") {
  Scene scene;
  scene.history.Apply(annotate::SetImageState(scene.video, 3, datasets::ImageState::kStarted));
  const Id image = scene.project->ImageAt(scene.video, 3)->id;
  scene.project->Write(
      [&](Writer& writer) { writer.InsertAnnotation(Square(image, scene.category, 1, 1, 5)); });
  CHECK(MessageOf([&] { scene.history.Undo(); }).find("rests on it") != std::string::npos);
  CHECK(scene.project->AnnotationsAt(scene.video, 3).size() == 1);
}

TEST_CASE("a new edit after undo ends what could be redone") {
  Scene scene;
  scene.history.Apply(annotate::AddCategory("b"));
  scene.history.Apply(annotate::AddCategory("c"));
  scene.history.Undo();
  scene.history.Apply(annotate::AddCategory("d"));
  CHECK_FALSE(scene.history.Redo());
  CHECK(scene.project->Categories().size() == 3);
  scene.history.Undo();
  scene.history.Undo();
  CHECK_FALSE(scene.history.Undo());
  CHECK(scene.project->Categories().size() == 1);
}

TEST_CASE("a stored edit cannot reach beyond the tables and columns that people change") {
  Scene scene;
  const auto plant = [&](const std::string& changes) {
    scene.project->Write([&](Writer& writer) {
      writer.connection().Run(
          "INSERT INTO edits (label, changes, state, author, created_at)"
          " VALUES ('evil', ?, 'done', '', 0)",
          changes);
    });
  };
  plant(R"([{"table":"settings","id":1,"before":null,"after":{"key":"a"}}])");
  CHECK(MessageOf([&] { scene.history.Undo(); }).find("no table that people change") !=
        std::string::npos);
  scene.history.Forget(RefusedBy([&] { scene.history.Undo(); }));
  plant(R"([{"table":"categories","id":1,"before":{"name = 'x' --":1},"after":{"name":"a"}}])");
  CHECK(MessageOf([&] { scene.history.Undo(); }).find("does not have") != std::string::npos);
  scene.history.Forget(RefusedBy([&] { scene.history.Undo(); }));
  for (const char* text : {R"([{"no":"table"}])", "7"}) {
    plant(text);
    CHECK(MessageOf([&] { scene.history.Undo(); }).find("damaged") != std::string::npos);
    scene.history.Forget(RefusedBy([&] { scene.history.Undo(); }));
  }
  CHECK(scene.project->Categories()[0].name == "a");
}

TEST_CASE("a name that an older version stored in another encoding is mended, and undone") {
  Scene scene;
  scene.project->Write([](Writer& writer) {
    writer.connection().Run("UPDATE categories SET name = CAST(x'4dfc' AS TEXT) WHERE id = 1");
  });
  auto category = scene.project->Categories()[0];
  REQUIRE(category.name == "M\xFC");
  category.name = "M\xC3\xBC";
  scene.history.Apply({"Rename 'M\xFC'", std::nullopt, [&](annotate::Recorder& recorder) {
                         recorder.Change("categories", category.id,
                                         [&](Writer& writer) { writer.UpdateCategory(category); });
                       }});
  CHECK(scene.project->Categories()[0].name == "M\xC3\xBC");
  REQUIRE(scene.history.Undo());
  CHECK(scene.project->Categories()[0].name == "M\xEF\xBF\xBD");
  REQUIRE(scene.history.Redo());
  CHECK(scene.project->Categories()[0].name == "M\xC3\xBC");
}

}  // namespace

}  // namespace history_test
