#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>
#include <sstream>

#include "datasets/formats/deeplabcut/deeplabcut.h"
#include "datasets/hdf5/h5_file.h"
#include "datasets/hdf5/h5_writer.h"
#include "tests/support/coco_sample.h"
#include "tests/support/pose_project.h"
#include "tests/support/shared_data.h"

namespace pose_formats_test {

using namespace tests;  // the vocabulary of these tests
using namespace datasets;
namespace fs = std::filesystem;

namespace {

ImportReport ImportFile(Project& project, const std::string& format, const fs::path& path,
                        const std::string& video = "") {
  Job job;
  ImportOptions options;
  options.video = video;
  return Import(project, format, path, options, job);
}

ExportReport ExportFile(const Project& project, const std::string& format, const fs::path& path,
                        const std::string& what = "labels") {
  Job job;
  ExportOptions options;
  options.what = what;
  return Export(project, format, path, options, job);
}

std::string Joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += text + "\n";
  return all;
}

// Without what a format cannot say.
PointsByPlace AllVisible(PointsByPlace points) {
  for (auto& [place, point] : points) std::get<2>(point) = 2;
  return points;
}

struct Other {
  explicit Other(const PoseProject& one) : project(LabelProject(one.folder / "other")) {}
  std::unique_ptr<Project> project;
};

}  // namespace

TEST_CASE("DeepLabCut tables of several animals go out and come back the same") {
  PoseProject one;
  const ExportReport report = ExportFile(*one.project, "deeplabcut", one.folder / "dlc");
  CHECK(report.annotations == 4);
  CHECK(Says(Joined(report.warnings), {"2 points are hidden", "2 pictures were not written"}));
  Other other(one);
  CHECK(ImportFile(*other.project, "deeplabcut", one.folder / "dlc").annotations == 4);
  CHECK(LabeledPoints(*other.project) == AllVisible(LabeledPoints(*one.project)));
  const Skeleton skeleton = other.project->Skeletons().at(0);
  CHECK(PointNames(skeleton) == PointNames(one.project->Skeletons()[0]));
  CHECK(skeleton.edges == one.project->Skeletons()[0].edges);
  CHECK(MirrorOrder(skeleton) == MirrorOrder(one.project->Skeletons()[0]));
}

TEST_CASE("DeepLabCut tables of predictions go out and come back as predictions") {
  PoseProject one;
  ExportFile(*one.project, "deeplabcut", one.folder / "dlc", "predictions");
  Other other(one);
  const fs::path table = one.folder / "dlc" / "clipDLC_Vole.csv";
  const ImportReport report = ImportFile(*other.project, "deeplabcut", table);
  CHECK(report.predictions == 4);
  CHECK(report.annotations == 0);
  CHECK(PredictedPoints(*other.project) == PredictedPoints(*one.project));
  CHECK(ImportFile(*other.project, "deeplabcut", table).already_present == 4);
}

TEST_CASE("a DeepLabCut table of one animal has no row of individuals, and says what it lacks") {
  TempDir folder;
  fs::create_directory(folder / "other");
  const auto project = LabelProject(folder.path());
  std::ofstream(folder / "CollectedData_A.csv")
      << "scorer,A,A\nbodyparts,nose,nose\ncoords,x,y\nlabeled-data/clip/img0004.png,5,6\n";
  ImportFile(*project, "deeplabcut", folder / "CollectedData_A.csv");
  const ExportReport report = ExportFile(*project, "deeplabcut", folder / "dlc");
  CHECK(report.warnings.size() == 1);  // pictures
  const DeepLabCutTable table =
      ReadDeepLabCut(folder / "dlc/labeled-data/clip/CollectedData_A.csv");
  REQUIRE(table.rows.size() == 1);
  CHECK(table.scorer == "A");
  CHECK(table.rows[0].picture == "labeled-data/clip/img000004.png");
  CHECK(table.rows[0].animals.at(0).individual.empty());
  CHECK(table.rows[0].animals[0].points.at(0).x == 5.5);
}

TEST_CASE("what is no table of DeepLabCut is refused with a way out") {
  TempDir folder;
  const auto project = LabelProject(folder.path());
  std::ofstream(folder / "CollectedData_A.h5") << "\x89HDF";
  CHECK(Says(ErrorOf([&] { ImportFile(*project, "deeplabcut", folder / "CollectedData_A.h5"); }),
             {"no HDF5", "CSV"}));
}

TEST_CASE("poses of Ultralytics go out and come back the same") {
  PoseProject one;
  CHECK(ExportFile(*one.project, "yolo-pose", one.folder / "yolo").annotations == 4);
  for (const std::string format : {"yolo-pose", "yolo"}) {  // kpt_shape decides
    TempDir folder;
    const auto project = LabelProject(folder.path());
    CHECK(ImportFile(*project, format, one.folder / "yolo").annotations == 4);
    CHECK(LabeledPoints(*project) == LabeledPoints(*one.project));
    CHECK(project->Skeletons().at(0).edges == one.project->Skeletons()[0].edges);
    CHECK(MirrorOrder(project->Skeletons()[0]) == MirrorOrder(one.project->Skeletons()[0]));
    CHECK(ImportFile(*project, format, one.folder / "yolo").already_present == 4);
  }
}

TEST_CASE("lines of poses that do not fit kpt_shape are refused with the line") {
  TempDir folder;
  const auto project = LabelProject(folder.path());
  fs::create_directory(folder / "yolo");
  const auto write = [&](const std::string& yaml, const std::string& line) {
    std::ofstream(folder / "yolo" / "data.yaml") << yaml;
    std::ofstream(folder / "yolo" / "clip_000002.txt") << line << "\n";
    return ErrorOf([&] { ImportFile(*project, "yolo-pose", folder / "yolo"); });
  };
  const std::string good = "names: [ann]\nkpt_shape: [2, 3]\n";
  CHECK(Says(write(good, "0 .5 .5 .2 .2 .5 .5 2 .6 .6"), {"line 1", "9 values"}));
  CHECK(Says(write(good, "0 .5 .5 .2 .2 .5 .5 2 60 .6 2"), {"60"}));
  CHECK(Says(write("names: [ann]\nkpt_shape: [2, 4]\n", "0 1"), {"kpt_shape"}));
  CHECK(Says(write("names: [ann]\nkpt_shape: [2, 3]\nflip_idx: [1]\n", "0 1"), {"flip_idx"}));
  CHECK(Says(write("names: [ann]\n", "0 .5 .5 .2 .2"), {"kpt_shape"}));
  CHECK(project->Images().empty());
  // What a network writes: confidences of points, then one of the animal and its track.
  CHECK(write(good, "# class x y ...\n0 .5 .5 .2 .2 .5 .5 .9 .6 .6 .01 .8 7").empty());
  const auto labels = project->AnnotationsAt(project->Videos()[0].id, 2);
  REQUIRE(labels.size() == 1);
  CHECK(labels[0].key_points.size() == 2);
  CHECK(labels[0].track_id.has_value());
  CHECK(labels[0].box.width == doctest::Approx(0.2 * 64));
}

TEST_CASE("labels and predictions go through NWB and come back the same") {
  PoseProject one;
  const ExportReport labels = ExportFile(*one.project, "nwb", one.folder / "labels.nwb");
  CHECK(Says(Joined(labels.warnings), {"symmetric", "session_start_time"}));
  ExportFile(*one.project, "nwb", one.folder / "found.nwb", "predictions");
  Other other(one);
  CHECK(ImportFile(*other.project, "nwb", one.folder / "labels.nwb").annotations == 4);
  CHECK(ImportFile(*other.project, "nwb", one.folder / "found.nwb").predictions == 4);
  CHECK(LabeledPoints(*other.project) == LabeledPoints(*one.project));
  CHECK(PredictedPoints(*other.project) == PredictedPoints(*one.project));
  CHECK(other.project->Skeletons().at(0).edges == one.project->Skeletons()[0].edges);
  CHECK(ImportFile(*other.project, "nwb", one.folder / "found.nwb").already_present == 4);
}

TEST_CASE("NWB files without poses, with points in 3-D, or that do not fit are refused or say so") {
  TempDir folder;
  const auto project = LabelProject(folder.path());
  const auto write = [&](const std::vector<size_t>& shape, const std::vector<double>& data) {
    H5Writer file(folder / "x.nwb");
    file.Group("processing/behavior/bea/nose");
    file.Attribute("processing/behavior/bea", "neurodata_type", "PoseEstimation");
    file.Attribute("processing/behavior/bea/nose", "neurodata_type", "PoseEstimationSeries");
    file.Numbers("processing/behavior/bea/nose/data", H5Number::kFloat64, shape, data);
    file.Numbers("processing/behavior/bea/nose/confidence", H5Number::kFloat64, {2}, {.5, .25});
    file.Link("processing/behavior/again", "processing");  // leads in a circle
    file.Commit();
  };
  const auto why = [&] { return ErrorOf([&] { ImportFile(*project, "nwb", folder / "x.nwb"); }); };
  write({2, 2}, {1, 2, 3, 4});
  CHECK(ImportFile(*project, "nwb", folder / "x.nwb").predictions == 2);
  write({3, 2}, {1, 2, 3, 4, 5, 6});
  CHECK(Says(why(), {"confidence", "not as many"}));
  write({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(Says(Joined(ImportFile(*project, "nwb", folder / "x.nwb").warnings), {"1 series", "3-D"}));
  { H5Writer(folder / "x.nwb").Commit(); }
  CHECK(Says(why(), {"holds no poses"}));
}

TEST_CASE("series that neuroconv named are found among the skeleton's points") {
  TempDir folder;
  const auto project = LabelProject(folder.path());
  const auto write = [&](const std::vector<std::string>& nodes) {
    H5Writer file(folder / "x.nwb");
    const std::string poses = "processing/behavior/bea";
    file.Group(poses + "/mouse");
    file.Attribute(poses, "neurodata_type", "PoseEstimation");
    file.Attribute(poses + "/mouse", "neurodata_type", "Skeleton");
    file.Texts(poses + "/mouse/nodes", {nodes.size()}, nodes);
    for (const char* name : {"PoseEstimationSeriesNoseTip", "PoseEstimationSeriesTail"}) {
      const std::string series = poses + "/" + name;
      file.Group(series);
      file.Attribute(series, "neurodata_type", "PoseEstimationSeries");
      const double x = name[20] == 'N' ? 1 : 3;
      file.Numbers(series + "/data", H5Number::kFloat64, {1, 2}, {x, x + 1});
    }
    file.Commit();
    return folder / "x.nwb";
  };
  CHECK(ImportFile(*project, "nwb", write({"tail", "nose_tip"})).predictions == 1);
  const PointsByPlace points = PredictedPoints(*project);
  CHECK(std::get<0>(points.at({0, "bea", "nose_tip"})) == 1.5);
  CHECK(std::get<0>(points.at({0, "bea", "tail"})) == 3.5);
  const fs::path unlike = write({"tail", "nose_tip", "nosetip"});  // either could be meant
  CHECK(Says(ErrorOf([&] { ImportFile(*project, "nwb", unlike); }), {"no such point"}));
}

TEST_CASE("a group of poses without a series is said, and keeps nothing back") {
  TempDir folder;
  const auto project = LabelProject(folder.path());
  {
    H5Writer file(folder / "x.nwb");
    file.Group("processing/behavior/bea");
    file.Attribute("processing/behavior/bea", "neurodata_type", "PoseEstimation");
    file.Commit();
  }
  CHECK(Says(Joined(ImportFile(*project, "nwb", folder / "x.nwb").warnings),
             {"1 groups of poses hold no series", "no animals"}));
}

TEST_CASE("poses of JABS come in with their tracks, or their identities where they are valid") {
  TempDir folder;
  const auto project = LabelProject(folder.path());
  std::vector<double> points, confidence;
  for (int frame = 0; frame < 2; ++frame) {
    for (int animal = 0; animal < 3; ++animal) {
      for (int k = 0; k < 12; ++k) {
        points.push_back(10 + k);          // y
        points.push_back(5 + 9 * animal);  // x
        confidence.push_back(k == 11 ? 0 : 0.5);
      }
    }
  }
  const auto write = [&](bool identities) {
    H5Writer file(folder / "clip_pose_est_v4.h5");
    file.Numbers("poseest/points", H5Number::kUint16, {2, 3, 12, 2}, points);
    file.Numbers("poseest/confidence", H5Number::kFloat32, {2, 3, 12}, confidence);
    file.Numbers("poseest/instance_count", H5Number::kUint8, {2}, {2, 1});
    file.Numbers("poseest/instance_track_id", H5Number::kUint32, {2, 3}, {4, 9, 0, 9, 0, 0});
    if (identities) {
      file.Numbers("poseest/instance_embed_id", H5Number::kUint32, {2, 3}, {1, 2, 0, 2, 3, 0});
      file.Numbers("poseest/id_mask", H5Number::kBool, {2, 3}, {0, 0, 1, 0, 1, 1});
      file.Group("static_objects");
    }
    file.Commit();
  };
  write(false);
  CHECK(ImportFile(*project, "jabs", folder / "clip_pose_est_v4.h5").predictions == 3);
  const Id video = project->Videos()[0].id;
  auto found = project->PredictionsAt(project->LatestPredictJob(video).value(), video, 0);
  REQUIRE(found.size() == 2);
  CHECK(found[0].tracklet == 4);
  CHECK(found[1].tracklet == 9);
  CHECK(found[1].key_points.size() == 11);
  CHECK(found[1].key_points[0].name == "nose");
  CHECK(found[1].key_points[0].x == 14.5);
  CHECK(found[1].key_points[0].y == 10.5);
  write(true);
  const ImportReport named = ImportFile(*project, "jabs", folder / "clip_pose_est_v4.h5");
  CHECK(named.predictions == 3);
  CHECK(Says(Joined(named.warnings), {"static objects"}));
  found = project->PredictionsAt(project->LatestPredictJob(video).value(), video, 1);
  REQUIRE(found.size() == 1);
  CHECK(found[0].tracklet == 2);
  points.pop_back();
  points.pop_back();
  {
    H5Writer file(folder / "clip_pose_est_v4.h5");
    file.Numbers("poseest/points", H5Number::kUint16, {71, 2}, points);
    file.Numbers("poseest/confidence", H5Number::kFloat32, {72}, confidence);
    file.Commit();
  }
  CHECK(Says(ErrorOf([&] { ImportFile(*project, "jabs", folder / "clip_pose_est_v4.h5"); }),
             {"poseest/points"}));
}

TEST_CASE("marks and tracks that a format does not hold are counted") {
  PoseProject one;
  one.project->Write([&](Writer& writer) {
    for (const ImageRow& image : one.project->Images()) writer.SetImageSplit(image.id, "val");
  });
  for (const char* format : {"sleap", "sleap-analysis", "nwb", "deeplabcut"}) {
    CHECK(Says(Joined(ExportFile(*one.project, format, one.folder / "out").warnings),
               {"2 pictures are marked train, val or test"}));
    fs::remove_all(one.folder / "out");
  }
  CHECK(ExportFile(*one.project, "yolo-pose", one.folder / "out").warnings.empty());

  TempDir folder;
  const auto project = LabelProject(folder.path());
  std::ofstream(folder / "labels.json") << R"({"videos":[{"id":1,"file_name":"clip.mp4"}],
    "categories":[{"id":1,"name":"mouse","keypoints":["nose"]}],
    "images":[{"id":1,"video_id":1,"frame_index":3,"width":64,"height":48}],
    "annotations":[
      {"id":1,"image_id":1,"category_id":1,"track_id":1,"bbox":[1,1,4,4],"keypoints":[2,2,2]},
      {"id":2,"image_id":1,"category_id":1,"track_id":2,"bbox":[9,9,4,4],"keypoints":[10,10,2]}]})";
  ImportFile(*project, "coco", folder / "labels.json");
  CHECK(Says(Joined(ExportFile(*project, "yolo-pose", folder / "yolo").warnings),
             {"2 animals of one kind"}));
}

TEST_CASE("predicted points that are hidden are written as hidden, or counted") {
  PoseProject one;
  one.HidePredictedTails();
  for (const char* format : {"sleap-analysis", "nwb", "deeplabcut"}) {
    CHECK(Says(Joined(ExportFile(*one.project, format, one.folder / "out", "predictions").warnings),
               {"4 ", "points are hidden"}));
    fs::remove_all(one.folder / "out");
  }
  ExportFile(*one.project, "coco", one.folder / "out.json", "predictions");
  std::ifstream text(one.folder / "out.json");
  const auto file = nlohmann::json::parse(text);
  REQUIRE(file["annotations"].size() == 4);
  for (const auto& animal : file["annotations"]) {
    CHECK(animal["keypoints"][2] == 2);
    CHECK(animal["keypoints"].back() == 1);  // the tail
  }
}

TEST_CASE("what no label has cannot be exported as poses, and that is said") {
  TempDir folder;
  const auto project = LabelProject(folder.path());
  ImportText(*project, folder, Dataset().dump());
  for (const char* format : {"sleap", "sleap-analysis", "nwb", "deeplabcut", "yolo-pose"}) {
    CHECK(Says(ErrorOf([&] { ExportFile(*project, format, folder / "out"); }), {"no animal"}));
    CHECK_FALSE(fs::exists(folder / "out"));
  }
}

TEST_CASE("real files of JABS, NWB, DeepLabCut and Ultralytics come in with their own counts") {
  const auto data = SharedData("formats");
  if (!data) return;
  const auto fresh = [](const TempDir& folder) {
    auto project = Project::Create(folder / "p.vole");
    AddVideoRow(*project, "movie", 100000, 4000, 4000);
    return project;
  };
  for (const char* name : {"sample_pose_est_v2.h5", "sample_pose_est_v3.h5",
                           "identity_with_no_data_pose_est_v3.h5", "jabs/example_pose_est_v2.h5"}) {
    CAPTURE(name);
    TempDir folder;
    const auto project = fresh(folder);
    int64_t animals = 0;
    size_t points = 0;
    {
      const H5File file(*data / name, name, "");
      const auto shape = file.Shape("poseest/confidence");
      const auto confidence = file.Numbers("poseest/confidence");
      const size_t most = shape.size() == 3 ? shape[1] : 1;
      const auto count = shape.size() == 3 ? file.Numbers("poseest/instance_count")
                                           : std::vector<double>(shape[0], 1);
      for (size_t frame = 0; frame < shape[0]; ++frame) {
        for (size_t animal = 0; animal < static_cast<size_t>(count[frame]); ++animal) {
          size_t set = 0;
          for (size_t k = 0; k < 12; ++k) {
            set += confidence[(frame * most + animal) * 12 + k] > 0 ? 1 : 0;
          }
          animals += set > 0 ? 1 : 0;
          points += set;
        }
      }
    }
    CHECK(ImportFile(*project, "jabs", *data / name, "movie").predictions == animals);
    size_t stored = 0;
    const Id video = project->Videos()[0].id;
    if (const auto job = project->LatestPredictJob(video)) {
      project->ForEachPrediction(*job, video, 0, 100000, [&](int, const auto& rows) {
        for (const PredictionRow& row : rows) stored += row.key_points.size();
      });
    }
    CHECK(stored == points);
  }
  TempDir folder;
  // Two tracks, of three frames and two; of the second the other point was never found.
  CHECK(ImportFile(*fresh(folder), "nwb", *data / "nwb/minimal.pose.nwb", "movie").predictions ==
        5);
  TempDir second, third, fourth, fifth;
  CHECK(ImportFile(*fresh(second), "nwb", *data / "nwb/legacy.pose.nwb", "movie").predictions == 2);
  const auto rows = [](const fs::path& file) {
    std::ifstream stream(file);
    int64_t count = 0;
    for (std::string line; std::getline(stream, line);) count += std::isdigit(line[0]) ? 1 : 0;
    return count;
  };
  const fs::path wasp = *data / "deeplabcut/wasp_single.csv";
  CHECK(ImportFile(*fresh(third), "deeplabcut", wasp, "movie").predictions == rows(wasp));
  const fs::path mice = *data / "deeplabcut/mouse_multi.csv";
  CHECK(ImportFile(*fresh(fourth), "deeplabcut", mice, "movie").predicted_frames == rows(mice));
  const auto project = Project::Create(fifth / "p.vole");
  int64_t animals = 0;
  size_t points = 0;
  for (const auto& entry : fs::recursive_directory_iterator(*data / "ultralytics")) {
    if (entry.path().extension() != ".txt") continue;
    std::ifstream stream(entry.path());
    for (std::string line; std::getline(stream, line);) {
      std::vector<double> values;
      std::stringstream fields(line);
      for (double value; fields >> value;) values.push_back(value);
      if (values.empty()) continue;
      ++animals;
      for (size_t i = 7; i < values.size(); i += 3) points += values[i] > 0 ? 1 : 0;
    }
  }
  CHECK(ImportFile(*project, "yolo", *data / "ultralytics").annotations == animals);
  CHECK(LabeledPoints(*project).size() == points);
}

}  // namespace pose_formats_test
