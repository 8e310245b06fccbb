#include "infer/live/udp_sender.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

#include "datasets/base/error.h"

namespace infer {

UdpSender::UdpSender(const std::string& host_port) {
  const std::string thing = "the address of events '" + host_port + "'";
  const size_t colon = host_port.rfind(':');
  std::string host = colon == std::string::npos ? "" : host_port.substr(0, colon);
  const std::string port = colon == std::string::npos ? "" : host_port.substr(colon + 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  const bool number = !port.empty() && port.size() < 6 &&
                      port.find_first_not_of("0123456789") == std::string::npos &&
                      std::stoi(port) > 0 && std::stoi(port) < 65536;
  if (host.empty() || !number) {
    throw datasets::Error(thing, "it names no host and port", "write HOST:PORT, as 127.0.0.1:9000");
  }
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_DGRAM;
  addrinfo* raw = nullptr;
  const int code = getaddrinfo(host.c_str(), port.c_str(), &wanted, &raw);
  if (code != 0) {
    throw datasets::Error(thing, std::string("the host is not known: ") + gai_strerror(code),
                          "check its name");
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> found(raw, &freeaddrinfo);
  for (const addrinfo* at = raw; at && socket_ < 0; at = at->ai_next) {
    socket_ = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
    if (socket_ < 0 || connect(socket_, at->ai_addr, at->ai_addrlen) == 0) continue;
    close(socket_);
    socket_ = -1;
  }
  if (socket_ < 0) throw datasets::Error(thing, "it cannot be reached", "check the network");
}

UdpSender::~UdpSender() {
  if (socket_ >= 0) close(socket_);
}

bool UdpSender::Send(const std::string& message) {
  const auto size = static_cast<ssize_t>(message.size());
  if (send(socket_, message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL) == size) {
    return true;
  }
  // Who had not listened to the message before is told of with this one; it may listen now.
  return send(socket_, message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL) == size;
}

}  // namespace infer
