// Where what happens is told: a program that listens, a file, both or neither.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "infer/live/live_events.h"
#include "infer/live/udp_sender.h"

namespace infer {

class EventOutlets {
 public:
  // `send`: HOST:PORT for lines of JSON, osc://HOST:PORT for OscMessage; "": nobody. `file`: lines
  // of JSON are added to it; "": none. Throws Error for what cannot be used.
  EventOutlets(const std::string& send, const std::filesystem::path& file);

  // Never waits. False when it could not be sent. Belongs to one thread.
  bool Send(const LiveEvent& event);
  // Throws Error when the disk is full. Belongs to one thread, which may be another.
  void Write(const std::vector<LiveEvent>& events);

 private:
  std::unique_ptr<UdpSender> sender_;  // null: nobody is told
  bool osc_ = false;
  const std::filesystem::path file_name_;
  std::ofstream file_;  // closed: none is written
};

}  // namespace infer
