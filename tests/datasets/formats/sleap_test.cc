#include "datasets/formats/sleap/sleap.h"

#include <doctest/doctest.h>

#include <cmath>
#include <opencv2/imgcodecs.hpp>

#include "datasets/formats/sleap/analysis.h"
#include "datasets/hdf5/h5_writer.h"
#include "tests/support/coco_sample.h"
#include "tests/support/pose_project.h"
#include "tests/support/shared_data.h"

namespace sleap_test {

using namespace tests;  // the vocabulary of these tests
using namespace datasets;
namespace fs = std::filesystem;

namespace {

ImportReport ImportFile(Project& project, const std::string& format, const fs::path& path,
                        const ImportOptions& options = {}) {
  Job job;
  return Import(project, format, path, options, job);
}

ExportReport ExportFile(const Project& project, const std::string& format, const fs::path& path,
                        const ExportOptions& options = {}) {
  Job job;
  return Export(project, format, path, options, job);
}

// A .slp of two nodes: one user instance on frame 3, one predicted with a track on frame 4.
struct Slp {
  std::string movie = "clip.mp4";
  double format = 1.2;
  double points = 2;     // that the first instance has
  double instances = 2;  // that are on a frame; 1: none is on the second
  double frame = 3, second = 4;
  double track = 0;  // of the second instance
  double skeleton = 0;
  std::string metadata =
      R"({"skeletons":[{"directed":true,"graph":{"name":"fly"},"links":[
      {"source":1,"target":0,"type":{"py/reduce":[{"py/type":"sleap.skeleton.EdgeType"},
       {"py/tuple":[1]}]}}],"nodes":[{"id":1},{"id":0}]}],
      "nodes":[{"name":"tail"},{"name":"head"}]})";
  std::string tracks = R"([0,"ann"])";

  std::string picture;    // the only one of its video, else it is the movie
  bool pictures = false;  // in the file itself, of frames 3 and 4

  void Write(const fs::path& path) const {
    H5Writer file(path);
    if (pictures) WritePictures(file);
    file.Group("metadata");
    file.Attribute("metadata", "format_id", H5Number::kFloat64, format);
    file.Attribute("metadata", "json", metadata);
    json video = {{"filename", movie}};
    if (!picture.empty()) video = {{"filename", picture}, {"filenames", {picture}}};
    file.FixedTexts("videos_json", {1}, {json{{"backend", video}}.dump()});
    file.FixedTexts("tracks_json", {1}, {tracks});
    file.Table("frames", {{"frame_id", H5Number::kUint64, {0, 1}},
                          {"video", H5Number::kUint32, {0, 0}},
                          {"frame_idx", H5Number::kUint64, {frame, second}},
                          {"instance_id_start", H5Number::kUint64, {0, 1}},
                          {"instance_id_end", H5Number::kUint64, {1, instances}}});
    file.Table("instances", {{"instance_id", H5Number::kInt64, {0, 1}},
                             {"instance_type", H5Number::kUint8, {0, 1}},
                             {"frame_id", H5Number::kUint64, {0, 1}},
                             {"skeleton", H5Number::kUint32, {skeleton, 0}},
                             {"track", H5Number::kInt32, {-1, track}},
                             {"from_predicted", H5Number::kInt64, {-1, -1}},
                             {"score", H5Number::kFloat32, {0, 1.5}},
                             {"point_id_start", H5Number::kUint64, {0, 0}},
                             {"point_id_end", H5Number::kUint64, {points, 2}}});
    file.Table("points", {{"x", H5Number::kFloat64, {10, 20}},
                          {"y", H5Number::kFloat64, {11, 21}},
                          {"visible", H5Number::kBool, {1, 0}},
                          {"complete", H5Number::kBool, {1, 1}}});
    file.Table("pred_points", {{"x", H5Number::kFloat64, {30, NAN}},
                               {"y", H5Number::kFloat64, {31, NAN}},
                               {"visible", H5Number::kBool, {1, 1}},
                               {"complete", H5Number::kBool, {0, 0}},
                               {"score", H5Number::kFloat64, {0.75, 0}}});
    file.Commit();
  }

  static void WritePictures(H5Writer& file) {
    std::vector<std::vector<uchar>> packed(2);
    size_t longest = 0;
    for (int i = 0; i < 2; ++i) {
      cv::imencode(".png", cv::Mat(48, 64, CV_8UC3, cv::Scalar(10 + i, 20, 30)), packed[i]);
      longest = std::max(longest, packed[i].size());
    }
    std::vector<double> bytes;
    for (const auto& one : packed) {
      for (size_t k = 0; k < longest; ++k) bytes.push_back(k < one.size() ? one[k] : 0);
    }
    file.Numbers("video0/video", H5Number::kUint8, {2, longest}, bytes);
    file.Attribute("video0/video", "format", "png");
    file.Numbers("video0/frame_numbers", H5Number::kInt32, {2}, {3, 4});
    file.Group("video0/source_video");
    file.Attribute("video0/source_video", "json",
                   json{{"backend", {{"filename", "D:\\far\\clip.mp4"}}}}.dump());
  }
};

std::string WhyNot(const Slp& slp) {
  TempDir folder;
  const auto project = LabelProject(folder.path());
  slp.Write(folder / "x.slp");
  const std::string why = ErrorOf([&] { ImportFile(*project, "sleap", folder / "x.slp"); });
  CHECK(project->Images().empty());
  CHECK(project->Jobs().empty());
  CHECK(why.find('\n') == std::string::npos);
  return why;
}

std::vector<std::string> SlpFiles(const fs::path& folder) {
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".slp") files.push_back(entry.path().filename().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

TEST_CASE("labels and predictions of a SLEAP file come in, each as what it is") {
  TempDir folder;
  const auto project = LabelProject(folder.path());
  Slp().Write(folder / "x.slp");
  const ImportReport report = ImportFile(*project, "sleap", folder / "x.slp");
  CHECK(report.annotations == 1);
  CHECK(report.predictions == 1);
  CHECK(report.predicted_frames == 1);
  REQUIRE(project->Skeletons().size() == 1);
  CHECK(PointNames(project->Skeletons()[0]) == std::vector<std::string>{"head", "tail"});
  CHECK(project->Skeletons()[0].edges == std::vector<std::pair<int, int>>{{0, 1}});
  const Id video = project->Videos()[0].id;
  const auto labels = project->AnnotationsAt(video, 3);
  REQUIRE(labels.size() == 1);
  REQUIRE(labels[0].key_points.size() == 2);
  CHECK(labels[0].key_points[0].x == 10.5);  // pixel centers at integers there
  CHECK(labels[0].key_points[0].visibility == 2);
  CHECK(labels[0].key_points[1].visibility == 1);
  const Id job = project->LatestPredictJob(video).value();
  const auto found = project->PredictionsAt(job, video, 4);
  REQUIRE(found.size() == 1);
  REQUIRE(found[0].key_points.size() == 1);
  CHECK(found[0].key_points[0].name == "head");
  CHECK(found[0].key_points[0].x == 30.5);
  CHECK(found[0].key_points[0].confidence == 0.75);
  CHECK(found[0].score == 1);  // sums of scores go beyond 1
  std::string names;
  for (const CategoryRow& category : project->Categories()) names += category.name + " ";
  CHECK(names == "animal ann ");
  const ImportReport again = ImportFile(*project, "sleap", folder / "x.slp");
  CHECK(again.annotations + again.predictions == 0);
  CHECK(again.already_present == 2);
  CHECK(project->Jobs().size() == 1);
}

TEST_CASE("scores of SLEAP that are no shares of 1 are cut, which is said") {
  TempDir folder;
  const auto project = LabelProject(folder.path());
  Slp().Write(folder / "x.slp");  // the animal's score is 1.5
  const ImportReport report = ImportFile(*project, "sleap", folder / "x.slp");
  CHECK(std::any_of(report.warnings.begin(), report.warnings.end(), [](const std::string& text) {
    return text == "1 scores lie outside of 0 to 1 and were stored as the nearer end";
  }));
}

TEST_CASE("frames that a SLEAP file lists without an animal are said, and are empty where asked") {
  TempDir folder;
  const auto project = LabelProject(folder.path());
  Slp slp;
  slp.instances = 1;
  slp.Write(folder / "x.slp");
  const ImportReport report = ImportFile(*project, "sleap", folder / "x.slp");
  CHECK(std::any_of(report.warnings.begin(), report.warnings.end(), [](const std::string& text) {
    return text.find("1 pictures are listed without an animal") == 0;
  }));
  CHECK(project->Images().size() == 1);
  ImportOptions options;
  options.empty_is_negative = true;
  ImportFile(*project, "sleap", folder / "x.slp", options);
  REQUIRE(project->Images().size() == 2);
  for (const ImageRow& image : project->Images()) {
    CHECK((image.state == ImageState::kEmpty) == (image.frame_index == 4));
  }
}

TEST_CASE("a SLEAP video of a single picture is that picture") {
  TempDir folder;
  const auto project = LabelProject(folder.path());
  Slp slp;
  slp.picture = "D:\\far\\mouse.png";
  slp.frame = slp.second = 0;
  slp.Write(folder / "x.slp");
  cv::imwrite((folder / "mouse.png").string(), cv::Mat(48, 64, CV_8UC3, cv::Scalar::all(9)));
  CHECK(ImportFile(*project, "sleap", folder / "x.slp").annotations == 1);
  REQUIRE(project->Images().size() == 1);
  CHECK(fs::path(project->Images()[0].path.value_or("")).filename() == "mouse.png");
}

TEST_CASE("old SLEAP files have pixel centers at halves, as here") {
  TempDir folder;
  const auto project = LabelProject(folder.path());
  Slp slp;
  slp.format = 1;
  slp.Write(folder / "x.slp");
  ImportFile(*project, "sleap", folder / "x.slp");
  CHECK(project->AnnotationsAt(project->Videos()[0].id, 3).at(0).key_points.at(0).x == 10);
}

TEST_CASE("tracks that only count make no animal of their own, unless asked to") {
  Slp slp;
  slp.tracks = R"([0,"track_7"])";
  for (const bool asked : {false, true}) {
    TempDir folder;
    const auto project = LabelProject(folder.path());
    slp.Write(folder / "x.slp");
    ImportOptions options;
    if (asked) options.names_from = "tracks";
    const auto import = [&] { ImportFile(*project, "sleap", folder / "x.slp", options); };
    if (asked) {
      CHECK(Says(ErrorOf(import), {"no label of the file has a track"}));
      continue;
    }
    import();
    const Id video = project->Videos()[0].id;
    const auto found = project->PredictionsAt(project->LatestPredictJob(video).value(), video, 4);
    CHECK(found.at(0).tracklet == 7);
    CHECK(project->Categories().size() == 1);
  }
  CHECK(OnlyCounts("track=1"));
  CHECK(OnlyCounts("Track 12"));
  CHECK(OnlyCounts(""));
  CHECK_FALSE(OnlyCounts("mouse1"));
  CHECK_FALSE(OnlyCounts("ann"));
}

TEST_CASE("a SLEAP file that lies about itself is refused with the place and the cause") {
  Slp slp;
  slp.points = 1;
  CHECK(Says(WhyNot(slp), {"instances, row 0", "skeleton"}));
  slp = {};
  slp.points = 900;
  CHECK(Says(WhyNot(slp), {"point_id_end", "out of bounds"}));
  slp = {};
  slp.track = 5;
  CHECK(Says(WhyNot(slp), {"instances.track"}));
  slp = {};
  slp.skeleton = 1;
  CHECK(Says(WhyNot(slp), {"instances.skeleton"}));
  slp = {};
  slp.frame = 100;  // of 100
  CHECK(Says(WhyNot(slp), {"frame 100"}));
  slp = {};
  slp.movie = "other.mp4";
  CHECK(Says(WhyNot(slp), {"other.mp4", "vole add-video"}));
  slp = {};
  slp.metadata = "{";
  CHECK(Says(WhyNot(slp), {"metadata", "no JSON"}));
  slp = {};
  slp.metadata = R"({"skeletons":[{"nodes":[{"id":9}]}],"nodes":[]})";
  CHECK(Says(WhyNot(slp), {"node"}));
}

TEST_CASE("what is exported to SLEAP comes back the same") {
  PoseProject one;
  CHECK(ExportFile(*one.project, "sleap", one.folder / "out.slp").annotations == 4);
  const auto other = LabelProject(one.folder / "other");
  CHECK(ImportFile(*other, "sleap", one.folder / "out.slp").annotations == 4);
  CHECK(LabeledPoints(*other) == LabeledPoints(*one.project));
  const Skeleton before = one.project->Skeletons().at(0), after = other->Skeletons().at(0);
  CHECK(PointNames(after) == PointNames(before));
  CHECK(after.edges == before.edges);
  CHECK(MirrorOrder(after) == MirrorOrder(before));
  ExportOptions predictions;
  predictions.what = "predictions";
  one.HidePredictedTails();
  ExportFile(*one.project, "sleap", one.folder / "found.slp", predictions);
  CHECK(ImportFile(*other, "sleap", one.folder / "found.slp").predictions == 4);
  CHECK(PredictedPoints(*other) == PredictedPoints(*one.project));
}

TEST_CASE("an analysis file is written and read back as predictions, in any order of its axes") {
  PoseProject one;
  ExportOptions predictions;
  predictions.what = "predictions";
  const ExportReport report =
      ExportFile(*one.project, "sleap-analysis", one.folder / "out.analysis.h5", predictions);
  CHECK(report.annotations == 4);
  const auto other = LabelProject(one.folder / "other");
  CHECK(ImportFile(*other, "sleap-analysis", one.folder / "out.analysis.h5").predictions == 4);
  CHECK(PredictedPoints(*other) == PredictedPoints(*one.project));
  CHECK(other->Skeletons().at(0).edges == one.project->Skeletons().at(0).edges);

  // [frame, track, node, xy], said by `dims`.
  {
    H5Writer file(one.folder / "turned.h5");
    file.Numbers("tracks", H5Number::kFloat64, {3, 1, 2, 2},
                 {1, 2, 3, 4, NAN, NAN, NAN, NAN, 5, 6, NAN, NAN});
    file.Attribute("tracks", "dims", R"(["frame", "track", "node", "xy"])");
    file.FixedTexts("node_names", {2}, {"a", "b"});
    file.FixedTexts("track_names", {1}, {"bea"});
    file.Commit();
  }
  const auto third = LabelProject(one.folder / "third");
  const ImportReport turned = ImportFile(*third, "sleap-analysis", one.folder / "turned.h5");
  CHECK(turned.predictions == 2);
  const Id video = third->Videos()[0].id;
  const auto found = third->PredictionsAt(third->LatestPredictJob(video).value(), video, 0);
  REQUIRE(found.size() == 1);
  CHECK(found[0].key_points.at(1).y == 4.5);
  CHECK(Says(turned.warnings.at(0), {"names no video"}));
  CHECK(Says(ErrorOf([&] { ImportFile(*third, "sleap", one.folder / "turned.h5"); }),
             {"sleap-analysis"}));
}

TEST_CASE("pictures that a SLEAP file brings itself are taken out of it") {
  TempDir folder;
  const auto project = LabelProject(folder.path());
  Slp slp;
  slp.movie = ".";
  slp.Write(folder / "x.pkg.slp");
  CHECK(Says(ErrorOf([&] { ImportFile(*project, "sleap", folder / "x.pkg.slp"); }),
             {"video0/video"}));
  slp.pictures = true;
  slp.Write(folder / "x.pkg.slp");
  // Where the project has the video that they are from, its frames are taken.
  CHECK(ImportFile(*project, "sleap", folder / "x.pkg.slp").predictions == 1);
  CHECK(project->AnnotationsAt(project->Videos()[0].id, 3).size() == 1);
  CHECK_FALSE(fs::exists(folder / "x_pictures"));

  const auto other = Project::Create(folder / "other.vole");
  const ImportReport report = ImportFile(*other, "sleap", folder / "x.pkg.slp");
  CHECK(report.annotations == 1);
  CHECK(report.predictions == 0);
  std::string said;
  for (const std::string& warning : report.warnings) said += warning + "\n";
  CHECK(Says(said, {"2 pictures were taken out", "1 predicted animals on single pictures"}));
  REQUIRE(other->Images().size() == 1);
  CHECK(other->Images()[0].path == "x_pictures/video0-000003.png");
  const cv::Mat pixels = cv::imread((folder / "x_pictures/video0-000003.png").string());
  CHECK(pixels.at<cv::Vec3b>(5, 5) == cv::Vec3b(10, 20, 30));
  CHECK(ImportFile(*other, "sleap", folder / "x.pkg.slp").already_present == 1);
}

TEST_CASE("every real SLEAP file comes in with the counts of its tables") {
  const auto data = SharedData("formats");
  if (!data) return;
  for (const std::string& name : SlpFiles(*data / "slp")) {
    CAPTURE(name);
    TempDir folder;
    const auto project = Project::Create(folder / "p.vole");
    const fs::path path = *data / "slp" / name;
    if (name == "vlen_multiframe.pkg.slp") {  // pictures alone
      CHECK(
          Says(ErrorOf([&] { ImportFile(*project, "sleap", path); }), {"no file of SLEAP labels"}));
      continue;
    }
    int64_t people = 0, machine = 0, points = 0;
    {
      const H5File file(path, name, "");
      const auto type = file.Field("instances", "instance_type");
      const auto first = file.Field("instances", "point_id_start");
      const auto end = file.Field("instances", "point_id_end");
      const auto x = file.Field("points", "x"), found_x = file.Field("pred_points", "x");
      for (size_t i = 0; i < type.size(); ++i) {
        int64_t set = 0;
        for (auto k = static_cast<size_t>(first[i]); k < static_cast<size_t>(end[i]); ++k) {
          set += std::isfinite(type[i] == 0 ? x[k] : found_x[k]) ? 1 : 0;
        }
        points += set;
        if (set > 0) ++(type[i] == 0 ? people : machine);
      }
    }
    AddVideoRow(*project, "movie", 100000, 4000, 4000);
    ImportOptions options;
    options.video = "movie";
    const ImportReport report = ImportFile(*project, "sleap", path, options);
    CHECK(report.annotations + report.already_present == people);
    CHECK(report.predictions == machine);
    const size_t stored = LabeledPoints(*project).size() + PredictedPoints(*project).size();
    CHECK(static_cast<int64_t>(stored) == points);
  }
}

TEST_CASE("every real analysis file comes in with the counts of its arrays") {
  const auto data = SharedData("formats");
  if (!data) return;
  std::vector<fs::path> files = {*data / "sleap/SLEAP_three-mice_Aeon_mixed-labels.analysis.h5"};
  for (const auto& entry : fs::directory_iterator(*data / "analysis-h5")) {
    if (entry.path().extension() == ".h5") files.push_back(entry.path());
  }
  for (const fs::path& path : files) {
    CAPTURE(path);
    TempDir folder;
    const auto project = Project::Create(folder / "p.vole");
    AddVideoRow(*project, "movie", 100000, 4000, 4000);
    int64_t numbers = 0, occupied = 0;
    {
      const H5File file(path, "x", "");
      for (const double value : file.Numbers("tracks")) numbers += std::isfinite(value) ? 1 : 0;
      for (const double value : file.Numbers("track_occupancy")) occupied += value != 0 ? 1 : 0;
    }
    ImportOptions options;
    options.video = "movie";
    const ImportReport report = ImportFile(*project, "sleap-analysis", path, options);
    CHECK(report.predictions == occupied);
    CHECK(2 * PredictedPoints(*project).size() == static_cast<size_t>(numbers));
  }
}

}  // namespace sleap_test
