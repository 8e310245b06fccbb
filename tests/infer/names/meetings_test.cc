#include "infer/names/meetings.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>
#include <set>

#include "infer/names/name_evidence.h"
#include "tests/infer/disc_world.h"

namespace meetings_test {

using infer::Meeting;
using infer::MeetingOptions;
using infer::NamedRun;

namespace {

NamedRun Run(int number, int start, int end, float x, float y, bool contact = false) {
  NamedRun run;
  run.number = run.class_index = number;
  run.start_frame = start;
  run.end_frame = end;
  run.first = run.last = {x, y};
  run.around = {x, y, 0, 0};
  run.body = 20;
  run.contact = contact;
  return run;
}

std::vector<Meeting> Find(const std::vector<NamedRun>& runs, int numbers = 2, int frames = 1000) {
  MeetingOptions options;
  options.numbers = numbers;
  options.end_frame = frames;
  return infer::FindMeetings(runs, options);
}

bool Covers(const std::vector<Meeting>& meetings, int frame, int next) {
  return std::any_of(meetings.begin(), meetings.end(), [&](const Meeting& meeting) {
    return meeting.start_frame <= frame && next < meeting.end_frame;
  });
}

}  // namespace

TEST_CASE("a contact is one meeting from the last frame before to the first frame after") {
  const auto meetings =
      Find({Run(0, 0, 100, 50, 50), Run(1, 0, 100, 80, 50), Run(0, 100, 120, 60, 50, true),
            Run(1, 100, 120, 70, 50, true), Run(1, 120, 130, 60, 50, true),
            Run(0, 120, 130, 70, 50, true), Run(0, 130, 1000, 80, 50), Run(1, 130, 1000, 50, 50)});
  REQUIRE(meetings.size() == 1);
  CHECK(meetings[0].kind == Meeting::Kind::kContact);
  CHECK(meetings[0].start_frame == 99);
  CHECK(meetings[0].end_frame == 131);
  REQUIRE(meetings[0].animals.size() == 2);
  CHECK(meetings[0].animals[0].before == 0);
  CHECK(meetings[0].animals[0].after == 6);
  CHECK(meetings[0].animals[1].before == 1);
  CHECK(meetings[0].animals[1].after == 7);
}

TEST_CASE("where all others are seen, one that is lost for a moment is the same by exclusion") {
  CHECK(
      Find({Run(0, 0, 100, 50, 50), Run(1, 0, 1000, 300, 50), Run(0, 110, 1000, 55, 50)}).empty());
}

TEST_CASE("who hid where others touch may have come out of it while one of them went in") {
  const std::vector<NamedRun> contact = {
      Run(0, 0, 100, 50, 50),         Run(1, 0, 100, 80, 50),    Run(0, 100, 130, 60, 50, true),
      Run(1, 100, 130, 70, 50, true), Run(0, 130, 1000, 50, 50), Run(1, 130, 1000, 80, 50)};
  for (const bool there : {true, false}) {
    std::vector<NamedRun> runs = contact;
    runs.push_back(Run(2, 0, 40, there ? 65.f : 400.f, 50));
    runs.push_back(Run(2, 500, 1000, there ? 65.f : 400.f, 50));
    const auto meetings = Find(runs, 3);
    REQUIRE_FALSE(meetings.empty());
    CHECK(meetings[0].start_frame == 99);
    CHECK(meetings[0].animals.size() == (there ? 3 : 2));
    CHECK(meetings[0].animals.back().away == there);
  }
}

TEST_CASE(
    "a contact that lasts to the end of the video is open, and asks who its last pieces are") {
  infer::NameEvidence evidence;
  evidence.end_frame = 1000;
  evidence.max_instances = {1, 1};
  evidence.categories = {1, 2};
  evidence.runs = {Run(0, 0, 900, 50, 50), Run(1, 0, 900, 80, 50), Run(0, 900, 1000, 60, 50, true),
                   Run(1, 900, 1000, 70, 50, true)};
  std::vector<infer::NamedTracklet> names;
  for (const NamedRun& run : evidence.runs) {
    std::vector<double> odds(2, 0);
    odds[static_cast<size_t>(run.number)] = 20;
    evidence.evidence.push_back({run.start_frame, run.end_frame, odds, 10});
    names.push_back({run.number, run.number, 1, 1, 1 - run.number});
  }
  evidence.links = {{0, 2, 8}, {1, 3, 8}};
  const auto meetings = infer::MeetingsOf(evidence, names);
  REQUIRE(meetings.size() == 1);
  CHECK(meetings[0].to_end);
  CHECK(meetings[0].animals[0].after == 2);
  CHECK(meetings[0].animals[1].after == 3);
  CHECK(meetings[0].exchange >= infer::kDecidedExchange);
  CHECK(meetings[0].ways.size() == 4);
}

TEST_CASE("in a group that grows, who has never been seen takes part in nothing") {
  std::vector<NamedRun> runs = {Run(0, 0, 100, 50, 50), Run(0, 110, 1000, 55, 50),
                                Run(1, 0, 105, 70, 50), Run(1, 112, 1000, 70, 50)};
  for (int n = 2; n < 6; ++n) runs.push_back(Run(n, 200 * n, 200 * n + 100, 60, 50));
  for (const bool open : {true, false}) {
    MeetingOptions options;
    options.numbers = 6;
    options.open = open;
    options.end_frame = 1000;
    const auto meetings = infer::FindMeetings(runs, options);
    REQUIRE_FALSE(meetings.empty());
    CHECK(meetings[0].start_frame == 99);
    CHECK(meetings[0].animals.size() == (open ? 2 : 6));
  }
}

TEST_CASE("of many animals that may each have been exchanged, one is more likely to be than each") {
  for (const int animals : {2, 8}) {
    infer::NameEvidence evidence;
    evidence.end_frame = 1000;
    std::vector<infer::NamedTracklet> names;
    for (int n = 0; n < animals; ++n) {
      evidence.max_instances.push_back(1);
      evidence.categories.push_back(n + 1);
    }
    for (const int start : {0, 500}) {
      for (int n = 0; n < animals; ++n) {
        evidence.runs.push_back(Run(n, start, start + 500, 50 + 5.f * static_cast<float>(n), 50));
        std::vector<double> odds(static_cast<size_t>(animals), 0);
        odds[static_cast<size_t>(n)] = start == 0 ? 40 : 7;
        evidence.evidence.push_back({start, start + 500, odds, 100});
        names.push_back({n, n, 1, 1, (n + 1) % animals});
      }
    }
    const auto meetings = infer::MeetingsOf(evidence, names);
    REQUIRE(meetings.size() == 1);
    double most = 0;
    for (const auto& way : meetings[0].ways) {
      if (way.before_number == way.after_number) most = std::max(most, 1 - way.probability);
    }
    CHECK(most > 0);
    CHECK(meetings[0].exchange == doctest::Approx(animals / 2 * most).epsilon(0.01));
  }
}

TEST_CASE("two that are away at once may come back as each other") {
  const auto meetings = Find({Run(0, 0, 100, 50, 50), Run(1, 0, 200, 300, 50),
                              Run(0, 400, 1000, 60, 50), Run(1, 500, 1000, 290, 50)});
  REQUIRE(meetings.size() == 1);  // who comes second is then the other
  CHECK(meetings[0].kind == Meeting::Kind::kGap);
  CHECK(meetings[0].start_frame == 399);
  REQUIRE(meetings[0].animals.size() == 2);
  CHECK_FALSE(meetings[0].animals[0].away);
  CHECK(meetings[0].animals[0].before == 0);
  CHECK(meetings[0].animals[0].after == 2);
  CHECK(meetings[0].animals[1].away);
  CHECK(meetings[0].animals[1].before == 1);
  CHECK(meetings[0].animals[1].after == 3);
}

TEST_CASE("contacts of others elsewhere are meetings of their own") {
  std::vector<NamedRun> runs;
  for (int n = 0; n < 4; ++n) {
    const float x = n < 2 ? 50.f + 20 * n : 400.f + 20 * n;
    runs.push_back(Run(n, 0, 100, x, 50));
    runs.push_back(Run(n, 100, 130, x, 50, true));
    runs.push_back(Run(n, 130, 1000, x, 50));
  }
  const auto meetings = Find(runs, 4);
  REQUIRE(meetings.size() == 2);
  CHECK(meetings[0].animals.size() == 2);
  CHECK(meetings[1].animals.size() == 2);
}

TEST_CASE("one animal only: no meetings") {
  CHECK(Find({Run(0, 0, 100, 50, 50), Run(0, 200, 1000, 300, 50)}, 1).empty());
}

TEST_CASE(
    "that animals of one name come back as they went is only claimed where something says so") {
  // As many animals of one name as `share` says; the tracklets of all but two are far away, many.
  const auto exchange = [](int share, int pieces) {
    std::vector<NamedRun> runs = {Run(0, 0, 100, 50, 50), Run(1, 0, 200, 300, 50),
                                  Run(0, 4000, 9000, 60, 50), Run(1, 5000, 9000, 290, 50)};
    for (int n = 2; n < share; ++n) {
      for (int piece = 0; piece < pieces; ++piece) {
        runs.push_back(Run(n, 9000 * piece / pieces, 9000 * (piece + 1) / pieces,
                           5000 + 500 * static_cast<float>(n), 50));
      }
    }
    infer::NameEvidence evidence;
    evidence.end_frame = 9000;
    evidence.max_instances = {share};
    evidence.categories = {1};
    std::vector<infer::NamedTracklet> names;
    for (NamedRun& run : runs) {
      run.class_index = 0;
      evidence.evidence.push_back({run.start_frame, run.end_frame, {1}, 10});
      names.push_back({0, run.number, 1, 1, -1});
    }
    evidence.runs = runs;
    for (const Meeting& meeting : infer::MeetingsOf(evidence, names)) {
      if (meeting.start_frame == 3999) return meeting.exchange;
    }
    return -1.0;
  };
  CHECK(exchange(2, 0) == doctest::Approx(0.5));
  CHECK(exchange(4, 400) == doctest::Approx(0.75));  // too far apart to be asked about
}

TEST_CASE("over 200 scenes every exchange of names lies in a meeting of the ones exchanged") {
  int exchanges = 0, covered_frames = 0, frames = 0;
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed + 1);
    std::uniform_real_distribution<float> unit(0, 1);
    const int animals = 2 + static_cast<int>(seed % 6), length = 600;
    std::vector<NamedRun> runs;
    std::vector<int> truth;
    for (int a = 0; a < animals; ++a) {
      float x = 400 * unit(random), y = 400 * unit(random);
      for (int frame = static_cast<int>(60 * unit(random)); frame < length;) {
        const int end = std::min(length, frame + 3 + static_cast<int>(150 * unit(random)));
        NamedRun run = Run(-1, frame, end, x, y, unit(random) < 0.2f);
        x = std::clamp(x + 100 * (unit(random) - 0.5f), 0.f, 400.f);
        run.last = {x, y};
        run.around = {std::min(run.first.x, x), y, std::abs(run.first.x - x), 0};
        runs.push_back(run);
        truth.push_back(a);
        frame = end + (unit(random) < 0.5f ? 0 : static_cast<int>(60 * unit(random)));
      }
    }
    // Names: mostly the right one, else any that nobody has then.
    std::vector<size_t> order(runs.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(),
              [&](size_t a, size_t b) { return runs[a].start_frame < runs[b].start_frame; });
    std::vector<int> busy(static_cast<size_t>(animals), 0), called(busy.size());
    std::iota(called.begin(), called.end(), 0);
    for (const size_t t : order) {
      std::vector<int> free;
      for (int n = 0; n < animals; ++n) {
        if (busy[static_cast<size_t>(n)] <= runs[t].start_frame) free.push_back(n);
      }
      REQUIRE_FALSE(free.empty());
      int& name = called[static_cast<size_t>(truth[t])];
      const bool known = std::find(free.begin(), free.end(), name) != free.end();
      if (!known || unit(random) < 0.2f) {
        name = free[static_cast<size_t>(unit(random) * static_cast<float>(free.size()))];
      }
      runs[t].number = runs[t].class_index = name;
      busy[static_cast<size_t>(name)] = runs[t].end_frame;
    }
    const auto meetings = Find(runs, animals, length);
    for (const size_t t : order) {  // the same animal, later, under another name
      const NamedRun& run = runs[t];
      const NamedRun* before = nullptr;
      for (const size_t other : order) {
        if (truth[other] == truth[t] && runs[other].end_frame <= run.start_frame) {
          before = &runs[other];
        }
      }
      if (!before || before->number == run.number) continue;
      ++exchanges;
      CAPTURE(seed);
      CAPTURE(run.start_frame);
      // While it was out of sight, maybe over others that came back under its name before it.
      std::set<int> names = {before->number};
      for (const Meeting& meeting : meetings) {
        if (meeting.end_frame < before->end_frame || meeting.start_frame >= run.start_frame)
          continue;
        const auto& met = meeting.animals;
        if (std::none_of(met.begin(), met.end(),
                         [&](const auto& animal) { return names.count(animal.number) > 0; })) {
          continue;
        }
        for (const auto& animal : met) names.insert(animal.number);
      }
      CHECK(names.count(run.number) == 1);
    }
    for (int frame = 0; frame < length; ++frame) {
      ++frames;
      covered_frames += Covers(meetings, frame, frame);
    }
  }
  MESSAGE(exchanges << " exchanges, " << 100.0 * covered_frames / frames
                    << " % of frames in meetings");
  CHECK(exchanges > 500);
}

TEST_CASE("over rendered scenes no name changes outside of a meeting") {
  int changes = 0, meetings_found = 0;
  double shown = 0, frames = 0;
  for (unsigned seed = 0; seed < 30; ++seed) {
    tests::DiscWorld world;
    world.seed = seed + 1;
    world.frames = 100;
    world.size = {120, 90};
    world.axes = {8, 5};
    world.animals = 1 + static_cast<int>(seed % 5);
    world.accuracy = seed % 3 == 0 ? 0.5 : 0.8;
    world.dropout = seed % 4 == 0 ? 0.05 : seed % 4 == 1 ? 0.3 : 0;
    world.false_alarms = seed % 5 == 0 ? 0.2 : 0;
    if (seed % 7 == 0 && world.animals > 2) {
      world.class_of.assign(static_cast<size_t>(world.animals), 0);
      world.class_of.back() = 1;
    }
    const tests::TrackedWorld tracked = TrackAndName(world);
    const auto meetings = infer::MeetingsOf(tracked.evidence, tracked.names);
    meetings_found += static_cast<int>(meetings.size());
    for (int frame = 0; frame < world.frames; ++frame) {
      frames += 1;
      shown += Covers(meetings, frame, frame);
    }
    for (const Meeting& meeting : meetings) {
      CHECK(meeting.animals.size() > 1);
      CHECK(meeting.exchange >= 0);
      CHECK(meeting.exchange <= 1);
      CHECK(meeting.start_frame >= 0);
      CHECK(meeting.end_frame <= world.frames);
    }
    if (world.animals == 1) CHECK(meetings.empty());
    // Along continuity: the outline of the next frame that it overlaps best.
    std::map<int, std::vector<const tests::NamedBlob*>> by_frame;
    for (const auto& blob : tracked.blobs) by_frame[blob.frame].push_back(&blob);
    for (const auto& blob : tracked.blobs) {
      const tests::NamedBlob* next = nullptr;
      double best = 0.2;
      for (const tests::NamedBlob* other : by_frame[blob.frame + 1]) {
        const double iou = Iou(blob.blob, {0, 0}, other->blob);
        if (iou > best) best = iou, next = other;
      }
      if (!next || next->number == blob.number) continue;
      ++changes;
      CAPTURE(seed);
      CAPTURE(blob.frame);
      CHECK(Covers(meetings, blob.frame, blob.frame + 1));
    }
  }
  MESSAGE(meetings_found << " meetings, " << changes << " changes of names, "
                         << 100 * shown / frames << " % of frames in meetings");
  CHECK(changes > 5);
}

}  // namespace meetings_test
