#include "infer/run/pipeline.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <map>
#include <set>
#include <thread>
#include <tuple>

#include "datasets/store/writer.h"
#include "infer/review/review_job.h"
#include "infer/run/predict_with.h"
#include "tests/infer/disc_world.h"
#include "tests/support/label_project.h"
#include "tests/support/temp_dir.h"

namespace pipeline_test {

using datasets::Job;
using datasets::Project;
using infer::FrameSource;
using infer::PredictOptions;
using tests::DiscWorld;

namespace {

// Says what a DiscWorld network would see; the picture's first pixels carry the frame number.
class FakePredictor : public train::Predictor {
 public:
  explicit FakePredictor(DiscWorld world) : world_(std::move(world)), info_(world_.Info()) {}
  const train::ModelInfo& info() const override { return info_; }
  std::vector<train::FrameDetections> Predict(const std::vector<cv::Mat>& frames,
                                              const cv::Mat&) override {
    std::vector<train::FrameDetections> found;
    for (const cv::Mat& picture : frames) {
      const int frame = *picture.ptr<int>();
      if (frame == fail_at) throw datasets::Error("the network", "it failed on purpose");
      std::this_thread::sleep_for(std::chrono::milliseconds(pause));
      found.push_back(nothing ? train::FrameDetections{} : world_.Detect(frame));
    }
    return found;
  }
  std::vector<std::vector<float>> NameCrops(const cv::Mat&,
                                            const std::vector<train::Detection>&) override {
    return {};
  }
  std::unique_ptr<train::Predictor> Twin() const override {
    if (twin_fails) throw datasets::Error("the network", "there is no memory for another one");
    if (!has_twins) return nullptr;
    auto twin = std::make_unique<FakePredictor>(*this);
    twin->pause = 3 - pause;
    return twin;
  }
  int fail_at = -1;
  bool nothing = false, has_twins = false, twin_fails = false;
  int pause = 0;  // milliseconds a frame

 private:
  DiscWorld world_;
  train::ModelInfo info_;

 public:
  void Expect(int instances) { info_.max_instances.assign(info_.classes.size(), instances); }
};

cv::Mat Numbered(int frame, cv::Size size) {
  cv::Mat picture(size, CV_8UC3, cv::Scalar(0));
  *picture.ptr<int>() = frame;
  return picture;
}

struct Setting {
  explicit Setting(const DiscWorld& w) : world(w), predictor(w) {
    project = Project::Create(folder / "test.vole");
    tests::AddVideoRow(*project, "clip", world.frames, world.size.width, world.size.height,
                       world.fps);
    video = project->VideoByName("clip");
    source.picture = [size = world.size](int frame) { return Numbered(frame, size); };
  }
  infer::PredictResult Predict(Job& job, const PredictOptions& options = {}) {
    return infer::PredictWith(*project, video, predictor, source, options, job);
  }
  std::string JobState() {
    const auto jobs = project->Jobs();
    return jobs.empty() ? "" : jobs.back().state;
  }
  size_t Rows(datasets::Id job_id) {
    size_t rows = 0;
    project->ForEachPrediction(job_id, video.id, 0, video.frame_count,
                               [&](int, const auto& found) { rows += found.size(); });
    return rows;
  }

  DiscWorld world;
  tests::TempDir folder;
  FakePredictor predictor;
  std::unique_ptr<Project> project;
  datasets::VideoRow video;
  FrameSource source;
};

DiscWorld SmallWorld(int frames, int animals = 2) {
  DiscWorld world;
  world.frames = frames;
  world.animals = animals;
  world.lanes = 2 * world.axes.height - 2;
  return world;
}

DiscWorld Herd(int frames, int animals) {
  DiscWorld world = SmallWorld(frames, animals);
  world.class_of.assign(static_cast<size_t>(animals), 0);
  return world;
}

// The numbers that each animal of the world had, in order of time, without repetition.
std::vector<std::vector<int>> NumbersOfEach(Setting& setting, datasets::Id job_id) {
  std::vector<std::vector<int>> numbers(static_cast<size_t>(setting.world.animals));
  setting.project->ForEachPrediction(
      job_id, setting.video.id, 0, setting.world.frames, [&](int frame, const auto& rows) {
        for (const auto& row : rows) {
          const cv::Point2d at(row.box.x + row.box.width / 2, row.box.y + row.box.height / 2);
          for (int a = 0; a < setting.world.animals; ++a) {
            const cv::Point3d truth = setting.world.At(a, frame);
            if (std::abs(at.x - truth.x) > 6 || std::abs(at.y - truth.y) > 6) continue;
            auto& own = numbers[static_cast<size_t>(a)];
            if (own.empty() || own.back() != row.tracklet) own.push_back(row.tracklet);
          }
        }
      });
  return numbers;
}

std::string RefusalOf(Setting& setting, const std::string& animals) {
  PredictOptions options;
  options.animals = animals;
  Job job;
  try {
    setting.Predict(job, options);
  } catch (const datasets::Error& error) {
    CHECK(setting.project->Jobs().empty());
    return error.what();
  }
  return "";
}

double RssMb() {
  std::ifstream status("/proc/self/statm");
  double pages = 0, resident = 0;
  status >> pages >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

}  // namespace

TEST_CASE("every frame of a video gets its animals, with names, masks and confidences") {
  Setting setting(SmallWorld(200));
  Job job;
  const auto result = setting.Predict(job);
  CHECK(result.frames == 200);
  CHECK(result.fps > 0);
  CHECK(result.peak_rss_mb > 0);
  CHECK(setting.JobState() == "done");
  int wrong = 0, frames = 0;
  setting.project->ForEachPrediction(
      result.job_id, setting.video.id, 0, 200, [&](int frame, const auto& rows) {
        ++frames;
        std::set<datasets::Id> names;
        CHECK(rows.size() == 2);
        for (const auto& row : rows) {
          CHECK(names.insert(row.category_id).second);
          CHECK(row.confidence > 0);
          CHECK(row.confidence <= 1);
          CHECK(row.score > 0);
          CHECK_FALSE(row.polygons.empty());
          for (int animal = 0; animal < 2; ++animal) {
            const auto truth = datasets::EncodeMask(setting.world.Truth(animal, frame));
            if (datasets::RleIou(truth, *row.rle) < 0.5) continue;
            const auto categories = setting.project->Categories();
            for (const auto& category : categories) {
              if (category.id == row.category_id) {
                wrong += category.name != "animal_" + std::to_string(animal + 1);
              }
            }
          }
        }
      });
  CHECK(frames == 200);
  CHECK(wrong == 0);
  const auto items = setting.project->ReviewItems(result.job_id);
  CHECK(static_cast<int>(items.size()) == result.review_episodes);
  CHECK(std::any_of(items.begin(), items.end(),
                    [](const auto& item) { return item.reason_code == "audit"; }));
}

namespace {

// Animal-frames of a prediction that bear another animal's name.
int WrongNames(Setting& setting, datasets::Id job_id) {
  std::map<datasets::Id, std::string> names;
  for (const auto& category : setting.project->Categories()) names[category.id] = category.name;
  int wrong = 0;
  const auto count = [&](int frame, const auto& rows) {
    for (const auto& row : rows) {
      for (int animal = 0; animal < setting.world.animals; ++animal) {
        const auto truth = datasets::EncodeMask(setting.world.Truth(animal, frame));
        if (datasets::RleIou(truth, *row.rle) < 0.5) continue;
        wrong += names[row.category_id] != "animal_" + std::to_string(animal + 1);
      }
    }
  };
  setting.project->ForEachPrediction(job_id, setting.video.id, 0, setting.video.frame_count, count);
  return wrong;
}

void LabelFrame(Setting& setting, int frame, const std::string& split) {
  setting.project->Write([&](datasets::Writer& writer) {
    const cv::Size size = setting.world.size;
    const auto image = writer.FindOrInsertImage(setting.video.id, frame, size.width, size.height);
    writer.SetImageSplit(image, split);
    for (int animal = 0; animal < setting.world.animals; ++animal) {
      datasets::AnnotationRow label;
      label.image_id = image;
      label.category_id = writer.FindOrInsertCategory("animal_" + std::to_string(animal + 1));
      label.rle = datasets::EncodeMask(setting.world.Truth(animal, frame));
      label.box = datasets::RleBox(*label.rle);
      label.area = static_cast<double>(datasets::RleArea(*label.rle));
      label.author = "test";
      writer.InsertAnnotation(label);
    }
  });
}

}  // namespace

TEST_CASE("one labeled frame names the tracks that pass through it, against a network that errs") {
  DiscWorld world = SmallWorld(200);
  world.lanes = 40;      // they never touch: one track each
  world.accuracy = 0.2;  // takes each animal for the other
  world.says = 0.6;      // without being sure
  Setting setting(world);
  Job job;
  const int unlabeled = WrongNames(setting, setting.Predict(job).job_id);
  CHECK(unlabeled == 400);
  SUBCASE("a label to learn from does") {
    LabelFrame(setting, 120, "train");
    CHECK(WrongNames(setting, setting.Predict(job).job_id) == 0);
    PredictOptions options;
    options.use_labels = false;
    CHECK(WrongNames(setting, setting.Predict(job, options).job_id) == 400);
  }
  SUBCASE("a label to measure on does not") {
    LabelFrame(setting, 120, "val");
    LabelFrame(setting, 60, "test");
    CHECK(WrongNames(setting, setting.Predict(job).job_id) == 400);
  }
}

TEST_CASE(
    "several predictors at different speeds say what one alone says, in the order of frames") {
  Setting setting(SmallWorld(203));
  Job job;
  const auto rows = [&](datasets::Id job_id) {
    std::vector<std::tuple<int, datasets::Id, double, double, double>> found;
    setting.project->ForEachPrediction(
        job_id, setting.video.id, 0, 203, [&](int frame, const auto& predictions) {
          for (const auto& row : predictions) {
            found.emplace_back(frame, row.category_id, row.box.x, row.box.y, row.confidence);
          }
        });
    return found;
  };
  const auto alone = rows(setting.Predict(job).job_id);
  CHECK(alone.size() > 400);
  PredictOptions options;
  options.predictor.threads = 3;
  setting.predictor.has_twins = true;
  CHECK(rows(setting.Predict(job, options).job_id) == alone);
  SUBCASE("and the first that fails ends all of them") {
    setting.predictor.fail_at = 150;
    CHECK_THROWS_WITH_AS(setting.Predict(job, options), doctest::Contains("on purpose"),
                         datasets::Error);
    CHECK(setting.JobState() == "failed");
    CHECK(setting.Rows(setting.project->Jobs().back().id) > 100);
  }
  SUBCASE("and a cancel too") {
    Job* running = nullptr;
    Job cancelled([&](const Job::Progress& progress) {
      if (progress.done >= 100) running->Cancel();
    });
    running = &cancelled;
    CHECK_THROWS_AS(setting.Predict(cancelled, options), datasets::Cancelled);
    CHECK(setting.JobState() == "cancelled");
  }
}

TEST_CASE("a range, one frame, no frame and a wrong range") {
  Setting setting(SmallWorld(40));
  Job job;
  PredictOptions options;
  options.start_frame = 10;
  options.end_frame = 20;
  auto result = setting.Predict(job, options);
  CHECK(result.frames == 10);
  CHECK(setting.Rows(result.job_id) == 20);
  CHECK(setting.project->PredictionsAt(result.job_id, setting.video.id, 9).empty());
  options.end_frame = 11;
  result = setting.Predict(job, options);
  CHECK(setting.Rows(result.job_id) == 2);
  options.end_frame = 10;
  result = setting.Predict(job, options);
  CHECK(result.frames == 0);
  CHECK(setting.Rows(result.job_id) == 0);
  CHECK(setting.JobState() == "done");
  const size_t jobs = setting.project->Jobs().size();
  options.end_frame = 50;
  CHECK_THROWS_AS(setting.Predict(job, options), datasets::Error);
  CHECK(setting.project->Jobs().size() == jobs);
}

TEST_CASE("a video without animals is predicted, and every frame is called into question") {
  Setting setting(SmallWorld(60));
  setting.predictor.nothing = true;
  Job job;
  const auto result = setting.Predict(job);
  CHECK(setting.Rows(result.job_id) == 0);
  CHECK(setting.JobState() == "done");
}

TEST_CASE("one, three and five animals, and several of one class") {
  for (int animals : {1, 3, 5}) {
    Setting setting(SmallWorld(80, animals));
    Job job;
    const auto result = setting.Predict(job);
    CHECK(setting.Rows(result.job_id) >= static_cast<size_t>(78 * animals));
  }
  DiscWorld herd = SmallWorld(80, 3);
  herd.class_of = {0, 0, 0};
  Setting setting(herd);
  Job job;
  const auto result = setting.Predict(job);
  setting.project->ForEachPrediction(result.job_id, setting.video.id, 0, 80,
                                     [&](int, const auto& rows) {
                                       std::set<int> numbers;
                                       for (const auto& row : rows) {
                                         CHECK(numbers.insert(row.tracklet).second);
                                         CHECK(row.tracklet < 3);
                                       }
                                     });
}

TEST_CASE(
    "a cancel at any moment leaves a project that opens, a marked job and the frames so far") {
  std::vector<double> moments = {0, 1, 30, 150, 299};
  for (const double moment : moments) {
    Setting setting(SmallWorld(300));
    Job* running = nullptr;
    Job job([&](const Job::Progress& progress) {
      if (progress.done >= moment) running->Cancel();
    });
    running = &job;
    CHECK_THROWS_AS(setting.Predict(job), datasets::Cancelled);
    CHECK(setting.JobState() == "cancelled");
    const datasets::Id job_id = setting.project->Jobs().back().id;
    const size_t rows = setting.Rows(job_id);
    CHECK(rows <= 600);
    if (moment >= 150) CHECK(rows >= 100);
    setting.project.reset();
    const auto again = Project::Open(setting.folder / "test.vole");
    CHECK(again->Jobs().back().state == "cancelled");
    CHECK(infer::CalibrationOf(*again, job_id).basis == "prior");
  }
}

TEST_CASE("a cancel while names are decided or written is a cancel too") {
  for (const char* stage : {"deciding", "writing names", "confidence", "checked"}) {
    Setting setting(SmallWorld(120));
    Job* running = nullptr;
    Job job([&](const Job::Progress& progress) {
      if (progress.text.find(stage) != std::string::npos) running->Cancel();
    });
    running = &job;
    CHECK_THROWS_AS(setting.Predict(job), datasets::Cancelled);
    CHECK(setting.JobState() == "cancelled");
  }
}

TEST_CASE("an error of any stage ends all of them, once, and is written to the job") {
  SUBCASE("of the network") {
    Setting setting(SmallWorld(300));
    setting.predictor.fail_at = 150;
    Job job;
    CHECK_THROWS_WITH_AS(setting.Predict(job), doctest::Contains("on purpose"), datasets::Error);
    CHECK(setting.JobState() == "failed");
    CHECK(setting.project->Jobs().back().error.find("on purpose") != std::string::npos);
    CHECK(setting.Rows(setting.project->Jobs().back().id) > 100);
  }
  SUBCASE("of the video") {
    Setting setting(SmallWorld(300));
    setting.source.picture = [](int frame) -> cv::Mat {
      if (frame == 77) throw datasets::Error("frame 77", "it cannot be decoded");
      return Numbered(frame, {240, 180});
    };
    Job job;
    CHECK_THROWS_WITH_AS(setting.Predict(job), doctest::Contains("frame 77"), datasets::Error);
    CHECK(setting.JobState() == "failed");
  }
  SUBCASE("of the project") {
    Setting setting(SmallWorld(300));
    infer::PipelineInput input;
    input.predictor = &setting.predictor;
    input.info = setting.predictor.info();
    input.picture = setting.source.picture;
    input.end_frame = 300;
    input.size = setting.world.size;
    input.job_id = 999;  // no such job: every insert is refused
    input.video_id = setting.video.id;
    input.categories = {1, 2};
    Job job;
    CHECK_THROWS_AS(infer::RunPipeline(*setting.project, input, job), datasets::Error);
  }
}

TEST_CASE("two processes' worth of writing goes on side by side") {
  Setting setting(SmallWorld(300));
  const auto other = Project::Open(setting.folder / "test.vole");
  std::atomic<bool> stop{false};
  std::atomic<int> written{0};
  std::thread person([&] {
    while (!stop || written == 0) {
      other->Write([&](datasets::Writer& writer) {
        writer.SetSetting("note", std::to_string(written.load()));
      });
      ++written;
    }
  });
  Job job;
  const auto result = setting.Predict(job);
  stop = true;
  person.join();
  CHECK(setting.JobState() == "done");
  CHECK(setting.Rows(result.job_id) == 600);
  CHECK(written > 0);
}

TEST_CASE("memory stays flat over 20,000 frames") {
  DiscWorld world;
  world.size = {64, 48};
  world.axes = {6, 4};
  world.animals = 1;
  world.frames = 20000;
  Setting setting(world);
  double after_start = 0, most = 0;
  Job job([&](const Job::Progress& progress) {
    const double now = RssMb();
    if (progress.done >= 2000 && after_start == 0) after_start = now;
    if (progress.done >= 2000) most = std::max(most, now);
  });
  const auto result = setting.Predict(job);
  CHECK(result.frames == 20000);
  CHECK(setting.Rows(result.job_id) == 20000);
  MESSAGE("from " << after_start << " to " << most << " MB");
  CHECK(most - after_start < 40);  // 18,000 frames kept as masks would be 55 MB and more
}

TEST_CASE("labels outvote a network that errs, over contacts too") {
  DiscWorld world = SmallWorld(400);  // lanes that touch
  world.accuracy = 0.3;
  Setting setting(world);
  Job job;
  const int unlabeled = WrongNames(setting, setting.Predict(job).job_id);
  CHECK(unlabeled > 400);
  for (int frame = 20; frame < 400; frame += 80) LabelFrame(setting, frame, "train");
  CHECK(WrongNames(setting, setting.Predict(job).job_id) < unlabeled / 4);
}

TEST_CASE("a network that cannot be doubled gives its own error, not the end of the program") {
  Setting setting(SmallWorld(40));
  setting.predictor.twin_fails = true;
  Job job;
  std::string text;
  try {
    setting.Predict(job);
  } catch (const datasets::Error& error) {
    text = error.what();
  }
  CHECK(text == "the network: there is no memory for another one");
  CHECK(setting.JobState() == "failed");
}

TEST_CASE("more animals than can be told apart are refused before anything is predicted") {
  Setting setting(SmallWorld(40));
  setting.predictor.Expect(60);  // of two names
  Job job;
  std::string text;
  try {
    setting.Predict(job);
  } catch (const datasets::Error& error) {
    text = error.what();
  }
  CHECK(text.find("it knows 120 animals at once, and no more than 119") != std::string::npos);
  CHECK(setting.project->Jobs().empty());
  setting.predictor.Expect(3);
  CHECK(setting.Predict(job).frames == 40);
}

TEST_CASE("as many animals are numbered as the video shows, whatever the labels showed at once") {
  Setting setting(Herd(150, 5));
  setting.predictor.Expect(2);
  Job job;
  const auto numbers = NumbersOfEach(setting, setting.Predict(job).job_id);
  std::set<int> all;
  for (const auto& own : numbers) {
    REQUIRE(own.size() == 1);
    all.insert(own[0]);
  }
  CHECK(all == std::set<int>{0, 1, 2, 3, 4});
}

TEST_CASE("who comes back where it left keeps its number; who comes from elsewhere is a new one") {
  DiscWorld world = Herd(400, 3);
  world.path = [](int animal, int frame) -> cv::Point3d {
    const double back_and_forth = 100 * std::abs(std::sin(frame * 0.02));
    if (animal == 0) return {60 + back_and_forth, 90, 0};
    if (animal == 1) {  // out at the left between frames 80 and 130, and back there
      const double away = std::min(std::abs(frame - 105.0) - 25, 60.0);
      return {2 * away - 16, 40, 0};
    }
    // Out at the right below for ever; from frame 300 another one comes in above.
    return frame < 100 ? cv::Point3d(180 + frame, 140, 0)
                       : cv::Point3d(std::max(60.0, 560.0 - frame), 20, 0);
  };
  Setting setting(world);
  setting.predictor.Expect(2);
  Job job;
  const auto numbers = NumbersOfEach(setting, setting.Predict(job).job_id);
  CHECK(numbers[0].size() == 1);
  CHECK(numbers[1].size() == 1);
  CHECK(numbers[2].size() == 2);
  std::set<int> all;
  for (const auto& own : numbers) all.insert(own.begin(), own.end());
  CHECK(all == std::set<int>{0, 1, 2, 3});
  // Told that there are three, the one that comes can only be the one that left.
  PredictOptions options;
  options.animals = "3";
  for (const auto& own : NumbersOfEach(setting, setting.Predict(job, options).job_id)) {
    CHECK(own.size() == 1);
  }
}

TEST_CASE("a number of animals that cannot be is refused before anything is predicted") {
  Setting herd(Herd(40, 3));
  const std::string many = RefusalOf(herd, "130");
  CHECK(many.find("no more than 119") != std::string::npos);
  CHECK(many.find('\n') == std::string::npos);
  CHECK(RefusalOf(herd, "0").find("from 1 to 119") != std::string::npos);
  CHECK(RefusalOf(herd, "-3").find("from 1 to 119") != std::string::npos);
  CHECK(RefusalOf(herd, "some").find("'some' is no number of animals") != std::string::npos);
  CHECK(RefusalOf(herd, "").find("or auto") != std::string::npos);
  CHECK(RefusalOf(herd, "119").empty());
  Setting named(SmallWorld(40));
  CHECK(RefusalOf(named, "2").find("2 animals by name") != std::string::npos);
}

TEST_CASE("one animal only is one animal, asked for or not, with a false alarm now and then") {
  for (const char* animals : {"auto", "1"}) {
    DiscWorld world = Herd(120, 1);
    world.false_alarms = 0.1;
    Setting setting(world);
    PredictOptions options;
    options.animals = animals;
    Job job;
    const auto result = setting.Predict(job, options);
    int most = 0;
    setting.project->ForEachPrediction(
        result.job_id, setting.video.id, 0, 120,
        [&](int, const auto& rows) { most = std::max(most, static_cast<int>(rows.size())); });
    CHECK(most == 1);
    CHECK(NumbersOfEach(setting, result.job_id)[0].size() == 1);
  }
}

}  // namespace pipeline_test
