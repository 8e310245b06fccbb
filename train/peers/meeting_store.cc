#include "train/peers/meeting_store.h"

#ifdef VOLE_WITH_GLOO

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <functional>
#include <random>
#include <stdexcept>
#include <thread>
#include <torch/csrc/distributed/c10d/FileStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

namespace train {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kBetweenLooks{30};
constexpr milliseconds kLeast{1000};  // in which a store connects to one that listens
constexpr int kOneTryMs = 300;

class Patience {
 public:
  Patience(const std::function<bool()>& cancelled, milliseconds time)
      : cancelled_(cancelled), end_(Clock::now() + time) {}
  milliseconds Left() const {
    return std::chrono::duration_cast<milliseconds>(end_ - Clock::now());
  }
  // Sleeps a moment; false when the time is over. Throws Cancelled.
  bool Rest() const {
    if (cancelled_ && cancelled_()) throw datasets::Cancelled();
    if (Left() <= milliseconds(0)) return false;
    std::this_thread::sleep_for(std::min(kBetweenLooks, Left()));
    return true;
  }

 private:
  const std::function<bool()>& cancelled_;
  Clock::time_point end_;
};

// c10d's own waits go on for minutes whatever is asked of the program.
class PatientStore : public c10d::PrefixStore {
 public:
  PatientStore(const std::string& prefix, c10::intrusive_ptr<c10d::Store> store,
               std::function<bool()> cancelled)
      : PrefixStore(prefix, std::move(store)), cancelled_(std::move(cancelled)) {}

  std::vector<uint8_t> get(const std::string& key) override {
    wait({key});
    return PrefixStore::get(key);
  }
  void wait(const std::vector<std::string>& keys) override { wait(keys, getTimeout()); }
  void wait(const std::vector<std::string>& keys, const milliseconds& time) override {
    const Patience patience(cancelled_, time);
    while (!check(keys)) {
      if (!patience.Rest()) throw std::runtime_error("waited too long for the others");
    }
  }

 private:
  const std::function<bool()> cancelled_;
};

// c10d's own tries are neither silent nor to be cancelled.
bool Listens(const MeetingAddress& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(address.port);
  if (getaddrinfo(address.host.c_str(), port.c_str(), &hints, &found) != 0) return false;
  bool listens = false;
  for (const addrinfo* at = found; at && !listens; at = at->ai_next) {
    const int tried = socket(at->ai_family, at->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (tried < 0) continue;
    listens = connect(tried, at->ai_addr, at->ai_addrlen) == 0;
    pollfd waiting{tried, POLLOUT, 0};
    int error = 0;
    socklen_t size = sizeof(error);
    listens =
        listens || (errno == EINPROGRESS && poll(&waiting, 1, kOneTryMs) == 1 &&
                    getsockopt(tried, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0);
    close(tried);
  }
  freeaddrinfo(found);
  return listens;
}

c10::intrusive_ptr<c10d::Store> Connect(const MeetingAddress& address, const PeersOptions& options,
                                        const Patience& patience) {
  if (!address.file.empty()) {
    return c10::make_intrusive<c10d::FileStore>(address.file, options.count);
  }
  if (options.rank != 0) {
    while (!Listens(address)) {
      if (!patience.Rest()) throw std::runtime_error("rank 0 cannot be reached");
    }
  }
  c10d::TCPStoreOptions store;
  store.port = address.port;
  store.isServer = options.rank == 0;
  store.waitWorkers = false;
  store.timeout = std::max(kLeast, patience.Left());
  return c10::make_intrusive<c10d::TCPStore>(address.host, store);
}

std::vector<uint8_t> Bytes(const std::string& text) { return {text.begin(), text.end()}; }

std::string TextOf(c10d::Store& store, const std::string& key) {
  const std::vector<uint8_t> bytes = store.get(key);
  return {bytes.begin(), bytes.end()};
}

std::string NewName() {
  std::random_device random;
  std::string name;
  for (int i = 0; i < 4; ++i) name += std::to_string(random()) + ".";
  return name;
}

std::string Hello(int rank) { return "hello/" + std::to_string(rank); }
std::string Here(const std::string& meeting, int rank) {
  return "here/" + meeting + "/" + std::to_string(rank);
}

// Answers everybody who says hello, also who has died since: only the living then say that they are
// here.
std::string Welcome(c10d::Store& store, const PeersOptions& options, const Patience& patience) {
  const std::string meeting = NewName();
  std::vector<std::string> answered(static_cast<size_t>(options.count));
  for (;;) {
    std::string missing;
    for (int rank = 1; rank < options.count; ++rank) {
      if (store.check({Here(meeting, rank)})) continue;
      missing += (missing.empty() ? "rank " : ", ") + std::to_string(rank);
      if (!store.check({Hello(rank)})) continue;
      std::string& last = answered[static_cast<size_t>(rank)];
      const std::string name = TextOf(store, Hello(rank));
      if (name != last) store.set("welcome/" + name, Bytes(meeting));
      last = name;
    }
    if (missing.empty()) return meeting;
    if (!patience.Rest()) throw std::runtime_error(missing + " did not come");
  }
}

std::string Arrive(c10d::Store& store, const PeersOptions& options, const Patience& patience) {
  const std::string name = NewName(), answer = "welcome/" + name;
  store.set(Hello(options.rank), Bytes(name));
  while (!store.check({answer})) {
    if (!patience.Rest()) throw std::runtime_error("rank 0 did not answer");
  }
  const std::string meeting = TextOf(store, answer);
  store.set(Here(meeting, options.rank), Bytes("1"));
  return meeting;
}

}  // namespace

c10::intrusive_ptr<c10d::Store> OpenMeeting(const MeetingAddress& address,
                                            const PeersOptions& options) {
  const auto time = milliseconds(static_cast<int64_t>(options.timeout_seconds * 1000));
  const Patience patience(options.cancelled, time);
  auto store = Connect(address, options, patience);
  store->setTimeout(time);
  store->add("visits", 1);  // which makes the file, if it is one
  const std::string meeting =
      options.rank == 0 ? Welcome(*store, options, patience) : Arrive(*store, options, patience);
  return c10::make_intrusive<PatientStore>("run/" + meeting, store, options.cancelled);
}

}  // namespace train

#endif
