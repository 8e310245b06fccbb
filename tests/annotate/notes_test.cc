#include <doctest/doctest.h>

#include <optional>

#include "annotate/edits.h"
#include "annotate/edits_notes.h"
#include "annotate/edits_removal.h"
#include "annotate/history.h"
#include "datasets/store/file/restore.h"
#include "datasets/store/notes/note_store.h"
#include "datasets/store/removal/removal.h"
#include "datasets/verify.h"
#include "tests/support/label_project.h"
#include "tests/support/says.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace notes_test {

namespace {

using annotate::History;
using datasets::Id;
using datasets::NoteRow;
using datasets::Project;
using datasets::Writer;
using tests::MessageOf;
using tests::Says;

std::vector<NoteRow> NotesOf(const Project& project) {
  std::vector<NoteRow> notes;
  project.Read([&](datasets::Connection& connection) { notes = datasets::ReadNotes(connection); });
  return notes;
}

struct Scene {
  tests::TempDir folder;
  std::unique_ptr<Project> project = tests::LabelProject(folder.path());
  Id video = project->Videos()[0].id, groom = 0, bout = 0;
  History history{*project, "eva"};

  Scene() {
    project->Write([&](Writer& writer) {
      datasets::BehaviorRow behavior;
      behavior.name = "groom";
      groom = writer.FindOrInsertBehavior(behavior);
      datasets::BehaviorIntervalRow row;
      row.video_id = video;
      row.behavior_id = groom;
      row.start_frame = 10;
      row.end_frame = 20;
      row.author = "adam";
      bout = writer.InsertBehaviorInterval(row);
    });
  }
  datasets::BehaviorIntervalRow Bout(size_t place = 0) const {
    return project->BehaviorIntervals(video).at(place);
  }
};

}  // namespace

TEST_CASE("a note of a frame, and of the video, is kept, replaced and taken away, each undoable") {
  Scene scene;
  CHECK(scene.history.Apply(annotate::NoteAt(scene.video, 5, "", false)).id == 0);
  scene.history.Apply(annotate::NoteAt(scene.video, 5, "\u9f20 squeaks", false));
  scene.history.Apply(annotate::NoteAt(scene.video, std::nullopt, "dim light", true));
  scene.history.Apply(annotate::NoteAt(scene.video, 5, "\u9f20 squeaks twice", true));
  auto notes = NotesOf(*scene.project);
  REQUIRE(notes.size() == 2);
  CHECK_FALSE(notes[0].frame_index);  // that of the video comes first
  CHECK(notes[0].note == "dim light");
  CHECK(notes[1].frame_index == 5);
  CHECK(notes[1].note == "\u9f20 squeaks twice");
  CHECK(notes[1].flagged);
  CHECK(notes[1].author == "eva");
  scene.history.Apply(annotate::NoteAt(scene.video, 5, "", false));
  CHECK(NotesOf(*scene.project).size() == 1);
  scene.history.Undo();
  scene.history.Undo();
  notes = NotesOf(*scene.project);
  REQUIRE(notes.size() == 2);
  CHECK(notes[1].note == "\u9f20 squeaks");
  CHECK_FALSE(notes[1].flagged);
  scene.history.Redo();
  CHECK(NotesOf(*scene.project)[1].flagged);
  datasets::Job job;
  for (const auto& finding : datasets::Verify(*scene.project, job)) {
    CAPTURE(finding.text);  // the file of the video is not there
    CHECK(finding.table != "notes");
    CHECK(finding.code != "edit");
  }
}

TEST_CASE("a note about what is not there, or that is too long, is refused") {
  Scene scene;
  const auto refused = [&](Id video, int frame, const std::string& note) {
    return MessageOf([&] { scene.history.Apply(annotate::NoteAt(video, frame, note, true)); });
  };
  CHECK(Says(refused(scene.video, 100, "x"), "frames 0 to 99"));
  CHECK(Says(refused(scene.video + 1, 1, "x"), "gone"));
  CHECK(Says(refused(scene.video, 1, std::string(5000, 'x')), "longer than"));
  CHECK(Says(MessageOf([&] { scene.history.Apply(annotate::NoteBout(99, "x", true)); }),
             "deleted meanwhile"));
  CHECK(NotesOf(*scene.project).empty());
}

TEST_CASE(
    "a noted bout stays its scorer's, and keeps its note through a move, a split and an undo") {
  Scene scene;
  scene.history.Apply(annotate::NoteBout(scene.bout, "left paw", true));
  CHECK(scene.Bout().note == "left paw");
  CHECK(scene.Bout().flagged);
  CHECK(scene.Bout().author == "adam");
  auto moved = scene.Bout();
  moved.start_frame = 12;
  scene.history.Apply(annotate::ChangeBehaviorInterval(moved));
  CHECK(scene.Bout().note == "left paw");
  scene.history.Apply(annotate::SplitBehaviorInterval(scene.bout, 15));
  CHECK(scene.Bout(1).note == "left paw");
  for (int i = 0; i < 3; ++i) scene.history.Undo();
  CHECK(scene.Bout().note == "");
  CHECK_FALSE(scene.Bout().flagged);
  CHECK(scene.Bout().start_frame == 10);
}

TEST_CASE("a gesture that began before a note was kept does not take the note away") {
  Scene scene;
  auto dragged = scene.Bout();  // as the mouse took hold of it
  scene.history.Apply(annotate::NoteBout(scene.bout, "left paw", true));
  dragged.end_frame = 30;
  scene.history.Apply(annotate::ChangeBehaviorInterval(dragged));
  CHECK(scene.Bout().end_frame == 30);
  CHECK(scene.Bout().note == "left paw");
  CHECK(scene.Bout().flagged);
}

TEST_CASE("a flag changes only the flag, a note only the note") {
  Scene scene;
  scene.history.Apply(annotate::NoteBout(scene.bout, "left paw", std::nullopt));
  scene.history.Apply(annotate::NoteBout(scene.bout, std::nullopt, true));
  CHECK(scene.Bout().note == "left paw");
  scene.history.Apply(annotate::NoteBout(scene.bout, "right paw", std::nullopt));
  CHECK(scene.Bout().flagged);
  scene.history.Apply(annotate::NoteAt(scene.video, 5, std::nullopt, true));
  scene.history.Apply(annotate::NoteAt(scene.video, 5, "squeaks", std::nullopt));
  scene.history.Apply(annotate::NoteAt(scene.video, 5, std::nullopt, false));
  REQUIRE(NotesOf(*scene.project).size() == 1);
  CHECK(NotesOf(*scene.project)[0].note == "squeaks");
  scene.history.Apply(annotate::NoteAt(scene.video, 5, "", std::nullopt));
  CHECK(NotesOf(*scene.project).empty());
}

TEST_CASE("a bout stays its scorer's, whoever moves a bound of it") {
  Scene scene;
  auto bout = scene.Bout();
  CHECK(scene.history.Apply(annotate::ChangeBehaviorInterval(bout)).id == 0);
  CHECK(scene.Bout().author == "adam");
  bout.start_frame = 11;
  scene.history.Apply(annotate::ChangeBehaviorInterval(bout));
  CHECK(scene.Bout().start_frame == 11);
  CHECK(scene.Bout().author == "adam");
}

TEST_CASE("what was noted about bouts that become one stays with it") {
  Scene scene;
  scene.history.Apply(annotate::NoteBout(scene.bout, "left paw", true));
  datasets::BehaviorIntervalRow longer;
  longer.video_id = scene.video;
  longer.behavior_id = scene.groom;
  longer.start_frame = 15;
  longer.end_frame = 40;
  longer.note = "wet";
  annotate::History(*scene.project, "adam").Apply(annotate::AddBehaviorInterval(longer));
  REQUIRE(scene.project->BehaviorIntervals(scene.video).size() == 1);
  CHECK(scene.Bout().note == "wet; left paw");
  CHECK(scene.Bout().flagged);
}

TEST_CASE("notes go with their video, are verified, and are saved from a damaged project") {
  Scene scene;
  scene.history.Apply(annotate::NoteAt(scene.video, 99, "last frame", true));
  scene.history.Apply(annotate::NoteBout(scene.bout, "left paw", true));
  const auto out = scene.folder / "saved.vole";
  datasets::Job job;
  const auto saved = datasets::RecoverProject(scene.project->file(), out, job);
  CHECK(saved.at("notes").saved == 1);
  CHECK(NotesOf(*Project::Open(out)).at(0).note == "last frame");
  CHECK(Project::Open(out)->BehaviorIntervals(scene.video).at(0).note == "left paw");
  scene.project->Write(
      [&](Writer& writer) { writer.connection().Run("UPDATE notes SET frame_index = 100"); });
  const auto findings = datasets::Verify(*scene.project, job);
  const bool is_found = std::any_of(findings.begin(), findings.end(), [](const auto& finding) {
    return finding.code == "note" && Says(finding.text, "frame 100");
  });
  CHECK(is_found);
  scene.project->Write([&](Writer& writer) { datasets::DeleteVideo(writer, scene.video); });
  CHECK(NotesOf(*scene.project).empty());
}

TEST_CASE(
    "labeled frames of videos are kept for the test and train again, proposals are left alone") {
  Scene scene;
  scene.project->Write([&](Writer& writer) {
    for (const int frame : {1, 2, 3}) {
      const Id image = writer.FindOrInsertImage(scene.video, frame, 64, 48);
      writer.SetImageState(image,
                           frame == 3 ? datasets::ImageState::kNew : datasets::ImageState::kDone);
    }
  });
  const auto splits = [&] {
    std::string text;
    for (const auto& image : scene.project->ImagesOfVideo(scene.video)) text += image.split + ",";
    return text;
  };
  scene.history.Apply(annotate::MarkVideos({scene.video}, "test"));
  CHECK(splits() == "test,test,,");
  CHECK(scene.history.UndoLabel() == "Keep for test");
  scene.history.Apply(annotate::MarkVideos({scene.video}, ""));
  CHECK(splits() == ",,,");
  scene.history.Undo();
  CHECK(splits() == "test,test,,");
  const Id empty = tests::AddVideoRow(*scene.project, "unlabeled", 50, 64, 48);
  CHECK(Says(MessageOf([&] { scene.history.Apply(annotate::MarkVideos({empty}, "val")); }),
             "no frame of them is labeled"));
}

TEST_CASE("what is labeled later in a video that is kept for the test is kept, too") {
  Scene scene;
  scene.project->Write([&](Writer& writer) {
    writer.SetImageState(writer.FindOrInsertImage(scene.video, 1, 64, 48),
                         datasets::ImageState::kDone);
    writer.SetImageState(writer.FindOrInsertImage(scene.video, 2, 64, 48),
                         datasets::ImageState::kNew);  // proposed
  });
  const auto split = [&](int frame) { return scene.project->ImageAt(scene.video, frame)->split; };
  const auto label = [&](int frame) {
    scene.history.Apply(annotate::SetImageState(scene.video, frame, datasets::ImageState::kEmpty));
  };
  label(5);
  CHECK(split(5).empty());
  scene.history.Apply(annotate::MarkVideos({scene.video}, "test"));
  label(7);
  label(2);
  CHECK(split(7) == "test");
  CHECK(split(2) == "test");
  scene.history.Undo();
  CHECK(split(2).empty());
  // A frame that was proposed while the video was kept is free again with it.
  scene.history.Apply(annotate::ProposeFrames(scene.video, {11}));
  CHECK(split(11) == "test");
  scene.history.Apply(annotate::MarkVideos({scene.video}, ""));
  CHECK(split(11).empty());
  label(11);
  CHECK(split(11).empty());
  scene.history.Undo();
  scene.history.Undo();
  // Where a part of the video alone is kept, what is added is not.
  scene.project->Write([&](Writer& writer) {
    writer.SetImageSplit(scene.project->ImageAt(scene.video, 5)->id, "");
  });
  label(9);
  CHECK(split(9).empty());
}

}  // namespace notes_test
