// Messages to another program, on this machine or another, without waiting for it.
#pragma once

#include <cstdint>
#include <string>

namespace infer {

// One datagram a message; nobody need be listening. Belongs to one thread.
class UdpSender {
 public:
  // "HOST:PORT", "[IPv6]:PORT". Throws Error for anything else and for a host that is not known.
  explicit UdpSender(const std::string& host_port);
  ~UdpSender();
  UdpSender(const UdpSender&) = delete;
  // Never waits. False when the system did not take it.
  bool Send(const std::string& message);

 private:
  int socket_ = -1;
};

}  // namespace infer
