#include "app/model/file_choice.h"

#include <doctest/doctest.h>

namespace file_choice_test {

namespace {

std::string Chosen(const app::ChosenRows& rows, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += rows.Has(i) ? 'x' : '.';
  return text;
}

}  // namespace

TEST_CASE("a typed path lies in the folder that shows, or in the home folder, or is whole") {
  using app::TypedPath;
  CHECK(TypedPath("mice.vole", "/data/day1", "/home/ann") == "/data/day1/mice.vole");
  CHECK(TypedPath("  mice.vole ", "/data/day1", "/home/ann") == "/data/day1/mice.vole");
  CHECK(TypedPath("sub/a b.mp4", "/data", "/home/ann") == "/data/sub/a b.mp4");
  CHECK(TypedPath("~", "/data", "/home/ann") == "/home/ann");
  CHECK(TypedPath("~/", "/data", "/home/ann") == "/home/ann");
  CHECK(TypedPath("~/x/y.vole", "/data", "/home/ann") == "/home/ann/x/y.vole");
  CHECK(TypedPath("~x", "/data", "/home/ann") == "/data/~x");
  CHECK(TypedPath("~/x", "/data", "") == "/data/~/x");
  CHECK(TypedPath("/tmp/z", "/data", "/home/ann") == "/tmp/z");
  CHECK(TypedPath("   ", "/data", "/home/ann") == "");
}

TEST_CASE("Ctrl adds to what is chosen, Shift chooses a stretch") {
  app::ChosenRows rows(6);
  rows.Click(1, false, false);
  CHECK(Chosen(rows, 6) == ".x....");
  rows.Click(4, false, true);
  CHECK(Chosen(rows, 6) == ".xxxx.");
  rows.Click(0, false, true);  // from the same row, the other way
  CHECK(Chosen(rows, 6) == "xx....");
  rows.Click(5, true, false);
  CHECK(Chosen(rows, 6) == "xx...x");
  rows.Click(3, true, true);
  CHECK(Chosen(rows, 6) == "xx.xxx");
  rows.Click(0, true, false);
  CHECK(Chosen(rows, 6) == ".x.xxx");
  rows.Click(2, false, false);
  CHECK(Chosen(rows, 6) == "..x...");
}

}  // namespace file_choice_test
