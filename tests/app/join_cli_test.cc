// A recording in parts from the command line: added, labeled, predicted over its seams, lost,
// found.
#include <doctest/doctest.h>
#include <sqlite3.h>

#include <opencv2/core.hpp>

#include "datasets/project.h"
#include "tests/support/journey.h"
#include "tests/support/says.h"

namespace join_cli_test {

using nlohmann::json;
using tests::CheckFails;
using tests::Journey;
using tests::Outcome;
using tests::Program;
using tests::Says;
using tests::Vole;
using tests::VoleJson;

namespace {

namespace fs = std::filesystem;
using datasets::Project;

constexpr int kFrames = 300, kEnds[] = {0, 90, 101, kFrames};

void Write(const fs::path& file, datasets::VideoReader& from, int first, int end) {
  datasets::VideoWriter writer(file, from.index().width, from.index().height, from.index().fps, 0);
  for (int frame = first; frame < end; ++frame) writer.Write(from.Read(frame));
  writer.Close();
}

// A scene once as whole.mp4 and once as cam_0.mp4 to cam_2.mp4, with the same pixels. q.vole has
// both, as `whole` and `exp`, the same labels on each, and a model that has learned a little.
struct Scene : Journey {
  std::string whole;  // a project
  Scene() : Journey(kFrames), whole(Path("q.vole")) {
    datasets::Job job;
    datasets::VideoReader reader(video, datasets::IndexVideo(video, job));
    fs::create_directories(Path("cam"));
    Write(Path("whole.mp4"), reader, 0, kFrames);
    for (int part = 0; part < 3; ++part) {
      Write(Path("cam/cam_" + std::to_string(part) + ".mp4"), reader, kEnds[part], kEnds[part + 1]);
    }
    VoleJson({"new", whole});
    VoleJson({"add-video", whole, Path("whole.mp4")});
    const json joined = VoleJson({"add-video", whole, Path("cam"), "--join", "exp"});
    REQUIRE(joined["videos"].size() == 1);
    CHECK(joined["videos"][0]["added"] == true);
    CHECK(joined["videos"][0]["frames"] == kFrames);
    CHECK(joined["videos"][0]["parts"][2]["first_frame"] == 101);
    for (const char* name : {"whole", "exp"}) {
      VoleJson({"import", whole, "--format", "coco", labels, "--video", name});
    }
    VoleJson({"train", whole, "--steps", "60"});  // enough to find the animals
  }
  static const Scene& The() {  // made once
    static const Scene scene;
    return scene;
  }
  std::string Copy(const std::string& name) const {
    const std::string copy = Path(name + ".vole");
    fs::copy_file(whole, copy);
    return copy;
  }
};

// What was found in a video: frame, animal, tracklet, box, score, as it was stored.
std::vector<std::string> Found(const std::string& file, const std::string& video) {
  const auto project = Project::Open(file, Project::Access::kReadOnly);
  const auto row = project->VideoByName(video);
  const auto job = project->LatestPredictJob(row.id);
  REQUIRE(job);
  std::vector<std::string> found;
  project->ForEachPrediction(*job, row.id, 0, row.frame_count,
                             [&](int frame, const std::vector<datasets::PredictionRow>& rows) {
                               for (const auto& one : rows) {
                                 char text[200];
                                 std::snprintf(text, sizeof text, "%d %d %d %a %a %a %a %a", frame,
                                               static_cast<int>(one.category_id), one.tracklet,
                                               one.box.x, one.box.y, one.box.width, one.box.height,
                                               one.score);
                                 found.push_back(text);
                               }
                             });
  return found;
}

}  // namespace

TEST_CASE("a recording in parts is predicted over its seams as the one file, also divided") {
  const Scene& scene = Scene::The();
  const std::string copy = scene.Copy("predicted");
  VoleJson({"predict", copy});
  const std::vector<std::string> whole = Found(copy, "whole");
  CHECK(whole.size() > 100);
  CHECK(Found(copy, "exp") == whole);

  const std::string divided = scene.Copy("divided");
  VoleJson({"predict", divided, "--video", "exp", "--jobs", "2"});
  CHECK(Found(divided, "exp") == whole);

  const std::string killed = scene.Copy("killed");
  {
    Program program({VOLE_BINARY, "predict", killed, "--video", "exp", "--jobs", "2", "--quiet"});
    REQUIRE(program.WaitUntil([&] { return fs::exists(killed + ".parts/plan.json"); }));
    program.Signal(SIGKILL);
    program.Wait();
  }
  VoleJson({"predict", killed, "--video", "exp", "--jobs", "1"});
  CHECK(Found(killed, "exp") == whole);
  CHECK(VoleJson({"verify", killed})["ok"] == true);
}

TEST_CASE("labels with frame numbers stand on the pictures of later parts") {
  const Scene& scene = Scene::The();
  const auto project = Project::Open(scene.whole, Project::Access::kReadOnly);
  auto joined = project->OpenVideo(project->VideoByName("exp"));
  auto single = project->OpenVideo(project->VideoByName("whole"));
  int later = 0;
  for (const auto& image : project->ImagesOfVideo(project->VideoByName("exp").id)) {
    const int frame = *image.frame_index;
    later += frame >= kEnds[1];
    CHECK(cv::norm(joined.Read(frame), single.Read(frame), cv::NORM_INF) == 0);
    CHECK(project->AnnotationsOfImage(image.id).size() ==
          project->AnnotationsAt(project->VideoByName("whole").id, frame).size());
  }
  CHECK(later > 0);
}

TEST_CASE("what cannot be joined is refused in one line, and the project stays as it was") {
  const Scene& scene = Scene::The();
  const std::string fresh = scene.Path("fresh.vole"), cam = scene.Path("cam/cam_");
  VoleJson({"new", fresh});
  datasets::VideoWriter other(scene.Path("other.mp4"), 100, 80, 25);
  for (int frame = 0; frame < 10; ++frame) other.Write(cv::Mat(80, 100, CV_8UC3, {9, 9, 9}));
  other.Close();
  CheckFails({"add-video", fresh, cam + "0.mp4", scene.Path("other.mp4"), "--join", "exp"}, 1,
             {"other.mp4", "its pictures are", "leave it out"});
  CheckFails({"add-video", fresh, cam + "0.mp4", cam + "0.mp4", "--join", "exp"}, 1,
             {"cam_0.mp4", "twice"});
  CheckFails({"add-video", fresh, cam + "0.mp4", cam + "7.mp4", "--join", "exp"}, 1, {"cam_7.mp4"});
  CheckFails({"add-video", fresh, cam + "0.mp4", scene.labels, "--join", "exp"}, 1,
             {"labels.json"});
  CheckFails({"add-video", fresh, cam + "0.mp4", "--join", "exp"}, 1, {"only one file"});
  CheckFails({"add-video", fresh, scene.Path("cam"), "--join", ""}, 1, {"empty", "--join NAME"});
  CheckFails({"add-video", fresh, scene.Path("cam"), "--join", "exp", "--relink", "exp"}, 2,
             {"--join", "--relink"});
  CHECK(VoleJson({"info", fresh})["videos"].empty());
  CHECK(VoleJson({"verify", fresh})["ok"] == true);
}

TEST_CASE("the order of the parts is printed, info counts them, and lost ones are found again") {
  const Scene& scene = Scene::The();
  const std::string project = scene.Path("moving.vole");
  fs::create_directories(scene.Path("day"));
  for (int part = 0; part < 3; ++part) {
    fs::copy(scene.Path("cam/cam_" + std::to_string(part) + ".mp4"),
             scene.Path("day/top_" + std::to_string(8 + part) + ".mp4"));
  }
  VoleJson({"new", project});
  const Outcome joined =
      Vole({"add-video", project, scene.Path("day"), "--pattern", "top_*.mp4", "--join", "top"});
  INFO(tests::Show(joined));
  CHECK(joined.code == 0);
  CHECK(Says(joined.out, "Joined top: 3 parts, 300 frames"));
  CHECK(joined.out.find("top_9.mp4") < joined.out.find("top_10.mp4"));
  CHECK(Says(joined.out, "101"));
  CHECK(Says(joined.err, "a pause between two files is not known"));
  CHECK(Says(Vole({"info", project}).out, "3 parts"));
  CHECK(Says(Vole({"add-video", project, scene.Path("day/top_9.mp4")}).out, "Already there: top"));

  fs::rename(scene.Path("day"), scene.Path("archive"));
  const json lost = VoleJson({"info", project})["videos"][0];
  CHECK(lost["file"] == "missing");
  CHECK(Says(lost["lost"]["path"], "top_8.mp4"));
  const Outcome verify = Vole({"verify", project});
  CHECK(verify.code == 1);
  CHECK(Says(verify.out, "part 3 of 3"));
  CheckFails({"add-video", project, scene.whole, "--relink", "top"}, 1, {"none of its 3 parts"});
  fs::rename(scene.Path("archive/top_10.mp4"), scene.Path("top_10.mp4"));
  const Outcome most = Vole({"add-video", project, scene.Path("archive"), "--relink", "top"});
  CHECK(most.code == 1);
  CHECK(Says(most.err, "part 3 of 3"));
  const Outcome found = Vole({"add-video", project, scene.Path("top_10.mp4"), "--relink", "top"});
  INFO(tests::Show(found));
  CHECK(found.code == 0);
  CHECK(Says(found.out, "All 3 parts of top are found"));
  CHECK(VoleJson({"verify", project})["ok"] == true);
}

}  // namespace join_cli_test
