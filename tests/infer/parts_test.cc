// What was found in slices of a video, as files, and the plan that says which.
#include <doctest/doctest.h>

#include <cstring>
#include <fstream>
#include <map>
#include <opencv2/imgcodecs.hpp>

#include "datasets/store/connection.h"
#include "datasets/store/writer.h"
#include "infer/parts/pack.h"
#include "infer/parts/parts_plan.h"
#include "tests/infer/disc_world.h"
#include "tests/support/label_project.h"
#include "tests/support/small_files.h"
#include "tests/support/temp_dir.h"

namespace parts_test {

using datasets::Error;
using infer::PartReader;

namespace {

namespace fs = std::filesystem;

bool Same(const cv::Mat& a, const cv::Mat& b) {
  if (a.empty() || b.empty()) return a.empty() == b.empty();
  return a.size() == b.size() && a.type() == b.type() &&
         std::memcmp(a.data, b.data, a.total() * a.elemSize()) == 0;
}

bool Same(const train::Detection& a, const train::Detection& b) {
  return a.region == b.region && Same(a.mask, b.mask) && a.score == b.score &&
         a.pixel_log_prob == b.pixel_log_prob && a.crop_log_prob == b.crop_log_prob &&
         a.mask_certainty == b.mask_certainty && a.apart == b.apart &&
         a.picture_agreement == b.picture_agreement && a.identity_features == b.identity_features;
}

bool Same(const infer::FoundFrames& a, const infer::FoundFrames& b) {
  if (a.first_frame != b.first_frame || a.frames.size() != b.frames.size() ||
      a.evidence.size() != b.evidence.size()) {
    return false;
  }
  for (size_t f = 0; f < a.frames.size(); ++f) {
    const auto &x = a.frames[f], &y = b.frames[f];
    if (x.detections.size() != y.detections.size() || x.scale != y.scale ||
        !Same(x.animal_probability, y.animal_probability) ||
        !Same(x.class_probability, y.class_probability)) {
      return false;
    }
    for (size_t d = 0; d < x.detections.size(); ++d) {
      if (!Same(x.detections[d], y.detections[d])) return false;
    }
  }
  for (size_t f = 0; f < a.evidence.size(); ++f) {
    if (a.evidence[f].size() != b.evidence[f].size()) return false;
    for (size_t e = 0; e < a.evidence[f].size(); ++e) {
      if (a.evidence[f][e].view != b.evidence[f][e].view ||
          !Same(a.evidence[f][e].animal_pixels, b.evidence[f][e].animal_pixels)) {
        return false;
      }
    }
  }
  return true;
}

// Frames with everything that a network may say, and frames with nothing.
infer::FoundFrames SomeFrames(int first) {
  tests::DiscWorld world;
  cv::RNG random(7);
  infer::FoundFrames run;
  run.first_frame = first;
  for (int frame = first; frame < first + 4; ++frame) {
    train::FrameDetections found = frame % 3 == 2 ? train::FrameDetections{} : world.Detect(frame);
    for (train::Detection& detection : found.detections) {
      detection.apart = -0.f;
      detection.identity_features = {1e-38f, -3.5f, std::nextafter(1.f, 2.f)};
    }
    if (frame % 2 == 0) {
      found.animal_probability = cv::Mat::zeros(45, 60, CV_8UC1);
      found.class_probability = cv::Mat::zeros(45, 60, CV_8UC(5));
      random.fill(found.class_probability(cv::Rect(20, 10, 7, 9)), cv::RNG::UNIFORM, 0, 256);
      found.animal_probability.at<uint8_t>(44, 59) = 9;
      found.scale = 0.1 + 0.2;
    }
    run.evidence.emplace_back();
    if (frame % 2 == 1) {
      cv::Mat pixels(33, 21, CV_8UC1);
      random.fill(pixels, cv::RNG::UNIFORM, 0, 2);
      run.evidence.back().push_back({cv::Rect(-3, 4, 42, 66), pixels});
    }
    run.frames.push_back(std::move(found));
  }
  return run;
}

infer::PartHeader SomeHeader() {
  infer::PartHeader header;
  header.key.program = "0.1.0 abc";
  header.key.video = "clip";
  header.key.inputs = "1";
  header.key.model = "2";
  header.key.settings = "{}";
  header.key.end_frame = 8;
  header.processor = "a processor";
  header.model = tests::DiscWorld().Info();
  header.model.median_area = 0.1 + 0.7;
  header.model.record = {{"picture_model", {1.1, 2.2}}};
  return header;
}

void WritePart(const fs::path& file) {
  infer::PartWriter writer(file, SomeHeader());
  writer.Add(SomeFrames(0));
  writer.Add(SomeFrames(4));
  writer.Commit();
}

std::string Text(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("a part gives back what was found, bit for bit, with what it was made from") {
  const tests::TempDir folder;
  const fs::path file = folder / "a.part";
  WritePart(file);
  PartReader reader(file);
  CHECK(reader.header().key == SomeHeader().key);
  CHECK(reader.header().processor == "a processor");
  CHECK(infer::ToJson(reader.header().model) == infer::ToJson(SomeHeader().model));
  CHECK(reader.header().model.median_area == 0.1 + 0.7);
  for (const int first : {0, 4}) {
    const auto run = reader.Next();
    REQUIRE(run);
    CHECK(Same(*run, SomeFrames(first)));
  }
  CHECK_FALSE(reader.Next());
  CHECK(*infer::KeyOfPart(file) == SomeHeader().key);
}

TEST_CASE("a part that was not finished has no name, and a full disk leaves none") {
  const tests::TempDir folder;
  {
    infer::PartWriter writer(folder / "a.part", SomeHeader());
    writer.Add(SomeFrames(0));
  }
  CHECK(fs::is_empty(folder.path()));
  {
    const tests::SmallFiles full(2000);
    CHECK_THROWS_WITH_AS(WritePart(folder / "a.part"), doctest::Contains("a.part"), Error);
  }
  CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("every damaged byte of a part is noticed before anything comes of it") {
  const tests::TempDir folder;
  WritePart(folder / "a.part");
  const std::string whole = Text(folder / "a.part");
  for (size_t at = 0; at < whole.size(); at += at < 100 ? 1 : 97) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    std::ofstream(folder / "b.part", std::ios::binary) << damaged;
    CHECK_THROWS_AS(PartReader(folder / "b.part"), Error);
    std::ofstream(folder / "b.part", std::ios::binary) << whole.substr(0, at);
    CHECK_THROWS_AS(PartReader(folder / "b.part"), Error);
    // Without the whole check, a run is whole or refused; nothing crashes.
    std::ofstream(folder / "b.part", std::ios::binary) << damaged;
    try {
      PartReader reader(folder / "b.part", PartReader::Check::kLater);
      while (reader.Next()) {
      }
    } catch (const Error&) {
    }
  }
  std::string newer = whole;
  newer[8] = 99;
  std::ofstream(folder / "b.part", std::ios::binary) << newer;
  CHECK_THROWS_WITH_AS(PartReader(folder / "b.part"), doctest::Contains("this version"), Error);
  CHECK_FALSE(infer::KeyOfPart(folder / "b.part"));
}

TEST_CASE("the plan cuts a video by its length alone, where runs of frames begin") {
  for (const int frames : {1, 255, 256, 600, 100000, 5000000}) {
    const int part = infer::FramesAPart(frames, {1024, 1024});
    CHECK(part % infer::FramesARun({1024, 1024}) == 0);
    CHECK(part >= 256);
    CHECK(part <= 4096);
  }
  CHECK(infer::FramesAPart(1000, {8000, 6000}) % infer::FramesARun({8000, 6000}) == 0);
}

TEST_CASE("the plan keeps parts that it has use for, and names what others came from") {
  const tests::TempDir folder;
  const auto project = tests::LabelProject(folder.path(), 600);
  const infer::PartsFolder parts(project->file());
  const infer::PartsLock lock(parts);
  CHECK_THROWS_WITH_AS(infer::PartsLock second(parts), doctest::Contains("another program"), Error);
  std::ofstream(folder / "m.safetensors") << "weights";
  std::vector<std::string> said;
  std::map<datasets::Id, std::string> failed;
  infer::PredictOptions options;
  const auto plan_again = [&](const std::string& program) {
    said.clear();
    return parts.MakePlan(*project, project->Videos(), folder / "m.safetensors", {}, options,
                          program, &said, &failed);
  };
  const infer::PartsPlan plan = plan_again("1");
  REQUIRE(plan.parts.size() == 3);
  CHECK(plan.parts[2].start_frame == 512);
  CHECK(plan.parts[2].end_frame == 600);
  const auto make = [&](const infer::PartsPlan& of) {
    infer::PartWriter writer(parts.FileOf(of, of.parts[1]),
                             {of.KeyOf(of.parts[1]), "", tests::DiscWorld().Info()});
    writer.Commit();
  };
  make(plan);
  CHECK(parts.IsThere(plan, plan.parts[1]));
  CHECK_FALSE(parts.IsThere(plan, plan.parts[0]));

  const infer::PartsPlan read = parts.ReadPlan("1");
  CHECK(read.parts.size() == 3);
  CHECK(read.KeyOf(read.parts[1]) == plan.KeyOf(plan.parts[1]));
  const infer::VideoInputs inputs = parts.ReadInputs(read.videos[0]);
  CHECK(inputs.index.pts == project->IndexOf(project->Videos()[0]).pts);
  CHECK_THROWS_WITH_AS(parts.ReadPlan("2"), doctest::Contains("another version of Vole"), Error);

  SUBCASE("the same again") {
    options.predictor.threads = 3;  // changes nothing that is found
    CHECK(parts.IsThere(plan_again("1"), plan.parts[1]));
    CHECK(said.empty());
  }
  SUBCASE("another Vole") {
    plan_again("2");
    REQUIRE(said.size() == 1);
    CHECK(said[0].find("1 part in") == 0);
    CHECK(said[0].find("another version of Vole (1)") != std::string::npos);
    CHECK_FALSE(fs::exists(parts.FileOf(plan, plan.parts[1])));
  }
  SUBCASE("another model") {
    std::ofstream(folder / "m.safetensors") << "other weights";
    CHECK_FALSE(parts.IsThere(plan_again("1"), plan.parts[1]));
    CHECK(said.at(0).find("another model") != std::string::npos);
  }
  SUBCASE("other settings") {
    options.predictor.scale = 0.5;
    plan_again("1");
    CHECK(said.at(0).find("other settings") != std::string::npos);
  }
  SUBCASE("a damaged plan") {
    std::ofstream(parts.path() / "plan.json") << "{";
    CHECK_THROWS_WITH_AS(parts.ReadPlan("1"), doctest::Contains("damaged"), Error);
    std::ofstream(parts.path() / "v1.inputs") << "x";
    CHECK_THROWS_WITH_AS(parts.ReadInputs(read.videos[0]), doctest::Contains("damaged"), Error);
  }
  SUBCASE("other frames, of which nobody would ask for the parts again") {
    options.end_frame = 300;
    const infer::PartsPlan shorter = plan_again("1");
    REQUIRE(shorter.parts.size() == 2);
    CHECK(said.at(0).find("1 part in") == 0);  // 256 to 512
    CHECK(said.at(0).find("of other frames than are asked for now was removed") !=
          std::string::npos);
    make(shorter);
    options.end_frame = -1;
    plan_again("1");
    CHECK_FALSE(fs::exists(parts.FileOf(shorter, shorter.parts[1])));
  }
  SUBCASE("done with, parts of earlier plans too") {
    std::ofstream(parts.path() / "v1-7-9.part") << "x";
    parts.Forget(plan.videos[0].id);
    parts.RemoveIfDone();
    CHECK_FALSE(fs::exists(parts.path()));
  }
  SUBCASE("a video that cannot be read is named, and the others are planned") {
    const datasets::Id second = tests::AddVideoRow(*project, "two", 300, 64, 48);
    project->Write([](datasets::Writer& writer) {
      writer.connection().Run("UPDATE video_data SET pts = x'00' WHERE video_id = 1");
    });
    const infer::PartsPlan rest = plan_again("1");
    REQUIRE(rest.videos.size() == 1);
    CHECK(rest.videos[0].id == second);
    CHECK(failed.size() == 1);
    CHECK(failed.at(1).find("frame index") != std::string::npos);
  }
  SUBCASE("a background that came meanwhile is another input") {
    const datasets::VideoRow video = project->Videos()[0];
    CHECK(infer::InputsInParts(*project, video) == plan.videos[0].inputs);
    project->Write([&](datasets::Writer& writer) {
      std::vector<uchar> png;
      cv::imencode(".png", cv::Mat(48, 64, CV_8UC3, cv::Scalar::all(9)), png);
      writer.connection().Run("UPDATE video_data SET background = ?",
                              datasets::Blob{std::string(png.begin(), png.end())});
    });
    CHECK(infer::InputsInParts(*project, video) != plan.videos[0].inputs);
  }
}

}  // namespace parts_test
