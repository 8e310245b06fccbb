// From a camera to outlines in the project, on three threads.
#include "infer/live/live_session.h"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <condition_variable>
#include <fstream>
#include <mutex>
#include <thread>

#include "datasets/base/error.h"
#include "datasets/verify.h"
#include "infer/live/live_storer.h"
#include "tests/infer/live/live_stage.h"
#include "tests/support/temp_dir.h"

namespace live_session_test {

using infer::LiveInput;
using infer::LiveOptions;
using infer::LiveResult;

namespace {

// Looks at one picture and then waits until it may go on.
class SlowPredictor : public train::Predictor {
 public:
  SlowPredictor() {
    info_.classes = {"vole"};
    info_.max_instances = {1};
    info_.median_area = 400;
  }
  const train::ModelInfo& info() const override { return info_; }
  std::vector<train::FrameDetections> Predict(const std::vector<cv::Mat>& frames,
                                              const cv::Mat&) override {
    std::unique_lock<std::mutex> lock(mutex_);
    may_.wait(lock, [&] { return open_; });
    train::Detection found;
    found.region = {10, 10, 20, 20};
    found.mask = cv::Mat(20, 20, CV_8UC1, cv::Scalar(255));
    found.score = 1;
    found.pixel_log_prob = {0};
    std::vector<train::FrameDetections> all(frames.size());
    for (auto& frame : all) frame.detections = {found};
    return all;
  }
  std::vector<std::vector<float>> NameCrops(const cv::Mat&,
                                            const std::vector<train::Detection>&) override {
    return {};
  }
  void Open() {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_ = true;
    may_.notify_all();
  }

 private:
  train::ModelInfo info_;
  std::mutex mutex_;
  std::condition_variable may_;
  bool open_ = false;
};

struct Stage {
  tests::TempDir folder;
  std::unique_ptr<datasets::Project> project = datasets::Project::Create(folder / "p.vole");
  std::atomic<bool> stop{false};
  LiveInput input;
  LiveOptions options;
  datasets::Job job;
  std::vector<std::string> said;

  Stage() {
    input.name = "stage";
    input.stop = &stop;
    input.file = folder / "live.mkv";
    input.say = [this](const std::string& line) { said.push_back(line); };
  }
  LiveResult Run() { return infer::RunLive(*project, input, options, job); }
  std::string Findings() const {
    datasets::Job work;
    std::string text;
    for (const auto& finding : datasets::Verify(*project, work)) text += finding.text + "\n";
    return text;
  }
};

// Another program that keeps the project to itself.
class Lock {
 public:
  explicit Lock(const std::filesystem::path& file) {
    REQUIRE(sqlite3_open(file.c_str(), &handle_) == SQLITE_OK);
  }
  ~Lock() { sqlite3_close(handle_); }
  Lock(const Lock&) = delete;
  void Take() { REQUIRE(sqlite3_exec(handle_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == 0); }
  void Leave() { REQUIRE(sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr) == 0); }

 private:
  sqlite3* handle_ = nullptr;
};

cv::Point2d CenterOf(const datasets::PredictionRow& row) {
  return {row.box.x + row.box.width / 2, row.box.y + row.box.height / 2};
}

}  // namespace

TEST_CASE(
    "Pictures that come while the looker is busy are recorded and counted, and taking never "
    "waits") {
  Stage stage;
  SlowPredictor predictor;
  stage.input.predictor = &predictor;
  stage.options.background = 0;
  // The last picture has been taken before the first has been looked at.
  stage.input.source = std::make_unique<tests::StageSource>(60, [&] { predictor.Open(); });
  const LiveResult result = stage.Run();
  const auto& figures = result.figures;
  CHECK(figures.frames + figures.unrecorded == 60);
  CHECK(figures.outlined >= 1);
  CHECK(figures.outlined <= 17);  // one in hand, and those that wait
  CHECK(figures.outlined + figures.start_up + figures.dropped == figures.frames);
  const datasets::VideoRow video = stage.project->VideoByName("live");
  CHECK(video.frame_count == figures.frames);
  CHECK(stage.project->CountPredictedFrames(result.job_id, video.id) == figures.outlined);
  CHECK(stage.project->Jobs().front().state == "done");
  CHECK(stage.Findings() == "");
}

TEST_CASE(
    "Another program that writes to the project for seconds costs no picture and no outline") {
  struct Steady : tests::StageSource {
    Steady(int frames, std::function<void(int)> at) : StageSource(frames), at_(std::move(at)) {}
    datasets::LiveNews Next(datasets::LivePicture* picture) override {
      std::this_thread::sleep_for(std::chrono::milliseconds(8));
      at_(count_++);
      return StageSource::Next(picture);
    }
    const std::function<void(int)> at_;
    int count_ = 0;
  };
  Stage stage;
  Lock lock(stage.project->file());
  stage.options.background = 1;
  stage.input.source = std::make_unique<Steady>(400, [&](int frame) {
    if (frame == 30) lock.Take();
    if (frame == 390) lock.Leave();  // more pictures than any queue holds
  });
  const LiveResult result = stage.Run();
  CHECK(result.figures.unrecorded == 0);
  const datasets::VideoRow video = stage.project->VideoByName("live");
  CHECK(video.frame_count == 400);
  CHECK(result.figures.outlined > 300);
  CHECK(stage.project->CountPredictedFrames(result.job_id, video.id) == result.figures.outlined);
  CHECK(stage.Findings() == "");
}

TEST_CASE(
    "Another program has its minute from when the recording ends, whenever it began to write") {
  using std::chrono::minutes;
  const std::chrono::steady_clock::time_point begin{};
  CHECK(infer::WaitsUntil(begin, std::nullopt) == begin + minutes(10));
  CHECK(infer::WaitsUntil(begin, begin + minutes(3)) == begin + minutes(4));
  // A batch that only begins to be stored then has a minute of its own.
  CHECK(infer::WaitsUntil(begin + minutes(5), begin + minutes(3)) == begin + minutes(6));
}

TEST_CASE("Two animals that nobody labeled are followed with their numbers on every frame") {
  Stage stage;
  stage.options.as_fast = true;
  stage.options.background = 1;
  stage.options.locomotion = 1;
  stage.input.source = std::make_unique<tests::StageSource>(150);
  const LiveResult result = stage.Run();
  CHECK(result.animals == 2);
  CHECK(result.figures.frames == 150);
  CHECK(result.figures.outlined == 150);
  CHECK(result.figures.dropped == 0);
  CHECK(result.problem == "");
  CHECK(stage.said.empty());
  const datasets::VideoRow video = stage.project->VideoByName("live");
  int wrong = 0;
  stage.project->ForEachPrediction(
      result.job_id, video.id, 0, 150,
      [&](int frame, const std::vector<datasets::PredictionRow>& rows) {
        wrong += rows.size() != 2;
        for (const datasets::PredictionRow& row : rows) {
          const bool upper = row.tracklet == 0;
          const cv::Point2d place = tests::StagePlace(upper ? 0 : 1, frame);
          INFO("frame " << frame << ", number " << row.tracklet << " at " << CenterOf(row).x << ", "
                        << CenterOf(row).y << " instead of " << place.x << ", " << place.y);
          CHECK(cv::norm(CenterOf(row) - place) < 3);
        }
      });
  CHECK(wrong == 0);
  CHECK(stage.project->CountPredictedFrames(result.job_id, video.id) == 150);
  const auto bouts = stage.project->BehaviorPredictions(result.job_id, video.id);
  REQUIRE(bouts.size() == 2);  // both move on, from the tenth displacement to the end
  for (const auto& bout : bouts) {
    CHECK((bout.subject == "animal_1" || bout.subject == "animal_2"));
    CHECK(bout.start_frame == 10);
    CHECK(bout.end_frame == 150);
  }
  CHECK(stage.project->Behaviors().front().name == "locomotion");
  CHECK_FALSE(stage.project->BackgroundOf(video).bgr.empty());
  CHECK(stage.Findings() == "");
}

TEST_CASE("Animals that are pointed at in the first picture get the first numbers") {
  Stage stage;
  stage.options.as_fast = true;
  stage.options.background = 1;
  const cv::Point lower = tests::StagePlace(1, 0), upper = tests::StagePlace(0, 0);
  stage.input.points = {lower, upper};
  stage.input.source = std::make_unique<tests::StageSource>(60);
  const LiveResult result = stage.Run();
  const datasets::VideoRow video = stage.project->VideoByName("live");
  for (const auto& row : stage.project->PredictionsAt(result.job_id, video.id, 59)) {
    CHECK(cv::norm(CenterOf(row) - cv::Point2d(tests::StagePlace(row.tracklet == 0 ? 1 : 0, 59))) <
          3);
  }
}

TEST_CASE(
    "Animals that are clicked while the ground is learned get the first numbers, in that order") {
  const auto numbers = [](const std::vector<infer::LiveClicks::Click>& at,
                          std::vector<std::string>* said) {
    Stage stage;
    stage.options.as_fast = true;
    stage.options.background = 1;
    auto clicks = std::make_shared<infer::LiveClicks>();
    for (const auto& click : at) clicks->Add(click);
    stage.input.clicks = clicks;
    size_t shown = 0;
    stage.input.show = [&](const infer::LiveFrame&, const auto& animals) {
      shown += !animals.empty();
    };
    stage.input.source = std::make_unique<tests::StageSource>(90);
    const LiveResult result = stage.Run();
    CHECK(shown > 60);
    const datasets::VideoRow video = stage.project->VideoByName("live");
    *said = stage.said;
    std::vector<int> upper_lower(2, -1);
    for (const int frame : {5, 89}) {
      for (const auto& row : stage.project->PredictionsAt(result.job_id, video.id, frame)) {
        const bool upper = cv::norm(CenterOf(row) - cv::Point2d(tests::StagePlace(0, frame))) < 3;
        int& number = upper_lower[upper ? 0 : 1];
        CHECK((number < 0 || number == row.tracklet));
        number = row.tracklet;
      }
    }
    return upper_lower;
  };
  std::vector<std::string> said;
  // Not quite on them, as it is with animals that walk.
  const cv::Point2d aside(4, -3);
  const cv::Point2d lower = cv::Point2d(tests::StagePlace(1, 12)) + aside,
                    upper = cv::Point2d(tests::StagePlace(0, 20)) + aside;
  CHECK(numbers({{12, lower}, {20, upper}}, &said) == std::vector<int>{1, 0});
  CHECK(numbers({{20, upper}, {12, lower}}, &said) == std::vector<int>{0, 1});
  CHECK(numbers({{12, lower}}, &said) == std::vector<int>{1, 0});
  CHECK(said.empty());
  CHECK(numbers({{12, {150, 8}}, {12, lower}, {12, lower}}, &said) == std::vector<int>{1, 0});
  REQUIRE(said.size() == 2);
  CHECK(said[0].find("click 1 is on no animal") != std::string::npos);
  CHECK(said[1].find("click 3 is on an animal that was clicked before") != std::string::npos);
}

TEST_CASE("A point on nothing, outside of the picture or twice on one animal is said in one line") {
  const auto said = [](const std::vector<cv::Point2d>& points) {
    Stage stage;
    stage.options.as_fast = true;
    stage.options.background = 1;
    stage.input.points = points;
    stage.input.source = std::make_unique<tests::StageSource>(60);
    std::string text;
    try {
      stage.Run();
    } catch (const datasets::Error& error) {
      text = error.what();
    }
    CHECK(stage.project->VideoByName("live").frame_count > 0);  // what came is kept
    CHECK(stage.Findings() == "");
    return text;
  };
  CHECK(said({{80, 65}}).find("nothing stands out from the ground there") != std::string::npos);
  CHECK(said({{500, 65}}).find("the picture is 160 x 128 pixels") != std::string::npos);
  const cv::Point2d upper = tests::StagePlace(0, 0);
  CHECK(said({upper, upper}).find("another point is on the same outline") != std::string::npos);
}

TEST_CASE("Too few pictures, or none with an animal that moves, are recorded and said") {
  Stage one;
  one.options.as_fast = true;
  one.input.source = std::make_unique<tests::StageSource>(1);
  const LiveResult single = one.Run();
  CHECK(single.problem == "1 picture came, too few to tell animals from a still ground");
  CHECK(one.project->VideoByName("live").frame_count == 1);
  CHECK(one.Findings() == "");
  Stage none;
  none.input.source = std::make_unique<tests::StageSource>(0);
  CHECK(none.Run().video == "");
  CHECK(none.project->Videos().empty());
  CHECK_FALSE(std::filesystem::exists(none.input.file));
}

TEST_CASE("A picture of another size ends it with a line, and what came before is kept") {
  struct Growing : tests::StageSource {
    using StageSource::StageSource;
    datasets::LiveNews Next(datasets::LivePicture* picture) override {
      const auto news = StageSource::Next(picture);
      if (news == datasets::LiveNews::kPicture && count_++ == 40) {
        cv::resize(picture->bgr, picture->bgr, {}, 2, 2);
      }
      return news;
    }
    int count_ = 0;
  };
  Stage stage;
  stage.options.as_fast = true;
  stage.options.background = 1;
  stage.input.source = std::make_unique<Growing>(60);
  CHECK_THROWS_WITH_AS(stage.Run(), doctest::Contains("from 160 x 128 to 320 x 256"),
                       datasets::Error);
  CHECK(stage.project->VideoByName("live").frame_count == 40);
  CHECK(stage.project->Jobs().front().state == "failed");
  CHECK(stage.Findings() == "");
}

TEST_CASE("Nowhere to send events to is said before there is a job") {
  Stage stage;
  stage.input.source = std::make_unique<tests::StageSource>(20);
  stage.input.send = "nowhere";
  CHECK_THROWS_AS(stage.Run(), datasets::Error);
  CHECK(stage.project->Jobs().empty());
}

TEST_CASE("A recording never overwrites a file that exists") {
  Stage stage;
  std::ofstream(stage.input.file) << "something";
  stage.input.source = std::make_unique<tests::StageSource>(20);
  CHECK_THROWS_WITH_AS(stage.Run(), doctest::Contains("there already"), datasets::Error);
  CHECK(stage.project->Jobs().front().state == "failed");
  CHECK(std::filesystem::file_size(stage.input.file) == 9);
  CHECK(stage.project->Videos().empty());
}

}  // namespace live_session_test
