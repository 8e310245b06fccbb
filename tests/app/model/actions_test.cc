#include "app/model/actions.h"

#include <doctest/doctest.h>

#include "datasets/base/error.h"

namespace actions_test {

using app::Action;
using app::ActionTable;
using app::Chord;
using app::Scope;

namespace {

ActionTable SmallTable(std::string* ran) {
  ActionTable table;
  const auto add = [&](const char* id, const char* title, Scope scope, const char* key) {
    Action action;
    action.id = id;
    action.title = title;
    action.menu = "Edit";
    action.scope = scope;
    action.chords = {app::ParseChord(key)};
    action.run = [ran, id] { *ran = id; };
    table.Add(action);
  };
  add("edit.undo", "Undo", Scope::kAlways, "Ctrl+Z");
  add("review.accept", "Accept episode", Scope::kReview, "A");
  add("tool.polygon", "Polygon tool", Scope::kLabeling, "A");
  return table;
}

}  // namespace

TEST_CASE("a chord reads and writes the same text, whatever its case") {
  for (const char* text : {"Ctrl+Shift+Z", "Space", "PageUp", "Alt+,", "7", "F11", "Ctrl++"}) {
    CHECK(app::ChordText(app::ParseChord(text)) == text);
  }
  CHECK(app::ParseChord("ctrl+shift+z") == app::ParseChord("Ctrl+Shift+Z"));
  CHECK_THROWS_AS(app::ParseChord("Ctrl+Nonsense"), datasets::Error);
}

TEST_CASE("the same key means another thing in another mode") {
  std::string ran;
  const ActionTable table = SmallTable(&ran);
  const Chord a = app::ParseChord("A");
  CHECK(table.ForChord(a, Scope::kReview)->id == "review.accept");
  CHECK(table.ForChord(a, Scope::kLabeling)->id == "tool.polygon");
  CHECK(table.ForChord(a, Scope::kBehavior) == nullptr);
  CHECK(table.ForChord(app::ParseChord("Ctrl+Z"), Scope::kReview)->id == "edit.undo");
}

TEST_CASE("a rebinding that collides in the same mode is named, one in another mode is not") {
  std::string ran;
  ActionTable table = SmallTable(&ran);
  CHECK(table.Conflicts("review.accept", app::ParseChord("Ctrl+Z")) ==
        std::vector<std::string>{"Undo"});
  CHECK(table.Conflicts("review.accept", app::ParseChord("A")).empty());
}

TEST_CASE("bindings that a person changed survive, defaults are not written") {
  std::string ran;
  ActionTable table = SmallTable(&ran);
  CHECK(table.BindingsToJson() == "{}");
  table.Bind("edit.undo", {app::ParseChord("Ctrl+U")});
  ActionTable fresh = SmallTable(&ran);
  fresh.BindingsFromJson(table.BindingsToJson());
  CHECK(fresh.ForChord(app::ParseChord("Ctrl+U"), Scope::kLabeling)->id == "edit.undo");
  CHECK(fresh.ForChord(app::ParseChord("Ctrl+Z"), Scope::kLabeling) == nullptr);
  CHECK_THROWS_AS(fresh.BindingsFromJson("not json"), datasets::Error);
}

TEST_CASE("the palette finds an action by a few of its letters and a disabled one does not run") {
  std::string ran;
  ActionTable table = SmallTable(&ran);
  CHECK(table.Search("acep").front()->id == "review.accept");
  CHECK(table.Search("poly").front()->id == "tool.polygon");
  CHECK(table.Search("qqq").empty());
  CHECK(table.Run("edit.undo"));
  CHECK(ran == "edit.undo");
  CHECK_FALSE(table.Run("no.such"));
}

}  // namespace actions_test
