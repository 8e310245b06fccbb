// How a furred body follows what its animal wants, and who lies on whom; private to synthetic/.
#pragma once

#include <vector>

#include "datasets/base/random.h"
#include "datasets/synthetic/world.h"

namespace datasets::synthetic {

// What a body carries from step to step beside its pose.
struct Gait {
  double turn = 0, speed = 0, yaw_noise = 0, swing_noise = 0;
  double groom_phase = 0, breath_rate = 2;
};

struct Wish {
  double heading = 0;   // radians
  double speed = 0;     // body lengths a second
  double brisk = 1;     // how fast it turns
  cv::Point2d shuffle;  // pixels, whatever its heading
  bool grooming = false, rearing = false;
  bool busy = false;  // with a thing: it looks about less
};

void MoveBody(const Wish& wish, double length, double dt, Random& random, Gait& gait, Pose& pose);

// Who lies on whom is decided while apart and kept while they touch. Sets elevation and z_order.
void StackUp(const World& world, Random& random, std::vector<double>& ranks,
             std::vector<Pose>& poses);

}  // namespace datasets::synthetic
