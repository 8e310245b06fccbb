// The entries of a COCO file, each checked by itself.
#pragma once

#include <cstdint>
#include <filesystem>

#include "datasets/formats/coco/coco.h"

namespace datasets {

constexpr int64_t kNoCategoryId = INT64_MIN;           // VIA writes null
constexpr int64_t kFirstTextId = -(int64_t{1} << 52);  // ids that are texts get numbers from here

// What ReadCoco reads, before ids are followed from one part of the file into another.
CocoDocument ParseCoco(const std::filesystem::path& path, Job& job, BadEntries* bad);

}  // namespace datasets
