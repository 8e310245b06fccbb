// Documents of poses that another process reads.
#pragma once

#include <functional>
#include <string>

#include "datasets/pose/pose_document.h"

namespace datasets {

// As ReadApart (hdf5/apart.h): what `read` must not do, and what is thrown. It reads `path`, whose
// size says how long it may take.
PoseDocument ReadPosesApart(const std::filesystem::path& path, const std::string& what, Job& job,
                            const std::function<PoseDocument()>& read);

// A document as bytes and back; UnpackPoses throws Error(thing = `what`) for other bytes.
std::string PackPoses(const PoseDocument& document);
PoseDocument UnpackPoses(const std::string& bytes, const std::string& what);

}  // namespace datasets
