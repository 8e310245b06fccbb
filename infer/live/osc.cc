#include "infer/live/osc.h"

#include <lo/lo.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <type_traits>

#include "datasets/base/error.h"

namespace infer {
namespace {

struct FreeMessage {
  void operator()(std::remove_pointer_t<lo_message>* message) const { lo_message_free(message); }
};

}  // namespace

std::string OscMessage(const LiveEvent& event) {
  const std::unique_ptr<std::remove_pointer_t<lo_message>, FreeMessage> message(lo_message_new());
  VOLE_CHECK(message != nullptr);
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();  // 24 days of milliseconds
  lo_message_add_string(message.get(), event.what.c_str());
  lo_message_add_string(message.get(), event.name.c_str());
  lo_message_add_int32(message.get(), event.number);
  lo_message_add_int32(message.get(), event.frame);
  lo_message_add_int32(message.get(), static_cast<int32_t>(std::min(event.milliseconds, kMost)));
  lo_message_add_float(message.get(), static_cast<float>(event.center.x));
  lo_message_add_float(message.get(), static_cast<float>(event.center.y));
  const std::string address = std::string("/vole/") + EventName(event.kind);
  std::string bytes(lo_message_length(message.get(), address.c_str()), '\0');
  size_t size = bytes.size();
  lo_message_serialise(message.get(), address.c_str(), bytes.data(), &size);
  bytes.resize(size);
  return bytes;
}

}  // namespace infer
