// Labels of the video itself are what a person says: they hold.
#include <doctest/doctest.h>

#include "infer/names/anchors.h"
#include "infer/names/evidence.h"
#include "infer/names/group.h"
#include "infer/names/known_pairs.h"

namespace label_names_test {

namespace {

constexpr int kFrames = 400;

// Two animals in two tracklets, each followed from the first frame to the last; they come near each
// other at frame 150.
struct Followed {
  infer::TrackRecord record{2, {200, 100}};
  std::vector<infer::Tracklet> tracklets = {{0, 0, kFrames, false}, {1, 0, kFrames, false}};
  std::vector<infer::Link> links;
  train::ModelInfo info;

  // `sure`: of the wrong one, in every frame, by a network.
  explicit Followed(float sure) {
    info.classes = {"ann", "bob"};
    info.max_instances = {1, 1};
    info.median_area = 100;
    for (int frame = 0; frame < kFrames; ++frame) {
      infer::TrackedFrame found;
      found.frame = frame;
      for (int t = 0; t < 2; ++t) {
        infer::Blob blob;
        blob.frame = frame;
        blob.tracklet = t;
        blob.area = 100;
        blob.score = 0.9f;
        blob.certainty = 0.9f;
        blob.centroid = {100.0 + (t == 0 ? -1 : 1) * (5 + std::abs(frame - 150) / 4.0), 50};
        const float own = std::log(sure), other = std::log(1 - sure);
        blob.crop_log_prob = blob.pixel_log_prob =
            t == 0 ? std::vector<float>{own, other} : std::vector<float>{other, own};
        found.blobs.push_back(blob);
      }
      record.Add(found);
    }
  }

  std::vector<int> NamesAt(int frame, const std::vector<infer::Anchor>& anchors) {
    infer::EvidenceOptions options;
    const auto names = infer::NameTracklets(record, tracklets, links, info, options, anchors);
    std::vector<int> found;
    for (const infer::AnimalFrame& row : record.rows()) {
      if (row.frame == frame) found.push_back(names[static_cast<size_t>(row.tracklet)].class_index);
    }
    return found;
  }
};

size_t RowAt(int frame, int animal) { return static_cast<size_t>(2 * frame + animal); }

}  // namespace

TEST_CASE("one label holds against a network that is sure of another name for the whole video") {
  Followed followed(0.97f);
  const std::vector<infer::Anchor> anchors = {{RowAt(10, 0), 1}};  // the network says 0
  CHECK(infer::CutAtLabels(anchors, followed.record, followed.tracklets, followed.links).empty());
  CHECK(followed.NamesAt(10, anchors) == std::vector<int>{1, 0});
  CHECK(followed.NamesAt(390, anchors) == std::vector<int>{1, 0});
}

TEST_CASE("two labels that call one tracklet by two names cut it where the animals came nearest") {
  Followed followed(0.6f);
  const std::vector<infer::Anchor> anchors = {{RowAt(10, 0), 0}, {RowAt(300, 0), 1}};
  const auto cuts =
      infer::CutAtLabels(anchors, followed.record, followed.tracklets, followed.links);
  REQUIRE(cuts.size() == 1);
  CHECK(cuts[0].first_frame == 10);
  CHECK(cuts[0].second_frame == 300);
  CHECK(followed.tracklets.size() == 4);
  CHECK(followed.NamesAt(10, anchors) == std::vector<int>{0, 1});
  CHECK(followed.NamesAt(149, anchors) == std::vector<int>{0, 1});
  CHECK(followed.NamesAt(150, anchors) == std::vector<int>{1, 0});
  CHECK(followed.NamesAt(300, anchors) == std::vector<int>{1, 0});
}

TEST_CASE("labels that cannot all hold take no animal away, and those that do not hold are told") {
  Followed followed(0.9f);
  // Both are called 0, in frames in which both are seen; the second five times.
  std::vector<infer::Anchor> anchors = {{RowAt(10, 0), 0}};
  for (const int frame : {300, 310, 320, 330, 340}) anchors.push_back({RowAt(frame, 1), 0});
  infer::CutAtLabels(anchors, followed.record, followed.tracklets, followed.links);
  const auto names = infer::NameTracklets(followed.record, followed.tracklets, followed.links,
                                          followed.info, {}, anchors);
  for (const auto& name : names) CHECK(name.class_index >= 0);
  const size_t broken = infer::NotKept(followed.record, anchors, names).size();
  CHECK((broken == 1 || broken == 5));  // those of one of the two
}

TEST_CASE("an animal of a growing group that comes back keeps its number, whoever came meanwhile") {
  infer::TrackRecord record(1, {200, 100});
  // The first goes at 100 and comes back at 300; a third is there from 150 to 250, in its slot.
  const std::vector<infer::Tracklet> tracklets = {
      {0, 0, 100, false}, {1, 0, 400, false}, {2, 150, 250, false}, {3, 300, 400, false}};
  for (int frame = 0; frame < 400; ++frame) {
    infer::TrackedFrame found;
    found.frame = frame;
    for (const infer::Tracklet& tracklet : tracklets) {
      if (frame < tracklet.start_frame || frame >= tracklet.end_frame) continue;
      infer::Blob blob;
      blob.tracklet = tracklet.id;
      blob.area = 100;
      blob.centroid = {20.0 + 50 * tracklet.id, 50};
      found.blobs.push_back(blob);
    }
    record.Add(found);
  }
  std::vector<infer::NamedTracklet> names = {{0, 0}, {0, 1}, {0, 0}, {0, 0}};
  const auto numbers = [&](const std::vector<infer::Link>& links) {
    return infer::OpenNumbers(record, tracklets, links, names, 25);
  };
  CHECK(numbers({{0, 3, 1.0}}) == std::vector<int>{0, 1, 2, 0});
  CHECK(numbers({}) == std::vector<int>{0, 1, 2, 3});
  // What a person knows holds in whatever slot the search has put it.
  names[3].number = 1;
  names[1].number = 0;
  const double sure = std::numeric_limits<double>::infinity();
  CHECK(numbers({{0, 3, sure}})[3] == numbers({{0, 3, sure}})[0]);
  // A number that is in sight is no one else's.
  CHECK(numbers({{1, 3, sure}})[3] != numbers({{1, 3, sure}})[1]);
}

}  // namespace label_names_test
