// A camera of this machine (V4L2, through OpenCV).
#pragma once

#include <atomic>
#include <memory>

#include "datasets/video/live_source.h"

namespace infer {

// Throws Error for a camera that is not there or that gives no picture. One that is unplugged later
// is broken, and is opened again when it is back.
std::unique_ptr<datasets::LiveSource> OpenCamera(int number, const std::atomic<bool>& stop);

}  // namespace infer
