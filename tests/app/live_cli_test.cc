// Following animals while a camera sees them, on the command line.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <csignal>
#include <iterator>
#include <set>
#include <thread>

#include "tests/infer/live/live_stage.h"
#include "tests/support/journey.h"

namespace live_cli_test {

namespace {

using nlohmann::json;
using tests::CheckFails;
using tests::Program;
using tests::Vole;
using tests::VoleJson;

struct LiveStage {
  tests::TempDir folder;
  std::string project = (folder / "p.vole").string(), video = (folder / "clip.mkv").string();

  explicit LiveStage(int frames, int animals = 2) {
    tests::WriteStage(video, frames, animals);
    VoleJson({"new", project});
  }
  json OnlyVideo() const {
    const json videos = VoleJson({"info", project})["videos"];
    REQUIRE(videos.size() == 1);
    return videos[0];
  }
  void CheckWhole() const { CHECK(VoleJson({"verify", project})["ok"] == true); }
  std::string State() const {
    const json jobs = VoleJson({"jobs", project})["jobs"];
    return jobs.empty() ? "" : jobs.back()["state"].get<std::string>();
  }
};

// A UDP socket of this machine that keeps what is sent to it.
class Listener {
 public:
  Listener() {
    socket_ = socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    REQUIRE(bind(socket_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    place_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  ~Listener() { close(socket_); }
  Listener(const Listener&) = delete;
  const std::string& place() const { return place_; }
  std::vector<std::string> Datagrams() {
    std::vector<std::string> all;
    char bytes[4096];
    for (;;) {
      const ssize_t size = recv(socket_, bytes, sizeof(bytes), MSG_DONTWAIT);
      if (size < 0) return all;
      all.emplace_back(bytes, static_cast<size_t>(size));
    }
  }
  std::vector<json> Received() {
    std::vector<json> lines;
    for (const std::string& datagram : Datagrams()) lines.push_back(json::parse(datagram));
    return lines;
  }

 private:
  int socket_ = -1;
  std::string place_;
};

// One message of Open Sound Control 1.0, read by its specification.
struct OscRead {
  std::string address, types;
  std::vector<std::string> strings;
  std::vector<int32_t> integers;
  std::vector<float> floats;

  explicit OscRead(const std::string& bytes) : bytes_(bytes) {
    REQUIRE(bytes.size() % 4 == 0);
    address = Text();
    types = Text();
    REQUIRE(types.substr(0, 1) == ",");
    for (const char type : types.substr(1)) {
      if (type == 's') {
        strings.push_back(Text());
        continue;
      }
      uint32_t word = 0;
      REQUIRE(at_ + 4 <= bytes.size());
      memcpy(&word, bytes.data() + at_, 4);
      at_ += 4;
      word = ntohl(word);
      if (type == 'i') {
        integers.push_back(static_cast<int32_t>(word));
      } else {
        REQUIRE(type == 'f');
        memcpy(&floats.emplace_back(), &word, 4);
      }
    }
    CHECK(at_ == bytes.size());
  }

 private:
  // Ends with one to four zeros, at a multiple of four.
  std::string Text() {
    const std::string text = bytes_.c_str() + at_;
    const size_t end = at_ + text.size() / 4 * 4 + 4;
    REQUIRE(end <= bytes_.size());
    CHECK(bytes_.substr(at_ + text.size(), end - at_ - text.size()).find_first_not_of('\0') ==
          std::string::npos);
    at_ = end;
    return text;
  }
  const std::string bytes_;
  size_t at_ = 0;
};

std::string Bytes(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE(
    "A rendered scene played as fast as possible is outlined as the truth says, and no frame is "
    "left out") {
  tests::TempDir folder;
  const std::string scene = folder / "scene", project = folder / "p.vole";
  VoleJson({"synth", scene, "--scene", "one-mouse", "--frames", "160"});
  VoleJson({"new", project});
  const json live = VoleJson({"live", project, "--file", scene + "/video.mp4", "--as-fast", "--out",
                              folder / "day1", "--quiet"});
  CHECK(live["video"] == "day1");
  CHECK(live["animals"] == 1);
  CHECK(live["frames"] == 160);
  CHECK(live["outlined"] == 160);
  CHECK(live["dropped"] == 0);
  CHECK(live["unrecorded"] == 0);
  CHECK(live["problem"] == "");
  const json found = VoleJson({"evaluate", project, "--truth", scene + "/instances.json", "--video",
                               "day1", "--metrics", "davis", "--match", "once"});
  CHECK(found["j"] > 0.75);
  CHECK(VoleJson({"verify", project})["ok"] == true);
  // The recording is a video like any other.
  CHECK(VoleJson({"add-video", project, folder / "day1.mkv"})["videos"].size() == 1);
}

TEST_CASE(
    "Who enters a zone is told once, to whoever listens and in a file, and so is how they move") {
  const LiveStage stage(150);
  Listener listener;
  const std::string events = stage.folder / "events.jsonl";
  const json live =
      VoleJson({"live", stage.project, "--file", stage.video, "--as-fast", "--background", "1",
                "--locomotion", "2", "--zone", "right=80,0,160,0,160,128,80,128", "--send",
                listener.place(), "--events", events, "--quiet"});
  const std::vector<json> received = listener.Received();
  CHECK(live["events"] == received.size());
  CHECK(live["unsent"] == 0);
  std::vector<json> lines;
  std::ifstream in(events);
  for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
  // What was past when the ground was known stands in the file alone; what is sent begins with who
  // is where then.
  REQUIRE_FALSE(received.empty());
  const int first = received.front()["frame"];
  CHECK(first > 24);
  CHECK(lines.front()["frame"] < first);
  std::vector<json> later, sent_later, state;
  for (const json& line : lines) {
    if (line["frame"] > first) later.push_back(line);
  }
  for (const json& event : received) {
    CHECK(event["frame"] >= first);
    (event["frame"] > first ? sent_later : state).push_back(event);
  }
  CHECK(later.size() > 4);
  CHECK(later == sent_later);
  int entered = 0;
  for (const json& event : state) {
    CHECK(event["event"] != "leave");
    if (event["event"] != "enter") continue;
    ++entered;
    CHECK(event["x"] > 80);
    CHECK(tests::StagePlace(event["number"], first).x > 80);
  }
  CHECK(entered == 1);
  // 150 frames of 4 pixels along 110 and back: each crosses the middle five times.
  std::map<int, std::vector<std::string>> crossings;
  std::set<std::string> movements;
  for (const json& event : lines) {
    if (event["event"] == "movement") {
      movements.insert(event["movement"]);
      continue;
    }
    CHECK(event["zone"] == "right");
    crossings[event["number"]].push_back(event["event"]);
    if (event["frame"] > 0) CHECK(std::abs(event["x"].get<double>() - 80) <= 8);
    CHECK(event["ms"] == event["frame"].get<int>() * 40);
  }
  CHECK(crossings[0] == std::vector<std::string>{"enter", "leave", "enter", "leave", "enter"});
  CHECK(crossings[1] ==
        std::vector<std::string>{"enter", "leave", "enter", "leave", "enter", "leave"});
  CHECK(movements == std::set<std::string>{"locomotion"});
}

TEST_CASE("Events are sent as messages of Open Sound Control to an address that says so") {
  const LiveStage stage(100);
  Listener listener;
  const std::string events = stage.folder / "events.jsonl";
  VoleJson({"live", stage.project, "--file", stage.video, "--as-fast", "--background", "1",
            "--locomotion", "2", "--zone", "right half=80,0,160,0,160,128,80,128", "--send",
            "osc://" + listener.place(), "--events", events, "--quiet"});
  std::map<std::pair<std::string, int>, json> lines;  // by kind, number and frame
  std::ifstream in(events);
  for (std::string line; std::getline(in, line);) {
    const json event = json::parse(line);
    lines[{event["event"].get<std::string>() + " " + event["animal"].get<std::string>(),
           event["frame"]}] = event;
  }
  int zones = 0, movements = 0, first = -1;
  for (const std::string& datagram : listener.Datagrams()) {
    const OscRead message(datagram);
    CHECK(message.types == ",ssiiiff");
    REQUIRE(message.address.rfind("/vole/", 0) == 0);
    const std::string kind = message.address.substr(6);
    const int number = message.integers[0], frame = message.integers[1];
    if (first < 0) first = frame;
    CHECK(message.strings[1] == "animal_" + std::to_string(number + 1));
    CHECK(message.integers[2] == frame * 40);
    const cv::Point place = tests::StagePlace(number, frame);
    CHECK(std::abs(message.floats[0] - static_cast<float>(place.x)) < 4);
    CHECK(std::abs(message.floats[1] - static_cast<float>(place.y)) < 4);
    if (kind == "movement") {
      ++movements;
      CHECK(message.strings[0] == "locomotion");
    } else {
      ++zones;
      CHECK((kind == "enter" || kind == "leave"));
      CHECK(message.strings[0] == "right half");
    }
    if (frame > first) CHECK(lines.count({kind + " " + message.strings[1], frame}) == 1);
  }
  CHECK(zones > 3);
  CHECK(movements == 2);
  CheckFails({"live", stage.project, "--file", stage.video, "--send", "osc://127.0.0.1"}, 1,
             {"'127.0.0.1'", "HOST:PORT"});
}

TEST_CASE("A recording that is killed in the middle is in the project up to its last second") {
  const LiveStage stage(3000);
  {
    Program program({VOLE_BINARY, "live", stage.project, "--file", stage.video, "--background", "1",
                     "--quiet"});
    const auto predicted = [&] {
      const json videos = VoleJson({"info", stage.project})["videos"];
      return !videos.empty() && videos[0]["predicted"] > 40;
    };
    REQUIRE(program.WaitUntil(predicted));
    stage.CheckWhole();  // while it goes on
    program.Signal(SIGKILL);
    program.Wait();
  }
  stage.CheckWhole();  // which changes nothing
  CHECK(stage.State() == "interrupted");
  stage.CheckWhole();
  const json video = stage.OnlyVideo();
  CHECK(video["file"] == "found");
  CHECK(video["frames"] > 40);
  CHECK(video["predicted"] > 40);
  CHECK(video["frames"].get<int>() - video["predicted"].get<int>() < 30);
  // Nothing is left to put in order, and the next one begins anew.
  VoleJson(
      {"live", stage.project, "--file", stage.video, "--as-fast", "--seconds", "2", "--quiet"});
  CHECK(VoleJson({"info", stage.project})["videos"].size() == 2);
  stage.CheckWhole();
}

TEST_CASE("Ctrl-C ends a recording in good order, and nothing came of it is lost") {
  const LiveStage stage(3000);
  Program program(
      {VOLE_BINARY, "live", stage.project, "--file", stage.video, "--background", "1", "--json"});
  REQUIRE(program.WaitUntil([&] {
    const json videos = VoleJson({"info", stage.project})["videos"];
    return !videos.empty() && videos[0]["predicted"] > 20;
  }));
  program.Signal(SIGINT);
  const tests::Outcome outcome = program.Wait();
  INFO(tests::Show(outcome));
  CHECK(outcome.code == 0);
  const json live = outcome.Json();
  const json video = stage.OnlyVideo();
  CHECK(video["frames"] == live["frames"]);
  CHECK(video["predicted"] == live["outlined"]);
  CHECK(stage.State() == "done");
  stage.CheckWhole();
}

TEST_CASE("A pipe that breaks is said and waited for, and goes on when somebody writes again") {
  const LiveStage stage(60);
  const std::string pipe = stage.folder / "camera";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  const std::string bytes = Bytes(stage.video);
  const auto feed = [&] {
    const int out = open(pipe.c_str(), O_WRONLY);
    size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t now = write(out, bytes.data() + done, bytes.size() - done);
      if (now <= 0) break;
      done += static_cast<size_t>(now);
    }
    close(out);
  };
  Program program({VOLE_BINARY, "live", stage.project, "--file", pipe, "--wait", "3"});
  for (int turn = 1; turn <= 2; ++turn) {
    std::thread writer(feed);
    writer.join();
    const bool taken = program.WaitUntil([&] {
      const json videos = VoleJson({"info", stage.project})["videos"];
      return !videos.empty() && videos[0]["frames"] >= (turn == 1 ? 1 : 61);
    });
    if (turn == 1) CHECK(taken);
  }
  const tests::Outcome outcome = program.Wait();
  INFO(tests::Show(outcome));
  CHECK(outcome.code == 1);
  CHECK(outcome.err.find("nobody writes to it any more; waiting for it") != std::string::npos);
  CHECK(outcome.err.find("no picture for 2 s; waiting for it") != std::string::npos);
  CHECK(outcome.err.find("no picture for 3 s; what came until then is recorded") !=
        std::string::npos);
  CHECK(stage.OnlyVideo()["frames"] > 60);
  stage.CheckWhole();
}

TEST_CASE("What cannot be followed is said in one clear line") {
  const LiveStage stage(40, 0);
  const std::string& p = stage.project;
  CheckFails({"live", p}, 2, {"--camera", "--file", "--url"});
  CheckFails({"live", p, "--camera", "250"}, 1, {"/dev/video250", "no such camera"});
  CheckFails({"live", p, "--file", stage.folder / "none.mp4"}, 1, {"none.mp4", "no such file"});
  CheckFails({"live", p, "--file", p}, 1, {"p.vole", "not a video"});
  CheckFails({"live", p, "--url", "tcp://127.0.0.1:9"}, 1, {"tcp://127.0.0.1:9"});
  CheckFails({"live", p, "--file", stage.video, "--background", "0"}, 2, {"--model"});
  CheckFails({"live", p, "--file", stage.video, "--outline", "3;4"}, 2, {"--outline '3;4'"});
  CheckFails({"live", p, "--file", stage.video, "--zone", "nest=1,2"}, 2, {"nest"});
  CHECK(VoleJson({"info", p})["videos"].empty());
  // Nothing that moves: the recording is kept.
  CheckFails({"live", p, "--file", stage.video, "--as-fast", "--out", stage.folder / "a"}, 1,
             {"no animal was outlined", "nothing in it moves", "is recorded"});
  tests::WriteStage(stage.folder / "one.mkv", 1);
  CheckFails(
      {"live", p, "--file", stage.folder / "one.mkv", "--as-fast", "--out", stage.folder / "b"}, 1,
      {"1 picture came, too few"});
  stage.CheckWhole();
}

TEST_CASE(
    "A full disk ends vole live with a line that says so, and what was recorded stays in order") {
  const LiveStage stage(2);
  VoleJson({"synth", (stage.folder / "scene").string(), "--scene", "two-voles", "--frames", "100"});
  const std::string video = (stage.folder / "scene/video.mp4").string();
  const std::string recording = (stage.folder / "r.mkv").string();
  const auto little_disk = [&] {
    const auto bytes = static_cast<rlim_t>(std::filesystem::file_size(stage.project) + 100000);
    const rlimit limit{bytes, bytes};
    setrlimit(RLIMIT_FSIZE, &limit);
    signal(SIGXFSZ, SIG_IGN);
  };
  const tests::Outcome outcome = Vole({"live", stage.project, "--file", video, "--out", recording,
                                       "--as-fast", "--animals", "2", "--quiet"},
                                      little_disk);
  INFO(tests::Show(outcome));
  CHECK(outcome.code == 1);
  CHECK(outcome.err.find("make room") != std::string::npos);  // beside what is said of the animals
  CHECK(outcome.err.find("make room") == outcome.err.rfind("make room"));
  stage.CheckWhole();
  CHECK(stage.State() == "failed");
}

}  // namespace live_cli_test
