// What a lab's own programs are told, and how.
#include "infer/live/live_events.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "datasets/base/error.h"
#include "infer/live/delays.h"
#include "infer/live/udp_sender.h"

namespace live_events_test {

using infer::EventDetector;
using infer::Movement;

namespace {

infer::Blob Disc(int frame, double x, double y, int size = 20) {
  infer::Blob blob;
  blob.frame = frame;
  infer::SetMask(blob, cv::Mat(size, size, CV_8UC1, cv::Scalar(255)),
                 {cvRound(x) - size / 2, cvRound(y) - size / 2, size, size});
  return blob;
}

// The events of one animal on its way, as words.
std::vector<std::string> Way(EventDetector& detector, const std::vector<double>& places) {
  std::vector<std::string> words;
  for (size_t frame = 0; frame < places.size(); ++frame) {
    const infer::Blob blob = Disc(static_cast<int>(frame), places[frame], 50);
    for (const auto& event : detector.Add(static_cast<int>(frame), 0, {{0, "vole", &blob, {}}})) {
      words.push_back((event.kind == infer::LiveEvent::Kind::kEnter ? "enter " : "leave ") +
                      event.what + " " + std::to_string(event.frame));
    }
  }
  return words;
}

}  // namespace

TEST_CASE("A zone is entered once an entry, and hovering at its border is no event") {
  EventDetector detector({infer::ZoneOf("nest=100,0,200,0,200,100,100,100")}, "live");
  CHECK(Way(detector, {50, 99, 102, 99, 101, 98, 150, 190, 202, 199, 210, 204, 150}) ==
        std::vector<std::string>{"enter nest 2", "leave nest 10", "enter nest 12"});
}

TEST_CASE("Zones of other videos are not meant, and of several each tells") {
  auto other = infer::ZoneOf("far=0,0,9,0,9,99");
  other.video = "day2";
  EventDetector detector(
      {other, infer::ZoneOf("a=0,0,60,0,60,99,0,99"), infer::ZoneOf("b=40,0,99,0,99,99,40,99")},
      "live");
  CHECK(Way(detector, {20, 50, 80}) ==
        std::vector<std::string>{"enter a 0", "enter b 1", "leave a 2"});
}

TEST_CASE("A class of movement is told when it changes, as a line of JSON") {
  EventDetector detector({}, "live");
  const infer::Blob blob = Disc(0, 30.04, 40);
  const auto add = [&](int frame, std::optional<Movement> movement) {
    std::string lines;
    for (const auto& event : detector.Add(frame, frame * 40, {{1, "vole_2", &blob, movement}})) {
      lines += infer::EventLine(event);
    }
    return lines;
  };
  CHECK(add(0, {}) == "");
  CHECK(add(1, Movement::kStill) ==
        R"({"event":"movement","movement":"still","animal":"vole_2","number":1,"frame":1,"ms":40,)"
        R"("x":30.0,"y":40.0})");
  CHECK(add(2, Movement::kStill) == "");
  CHECK(add(3, {}) == "");
  CHECK(add(4, Movement::kLocomotion).find("locomotion") != std::string::npos);
}

TEST_CASE("Movement is locomotion, in place or still by the mean of ten displacements") {
  const auto after = [](double step, int growth) {
    infer::MovementClass movement({10, 0.1});
    std::optional<Movement> last;
    for (int frame = 0; frame < 11; ++frame) {
      CHECK_FALSE(last.has_value());
      last = movement.Add(Disc(frame, 50 + step * frame, 50, 20 + growth * (frame % 2)));
    }
    movement.Lose();
    CHECK_FALSE(movement.Add(Disc(11, 50, 50)).has_value());
    return last;
  };
  CHECK(after(0, 0) == Movement::kStill);
  CHECK(after(12, 0) == Movement::kLocomotion);
  CHECK(after(9, 0) == Movement::kInPlace);  // its outline moves on, but not far enough
  CHECK(after(0, 4) == Movement::kInPlace);
}

TEST_CASE("A zone, or a place to send to, that says nothing usable is refused in one line") {
  for (const char* text : {"nest", "=0,0,9,0,9,9", "nest=1,2,3", "nest=0,0,9,0", "nest=0,0,9,0,9,x",
                           "nest=0,0,9,0,9,9,", "nest=nan,0,9,0,9,9", "nest="}) {
    INFO(text);
    CHECK_THROWS_AS(infer::ZoneOf(text), datasets::Error);
  }
  for (const char* text :
       {"here", "127.0.0.1", "127.0.0.1:", ":9", "127.0.0.1:99999", "a:b", "no such host:9"}) {
    INFO(text);
    CHECK_THROWS_AS(infer::UdpSender{text}, datasets::Error);
  }
}

TEST_CASE("Messages arrive as one datagram each, and nobody listening is no error") {
  const int socket_here = socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  REQUIRE(bind(socket_here, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(getsockname(socket_here, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  infer::UdpSender sender("127.0.0.1:" + std::to_string(ntohs(address.sin_port)));
  CHECK(sender.Send("first"));
  CHECK(sender.Send("second"));
  char bytes[64];
  CHECK(recv(socket_here, bytes, sizeof(bytes), MSG_DONTWAIT) == 5);
  CHECK(recv(socket_here, bytes, sizeof(bytes), MSG_DONTWAIT) == 6);
  close(socket_here);
  CHECK(sender.Send("to nobody"));
  CHECK(sender.Send("and again"));  // though the system has been told of the first
}

TEST_CASE("Median and tail of delays are right to a tenth of a millisecond") {
  infer::Delays delays;
  CHECK(delays.At(0.5) == 0);
  for (int i = 1; i <= 100; ++i) delays.Add(std::chrono::microseconds(100 * i));
  CHECK(delays.At(0.5) == 5.0);
  CHECK(delays.At(0.99) == 9.9);
  delays.Add(std::chrono::hours(1));
  CHECK(delays.At(1) == 5000);
}

}  // namespace live_events_test
