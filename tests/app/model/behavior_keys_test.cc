#include <doctest/doctest.h>

#include "app/model/requests/behavior_requests.h"
#include "datasets/store/writer.h"
#include "tests/support/eventually.h"
#include "tests/support/label_project.h"
#include "tests/support/temp_dir.h"

namespace behavior_keys_test {

namespace {

datasets::BehaviorRow Behavior(datasets::Id id, const std::string& name, const std::string& key) {
  datasets::BehaviorRow row;
  row.id = id;
  row.name = name;
  row.shortcut = key;
  return row;
}

}  // namespace

TEST_CASE("a behavior has a letter of its own, a capital one with Shift") {
  app::ProjectView project;
  for (int i = 1; i <= 12; ++i) project.behaviors.push_back(Behavior(i, "b", ""));
  project.behaviors[10].shortcut = "w";
  project.behaviors[11].shortcut = "W";
  const auto of = [&](const char* keys) {
    const auto* row = app::BehaviorOfKey(project, app::ParseChord(keys));
    return row ? row->id : 0;
  };
  CHECK(of("w") == 11);
  CHECK(of("Shift+w") == 12);
  CHECK(of("Ctrl+w") == 0);
  CHECK(of("Alt+w") == 0);
  CHECK(of("1") == 0);  // a command
  CHECK(of("x") == 0);
  CHECK(of("Space") == 0);
}

TEST_CASE("it is said which command a behavior's key hides") {
  app::ActionTable actions;
  app::Action split;
  split.id = "behavior.split";
  split.title = "Split";
  split.scope = app::Scope::kBehavior;
  split.chords = {app::ParseChord("S")};
  actions.Add(split);
  CHECK(app::CommandOfBehaviorKey(actions, "s") == "Split");
  CHECK(app::CommandOfBehaviorKey(actions, "S") == "");  // with Shift
  CHECK(app::CommandOfBehaviorKey(actions, "") == "");
  CHECK(app::CommandOfBehaviorKey(actions, "q") == "");
}

TEST_CASE("behaviors are renamed, moved in the list and deleted with their bouts") {
  tests::TempDir folder;
  auto project = tests::LabelProject(folder.path());
  project->Write([&](datasets::Writer& writer) {
    for (const char* name : {"walk", "rear", "rest"}) {
      const datasets::Id id = writer.FindOrInsertBehavior(Behavior(0, name, ""));
      datasets::BehaviorIntervalRow bout;
      bout.video_id = 1;
      bout.behavior_id = id;
      bout.end_frame = 10;
      writer.InsertBehaviorInterval(bout);
    }
  });
  app::Session session(std::move(project), [] {});
  const auto names = [&] {
    session.Poll();
    std::string all;
    if (const auto view = session.project_view()) {
      for (const auto& row : view->behaviors) all += row.name + row.shortcut + " ";
    }
    return all;
  };
  const auto become = [&](const std::string& wanted) {
    const bool right = tests::Eventually([&] { return names() == wanted; });
    INFO(names());
    CHECK(right);
  };
  become("walk rear rest ");
  const auto row = [&](size_t i) { return session.project_view()->behaviors[i]; };
  app::RequestMoveBehavior(session, row(2).id, -2);
  become("rest walk rear ");
  app::RequestMoveBehavior(session, row(0).id, 9);
  become("walk rear rest ");
  datasets::BehaviorRow changed = row(1);
  changed.name = "rearing";
  changed.shortcut = "r";
  app::RequestChangeBehavior(session, row(1), changed);
  become("walk rearingr rest ");
  CHECK(app::BoutsOf(*session.project_view(), row(0).id) == 1);
  app::RequestDeleteBehavior(session, row(0));
  become("rearingr rest ");
  session.Undo();
  become("walk rearingr rest ");
  CHECK(app::BoutsOf(*session.project_view(), row(0).id) == 1);
}

}  // namespace behavior_keys_test
