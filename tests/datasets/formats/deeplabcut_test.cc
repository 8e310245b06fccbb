#include "datasets/formats/deeplabcut/deeplabcut.h"

#include <doctest/doctest.h>

#include <fstream>
#include <opencv2/imgcodecs.hpp>

#include "datasets/base/error.h"
#include "datasets/formats/formats.h"
#include "datasets/store/points.h"
#include "tests/support/shared_data.h"
#include "tests/support/temp_dir.h"

namespace deeplabcut_test {

namespace {

namespace fs = std::filesystem;
using namespace datasets;

constexpr char kOne[] =
    "scorer,Ann,Ann,Ann,Ann,Ann,Ann\n"
    "bodyparts,snout,snout,leftear,leftear,rightear,rightear\n"
    "coords,x,y,x,y,x,y\n"
    "labeled-data/cage/img0.png,10,20,12.5,21,8,22\n"
    "labeled-data/cage/img1.png,30,31,,,28,33\n"
    "labeled-data/cage/img2.png,,,,,,\n";

constexpr char kSeveral[] =
    "scorer,,,Ann,Ann,Ann,Ann,Ann,Ann\n"
    "individuals,,,Ada,Ada,Bea,Bea,single,single\n"
    "bodyparts,,,nose,nose,nose,nose,lever,lever\n"
    "coords,,,x,y,x,y,x,y\n"
    "labeled-data,cage,img0.png,1,2,3,4,5,6\n"
    "labeled-data,cage,img1.png,,,7,8,,\n";

// A DeepLabCut project of three pictures.
struct Folder {
  tests::TempDir folder;
  fs::path root = folder / "dlc", pictures = root / "labeled-data" / "cage";
  explicit Folder(const std::string& table) {
    fs::create_directories(pictures);
    for (int i = 0; i < 3; ++i) {
      cv::imwrite((pictures / ("img" + std::to_string(i) + ".png")).string(),
                  cv::Mat(48, 64, CV_8UC3, cv::Scalar::all(40 + i)));
    }
    Write("labeled-data/cage/CollectedData_Ann.csv", table);
  }
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(root / name) << text;
  }
  fs::path table() const { return pictures / "CollectedData_Ann.csv"; }
  std::unique_ptr<Project> project = Project::Create(folder / "p.vole");
  ImportReport Import(const fs::path& path) {
    Job job;
    return datasets::Import(*project, "deeplabcut", path, {}, job);
  }
  std::vector<AnnotationRow> Labels() const {
    std::vector<AnnotationRow> all;
    project->ForEachAnnotation(0, [&](const ImageRow&, const std::vector<AnnotationRow>& rows) {
      all.insert(all.end(), rows.begin(), rows.end());
    });
    return all;
  }
};

std::string WhyNot(const std::string& table) {
  Folder folder(table);
  try {
    folder.Import(folder.table());
  } catch (const Error& error) {
    CHECK(folder.Labels().empty());
    CHECK(folder.project->Skeletons().empty());
    return error.what();
  }
  return "";
}

TEST_CASE("a table of one animal brings its points, half a pixel on, and who set them") {
  Folder folder(kOne);
  const ImportReport report = folder.Import(folder.table());
  CHECK(report.images == 3);
  CHECK(report.annotations == 2);
  REQUIRE(folder.project->Skeletons().size() == 1);
  const Skeleton skeleton = folder.project->Skeletons()[0];
  CHECK(PointNames(skeleton) == std::vector<std::string>{"snout", "leftear", "rightear"});
  CHECK(MirrorOrder(skeleton) == std::vector<int>{0, 2, 1});
  REQUIRE(report.warnings.size() == 1);  // said, as it was guessed from the names
  CHECK(report.warnings[0].find("leftear and rightear") != std::string::npos);
  const auto labels = folder.Labels();
  REQUIRE(labels.size() == 2);
  CHECK_FALSE(labels[0].HasShape());
  CHECK(labels[0].author == "Ann");
  REQUIRE(labels[0].key_points.size() == 3);
  CHECK(labels[0].key_points[1].x == 13);
  CHECK(labels[0].key_points[1].y == 21.5);
  REQUIRE(labels[1].key_points.size() == 2);  // the left ear was not set
  CHECK(labels[1].key_points[1].name == "rightear");
}

TEST_CASE("a table that lies beside the folder of pictures finds them too") {
  Folder folder(kOne);
  fs::rename(folder.table(), folder.root / "CollectedData.csv");
  CHECK(folder.Import(folder.root / "CollectedData.csv").annotations == 2);
}

TEST_CASE("a second import of the same table adds nothing") {
  Folder folder(kOne);
  folder.Import(folder.table());
  const ImportReport again = folder.Import(folder.table());
  CHECK(again.annotations == 0);
  CHECK(again.already_present == 2);
  CHECK(folder.Labels().size() == 2);
  CHECK(folder.project->Skeletons().size() == 1);
}

TEST_CASE("a project of several animals brings each under its name, and the skeleton's lines") {
  Folder folder(kSeveral);
  folder.Write(
      "config.yaml",
      "Task: cage\nskeleton:\n- - nose\n  - lever\n- - nose\n  - tail\n- - lever\n  - nose\n");
  const ImportReport report = folder.Import(folder.root);
  CHECK(report.annotations == 4);
  CHECK(report.categories == 3);
  const Skeleton skeleton = folder.project->Skeletons().at(0);
  CHECK(PointNames(skeleton) == std::vector<std::string>{"nose", "lever"});
  CHECK(skeleton.edges == std::vector<std::pair<int, int>>{{0, 1}});
  const auto labels = folder.Labels();
  REQUIRE(labels.size() == 4);
  for (const AnnotationRow& label : labels) CHECK(label.key_points.size() == 1);
}

TEST_CASE("what is no table of labels is refused with the line and the cause, and nothing stays") {
  const std::string one = kOne;
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string table = one;
    table.replace(table.find(from), from.size(), to);
    return WhyNot(table);
  };
  CHECK(with("12.5", "12,5").find("more fields") != std::string::npos);
  CHECK(with("12.5", "x").find("line 4") != std::string::npos);
  CHECK(with("12.5", "").find("one of x and y") != std::string::npos);
  CHECK(with("leftear,leftear", "snout,snout").find("twice") != std::string::npos);
  CHECK(with("bodyparts", "parts").find("no line 'bodyparts'") != std::string::npos);
  CHECK(with("coords,x,y,x,y", "coords,x,y,x,x").find("no pair") != std::string::npos);
  CHECK(with("img1.png", "img9.png").find("img9") != std::string::npos);
  CHECK(WhyNot("scorer,N,N,N\nbodyparts,a,a,a\ncoords,x,y,likelihood\n0,1,2,0.9\n")
            .find("no video yet") != std::string::npos);  // predictions are of videos
  CHECK(WhyNot("") != "");
  Folder empty(kOne);
  fs::remove(empty.table());
  CHECK_THROWS_AS(empty.Import(empty.root), Error);
}

TEST_CASE("real tables come in with the counts of their own") {
  const auto data = tests::SharedData("openfield_keypoints");
  if (!data) return;
  const DeepLabCutTable table =
      ReadDeepLabCut(*data / "labeled-data" / "m4s1" / "CollectedData_Pranav.csv");
  CHECK(table.rows.size() == 93);
  CHECK(table.body_parts.size() == 4);
  tests::TempDir folder;
  const auto project = Project::Create(folder / "p.vole");
  Job job;
  const ImportReport report = Import(*project, "deeplabcut", *data, {}, job);
  CHECK(report.annotations == 93);
  size_t points = 0;
  project->ForEachAnnotation(0, [&](const ImageRow&, const std::vector<AnnotationRow>& rows) {
    for (const AnnotationRow& row : rows) points += row.key_points.size();
  });
  CHECK(points == 4 * 93);
}

TEST_CASE("every layout of the tables is read") {
  const auto data = tests::SharedData("formats");
  if (!data) return;
  const fs::path folder = *data / "dlc" / "labeled-data" / "video";
  for (const char* name : {"dlc_testdata.csv", "dlc_testdata_v2.csv"}) {
    const DeepLabCutTable table = ReadDeepLabCut(folder / name);
    CHECK(table.body_parts == std::vector<std::string>{"A", "B", "C"});
    CHECK(table.rows.at(1).animals.at(0).points.at(1).visibility == 0);
    CHECK(table.rows.at(1).picture == "labeled-data/video/img001.png");
  }
  for (const char* name : {"maudlc_testdata.csv", "maudlc_testdata_v2.csv"}) {
    const DeepLabCutTable table = ReadDeepLabCut(folder / name);
    REQUIRE(table.rows.at(0).animals.size() == 3);
    CHECK(table.rows.at(0).animals[2].individual == "single");
    CHECK(table.rows.at(0).animals[1].points.at(2).x == 10.5);
    CHECK(table.body_parts.size() == 5);
  }
}

}  // namespace

}  // namespace deeplabcut_test
