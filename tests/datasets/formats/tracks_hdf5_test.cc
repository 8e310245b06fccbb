#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "datasets/hdf5/h5_file.h"
#include "datasets/store/writer.h"
#include "tests/support/coco_sample.h"
#include "tests/support/small_files.h"
#include "tests/support/store_data.h"

namespace tracks_hdf5_test {

using namespace tests;  // the vocabulary of these tests
using namespace datasets;
namespace fs = std::filesystem;

namespace {

// A label of ann on frame 3 and a prediction of bob on frame 8; a bout of each kind of scorer.
struct Stage {
  TempDir folder;
  std::unique_ptr<Project> project = LabelProject(folder.path());
  Job job;
  ExportOptions options;

  Stage() {
    const Id video = project->VideoByName("clip").id;
    project->Write([&](Writer& writer) {
      const Id ann = writer.FindOrInsertCategory("ann"), bob = writer.FindOrInsertCategory("bob");
      const Id image = writer.FindOrInsertImage(video, 3, 64, 48);
      AnnotationRow label = Square(image, ann, 4, 6, 10);
      label.track_id = writer.FindOrInsertTrack(video, ann, 7);
      writer.InsertAnnotation(label);
      AnnotationRow crowd = Square(image, bob, 1, 1, 5);
      crowd.iscrowd = true;
      writer.InsertAnnotation(crowd);
      writer.InsertAnnotation(Square(writer.FindOrInsertPicture("a.png", 64, 48), bob, 2, 2, 4));
      const Id job_id = writer.InsertJob(PredictJob());
      PredictionRow found;
      found.job_id = job_id;
      found.video_id = video;
      found.frame_index = 8;
      found.category_id = bob;
      found.score = 0.75;
      found.confidence = 0.5;
      found.box = {20, 10, 4, 8};
      found.polygons = {{{20, 10}, {24, 10}, {24, 18}, {20, 18}}};
      writer.InsertPrediction(found);
      BehaviorRow rear;
      rear.name = "réar";
      rear.exclusion_group = "posture";
      BehaviorIntervalRow bout;
      bout.video_id = video;
      bout.subject = "ann";
      bout.behavior_id = writer.FindOrInsertBehavior(rear);
      bout.start_frame = 10;
      bout.end_frame = 20;
      bout.author = "eva";
      writer.InsertBehaviorInterval(bout);
    });
    options.what = "final";
  }
};

}  // namespace

TEST_CASE("tracks and bouts go out as columns of HDF5, and what is left out is counted") {
  Stage stage;
  const fs::path out = stage.folder / "o.h5";
  const ExportReport report = Export(*stage.project, "hdf5", out, stage.options, stage.job);
  CHECK(report.annotations == 2);
  CHECK(report.intervals == 1);
  std::string said;
  for (const std::string& warning : report.warnings) said += warning + "\n";
  CHECK(Says(said, {"2 outlines are there as their centroid", "1 crowds", "1 labels on single"}));
  const H5File file(out, "file", "");
  CHECK(file.TextAttribute("", "format") == "vole");
  CHECK(file.Texts("videos/name") == std::vector<std::string>{"clip"});
  CHECK(file.Numbers("videos/frames") == std::vector<double>{100});
  CHECK(file.Texts("animals/name") == std::vector<std::string>{"ann", "bob"});
  CHECK(file.Numbers("tracks/frame") == std::vector<double>{3, 8});
  CHECK(file.Numbers("tracks/animal") == std::vector<double>{0, 1});
  CHECK(file.Numbers("tracks/track")[0] == 7);
  CHECK(file.Numbers("tracks/x_px") == std::vector<double>{9, 22});
  CHECK(file.Numbers("tracks/y_px") == std::vector<double>{11, 14});
  CHECK(file.Numbers("tracks/area_px2") == std::vector<double>{100, 32});
  CHECK(file.Numbers("tracks/is_predicted") == std::vector<double>{0, 1});
  CHECK(std::isnan(file.Numbers("tracks/score")[0]));
  CHECK(file.Numbers("tracks/confidence")[1] == 0.5);
  CHECK(file.Texts("behaviors/name") == std::vector<std::string>{"réar"});
  CHECK(file.Numbers("bouts/start_frame") == std::vector<double>{10});
  CHECK(file.Numbers("bouts/end_frame") == std::vector<double>{20});
  CHECK(file.Texts("bouts/rater") == std::vector<std::string>{"eva"});
}

TEST_CASE("h5py reads the same") {
  if (std::system("/usr/bin/python3 -c 'import h5py' >/dev/null 2>&1") != 0) {
    std::cout << "[skipped] needs the Debian package python3-h5py\n";
    return;
  }
  Stage stage;
  Export(*stage.project, "hdf5", stage.folder / "o.h5", stage.options, stage.job);
  std::ofstream(stage.folder / "read.py") << R"(import h5py, sys
f = h5py.File(sys.argv[1])
t, b = f["tracks"], f["bouts"]
names = f["animals/name"].asstr()[:]
for i in range(len(t["frame"])):
    print(f["videos/name"].asstr()[t["video"][i]], t["frame"][i], names[t["animal"][i]],
          t["x_px"][i], t["score"][i])
for i in range(len(b["behavior"])):
    print(f["behaviors/name"].asstr()[b["behavior"][i]].encode(), b["subject"].asstr()[i],
          b["start_frame"][i], b["end_frame"][i], b["is_present"][i])
print(sorted(f), f.attrs["what"], f.attrs["version"], {len(c) for c in t.values()})
)";
  const std::string command =
      "cd '" + stage.folder.path().string() + "' && /usr/bin/python3 read.py o.h5 > out.txt";
  REQUIRE(std::system(command.c_str()) == 0);
  std::ifstream out(stage.folder / "out.txt");
  const std::string said{std::istreambuf_iterator<char>(out), {}};
  CHECK(said ==
        "clip 3 ann 9.0 nan\nclip 8 bob 22.0 0.75\nb'r\\xc3\\xa9ar' ann 10 20 1\n"
        "['animals', 'behaviors', 'bouts', 'tracks', 'videos'] final 1 {2}\n");
}

TEST_CASE(
    "a project without anything goes out as empty columns; a full disk leaves the older file") {
  TempDir folder;
  const auto project = LabelProject(folder.path());
  Job job;
  CHECK(Export(*project, "hdf5", folder / "o.h5", {}, job).annotations == 0);
  {
    const H5File file(folder / "o.h5", "file", "");
    CHECK(file.Numbers("tracks/frame").empty());
    CHECK(file.Texts("bouts/subject").empty());
  }
  const auto before = fs::file_size(folder / "o.h5");
  Stage stage;
  {
    const SmallFiles full(512);
    CHECK(ErrorOf([&] { Export(*stage.project, "hdf5", folder / "o.h5", {}, job); }) != "");
  }
  CHECK(fs::file_size(folder / "o.h5") == before);
  CHECK(ErrorOf([&] { Export(*project, "hdf5", folder / "no/o.h5", {}, job); }) != "");
}

}  // namespace tracks_hdf5_test
