// What a person asks for on key points and skeletons, as requests to the session (one Edit each).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "annotate/tools/tool.h"
#include "app/model/session/session.h"

namespace app {

// The animal that points beside all labels and predictions are of: the one that a person has chosen
// for what comes next, where it has no label; else the selected one, or the first one, that has
// neither label nor prediction; 0, a new one, in a project without animals; else nullopt.
std::optional<datasets::Id> AnimalForPoints(const Session& session,
                                            const std::vector<annotate::Shape>& labels);

// A change of the kind kPoints, on a label of the current frame; on a prediction (a negative id),
// which becomes a label with its outline and name; or (0) on the label of `animal` that is made for
// them, or was just now and is not in the view yet. `animal` 0: a new one, `animal_N`.
void RequestPoints(Session& session, const annotate::ShapeChange& change, datasets::Id animal = 0);
// Each point becomes its symmetric partner, also of a prediction, which then is a label.
void RequestSwapLeftRight(Session& session, datasets::Id edit_id);
// Points of the nearest labeled frame before, for every animal that has none in this frame; a
// prediction is no label. With an animal selected: for that one.
void RequestCopyPoints(Session& session);

// Names stand in lines or between commas; pairs as nose-neck. Throws Error for what is no skeleton.
datasets::Skeleton SkeletonFromText(const std::string& name, const std::string& points,
                                    const std::string& edges, const std::string& symmetric);
// The pairs that names in left and right tell, as such a text.
std::string PairsByName(const std::string& points);
void RequestAddSkeleton(Session& session, const datasets::Skeleton& skeleton);

}  // namespace app
