#include <doctest/doctest.h>

#include "annotate/edits_regions.h"
#include "annotate/history.h"
#include "tests/support/label_project.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace regions_test {

namespace {

using annotate::History;
using datasets::RegionRow;
using tests::MessageOf;

RegionRow Arena(datasets::Id video, const std::string& name) {
  RegionRow region;
  region.video_id = video;
  region.name = name;
  region.polygons = {{{1, 1}, {30, 1}, {30, 40}}};
  return region;
}

TEST_CASE("a region is kept with its outline, and undo takes it back and brings it again") {
  tests::TempDir folder;
  const auto project = tests::LabelProject(folder.path());
  const datasets::Id video = project->Videos().front().id;
  History history(*project);
  history.Apply(annotate::AddRegion(Arena(video, "left")));
  REQUIRE(project->Regions(video).size() == 1);
  CHECK(project->Regions(video)[0].polygons == Arena(video, "left").polygons);
  history.Undo();
  CHECK(project->Regions(video).empty());
  history.Redo();
  const auto regions = project->Regions(video);
  REQUIRE(regions.size() == 1);
  history.Apply(annotate::DeleteRegion(regions[0].id));
  CHECK(project->Regions(video).empty());
  history.Undo();
  CHECK(project->Regions(video)[0].name == "left");
}

TEST_CASE("a region without name or outline, or with a name that is taken, is refused") {
  tests::TempDir folder;
  const auto project = tests::LabelProject(folder.path());
  const datasets::Id video = project->Videos().front().id;
  History history(*project);
  project->Write([](datasets::Writer& writer) { writer.FindOrInsertCategory("vole_1"); });
  history.Apply(annotate::AddRegion(Arena(video, "left")));
  const auto refused = [&](const RegionRow& region) {
    return MessageOf([&] { history.Apply(annotate::AddRegion(region)); });
  };
  CHECK(refused(Arena(video, "left")).find("taken") != std::string::npos);
  CHECK(refused(Arena(video, "vole_1")).find("taken") != std::string::npos);
  CHECK(refused(Arena(video, "")).find("name") != std::string::npos);
  RegionRow empty = Arena(video, "right");
  empty.polygons.clear();
  CHECK(refused(empty).find("outline") != std::string::npos);
  CHECK(project->Regions(video).size() == 1);
}

}  // namespace

}  // namespace regions_test
