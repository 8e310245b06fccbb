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
  std::vector<json> Received() {
    std::vector<json> lines;
    char bytes[4096];
    for (;;) {
      const ssize_t size = recv(socket_, bytes, sizeof(bytes), MSG_DONTWAIT);
      if (size < 0) return lines;
      lines.push_back(json::parse(std::string(bytes, static_cast<size_t>(size))));
    }
  }

 private:
  int socket_ = -1;
  std::string place_;
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
  std::vector<std::string> lines;
  std::ifstream in(events);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  REQUIRE(lines.size() == received.size());
  for (size_t i = 0; i < lines.size(); ++i) CHECK(json::parse(lines[i]) == received[i]);
  // 150 frames of 4 pixels along 110 and back: each crosses the middle five times.
  std::map<int, std::vector<std::string>> crossings;
  std::set<std::string> movements;
  for (const json& event : received) {
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
