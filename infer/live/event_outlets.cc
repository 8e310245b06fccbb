#include "infer/live/event_outlets.h"

#include "datasets/base/error.h"
#include "infer/live/osc.h"

namespace infer {
namespace {

const std::string kOscScheme = "osc://";

}  // namespace

EventOutlets::EventOutlets(const std::string& send, const std::filesystem::path& file)
    : file_name_(file) {
  if (!send.empty()) {
    osc_ = send.rfind(kOscScheme, 0) == 0;
    sender_ = std::make_unique<UdpSender>(osc_ ? send.substr(kOscScheme.size()) : send);
  }
  if (file.empty()) return;
  file_.open(file, std::ios::app);
  if (!file_) {
    throw datasets::Error(file.string(), "it cannot be written",
                          "choose a folder that you may write to");
  }
}

bool EventOutlets::Send(const LiveEvent& event) {
  return !sender_ || sender_->Send(osc_ ? OscMessage(event) : EventLine(event));
}

void EventOutlets::Write(const std::vector<LiveEvent>& events) {
  if (!file_.is_open() || events.empty()) return;
  for (const LiveEvent& event : events) file_ << EventLine(event) << '\n';
  if (!file_.flush()) {
    throw datasets::Error(file_name_.string(), "writing it failed", "make room on the disk");
  }
}

}  // namespace infer
