// Lists of an animal's key points, in the order of their skeleton.
#pragma once

#include <vector>

#include "annotate/tools/tool.h"

namespace annotate {

// Of the animal's points; of one without points (or null) the context's. Null: there is none.
const datasets::Skeleton* SkeletonOf(const Shape* shape, const ToolContext& context);
int PlaceOfId(const datasets::Skeleton& skeleton, datasets::Id point);  // -1: it has no such point
const datasets::KeyPoint* FindPoint(const std::vector<datasets::KeyPoint>& points,
                                    datasets::Id id);  // or null
void Without(std::vector<datasets::KeyPoint>* points, datasets::Id id);
// Sets it, or puts it elsewhere.
void With(std::vector<datasets::KeyPoint>* points, const datasets::KeyPoint& set,
          const datasets::Skeleton& skeleton);

}  // namespace annotate
