// Names that too little speaks for are not given.
#include "infer/names/unknown.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "annotate/edits.h"
#include "annotate/history.h"
#include "datasets/evaluate/evaluation_files.h"
#include "datasets/exchange/selection.h"
#include "datasets/only_animal.h"
#include "datasets/unknown_name.h"
#include "datasets/verify.h"
#include "infer/meetings/meeting_review.h"
#include "infer/meetings/unknown_animals.h"
#include "infer/names/name_evidence.h"
#include "infer/run/predict_with.h"
#include "tests/infer/disc_world.h"
#include "tests/infer/names/disc_seer.h"
#include "tests/support/label_project.h"
#include "tests/support/temp_dir.h"

namespace unknown_test {

namespace {

using datasets::Id;
using tests::DiscWorld;

constexpr int kFrames = 400;
constexpr double kBelow = 0.9;

// Two animals that are followed from the first frame to the last; a network is so sure of who each
// of them is, in every frame.
struct Followed {
  infer::TrackRecord record{2, {200, 100}};
  std::vector<infer::Tracklet> tracklets = {{0, 0, kFrames, false}, {1, 0, kFrames, false}};
  std::vector<infer::Link> links;
  std::vector<infer::Anchor> anchors;
  train::ModelInfo info;

  explicit Followed(float first_is_first, float second_is_first, int frames = kFrames) {
    info.classes = {"ann", "bob"};
    info.max_instances = {1, 1};
    info.median_area = 100;
    for (infer::Tracklet& tracklet : tracklets) tracklet.end_frame = frames;
    for (int frame = 0; frame < frames; ++frame) {
      infer::TrackedFrame found;
      found.frame = frame;
      for (int t = 0; t < 2; ++t) {
        infer::Blob blob;
        blob.frame = frame;
        blob.tracklet = t;
        blob.area = 100;
        blob.score = blob.certainty = 0.9f;
        blob.centroid = {50.0 + 100 * t, 50};
        const float sure = t == 0 ? first_is_first : second_is_first;
        blob.crop_log_prob = blob.pixel_log_prob = {std::log(sure), std::log(1 - sure)};
        found.blobs.push_back(blob);
      }
      record.Add(found);
    }
  }

  std::vector<infer::NamedTracklet> Names() const {
    infer::EvidenceOptions options;
    infer::DecidedNames decided =
        infer::DecideNames(record, tracklets, links, info, options, anchors);
    infer::LeaveUnknown(record, tracklets, links, anchors, info.max_instances, decided.weights,
                        kBelow, decided.names);
    return decided.names;
  }
};

}  // namespace

TEST_CASE("looks that tell animals apart name them; looks that hardly do leave them unknown") {
  for (const auto& name : Followed(0.9f, 0.1f).Names()) CHECK_FALSE(name.unknown);
  for (const auto& name : Followed(0.51f, 0.49f).Names()) {
    CHECK(name.unknown);
    CHECK(name.class_index >= 0);  // the best guess is kept
    CHECK(name.probability < kBelow);
  }
}

TEST_CASE("where all animals look like one of them, who is who is not known") {
  for (const auto& name : Followed(0.9f, 0.88f).Names()) CHECK(name.unknown);
}

TEST_CASE("a longer video of the same day is no better witness than a long one") {
  const auto chance = [](int frames) {
    return Followed(0.53f, 0.47f, frames).Names()[0].probability;
  };
  CHECK(chance(100) < chance(2000));
  CHECK(chance(20000) - chance(2000) < 0.02);
  CHECK(chance(20000) < 0.99);
}

TEST_CASE("a label names whoever is followed from there, whatever looks say") {
  Followed followed(0.51f, 0.49f);
  followed.anchors = {{20, 0}};  // the first animal in frame 10
  const auto names = followed.Names();
  CHECK_FALSE(names[0].unknown);
  CHECK_FALSE(names[1].unknown);  // seen beside it, it is the other one
}

namespace {

// Three animals, of which looks say nothing, before and after a gap.
struct ThreeWithGap {
  infer::TrackRecord record{3, {300, 100}};
  std::vector<infer::Tracklet> tracklets;
  std::vector<infer::Link> links = {{0, 3, 8}, {1, 4, 8}, {2, 5, 8}, {0, 4, -3}, {1, 3, 0.1}};
  ThreeWithGap() {
    infer::TrackedFrame found;  // the first frame has tracklet 0 in row 0, and so on
    for (int t = 0; t < 6; ++t) {
      tracklets.push_back(t < 3 ? infer::Tracklet{t, 0, 100} : infer::Tracklet{t, 110, 400});
      infer::Blob blob;
      blob.tracklet = t;
      blob.area = 100;
      blob.centroid = {50.0 + 100 * t, 50};
      if (t < 3) found.blobs.push_back(blob);
    }
    record.Add(found);
  }
  // By tracklet: 'u' where the name is unknown, else 'n'.
  std::string With(const std::vector<infer::Anchor>& labels) const {
    std::vector<infer::NamedTracklet> names(6);
    for (int t = 0; t < 6; ++t) {
      names[static_cast<size_t>(t)] = {t % 3, t % 3, t % 3 == 0 ? 1 : 0.95, 0.9, (t + 1) % 3};
    }
    infer::LeaveUnknown(record, tracklets, links, labels, {1, 1, 1}, {}, kBelow, names);
    std::string text;
    for (const auto& name : names) text += name.unknown ? 'u' : 'n';
    return text;
  }
};

}  // namespace

TEST_CASE("one of three named by a label leaves the others as unknown as they were") {
  const ThreeWithGap three;
  CHECK(three.With({}) == "uuuuuu");
  CHECK(three.With({{0, 0}}) == "nuunuu");
}

TEST_CASE("who can have one name only, as the others are seen beside it, has it wherever it goes") {
  const ThreeWithGap three;
  CHECK(three.With({{0, 0}, {1, 1}}) == "nnnnnn");
}

TEST_CASE("a label that the names do not keep names nobody") {
  const ThreeWithGap three;
  CHECK(three.With({{0, 1}}) == "uuuuuu");
}

TEST_CASE("a name goes no further than where a link is as sure as a name has to be") {
  ThreeWithGap three;
  three.links[0].log_odds = 0.2;
  std::vector<infer::NamedTracklet> names(6);
  for (int t = 0; t < 6; ++t) {
    names[static_cast<size_t>(t)] = {t % 3, t % 3, t == 0 ? 1 : 0.5, 0, (t + 1) % 3};
  }
  infer::LeaveUnknown(three.record, three.tracklets, three.links, {{0, 0}}, {1, 1, 1}, {}, kBelow,
                      names);
  CHECK_FALSE(names[0].unknown);
  CHECK(names[3].unknown);
}

TEST_CASE("pieces of a contact are called as the animal is on both sides of it") {
  const std::vector<infer::Tracklet> tracklets = {{0, 0, 100}, {1, 100, 110, true}, {2, 110, 400}};
  const infer::TrackRecord nothing_seen(2,
                                        {200, 100});  // looks say nothing: all chances are halved
  std::vector<infer::NamedTracklet> names(3);
  for (auto& name : names) name = {0, 0, 0.99, 0.98, 1};
  names[1].probability = 0.5;
  infer::LeaveUnknown(nothing_seen, tracklets, {}, {}, {1, 1}, {}, 0.45, names);
  CHECK_FALSE(names[1].unknown);
  for (auto& name : names) name = {0, 0, 0.5, 0.4, 1};
  names[1].probability = 0.99;
  infer::LeaveUnknown(nothing_seen, tracklets, {}, {}, {1, 1}, {}, 0.45, names);
  CHECK(names[1].unknown);
}

namespace {

// A video of two animals that keep to their lanes, predicted without any label.
struct Scene {
  DiscWorld world;
  tests::TempDir folder;
  std::unique_ptr<datasets::Project> project;
  datasets::VideoRow video;
  infer::PredictResult result;

  explicit Scene(double accuracy) {
    world.lanes = 60;
    world.accuracy = accuracy;
    project = datasets::Project::Create(folder / "test.vole");
    tests::AddVideoRow(*project, "clip", world.frames, world.size.width, world.size.height,
                       world.fps);
    video = project->VideoByName("clip");
    Predict();
  }
  void Predict(double below = kBelow) {
    infer::FrameSource source;
    source.picture = [size = world.size](int frame) {
      cv::Mat picture(size, CV_8UC3, cv::Scalar(0));
      *picture.ptr<int>() = frame;
      return picture;
    };
    infer::PredictOptions options;
    options.unknown_below = below;
    tests::DiscSeer seer(world);
    datasets::Job quiet;
    result = infer::PredictWith(*project, video, seer, source, options, quiet);
  }
  std::string Name(Id id) const {
    for (const auto& category : project->Categories()) {
      if (category.id == id) return category.name;
    }
    return "";
  }
  std::vector<std::string> NamesAt(int frame) const {
    std::vector<std::string> names;
    for (const auto& row : project->PredictionsAt(result.job_id, video.id, frame)) {
      names.push_back(Name(row.category_id));
    }
    std::sort(names.begin(), names.end());
    return names;
  }
};

}  // namespace

TEST_CASE("an unknown animal is drawn and exported as such, each as a track of its own") {
  Scene scene(0.5);
  CHECK(scene.result.animal_frames == 2 * scene.world.frames);
  CHECK(scene.result.unknown_frames == scene.result.animal_frames);
  CHECK(scene.NamesAt(100) == std::vector<std::string>{"unknown", "unknown"});
  datasets::Job quiet;
  datasets::ExportOptions options;
  options.what = "predictions";
  datasets::ForEachSelectedFrame(*scene.project, options, quiet, [](const auto& frame) {
    REQUIRE(frame.instances.size() == 2);
    CHECK(frame.instances[0].unknown);
    CHECK(frame.instances[0].track != frame.instances[1].track);
  });
  const auto count = datasets::CountUnknown(*scene.project, scene.result.job_id, scene.video.id);
  CHECK(count.unknown == scene.result.unknown_frames);
  CHECK(datasets::UnknownText(count) == "the name is unknown on 600 of 600 animal-frames");
  const auto animals = infer::UnknownAnimals(*scene.project, scene.result.job_id, scene.video.id);
  REQUIRE(animals.size() == 2);
  CHECK(animals[0].chance < kBelow);
  CHECK(scene.Name(animals[0].guess) != scene.Name(animals[1].guess));
  for (const auto& finding : datasets::Verify(*scene.project, quiet)) {
    CHECK(finding.code == "video_missing");
  }
}

TEST_CASE("who always wants a guess gets one") {
  Scene scene(0.5);
  scene.Predict(0);
  CHECK(scene.result.unknown_frames == 0);
  CHECK(scene.NamesAt(100) == std::vector<std::string>{"animal_1", "animal_2"});
}

TEST_CASE("an animal is listed as long as any part of it has no name") {
  Scene scene(0.5);
  const auto list = [&] {
    return infer::UnknownAnimals(*scene.project, scene.result.job_id, scene.video.id);
  };
  using Spans = std::vector<std::pair<int, int>>;
  const auto all = list();
  REQUIRE(all.size() == 2);
  CHECK(all[0].spans == Spans{{0, 300}});
  const Id unknown = *datasets::UnknownOf(scene.project->Categories());
  annotate::History history(*scene.project);
  history.Apply(annotate::RejectPredictions(scene.result.job_id, scene.video.id, 0, 1, unknown,
                                            all[0].tracklet));
  REQUIRE(list().size() == 2);
  for (const auto& animal : list()) {
    if (animal.tracklet != all[0].tracklet) continue;
    CHECK(animal.start_frame == 1);
    CHECK(animal.spans == Spans{{1, 300}});
  }
  // Named but for the frames in which another one has the name.
  const Id name = all[0].guess;
  scene.project->Write([&](datasets::Writer& writer) {
    writer.connection().Run(
        "UPDATE predictions SET category_id = ? WHERE tracklet = ? AND frame_index BETWEEN 200 AND "
        "249",
        name, all[1].tracklet);
  });
  history.Apply(
      annotate::NameUnknown(scene.result.job_id, scene.video.id, 100, all[0].tracklet, name));
  bool listed = false;
  for (const auto& animal : list()) {
    if (animal.tracklet != all[0].tracklet) continue;
    listed = true;
    CHECK(animal.spans == Spans{{200, 250}});
    CHECK(animal.start_frame == 200);
    CHECK(animal.end_frame == 250);
  }
  CHECK(listed);
}

TEST_CASE("a person names an unknown animal once, and the next prediction knows it") {
  Scene scene(0.5);
  const auto animals = infer::UnknownAnimals(*scene.project, scene.result.job_id, scene.video.id);
  REQUIRE(animals.size() == 2);
  // Not as the program guessed.
  const Id name = animals[1].guess;
  annotate::History history(*scene.project);
  history.Apply(
      annotate::NameUnknown(scene.result.job_id, scene.video.id, 50, animals[0].tracklet, name));
  for (const int frame : {0, 50, 299}) {
    CHECK(scene.NamesAt(frame) == std::vector<std::string>{scene.Name(name), "unknown"});
  }
  CHECK(infer::UnknownAnimals(*scene.project, scene.result.job_id, scene.video.id).size() == 1);
  // The other one cannot have that name, too.
  CHECK_THROWS_WITH(history.Apply(annotate::NameUnknown(scene.result.job_id, scene.video.id, 50,
                                                        animals[1].tracklet, name)),
                    doctest::Contains("another animal of frame 50 has that name"));
  CHECK_THROWS(
      history.Apply(annotate::NameUnknown(scene.result.job_id, scene.video.id, 50, 99, name)));
  const auto before = scene.project->PredictionsAt(scene.result.job_id, scene.video.id, 200);
  scene.Predict();
  int named = 0;
  for (const auto& row : scene.project->PredictionsAt(scene.result.job_id, scene.video.id, 200)) {
    for (const auto& old : before) {
      if (old.category_id != name || std::abs(old.box.y - row.box.y) > 1) continue;
      CHECK(row.category_id == name);
      ++named;
    }
  }
  CHECK(named == 1);
  while (history.Undo()) {
  }
  CHECK(scene.project->AnnotationsAt(scene.video.id, 50).empty());
}

TEST_CASE("the evidence of names keeps who is unknown, and older evidence names everybody") {
  infer::NameEvidence evidence;
  evidence.end_frame = 10;
  evidence.max_instances = {1, 1};
  evidence.categories = {1, 2};
  infer::NamedRun run;
  run.end_frame = 10;
  run.number = run.class_index = 1;
  run.unknown = true;
  run.chance = 0.625;
  evidence.runs = {run};
  evidence.evidence = {{0, 10, {0, 0.1}, 1}};
  std::string text = infer::ToJson(evidence);
  CHECK(infer::NameEvidenceFromJson(text).runs[0].unknown);
  CHECK(infer::NameEvidenceFromJson(text).runs[0].chance == 0.625);
  auto older = nlohmann::json::parse(text);
  older.erase("unknown");
  CHECK_FALSE(infer::NameEvidenceFromJson(older.dump()).runs[0].unknown);
  older["unknown"] = {{7, 0.5}};
  CHECK_THROWS(infer::NameEvidenceFromJson(older.dump()));
}

TEST_CASE("that a name is unknown makes nobody another animal of the project") {
  tests::TempDir folder;
  auto project = tests::LabelProject(folder.path());
  CHECK(datasets::OnlyAnimal(*project) == "animal");
  project->Write([](datasets::Writer& writer) {
    writer.FindOrInsertCategory("larva");
    datasets::FindOrInsertUnknown(writer);
  });
  CHECK(datasets::OnlyAnimal(*project) == "larva");
  project->Write([](datasets::Writer& writer) { writer.FindOrInsertCategory("ann"); });
  CHECK(datasets::OnlyAnimal(*project) == "animal");
}

}  // namespace unknown_test
