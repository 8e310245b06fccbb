// Where the processes of a training find each other. Internal to train/ (torch types).
#pragma once

#if defined(USE_C10D_GLOO) && __has_include(<gloo/algorithm.h>)
#define VOLE_WITH_GLOO
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#endif

#include <cstdint>
#include <string>

#include "train/peers/peers.h"

namespace train {

struct MeetingAddress {
  std::string file;  // or
  std::string host;
  uint16_t port = 0;
};

#ifdef VOLE_WITH_GLOO
// The store of one meeting of exactly these processes. What an earlier meeting has left under the
// same address, as one that was killed leaves its file, is not seen: rank 0 gives each meeting a
// name of its own, and tells it only to those that answer now. Waits end when options.cancelled
// says so, with datasets::Cancelled. Throws std::runtime_error that says who has not come in time.
c10::intrusive_ptr<c10d::Store> OpenMeeting(const MeetingAddress& address,
                                            const PeersOptions& options);
#endif

}  // namespace train
