// Skeletons that other programs wrote down: DeepLabCut's config.yaml, and the categories of a COCO
// file. Parts whose names differ in left and right alone become partners.
#pragma once

#include <filesystem>
#include <vector>

#include "datasets/keypoints/skeleton.h"

namespace datasets {

// Of a config.yaml: one, called "animal", with the lines that join its own body parts (the file may
// keep those of its template). Of a COCO file: one for each category with key points, called as it.
// Each is sound (CheckSkeleton). Throws Error for a file that is neither, or has none.
std::vector<Skeleton> ReadSkeletonFile(const std::filesystem::path& file);

// The lines that a config.yaml draws between `parts`, each once.
std::vector<NamePair> DeepLabCutEdges(const std::filesystem::path& config,
                                      const std::vector<std::string>& parts);

}  // namespace datasets
