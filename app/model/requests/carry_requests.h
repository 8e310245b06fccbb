// Outlines brought from labeled frames to others, as requests to the session (one Edit each).
#pragma once

#include "app/model/session/session.h"

namespace app {

// Every label of the current frame is carried to the next one by motion and fitted there, except of
// animals that have a label there already; then the next frame shows. Refused where a person has
// decided about the next frame, or where one of the two is kept for testing. An animal that moved
// too unlike itself is left out, and a message names it.
void RequestCarry(Session& session);
// The outlines of the current frame (or with category_id != 0 that animal's) are carried on through
// the video, to later frames (direction 1) or earlier ones (-1), until there is doubt or `frames`
// are done; all as one Edit, by a job. Then a message says where each ended and why, and who is
// still at the frame is shown the first one in doubt.
void RequestCarryOn(Session& session, int direction, int frames, datasets::Id category_id);
// The animals (or with category_id != 0 that one) are interpolated between their nearest own labels
// before and after the current frame, on every frame between them that is still open and where they
// have no label:
// outlines between outlines, key points on straight lines between key points.
void RequestInterpolate(Session& session, datasets::Id category_id);

// A person has looked through the carried and interpolated labels on the current frame and those
// beside it that follow without a gap: they are theirs from now on.
void RequestAcceptFilledIn(Session& session);

}  // namespace app
