// Which behaviors hold in which frame, by stated rules on the poses; private to synthetic/.
#pragma once

#include <vector>

#include "datasets/synthetic/world.h"

namespace datasets::synthetic {

constexpr double kContactMm = 4;  // bodies nearer than this are in contact

// Fills Pose::behaviors. States (one always holds): groom and rear while the animal is at least
// half way in that posture; walk from 0.4 body lengths a second (down to 0.25 once it walks; speed
// is the displacement of the center over 5 frames), else rest; walks and rests under 5 frames join
// their neighbor. explore_*: ExploresObject, frame by frame, before all other states.
// contact: outlines of bodies within kContactMm. chase: walk, another walking animal within 2.5
// lengths, at most 50 degrees off the heading and going the same way within 90 degrees, for at
// least 8 frames.
void ScoreBehaviors(const World& world, std::vector<std::vector<Pose>>& poses);

}  // namespace datasets::synthetic
