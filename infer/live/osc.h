// Events as messages of Open Sound Control 1.0, which Max, Pure Data, Bonsai and others understand.
#pragma once

#include <string>

#include "infer/live/live_events.h"

namespace infer {

// The bytes of one message: address /vole/enter, /vole/leave or /vole/movement, types ,ssiiiff:
// the zone or the class of movement; the animal; its number from 0; the frame; milliseconds since
// the first picture; the center's x and y in pixels.
std::string OscMessage(const LiveEvent& event);

}  // namespace infer
